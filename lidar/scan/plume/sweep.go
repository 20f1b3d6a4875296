package plume

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"upwind/lidar/scan"
)

const (
	minRays       = 8    // fewer rays have no median to speak of
	sameAngleDeg  = 0.35 // an axis that stands still may still tremble by this
	gapSteps      = 1.9  // neighbours further apart than this many steps have a gap between them
	fullTurnDeg   = 300.0
	maxAlpha      = 1.0  // 1/m: one sees three metres
	nearM         = 75.0 // nearer, beam and view have hardly met
	duplicateStep = 0.25 // of a step: closer rays saw the same
)

// usable reports whether a bin's value speaks of the air.
func usable(q scan.Quality) bool {
	return q&(scan.Saturated|scan.Missing|scan.BehindTarget|scan.HardTarget|scan.Blocked) == 0
}

// sweep is the rays of a field that one axis swept over, in order of angle, in cells of a few bins.
// Arrays hold len(rays)*cells values, NaN where the air is not seen.
type sweep struct {
	f       *scan.Field
	upright bool      // a vertical cut: the elevation was swept
	rays    []int     // rows of the field
	az, el  []float64 // deg
	lo, hi  []float64 // edges of each ray in the swept angle, deg
	linked  []bool    // ray i has the next one as its neighbour
	wrap    bool
	second  []float64 // when a ray was taken, s after the first ray of the field
	cells   int
	per     int     // bins a cell
	firstM  float64 // centre of cell 0
	cellM   float64

	alpha, sigma []float64 // mean extinction and its sigma, 1/m
	light        []float64 // range-corrected signal and the sigma of its own noise
	lightSigma   []float64
	base         []float64 // what the air around has, 1/m
	residual     []float64 // alpha - base
	common       []float64 // sigma of residual that all cells of a stretch of a ray share
	lit          []float64 // level of each ray's light: what of it is left, in a unit of its own
	litSigma     []float64
	weight       []float64 // of a cell in a mean: 1 over the variance it would have without a plume
	excess       []float64 // of the view looked at
	noise        []float64 // sigma of excess
	inflate      []float64 // a stratum: measured over stated noise
	stratum      []int32   // of a cell
	strata       int
	typical      []float64 // of a stratum: the median of it
	front        []float64 // of a ray: where a bank of fog ends it, 0 without
}

func (s *sweep) at(ray, cell int) int     { return ray*s.cells + cell }
func (s *sweep) rangeM(cell int) float64  { return s.firstM + float64(cell)*s.cellM }
func (s *sweep) n() int                   { return len(s.rays) }
func (s *sweep) ray(i int) int            { return (i + s.n()) % s.n() }
func (s *sweep) widthDeg(ray int) float64 { return s.hi[ray] - s.lo[ray] }
func (s *sweep) arcM(ray, cell int) float64 {
	w := s.rangeM(cell) * s.widthDeg(ray) * math.Pi / 180
	if !s.upright {
		w *= math.Cos(s.el[ray] * math.Pi / 180)
	}
	return w
}

// place is the middle of a cell, m east, north and up of the instrument.
func (s *sweep) place(ray, cell int) (e, n, u float64) {
	return scan.ENU(s.az[ray], s.el[ray], s.rangeM(cell))
}

// next is the neighbour of a ray to one side (+1, -1), -1 where there is none.
func (s *sweep) next(ray, side int) int {
	a, b := ray, ray+1
	if side < 0 {
		a, b = ray-1, ray
	}
	if (a < 0 || b >= s.n()) && !s.wrap || !s.linked[s.ray(a)] {
		return -1
	}
	return s.ray(ray + side)
}

// sweepsOf cuts a field into sweeps, in order of time, and says what was left out.
func sweepsOf(f *scan.Field) (out []*sweep, notes []string) {
	if !(f.BinM > 0) || f.Bins < 1 {
		return nil, []string{"the field has no bins"}
	}
	short := 0
	for _, rows := range runs(f) {
		if len(rows) < minRays {
			short += len(rows)
			continue
		}
		s := &sweep{f: f, rays: rows}
		if twice := s.order(); twice > 0 {
			notes = append(notes, fmt.Sprintf("%d rays look where others look too; the earlier ones are used", twice))
		}
		if s.n() < minRays {
			short += s.n()
			continue
		}
		s.grid()
		out = append(out, s)
	}
	if short > 0 {
		notes = append(notes, fmt.Sprintf("%d rays stand in sweeps of fewer than %d: they have no neighbours to compare with", short, minRays))
	}
	return out, notes
}

// runs are the rows of each sweep: a new one begins where the axis that stood still moves, or a turn is full.
func runs(f *scan.Field) [][]int {
	var out [][]int
	var run []int
	upright, turned := false, 0.0
	for i, r := range f.Rays {
		if len(run) > 0 {
			p := f.Rays[run[len(run)-1]]
			dAz, dEl := turn(p.AzimuthDeg, r.AzimuthDeg), r.ElevationDeg-p.ElevationDeg
			if len(run) == 1 {
				upright, turned = math.Abs(dEl) > sameAngleDeg*0.1 && math.Abs(dAz) < sameAngleDeg, 0
				if f.Kind == scan.PPI || f.Kind == scan.Cone {
					upright = false
				}
				if f.Kind == scan.RHI {
					upright = true
				}
			}
			moved := math.Abs(dEl) > sameAngleDeg
			if upright {
				moved = math.Abs(dAz) > sameAngleDeg
			}
			turned += math.Abs(dAz)
			if moved || !upright && turned > 360 {
				out, run = append(out, run), nil
			}
		}
		run = append(run, i)
	}
	return append(out, run)
}

// turn is the way from one bearing to another, -180..180 deg.
func turn(from, to float64) float64 { return math.Mod(to-from+540+360, 360) - 180 }

// order sorts the rays by their angle, drops those that look where an earlier one does, and finds edges,
// neighbours and whether the turn is full.
func (s *sweep) order() (twice int) {
	f := s.f
	dAz, dEl := 0.0, 0.0
	for i := 1; i < len(s.rays); i++ {
		a, b := f.Rays[s.rays[i-1]], f.Rays[s.rays[i]]
		dAz += math.Abs(turn(a.AzimuthDeg, b.AzimuthDeg))
		dEl += math.Abs(b.ElevationDeg - a.ElevationDeg)
	}
	s.upright = dEl > dAz
	angle := func(row int) float64 {
		if s.upright {
			return f.Rays[row].ElevationDeg
		}
		return math.Mod(f.Rays[row].AzimuthDeg+720, 360)
	}
	slices.SortStableFunc(s.rays, func(a, b int) int { return cmp.Compare(angle(a), angle(b)) })
	step := medianStep(s.rays, angle)
	kept := s.rays[:0:0]
	for _, row := range s.rays {
		if k := len(kept); k > 0 && angle(row)-angle(kept[k-1]) < duplicateStep*step {
			twice++
			if f.Rays[row].Start.Before(f.Rays[kept[k-1]].Start) {
				kept[k-1] = row
			}
			continue
		}
		kept = append(kept, row)
	}
	s.rays = kept
	if !s.upright {
		s.cutAtGap(angle, step)
	}
	n := s.n()
	s.az, s.el, s.second = make([]float64, n), make([]float64, n), make([]float64, n)
	s.lo, s.hi, s.linked = make([]float64, n), make([]float64, n), make([]bool, n)
	for i, row := range s.rays {
		r := f.Rays[row]
		s.az[i], s.el[i] = r.AzimuthDeg, r.ElevationDeg
		s.second[i] = r.Start.Add(r.Stop.Sub(r.Start) / 2).Sub(f.Rays[0].Start).Seconds()
		s.lo[i], s.hi[i] = angle(row)-step/2, angle(row)+step/2
	}
	for i := range n {
		j := (i + 1) % n
		gap := angle(s.rays[j]) - angle(s.rays[i])
		if !s.upright {
			gap = math.Mod(gap+720, 360)
		}
		if gap <= 0 || gap > gapSteps*step || j == 0 && s.upright {
			continue
		}
		s.linked[i] = true
		s.hi[i] = angle(s.rays[i]) + gap/2
		s.lo[j] = angle(s.rays[j]) - gap/2
	}
	s.wrap = !s.upright && s.linked[n-1] && float64(n)*step > fullTurnDeg
	if !s.wrap {
		s.linked[n-1] = false
	}
	return twice
}

// cutAtGap turns the order of a part of a turn so that it starts behind its widest gap.
func (s *sweep) cutAtGap(angle func(int) float64, step float64) {
	widest, at := 0.0, 0
	for i, row := range s.rays {
		prev := s.rays[s.ray(i-1)]
		if g := math.Mod(angle(row)-angle(prev)+720, 360); g > widest+1e-9 {
			widest, at = g, i
		}
	}
	if widest > gapSteps*step {
		s.rays = append(slices.Clone(s.rays[at:]), s.rays[:at]...)
	}
}

func medianStep(rays []int, angle func(int) float64) float64 {
	var d []float64
	for i := 1; i < len(rays); i++ {
		if g := angle(rays[i]) - angle(rays[i-1]); g > 1e-3 {
			d = append(d, g)
		}
	}
	if len(d) == 0 {
		return 1
	}
	return median(d)
}
