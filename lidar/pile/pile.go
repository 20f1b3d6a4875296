package pile

import "upwind"

// Point is a place on the grid in cells: X columns from the west edge, Y rows from the north edge, so the
// centre of cell (c, r) is (c+0.5, r+0.5).
type Point struct{ X, Y float64 }

// Plane is the base of a pile: Z0 + GX*(x-X0) + GY*(y-Y0), with x east and y south in cells, heights in m
// (GX and GY are metres of height a cell).
type Plane struct{ X0, Y0, Z0, GX, GY float64 }

// At is the height of the plane, m, at a place in cells.
func (p Plane) At(x, y float64) float64 { return p.Z0 + p.GX*(x-p.X0) + p.GY*(y-p.Y0) }

// Mask is a window of the grid with the weight of each cell: 1 inside, a fraction on the edge, 0 outside.
type Mask struct {
	X0, Y0, W, H int
	Weight       []float32
}

// At is the weight of cell (col, row) of the whole grid.
func (m Mask) At(col, row int) float32 {
	c, r := col-m.X0, row-m.Y0
	if c < 0 || r < 0 || c >= m.W || r >= m.H {
		return 0
	}
	return m.Weight[r*m.W+c]
}

// each calls fn with the index, on a grid w cells wide, of every cell of which at least half lies inside.
func (m Mask) each(w int, fn func(i int)) {
	for k, v := range m.Weight {
		if v >= 0.5 {
			fn((m.Y0+k/m.W)*w + m.X0 + k%m.W)
		}
	}
}

// Pile is one heap of loose material with its measures.
type Pile struct {
	Outline  []Point // toe, a closed ring (first = last), counterclockwise on a north-up map
	Peak     Point   // highest cell
	Centroid Point   // of the footprint
	Mask     Mask    // footprint with fractional edge cells
	Base     Plane

	Volume upwind.Estimate // net, m3: fill less cut
	Height upwind.Estimate // highest point above the base, m
	Area   upwind.Estimate // footprint in plan, m2
	FillM3 float64         // above the base
	CutM3  float64         // below the base

	SlopeDeg     float64 // median flank slope
	FlankRMSM    float64 // roughness of the flank: spread about local planes, m
	Convexity    float64 // footprint area over that of its convex hull
	BaseSlopeDeg float64
	BaseRMSM     float64 // spread of the ring about the base, m
	RingUsed     float64 // share of the directions around the pile that held the base, 0..1
	VoidFraction float64 // share of the footprint whose height was interpolated

	Probability float64
	Reasons     []string // for people: which evidence spoke for and against it

	traits   traits
	evidence []evidence
}
