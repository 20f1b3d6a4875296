package terrain

import "runtime"

// Options of [Ground]. The zero value of a field means its default. Lengths and heights are in metres on
// the ground, whatever the unit of the file. One set of defaults serves towns, forests and quarries. They were
// chosen on the seven open ISPRS samples; changing any one by a fifth moves the mean error by 0.1 % or less,
// and choosing on six samples for the seventh costs 0.2 %.
type Options struct {
	// UnitM and ZUnitM are the length of a unit of x and y, and of z, in metres; 1 by default. A reference
	// system in feet has 0.3048 or 1200/3937.
	UnitM, ZUnitM float64

	CellM float64 // side of a cell of the minimum grid: 1

	// Slope is the rise over run up to which a step between two openings is terrain: 0.15 (Pingel 2013).
	// The step allowed at radius r is Slope r, but at most StepM, 2.5: a storey. The cap finds wide low
	// buildings, which the published rule lets through at large radii.
	Slope, StepM float64
	// WindowM is the largest radius of an opening: 32, which removes buildings 64 m wide (Pingel: 18).
	WindowM float64

	// HeightM and HeightSlope set the first, strict test: a lowest point is ground within
	// HeightM + HeightSlope times the local slope of the provisional surface: 0.4 and 0.6 (Pingel 0.5 and
	// 1.25, where no second test follows).
	HeightM, HeightSlope float64

	// FlatM, RoughFactor and SlopeM set the test against planes through the ground around a point:
	// FlatM + RoughFactor times the scatter about the plane + SlopeM times its slope: 0.15, 1.5, 0.4.
	FlatM, RoughFactor, SlopeM float64

	// MaxCells bounds the memory, about 70 bytes a cell: 12 million by default. A larger survey is worked in
	// blocks, with more readings of the files.
	MaxCells int
	Threads  int // 0 means all processors; the result does not depend on it
}

func (o Options) withDefaults() Options {
	def := func(v *float64, d float64) {
		if !(*v > 0) {
			*v = d
		}
	}
	def(&o.UnitM, 1)
	def(&o.ZUnitM, 1)
	def(&o.CellM, 1)
	def(&o.Slope, 0.15)
	def(&o.StepM, 2.5)
	def(&o.WindowM, 32)
	def(&o.HeightM, 0.4)
	def(&o.HeightSlope, 0.6)
	def(&o.FlatM, 0.15)
	def(&o.RoughFactor, 1.5)
	def(&o.SlopeM, 0.4)
	if o.MaxCells <= 0 {
		o.MaxCells = 12 << 20
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return o
}
