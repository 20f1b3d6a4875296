package terrain

import "math"

// Frame places a north-up grid: cell (x, y) covers a square of CellM metres, column 0 at the west edge X, row
// 0 at the north edge Y, both in the file's coordinates, whose unit is UnitM metres long.
type Frame struct {
	W, H  int
	CellM float64
	X, Y  float64
	UnitM float64
}

// Grid is a surface on a [Frame], row after row from the north: heights in m, NaN where there is none. Sigma
// is the standard deviation of each height in m; nil means unknown.
type Grid struct {
	Frame
	Z     []float32
	Sigma []float32
}

// NewGrid is a grid of voids.
func NewGrid(f Frame) *Grid {
	g := &Grid{Frame: f, Z: make([]float32, f.W*f.H)}
	for i := range g.Z {
		g.Z[i] = nan32
	}
	return g
}

// Cell is the place of file coordinates in cells from the north-west corner.
func (f Frame) Cell(x, y float64) (cx, cy float64) {
	k := f.UnitM / f.CellM
	return (x - f.X) * k, (f.Y - y) * k
}

// Place is the inverse of [Frame.Cell].
func (f Frame) Place(cx, cy float64) (x, y float64) {
	k := f.CellM / f.UnitM
	return f.X + cx*k, f.Y - cy*k
}

// CellArea is in m2.
func (f Frame) CellArea() float64 { return f.CellM * f.CellM }

// At is the height at file coordinates, bilinear between the centres of cells; NaN next to voids and outside.
func (g *Grid) At(x, y float64) float64 {
	cx, cy := g.Cell(x, y)
	return bilinearNaN(g.Z, g.W, g.H, cx, cy)
}

// bilinearNaN reads z at x, y in cells. Half a cell inside the border the nearest centres serve; a void among
// the four makes the result NaN unless it has no weight.
func bilinearNaN(z []float32, w, h int, x, y float64) float64 {
	if !(x >= 0 && y >= 0 && x <= float64(w) && y <= float64(h)) {
		return math.NaN()
	}
	x, y = x-0.5, y-0.5
	X, Y := int(math.Floor(x)), int(math.Floor(y))
	tx, ty := x-float64(X), y-float64(Y)
	x0, x1 := min(max(X, 0), w-1), min(max(X+1, 0), w-1)
	r0, r1 := min(max(Y, 0), h-1)*w, min(max(Y+1, 0), h-1)*w
	sum := 0.0
	for _, v := range [4]struct {
		z float32
		k float64
	}{{z[r0+x0], (1 - tx) * (1 - ty)}, {z[r0+x1], tx * (1 - ty)}, {z[r1+x0], (1 - tx) * ty}, {z[r1+x1], tx * ty}} {
		if v.k > 1e-9 {
			sum += v.k * float64(v.z)
		}
	}
	return sum
}
