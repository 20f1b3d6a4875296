package plume

import (
	"cmp"
	"slices"
)

// region is the cells of one thing that stands above the air: core to trimShare of the peak, halo beyond.
type region struct {
	cells []int32 // part of its outline, in order
	halo  []int32 // belongs to it but is too thin for the outline
	peak  float64 // smoothed excess, 1/m
	peakZ float64
	at    int32 // of the peak
}

// segment finds regions by hysteresis: from cells that stand clear of the air, strongest first, down to where
// the excess drowns in noise. Eight neighbours, across north when the turn is full. What is taken already is
// left out, and what is found is taken.
func (s *sweep) segment(o Options, taken []bool) []region {
	var seeds []int32
	for i, x := range s.excess {
		if x >= o.SeedSigma*s.noise[i] && x >= o.MinExcess && x >= o.MinContrast*s.base[i] {
			seeds = append(seeds, int32(i))
		}
	}
	slices.SortStableFunc(seeds, func(a, b int32) int { return cmp.Compare(s.excess[b], s.excess[a]) })
	var out []region
	for _, at := range seeds {
		if taken[at] {
			continue
		}
		r := region{at: at, peak: s.excess[at]}
		above := func(i int32, least float64) bool {
			return s.excess[i] >= o.GrowSigma*s.noise[i] && s.excess[i] >= least && s.excess[i] >= o.MinContrast/2*s.base[i]
		}
		least := max(trimShare*r.peak, o.MinExcess/2)
		r.cells = s.flood([]int32{at}, taken, func(i int32) bool { return above(i, least) })
		r.halo = s.flood(r.cells, taken, func(i int32) bool { return above(i, o.MinExcess/2) })[len(r.cells):]
		for _, i := range r.cells {
			r.peakZ = max(r.peakZ, s.excess[i]/s.noise[i])
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
