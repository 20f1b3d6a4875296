package city

import (
	"context"
	"math"
)

const (
	coverStep  = 2      // cells of the scan on a side that share one value
	coverHours = 1. / 3 // share of the span in which a typical source works
	coverLn    = 7.0    // odds, as a logarithm, that a place of a km2 must gain to be believed
	coverShare = 0.5    // of the evidence that is left when the model is as wrong as it is taken to be
	coverSlope = 1.5    // of the logarithm, over which chance decides
)

// coverage is, for each cell of the scan, the probability that a typical source there, RateG for a third of the span,
// would have been noticed: the evidence of readings as modelled, against what a place must gain.
func (s *search) coverage(ctx context.Context) ([]float64, error) {
	seen := make([]float64, s.nx*s.ny)
	w, h := (s.nx+coverStep-1)/coverStep, (s.ny+coverStep-1)/coverStep
	err := s.each(ctx, w*h, func(j *judge, n int) {
		x, y := n%w*coverStep, n/w*coverStep
		gain := s.expected(j, min(y+1, s.ny-1)*s.nx+min(x+1, s.nx-1))
		p := 1 / (1 + math.Exp((coverLn-gain)/coverSlope))
		for dy := y; dy < min(y+coverStep, s.ny); dy++ {
			for dx := x; dx < min(x+coverStep, s.nx); dx++ {
				seen[dy*s.nx+dx] = p
			}
		}
	})
	return seen, err
}

// expected is the log evidence that a typical source in a cell would have.
func (s *search) expected(j *judge, cell int) float64 {
	k2 := s.o.ModelShare * s.o.ModelShare
	sum := 0.0
	j.seen = s.t.around(j.seen[:0], s.centre(cell), scanReachM)
	for _, sl := range s.t.slots {
		for _, v := range j.seen {
			i := v.station
			if sl.y[i] != sl.y[i] || !sl.Sees(i, v.ray, 0) {
				continue
			}
			m := float64(sl.At(i, v.ray, 0)) * micro * s.o.RateG
			v := sl.sigma2[i] + sl.spread[i]
			a := v + k2*m*m
			sum += (nu+1)/2*math.Log((nu*v+m*m)/(nu*a)) + nu/2*math.Log(a/v)
		}
	}
	return sum * coverHours * coverShare / s.o.Temper
}
