package pile

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// bandRows is the height of the bands that rows are shared out in. It is fixed, and no band reads what
// another writes, so the result is the same for any number of processors.
const bandRows = 64

// bands calls fn for bands of rows [y0, y1), on all processors.
func bands(h int, fn func(y0, y1 int)) {
	each((h+bandRows-1)/bandRows, func(n int) { fn(n*bandRows, min(h, (n+1)*bandRows)) })
}

// each calls fn for 0 to n-1, on all processors.
func each(n int, fn func(k int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				fn(k)
			}
		})
	}
	wg.Wait()
}
