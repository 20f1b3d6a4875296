package pile

import (
	"fmt"
	"math"
)

// MaxCells bounds a surface: 64 Mi cells take about 3 GB while piles are sought, the most a job may hope
// for. A caller with more tiles it.
const MaxCells = 64 << 20

// Surface is a height grid of square cells in a metric, north-up frame: row 0 is the northernmost, column 0
// the westernmost. Heights and cell size are metres. NaN is a void. It may be a surface model made from
// pictures or a gridded point cloud: piles are sought in both by the same code.
type Surface struct {
	W, H  int       // columns, rows
	CellM float64   // side of a cell, m
	Z     []float64 // W*H heights in m, row by row from the north; NaN = void

	// SigmaZM is the 1-sigma noise of one cell's height, m; 0 lets Find estimate it.
	SigmaZM float64
	// NoiseLengthM is the length l of an exponential noise correlation exp(-d/l), m; 0 lets Find estimate it.
	NoiseLengthM float64
	// SpreadM is, when not nil, the vertical spread of the raw points inside each cell in m beyond what a
	// plane explains (NaN = unknown): crowns and walls have much, sand has little.
	SpreadM []float32
}

// Validate checks the shape of the grid.
func (s Surface) Validate() error {
	switch {
	case s.W <= 0 || s.H <= 0:
		return fmt.Errorf("pile: surface of %d x %d cells", s.W, s.H)
	case s.W > MaxCells/s.H:
		return fmt.Errorf("pile: surface of %d x %d cells is larger than %d cells: tile it", s.W, s.H, MaxCells)
	case len(s.Z) != s.W*s.H:
		return fmt.Errorf("pile: surface of %d x %d cells with %d heights", s.W, s.H, len(s.Z))
	case s.SpreadM != nil && len(s.SpreadM) != len(s.Z):
		return fmt.Errorf("pile: surface of %d heights with %d spreads", len(s.Z), len(s.SpreadM))
	case !(s.CellM > 0) || math.IsInf(s.CellM, 0):
		return fmt.Errorf("pile: cell size %v m", s.CellM)
	case !(s.SigmaZM >= 0) || !(s.NoiseLengthM >= 0):
		return fmt.Errorf("pile: noise %v m, correlation length %v m", s.SigmaZM, s.NoiseLengthM)
	}
	return nil
}
