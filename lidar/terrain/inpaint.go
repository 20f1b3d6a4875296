package terrain

import "math"

// Multigrid.
const (
	smoothings   = 2    // red-black Gauss-Seidel sweeps before and after the coarse correction
	inpaintTolM  = 1e-3 // largest change of a cell in the last cycle
	inpaintLoops = 30
	coarsest     = 4 // cells a side
)

// inpaint fills the void (NaN) cells of z with the harmonic function that takes the heights of the known
// cells and has no slope across the layer's border: the discrete Laplace equation
//
//	sum over the 4 neighbours n inside the layer of (u_n - u) = 0
//
// by multigrid V-cycles (Brandt 1977). A coarse cell takes part when all its fine cells are void; a start is
// pulled up and pushed down the same pyramid. A layer without a known cell stays void.
func (l *layer) inpaint(threads int) {
	known := make([]bool, len(l.z))
	some := false
	for i, v := range l.z {
		if known[i] = !isNaN(v); known[i] {
			some = true
		}
	}
	if !some {
		return
	}
	l.pullPush()
	top := newLevel(l.w, l.h)
	for i, k := range known {
		top.void[i] = !k
	}
	top.u = l.z
	levels := []*level{top}
	for t := top; max(t.w, t.h) > coarsest; {
		c := t.coarser()
		if c == nil {
			break
		}
		levels = append(levels, c)
		t = c
	}
	for range inpaintLoops {
		if cycle(levels, threads) < inpaintTolM {
			break
		}
	}
}

// pullPush fills voids from averages at ever coarser levels.
func (l *layer) pullPush() {
	var fill func(w, h int, z, n []float32)
	fill = func(w, h int, z, n []float32) {
		missing := false
		for _, v := range n {
			if v == 0 {
				missing = true
				break
			}
		}
		if !missing || w*h == 1 {
			return
		}
		W, H := (w+1)/2, (h+1)/2
		Z, N := make([]float32, W*H), make([]float32, W*H)
		for y := range h {
			for x := range w {
				if i, j := y*w+x, y/2*W+x/2; n[i] > 0 {
					Z[j] += z[i]
					N[j]++
				}
			}
		}
		for j, c := range N {
			if c > 0 {
				Z[j] /= c
				N[j] = 1
			}
		}
		fill(W, H, Z, N)
		for y := range h {
			for x := range w {
				if i := y*w + x; n[i] == 0 {
					z[i] = bilinearUp(W, H, Z, x, y)
					n[i] = 1
				}
			}
		}
	}
	n := make([]float32, len(l.z))
	for i, v := range l.z {
		if !isNaN(v) {
			n[i] = 1
		}
	}
	fill(l.w, l.h, l.z, n)
}

// bilinearUp reads a coarse grid at the centre of fine cell (x, y).
func bilinearUp(w, h int, z []float32, x, y int) float32 {
	X, Y := x/2, y/2
	X2, Y2 := X+2*(x&1)-1, Y+2*(y&1)-1
	X2, Y2 = min(max(X2, 0), w-1), min(max(Y2, 0), h-1)
	return (9*z[Y*w+X] + 3*(z[Y*w+X2]+z[Y2*w+X]) + z[Y2*w+X2]) / 16
}

// level is one grid of the multigrid: A u = f on void cells, the others fixed.
type level struct {
	w, h int
	void []bool
	u, f []float32
	res  []float32
}

func newLevel(w, h int) *level {
	n := w * h
	return &level{w: w, h: h, void: make([]bool, n), f: make([]float32, n), res: make([]float32, n)}
}

// coarser is the next level, or nil when no void is wide enough to reach it.
func (t *level) coarser() *level {
	c := newLevel((t.w+1)/2, (t.h+1)/2)
	c.u = make([]float32, len(c.f))
	any := false
	for j := range c.void {
		c.void[j] = true
	}
	for y := range t.h {
		for x := range t.w {
			if !t.void[y*t.w+x] {
				c.void[y/2*c.w+x/2] = false
			}
		}
	}
	for _, v := range c.void {
		any = any || v
	}
	if !any {
		return nil
	}
	return c
}

// cycle runs one V-cycle and returns the largest change it made at the top.
func cycle(levels []*level, threads int) float32 {
	t := levels[0]
	if len(levels) == 1 {
		var d float32
		for range 4 * smoothings {
			d = max(t.smooth(threads), d)
		}
		return d
	}
	var d float32
	for range smoothings {
		d = max(d, t.smooth(threads))
	}
	c := levels[1]
	t.restrict(c, threads)
	cycle(levels[1:], threads)
	d = max(d, t.correct(c, threads))
	for range smoothings {
		d = max(d, t.smooth(threads))
	}
	return d
}

// smooth is one red-black sweep; a colour reads the other only, so rows may run in any order.
func (t *level) smooth(threads int) float32 {
	change := make([]float32, t.h)
	for colour := range 2 {
		each(t.h, threadsFor(t.w*t.h, threads), func() func(y int) {
			return func(y int) {
				change[y] = max(change[y], t.smoothRow(y, (y+colour)&1))
			}
		})
	}
	var d float32
	for _, c := range change {
		d = max(d, c)
	}
	return d
}

func (t *level) smoothRow(y, x0 int) float32 {
	var d float32
	row := y * t.w
	for x := x0; x < t.w; x += 2 {
		i := row + x
		if !t.void[i] {
			continue
		}
		var s, n float32
		if x > 0 {
			s, n = s+t.u[i-1], n+1
		}
		if x < t.w-1 {
			s, n = s+t.u[i+1], n+1
		}
		if y > 0 {
			s, n = s+t.u[i-t.w], n+1
		}
		if y < t.h-1 {
			s, n = s+t.u[i+t.w], n+1
		}
		if n == 0 {
			continue
		}
		v := (s + t.f[i]) / n
		d = max(d, float32(math.Abs(float64(v-t.u[i]))))
		t.u[i] = v
	}
	return d
}

// restrict hands the residual to the coarser level, whose unknown is the error. With the stencil unscaled
// and twice the cell, the sum of the four residuals is the right side.
func (t *level) restrict(c *level, threads int) {
	each(t.h, threadsFor(t.w*t.h, threads), func() func(y int) {
		return func(y int) {
			for x := range t.w {
				i := y*t.w + x
				if t.res[i] = 0; t.void[i] {
					t.res[i] = t.residual(x, y)
				}
			}
		}
	})
	each(c.h, threadsFor(t.w*t.h, threads), func() func(y int) {
		return func(y int) {
			for x := range c.w {
				j := y*c.w + x
				c.u[j], c.f[j] = 0, 0
				if !c.void[j] {
					continue
				}
				for dy := range 2 {
					for dx := range 2 {
						if X, Y := 2*x+dx, 2*y+dy; X < t.w && Y < t.h {
							c.f[j] += t.res[Y*t.w+X]
						}
					}
				}
			}
		}
	})
}

func (t *level) residual(x, y int) float32 {
	i := y*t.w + x
	r := t.f[i]
	if x > 0 {
		r += t.u[i-1] - t.u[i]
	}
	if x < t.w-1 {
		r += t.u[i+1] - t.u[i]
	}
	if y > 0 {
		r += t.u[i-t.w] - t.u[i]
	}
	if y < t.h-1 {
		r += t.u[i+t.w] - t.u[i]
	}
	return r
}

func (t *level) correct(c *level, threads int) float32 {
	change := make([]float32, t.h)
	each(t.h, threadsFor(t.w*t.h, threads), func() func(y int) {
		return func(y int) {
			for x := range t.w {
				if i := y*t.w + x; t.void[i] {
					e := bilinearUp(c.w, c.h, c.u, x, y)
					t.u[i] += e
					change[y] = max(change[y], float32(math.Abs(float64(e))))
				}
			}
		}
	})
	var d float32
	for _, v := range change {
		d = max(d, v)
	}
	return d
}
