package lidar

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// maxThreads is where more would only wait for memory.
const maxThreads = 8

// stripRows is how many rows of the grid one worker takes at a time. What is summed along a strip starts
// anew with it, so results are the same for any number of workers.
const stripRows = 128

// threads is how many goroutines work on one grid.
func threads() int { return min(runtime.GOMAXPROCS(0), maxThreads) }

// strips calls fn for every strip of rows [y0, y1), several at a time.
func strips(ctx context.Context, rows int, fn func(y0, y1 int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(threads(), (rows+stripRows-1)/stripRows) {
		wg.Go(func() {
			for ctx.Err() == nil {
				y0 := int(next.Add(1)-1) * stripRows
				if y0 >= rows {
					return
				}
				fn(y0, min(y0+stripRows, rows))
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
