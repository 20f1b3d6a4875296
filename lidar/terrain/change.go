package terrain

import (
	"fmt"
	"math"

	"upwind"
)

// ChangeOptions of [Change].
type ChangeOptions struct {
	// Stable marks cells of the first grid that did not change, a road say; nil lets the bulk of the
	// differences decide, which holds while less than half of the overlap has changed.
	Stable []bool
	// MinAreaM2 is the least area of a changed object: 9 cells by default.
	MinAreaM2 float64
	// Aligned skips the registration: the surveys share their control points.
	Aligned bool
}

// Changes is what happened between two surveys.
type Changes struct {
	Shift Shift // of the second survey, taken off before comparing

	Difference *Grid     // second less first after alignment, m; Sigma without the alignment
	LoD        []float32 // level of detection of each cell, m
	Sign       []int8    // +1 risen, -1 fallen, 0 nothing significant

	NoiseFactor   float64 // by which the stated or local noise was too small
	CorrelationM2 float64 // correlation area of the differences
	Compared      int     // cells
	Significant   float64 // share of the compared cells

	Objects          []ChangedObject
	GainedM3, LostM3 upwind.Estimate // over the objects; LostM3 counts positive
	NetM3            upwind.Estimate
	Notes            []string
}

// Change compares two surveys of one place. The second is aligned to the first on stable ground (see
// [Shift]), and a cell has changed when its difference exceeds the level of detection
//
//	LoD = 1.96 sqrt(s1^2 + s2^2 + s_reg^2)
//
// with the noise of both grids, scaled so that the bulk of the differences agrees with it, and the error of
// the alignment at that cell (Wheaton et al. 2010; Lague et al. 2013). Noise is correlated: its correlation
// area enters the alignment's error, the volumes and the question whether a region is an object at all.
func Change(a, b *Grid, o ChangeOptions) (*Changes, error) {
	if err := checkPair(a, b, o); err != nil {
		return nil, err
	}
	c := &Changes{}
	if o.Aligned {
		c.Shift = Shift{midX: float64(a.W) / 2, midY: float64(a.H) / 2}
	} else if c.Shift = register(a, b, o.Stable); c.Shift.cov == nil {
		return nil, upwind.Refuse("second survey", "", fmt.Sprintf("fewer than %d cells of stable ground lie in both surveys", minStable),
			"check that both show the same place in the same reference system")
	}
	d := c.Shift.difference(a, b)
	c.Difference = &Grid{Frame: a.Frame, Z: d, Sigma: c.noise(a, b, d)}
	use := c.calibrate(o.Stable)
	if c.Compared == 0 {
		return nil, upwind.Refuse("second survey", "", "no cell lies in both surveys", "check that both show the same place in the same reference system")
	}
	area := correlationArea(standardised(c.Difference), use, a.W, a.H)
	c.CorrelationM2 = area * a.CellArea()
	if c.Shift.cov != nil {
		c.Shift.widen(area)
	}
	reg := c.detect(a)
	c.objects(reg, area, o)
	c.say(o)
	return c, nil
}

func checkPair(a, b *Grid, o ChangeOptions) error {
	switch {
	case a.W <= 0 || a.H <= 0 || len(a.Z) != a.W*a.H || b.W <= 0 || b.H <= 0 || len(b.Z) != b.W*b.H:
		return upwind.Refuse("surveys", "grid", "a grid has no cells or fewer heights than cells", "hand in two surfaces")
	case math.Abs(a.UnitM/b.UnitM-1) > 1e-9:
		return upwind.Refuse("second survey", "unit", fmt.Sprintf("its unit is %v m and the first's %v m", b.UnitM, a.UnitM), "bring both into one reference system")
	case o.Stable != nil && len(o.Stable) != len(a.Z):
		return upwind.Refuse("stable ground", "mask", fmt.Sprintf("it has %d cells and the first survey %d", len(o.Stable), len(a.Z)), "make it on the first survey's grid")
	}
	return nil
}

// noise is the deviation of the difference of every compared cell: the noise of a at the cell, and of b at
// the nearest cell of its own grid.
func (c *Changes) noise(a, b *Grid, d []float32) []float32 {
	sa, sb := a.sigmas(), b.sigmas()
	out := make([]float32, len(d))
	for y := range a.H {
		for x := range a.W {
			i := y*a.W + x
			if out[i] = nan32; isNaN(d[i]) {
				continue
			}
			c.Compared++
			px, py := a.Place(float64(x)+0.5, float64(y)+0.5)
			bx, by := b.Cell(px+c.Shift.EastM/a.UnitM, py+c.Shift.NorthM/a.UnitM)
			j := min(max(int(by), 0), b.H-1)*b.W + min(max(int(bx), 0), b.W-1)
			out[i] = float32(math.Hypot(float64(sa[i]), float64(sb[j])))
		}
	}
	return out
}

func standardised(d *Grid) []float32 {
	e := make([]float32, len(d.Z))
	for i := range e {
		e[i] = d.Z[i] / d.Sigma[i]
	}
	return e
}

// calibrate brings the noise to the bulk of the differences and returns which cells count as unchanged. Where
// the differences scatter more, smooth errors that no window of cells shows are missing: a constant variance
// is added. Where they scatter less, the noise is scaled down.
func (c *Changes) calibrate(stable []bool) (use []bool) {
	d := c.Difference
	_, c.NoiseFactor = medianNMAD(standardised(d), stable)
	switch {
	case !(c.NoiseFactor > 0):
		c.NoiseFactor = 1
	case c.NoiseFactor < 1:
		for i := range d.Sigma {
			d.Sigma[i] *= float32(c.NoiseFactor)
		}
	case c.NoiseFactor > 1:
		_, hi := medianNMAD(d.Z, stable)
		lo := 0.0
		own := append([]float32(nil), d.Sigma...)
		for range bisections {
			s := (lo + hi) / 2
			for i, v := range own {
				d.Sigma[i] = float32(math.Hypot(float64(v), s))
			}
			if _, k := medianNMAD(standardised(d), stable); k > 1 {
				lo = s
			} else {
				hi = s
			}
		}
	}
	use = make([]bool, len(d.Z))
	for i, v := range standardised(d) {
		use[i] = math.Abs(float64(v)) < outlierSigmas && (stable == nil || stable[i])
	}
	return use
}

// bisections leave a thousandth of the scatter.
const bisections = 10

// widen scales the alignment's covariance for differences correlated over area cells.
func (s *Shift) widen(area float64) {
	variance := math.Sqrt(area)
	s.cov.ScaleSym(area, s.cov)
	for _, v := range []*float64{&s.SigmaUpM, &s.SigmaTiltEast, &s.SigmaTiltNorth, &s.SigmaEastM, &s.SigmaNorthM} {
		*v *= variance
	}
}

// detect fills LoD and Sign and returns the alignment's deviation of every cell.
func (c *Changes) detect(a *Grid) (reg []float32) {
	n := len(a.Z)
	reg, c.LoD, c.Sign = make([]float32, n), make([]float32, n), make([]int8, n)
	changed := 0
	for y := range a.H {
		for x := range a.W {
			i := y*a.W + x
			d := c.Difference.Z[i]
			if c.LoD[i] = nan32; isNaN(d) {
				continue
			}
			if c.Shift.cov != nil {
				reg[i] = float32(c.Shift.sigma(a, x, y))
			}
			c.LoD[i] = float32(deviations95 * math.Hypot(float64(c.Difference.Sigma[i]), float64(reg[i])))
			switch {
			case d > c.LoD[i]:
				c.Sign[i] = 1
			case d < -c.LoD[i]:
				c.Sign[i] = -1
			default:
				continue
			}
			changed++
		}
	}
	c.Significant = float64(changed) / float64(c.Compared)
	return reg
}

func (c *Changes) say(o ChangeOptions) {
	note := func(format string, a ...any) { c.Notes = append(c.Notes, fmt.Sprintf(format, a...)) }
	if !o.Aligned && !c.Shift.Horizontal {
		note("the ground is too flat to tell whether the surveys lie beside each other; only heights were aligned")
	}
	if c.Significant > 0.5 {
		note("%.0f %% of the cells differ: more than half has changed, or the alignment failed", 100*c.Significant)
	}
	if c.NoiseFactor > 3 {
		note("the surveys scatter %.1f times as much as their own noise says", c.NoiseFactor)
	}
}
