package city

import (
	"math"
	"slices"
)

// bearing is how much a source must bring, over the noise, for the station's own terms to be fitted anew.
const bearing = 0.3

// stations are those that a source that is taken off bears on.
func (src *source) stations() []int {
	var out []int
	for _, b := range src.bring {
		if b.mean > bearing*math.Sqrt(b.s.sigma2[b.i]) {
			out = append(out, b.i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// halfway lifts a source and leaves its stations' own terms as they are with half of it taken off, so that it can be
// weighed fairly against no source (see the package's comment).
func (s *search) halfway(src *source, stations []int) {
	for _, b := range src.bring {
		b.s.mean[b.i] -= b.mean / 2
	}
	s.back.refit(stations)
	for _, b := range src.bring {
		b.s.mean[b.i] += b.mean / 2
	}
	s.lift(src)
}
