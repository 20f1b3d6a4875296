package plume

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls fn for 0..n-1 on all processors. Calls write to places of their own, so the result does not
// depend on their order.
func each(n int, fn func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	wg.Wait()
}
