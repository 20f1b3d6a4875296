package plume

import (
	"cmp"
	"math"
	"slices"
)

// Molecular extinction at 532 nm, 15 C and 1 atm, its exponent over wavelength and its lidar ratio (Bodhaine
// et al. 1999); the scale height of air near the ground. An error of a few percent does not matter here.
const (
	airAlpha    = 1.316e-5
	airExponent = 4.08
	airRatioSr  = 8.5
	airScaleM   = 9000.0
	// lidarRatioSr stands in for a field that does not state its own.
	lidarRatioSr = 50.0
	// minAnchorM is how much of a ray must be seen to say something of its boundary value.
	minAnchorM = 300.0
)

// anchor gives every ray the boundary value that suits the air around it best.
//
// Fernald's solution is beta = Z/D, D = K - 2 int S Z, and D falls as exp(-2 tau), tau = int S beta. All
// solutions of one ray differ only in the constant K: with another one,
//
//	a' = a / (1 + k exp(2 tau)),   a = extinction of particles + S beta_m.
//
// Each cell that has the air of its ring gives k = (a/a_ring - 1) exp(-2 tau). Where a ray was inverted from
// before a thick plume onwards, the error grows without bound behind it; and the cells there, all asking for
// one k, set it right. k is the weighted median over the ray, so plumes, which fill less than half, do not
// move it.
func (s *sweep) anchor() {
	air := s.molecules()
	each(s.n(), func(i int) { s.anchorRay(i, air) })
}

// vote is the constant that one cell asks for, and its weight.
type vote struct{ k, w float64 }

func (s *sweep) anchorRay(i int, air float64) {
	total, tau := make([]float64, s.cells), make([]float64, s.cells)
	votes, weight := make([]vote, 0, s.cells), 0.0
	sum := 0.0
	for c := range s.cells {
		j := s.at(i, c)
		tau[c] = math.NaN()
		if s.alpha[j] != s.alpha[j] {
			sum += (s.base[j] + air) * s.cellM
			continue
		}
		_, _, u := s.place(i, c)
		m := air * math.Exp(-u/airScaleM)
		total[c] = s.alpha[j] + m
		sum += math.Max(total[c], 0) * s.cellM / 2
		tau[c] = sum
		sum += math.Max(total[c], 0) * s.cellM / 2
		ring := s.base[j] + m
		if s.base[j] == 0 || !(ring > 0) || !(s.sigma[j] > 0) {
			continue
		}
		w := ring * math.Exp(2*tau[c]) / s.sigma[j]
		votes = append(votes, vote{(total[c]/ring - 1) * math.Exp(-2*tau[c]), w})
		weight += w
	}
	if float64(len(votes))*s.cellM < minAnchorM {
		return
	}
	k := weightedMedian(votes, weight)
	for c := range s.cells {
		j := s.at(i, c)
		if tau[c] != tau[c] {
			continue
		}
		by := 1 + k*math.Exp(2*tau[c])
		if !(by >= leastShrink) || math.IsInf(by, 1) {
			s.alpha[j], s.sigma[j] = math.NaN(), math.NaN()
			continue
		}
		s.alpha[j] += total[c]/by - total[c]
		s.sigma[j] /= by
	}
}

// weightedMedian reorders its votes, whose weights sum to weight.
func weightedMedian(votes []vote, weight float64) float64 {
	slices.SortFunc(votes, func(a, b vote) int { return cmp.Compare(a.k, b.k) })
	passed := 0.0
	for _, v := range votes {
		if passed += v.w; passed >= weight/2 {
			return v.k
		}
	}
	return 0
}

// molecules is S beta_m at the instrument: what molecules send back, as if particles did, 1/m.
func (s *sweep) molecules() float64 {
	ratio := s.f.LidarRatioSr
	if !(ratio > 0) {
		ratio = lidarRatioSr
	}
	return ratio / airRatioSr * airAlpha * math.Pow(532/s.f.WavelengthNM, airExponent) * math.Exp(-s.f.Site.AltitudeM/airScaleM)
}

// blind leaves out what cannot be judged: where the error of a bin is as great as all there is to see, in the
// bin and in the air around, or the air around has less than nothing.
func (s *sweep) blind() {
	air := s.molecules()
	each(s.n(), func(i int) {
		for c := range s.cells {
			j := s.at(i, c)
			_, _, u := s.place(i, c)
			all := math.Max(s.alpha[j], s.base[j]) + air*math.Exp(-u/airScaleM)
			if s.sigma[j]*math.Sqrt(float64(s.per)) > all || s.base[j]+air*math.Exp(-u/airScaleM) <= 0 {
				s.alpha[j], s.sigma[j] = math.NaN(), math.NaN()
			}
		}
	})
}

// leastShrink is the divisor below which another constant would blow a value up beyond belief.
const leastShrink = 0.1
