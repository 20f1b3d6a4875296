package plume

import "math"

// across fills the level between two stretches, either of which may be missing, as the light between adds up.
func (s *sweep) across(r *leveled, before, after *stretch) {
	switch {
	case before == nil && after == nil:
	case before == nil:
		level := r.at[after.from]
		for c := after.from - 1; c >= 0 && !r.broken[c]; c-- {
			level += s.taken(r, c, level)
			r.at[c], r.err[c] = level, r.err[after.from]
		}
	case after == nil:
		to := before.to
		for to < s.cells && !r.broken[to] {
			to++
		}
		s.forward(r, before.to, to, r.at[before.to-1], math.NaN())
	default:
		s.forward(r, before.to, after.from, r.at[before.to-1], r.at[after.from])
	}
}

// taken is what a cell takes from the level.
func (s *sweep) taken(r *leveled, c int, level float64) float64 {
	if x := 2 * (r.q[c] - level) * r.a[c] * s.cellM; x == x {
		return x
	}
	return 0
}

// forward fills the level of cells from..to behind a stretch of a level: so that it ends at end where that is known, by
// bisection for the plume's lidar ratio over the haze's; where it is not, with the haze's own.
func (s *sweep) forward(r *leveled, from, to int, level, end float64) {
	if from == to {
		return
	}
	march := func(share, least float64, put func(c int, level float64)) float64 {
		now := level
		for c := from; c < to; c++ {
			t := share * s.taken(r, c, now) / 2
			put(c, math.Max(least, math.Min(level, now-t)))
			now = math.Max(least, math.Min(level, now-2*t))
		}
		return now
	}
	put := func(c int, level float64) { r.at[c], r.err[c] = level, r.err[from-1] }
	if end != end {
		march(1, deepest*level, put)
		return
	}
	none := func(int, float64) {}
	lo, hi := 0.0, mostShare
	if end >= level || march(hi, 0, none) > end {
		for c := from; c < to; c++ {
			t := (float64(c-from) + 0.5) / float64(to-from)
			put(c, (1-t)*level+t*end)
		}
		return
	}
	for range 30 {
		if mid := (lo + hi) / 2; march(mid, 0, none) > end {
			lo = mid
		} else {
			hi = mid
		}
	}
	march(lo, end, put)
}

// mostShare is the greatest lidar ratio of a plume over the haze's.
const mostShare = 3.0

// settle makes extinction of a leveled ray.
func (s *sweep) settle(i int, r *leveled) {
	for c := range s.cells {
		j := s.at(i, c)
		s.lit[j], s.litSigma[j] = r.at[c], math.Hypot(r.err[c], r.sky[c])
		relative := math.Sqrt(r.v[c]) / r.at[c]
		s.alpha[j], s.sigma[j], s.residual[j], s.common[j] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		most := cellTrust
		if !r.clear[c] {
			most = plumeTrust
		}
		if s.base[j] < -minExcess { // air with less than nothing: the inversion errs here
			continue
		}
		if !(r.at[c] > 0 && relative > 0 && relative < most) || r.q[c] != r.q[c] || r.clear[c] && r.err[c] > levelTrust*r.at[c] {
			continue
		}
		s.residual[j] = (r.q[c]/r.at[c] - 1) * r.a[c]
		s.alpha[j] = s.base[j] + s.residual[j]
		s.sigma[j], s.common[j] = relative*r.a[c], math.Hypot(r.err[c], r.sky[c])/r.at[c]*r.a[c]
	}
	s.weigh(i)
}

const (
	weighCells = 10 // between the places at which a ray's usual noise is taken
	weighHalf  = 20 // cells to each side that it is taken of: 300 m
)

// weigh fills the weights of a ray: the noise that is usual about a cell, because that of a plume's own light must not
// make the plume's middle count less than its rim.
func (s *sweep) weigh(i int) {
	var buf []float64
	nodes := make([]float64, s.cells/weighCells+2)
	for k := range nodes {
		buf = buf[:0]
		for c := max(0, k*weighCells-weighHalf); c <= min(s.cells-1, k*weighCells+weighHalf); c++ {
			if v := s.sigma[s.at(i, c)]; v == v {
				buf = append(buf, v)
			}
		}
		nodes[k] = median(buf)
	}
	for c := range s.cells {
		k := c / weighCells
		t := float64(c%weighCells) / weighCells
		sigma := (1-t)*nodes[k] + t*nodes[k+1]
		if sigma != sigma {
			sigma = s.sigma[s.at(i, c)]
		}
		s.weight[s.at(i, c)] = 1 / (sigma * sigma)
	}
}
