package invert

import (
	"math"

	"upwind/tracing/plane"
)

// Reading is one mean of concentration, over [Start, End), at a point or along a path.
type Reading struct {
	Sensor     int     // index of the instrument; each has its own offset
	Start, End float64 // Unix seconds
	At         Spot
	To         *Spot   // far end of a path mean, nil for a point
	Value      float64 // g/m3, background included
	Sigma      float64 // g/m3, 1-sigma of the instrument where it is stated, else 0
}

// Spot is a place with its height above ground in m.
type Spot struct {
	plane.Point
	HeightM float64
}

// Site is a listed place that may emit.
type Site struct {
	Spot
	VarianceM2 float64 // an axis, of its area and of how well its place is known
	Odds       float64 // against a site of which nothing is known; 1 is neutral
}

// Prior weighs free positions: the density of a source at p against the same chance everywhere (1). Plume axes,
// hot spots and detected sites enter here. nil means 1 everywhere.
type Prior func(p plane.Point) float64

// Source is one explanation: a listed site or a place, with what it may emit.
type Source struct {
	Site        int // index of the listed site, -1 for a free position
	At          Spot
	Probability float64
	Rate        Rate
	SigmaM      float64       // 1-sigma of a free position about its mode; 0 for a site
	HPD50       []plane.Point // cells (centres) of the smallest region with half of this source's position probability
	HPD90       []plane.Point // and with 90 % of it
	CellM       float64       // side of those cells
	Start, End  float64       // Unix seconds between which it emits, as far as the readings show
}

// Holds reports whether cells of this source's lattice, such as HPD90, hold a place.
func (s Source) Holds(cells []plane.Point, p plane.Point) bool {
	for _, c := range cells {
		if math.Abs(c.X-p.X) <= s.CellM/2 && math.Abs(c.Y-p.Y) <= s.CellM/2 {
			return true
		}
	}
	return false
}

// Rate is an emission rate in g/s as a skewed posterior.
type Rate struct{ Median, Lo90, Hi90 float64 }

// Map is a probability map: cell i, row by row from the south-west corner, has its centre at
// (X0 + (i mod NX) CellM, Y0 + (i div NX) CellM).
type Map struct {
	X0, Y0, CellM float64
	NX, NY        int
	P             []float64 // expected number of unlisted sources in the cell
	Seen          []float64 // coverage: the probability that a typical source there would have been noticed
}

// Answer is what the readings say.
type Answer struct {
	Sources                 []Source // by probability, highest first
	None                    float64  // probability that no listed site is to blame
	Map                     Map
	Background              float64 // g/m3, median over readings
	RotationRad, RotationSD float64 // turn of the wind that the readings ask for, clockwise
	ESS                     float64 // effective number of ensemble members
	Residual                float64 // robust sd of the scaled residuals; 1 when the errors are as assumed
	Evidence                float64 // ln of the tempered evidence for the sources found against none; 0 when none is
	Notes                   []string
}
