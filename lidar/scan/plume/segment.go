package plume

import (
	"cmp"
	"math"
	"slices"
)

// region is the cells of one thing that stands above the air: core to trimShare of the peak, halo beyond.
type region struct {
	cells []int32 // part of its outline, in order
	halo  []int32 // belongs to it but is too thin for the outline
	peak  float64 // smoothed excess, 1/m
	peakZ float64
	at    int32 // of the peak
	view  *view // that it was found in
}

// sureSigma is how clear a plume must stand to be looked at on a scale finer than its own: its outline then still
// reaches down to a quarter of its peak.
const sureSigma = 10.0

// segment finds regions: what stands clear, from the finest scale to the widest, each scale without what finer ones
// found, because a bell spreads a plume over its surroundings; then, unless only what is sure is asked for, the rest at
// the scale that shows it best.
func (s *sweep) segment(o Options, sure bool) (out []region) {
	taken, hidden := make([]bool, len(s.alpha)), make([]bool, len(s.alpha))
	for k, size := range scalesM {
		v := s.look(size, hidden)
		if k == 0 {
			s.use(v)
		}
		found := s.grow(s.seeds(o, math.Max(sureSigma, o.SeedSigma), v), taken, o)
		s.cover(found, hidden)
		out = append(out, found...)
	}
	if sure {
		return out
	}
	var views []*view
	for _, size := range scalesM {
		views = append(views, s.look(size, hidden))
	}
	widest := views[len(views)-1]
	for k, size := range scalesM {
		if size <= narrowM {
			views = append(views, s.over(views[k], widest))
		}
	}
	return append(out, s.grow(s.seeds(o, o.SeedSigma, views...), taken, o)...)
}

// cover marks the cells of regions and what is near to them.
func (s *sweep) cover(regions []region, hidden []bool) {
	for _, r := range regions {
		for _, list := range [2][]int32{r.cells, r.halo} {
			for _, i := range list {
				s.within(i, clearM, func(j int32) { hidden[j] = true })
			}
		}
	}
}

// clearM is how near to a plume no air is clear.
const clearM = 40.0

// seed is a cell that stands clear of the air, how far, in sigmas, and the view that shows it best.
type seed struct {
	at   int32
	view *view
	z    float64
}

// seeds are the cells that stand some sigmas clear of the air in one of the views, clearest first.
func (s *sweep) seeds(o Options, sigmas float64, views ...*view) (out []seed) {
	for i := range s.residual {
		q := seed{at: int32(i), z: sigmas}
		for _, v := range views {
			x := v.excess[i]
			if z := x / v.noise[i]; z >= q.z && x >= o.MinExcess && x >= o.MinContrast*s.base[i] {
				q.z, q.view = z, v
			}
		}
		if q.view != nil {
			out = append(out, q)
		}
	}
	slices.SortStableFunc(out, func(a, b seed) int { return cmp.Compare(b.z, a.z) })
	return out
}

// grow makes regions by hysteresis: from seeds down to where the excess drowns in noise. Eight neighbours, across north
// when the turn is full. What is taken already is left out, and what is found is taken.
func (s *sweep) grow(seeds []seed, taken []bool, o Options) (out []region) {
	for _, q := range seeds {
		if taken[q.at] {
			continue
		}
		v := q.view
		r := region{at: q.at, view: v, peak: v.excess[q.at]}
		above := func(i int32, least float64) bool {
			x := v.excess[i]
			return x >= o.GrowSigma*v.noise[i] && x >= least && x >= o.MinContrast/2*s.base[i]
		}
		least := max(trimShare*r.peak, o.MinExcess/2)
		r.cells = s.flood([]int32{q.at}, taken, func(i int32) bool { return above(i, least) })
		r.halo = s.flood(r.cells, taken, func(i int32) bool { return above(i, o.MinExcess/2) })[len(r.cells):]
		for _, i := range r.cells {
			r.peakZ = max(r.peakZ, v.excess[i]/v.noise[i])
			if v.excess[i] > r.peak {
				r.peak, r.at = v.excess[i], i
			}
		}
		slices.Sort(r.cells)
		out = append(out, r)
	}
	return out
}

// flood gathers what is joined to the cells of from and passes; from comes first in the result.
func (s *sweep) flood(from []int32, taken []bool, pass func(int32) bool) []int32 {
	queue := slices.Clone(from)
	for _, i := range from {
		taken[i] = true
	}
	for head := 0; head < len(queue); head++ {
		ray, cell := int(queue[head])/s.cells, int(queue[head])%s.cells
		for side := -1; side <= 1; side++ {
			to := ray
			if side != 0 {
				if to = s.next(ray, side); to < 0 {
					continue
				}
			}
			for c := max(0, cell-1); c <= min(s.cells-1, cell+1); c++ {
				if i := int32(s.at(to, c)); !taken[i] && pass(i) {
					taken[i] = true
					queue = append(queue, i)
				}
			}
		}
	}
	return queue
}
