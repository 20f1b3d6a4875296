package terrain

import (
	"math"
	"sync"
	"sync/atomic"
)

// layer is a working grid: row 0 is the northernmost, heights in m.
type layer struct {
	w, h int
	z    []float32
}

func newLayer(w, h int) *layer { return &layer{w, h, make([]float32, w*h)} }

func (l *layer) clone() *layer {
	return &layer{l.w, l.h, append([]float32(nil), l.z...)}
}

// each calls fn for 0 <= i < n from several goroutines; make prepares what one of them needs. Calls must
// not depend on each other, so that the result is the same for any number of threads.
func each(n, threads int, prepare func() func(i int)) {
	if threads <= 1 || n <= 1 {
		fn := prepare()
		for i := range n {
			fn(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			fn := prepare()
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				fn(i)
			}
		})
	}
	wg.Wait()
}

// parallelCells is the least share of cells for which a goroutine of its own pays.
const parallelCells = 1 << 15

func threadsFor(cells, threads int) int { return min(threads, 1+cells/parallelCells) }

func isNaN(v float32) bool { return v != v }

var (
	nan32 = float32(math.NaN())
	inf32 = float32(math.Inf(1))
)
