package tracing

import "math"

// lattice is a grid of square cells; cell i has its centre at (x0 + (i%nx) cell, y0 + (i/nx) cell).
type lattice struct {
	x0, y0, cell float64
	nx, ny       int
}

func newLattice(box rect, cell float64, maxSide int) lattice {
	w, h := box.x1-box.x0, box.y1-box.y0
	cell = max(cell, w/float64(maxSide-1), h/float64(maxSide-1))
	g := lattice{cell: cell, nx: int(math.Ceil(w/cell)) + 1, ny: int(math.Ceil(h/cell)) + 1}
	g.x0 = (box.x0+box.x1)/2 - float64(g.nx-1)*cell/2
	g.y0 = (box.y0+box.y1)/2 - float64(g.ny-1)*cell/2
	return g
}

func (g lattice) size() int { return g.nx * g.ny }

func (g lattice) centre(i int) point {
	return point{g.x0 + float64(i%g.nx)*g.cell, g.y0 + float64(i/g.nx)*g.cell}
}

func (g lattice) box() rect {
	return rect{g.x0 - g.cell/2, g.y0 - g.cell/2, g.x0 + (float64(g.nx)-0.5)*g.cell, g.y0 + (float64(g.ny)-0.5)*g.cell}
}

// reachSigmas is where a Gaussian is cut: 0.6 % of its mass lies beyond.
const reachSigmas = 3.2

// spanOf is the range of cells within reach of x, possibly empty.
func spanOf(x, reach, x0, cell float64, n int) (lo, hi int) {
	lo = int(math.Ceil(max((x-reach-x0)/cell, 0)))
	hi = int(math.Floor(min((x+reach-x0)/cell, float64(n-1))))
	return lo, hi
}

// footprint is h, the concentration at a receptor per unit emission from each cell, in s/m3: the sum over
// the puffs of the time spent times the Gaussian of the distance times the vertical kernel.
type footprint struct {
	g              lattice
	h              []float64
	i0, i1, j0, j1 int // touched columns and rows
	gx, gy         []float64
}

func newFootprint(g lattice) *footprint {
	f := &footprint{g: g, h: make([]float64, g.size()), gx: make([]float64, g.nx), gy: make([]float64, g.ny)}
	f.i0, f.j0, f.i1, f.j1 = g.nx, g.ny, -1, -1
	return f
}

func (f *footprint) reset() {
	for j := f.j0; j <= f.j1; j++ {
		clear(f.h[j*f.g.nx+f.i0 : j*f.g.nx+f.i1+1])
	}
	f.i0, f.j0, f.i1, f.j1 = f.g.nx, f.g.ny, -1, -1
}

// add lays down one puff with the given weight (its time times the vertical kernel, s/m).
func (f *footprint) add(p puff, weight float64) {
	g := f.g
	reach := reachSigmas * p.sigmaH
	i0, i1 := spanOf(p.at.x, reach, g.x0, g.cell, g.nx)
	j0, j1 := spanOf(p.at.y, reach, g.y0, g.cell, g.ny)
	if i0 > i1 || j0 > j1 {
		return
	}
	f.i0, f.i1, f.j0, f.j1 = min(f.i0, i0), max(f.i1, i1), min(f.j0, j0), max(f.j1, j1)
	c := -0.5 / (p.sigmaH * p.sigmaH)
	weight /= 2 * math.Pi * p.sigmaH * p.sigmaH
	bend := math.Exp(2 * c * g.cell * g.cell)
	gauss(f.gx[i0:i1+1], weight, g.x0+float64(i0)*g.cell-p.at.x, c, g.cell, bend)
	gauss(f.gy[j0:j1+1], 1, g.y0+float64(j0)*g.cell-p.at.y, c, g.cell, bend)
	for j := j0; j <= j1; j++ {
		row := f.h[j*g.nx+i0 : j*g.nx+i1+1]
		gy := f.gy[j]
		for i, gx := range f.gx[i0 : i1+1] {
			row[i] += gx * gy
		}
	}
}

// gauss fills out[i] = a exp(c (d + i step)^2) by recurrence: the ratio of neighbours itself changes by
// the constant factor bend = exp(2 c step^2).
func gauss(out []float64, a, d, c, step, bend float64) {
	v, ratio := a*math.Exp(c*d*d), math.Exp(c*step*(2*d+step))
	for i := range out {
		out[i] = v
		v *= ratio
		ratio *= bend
	}
}

// spot is a listed site as the search sees it: a place with the spread of its area.
type spot struct {
	index    int // in Input.Sites
	at       point
	heightM  float64
	variance float64 // m2 per axis, of a polygon
	odds     float64
}

// seen is h for one spot from one puff.
func (s spot) seen(p puff, receptorM, mixingM float64) float64 {
	v := p.sigmaH*p.sigmaH + s.variance
	dx, dy := s.at.x-p.at.x, s.at.y-p.at.y
	d2 := dx*dx + dy*dy
	if d2 > reachSigmas*reachSigmas*v {
		return 0
	}
	return p.dt * math.Exp(-0.5*d2/v) / (2 * math.Pi * v) * vertical(receptorM, s.heightM, p.sigmaZ, mixingM)
}
