package terrain

import "math"

// cells is the minimum grid: the lowest usable point of every cell, where it lies in it, and its height in m
// above a common base.
type cells struct {
	layer
	c      float64 // side in m
	fx, fy []uint8 // place in the cell from its north-west corner, in 256ths
}

func newCells(w, h int, c float64) *cells {
	n := w * h
	g := &cells{layer: *newLayer(w, h), c: c, fx: make([]uint8, n), fy: make([]uint8, n)}
	for i := range g.z {
		g.z[i] = nan32
	}
	return g
}

// put offers a point at x, y in cells from the north-west corner. Of equal heights the first in reading
// order of its place wins, so the order of points does not matter.
func (g *cells) put(x, y float64, z float32) {
	X, Y := int(x), int(y)
	i := Y*g.w + X
	fx, fy := uint8((x-float64(X))*256), uint8((y-float64(Y))*256)
	if z > g.z[i] || z == g.z[i] && (fy > g.fy[i] || fy == g.fy[i] && fx >= g.fx[i]) {
		return
	}
	g.z[i], g.fx[i], g.fy[i] = z, fx, fy
}

// at is the place of cell i's point in m from the north-west corner of its cell.
func (g *cells) at(i int) (x, y float64) {
	return (float64(g.fx[i]) + 0.5) / 256 * g.c, (float64(g.fy[i]) + 0.5) / 256 * g.c
}

// spacingOf is the mean distance in m of known cells where there are any: empty surroundings and lakes must
// not widen it.
func spacingOf(w, h int, c float64, known func(i int) bool) float64 {
	const patch = 16 // cells a side
	n, area := 0, 0
	for y := 0; y < h; y += patch {
		for x := 0; x < w; x += patch {
			k, a := 0, 0
			for Y := y; Y < min(y+patch, h); Y++ {
				for X := x; X < min(x+patch, w); X++ {
					if a++; known(Y*w + X) {
						k++
					}
				}
			}
			if k > 0 {
				n, area = n+k, area+a
			}
		}
	}
	if n == 0 {
		return c
	}
	return c * math.Sqrt(float64(area)/float64(n))
}
