package invert

import "math"

// agreeSigma is the width, in sigma, of the intervals that must intersect for a wider mean to be taken
// (the rule of intersecting confidence intervals, Katkovnik 1999; narrow values keep edges, wide ones smooth
// more).
const agreeSigma = 1.2

// biasSigma is how far, in sigma, the means over all and over half the width must lie apart for the difference
// to be structure.
const biasSigma = 2.0

// smoother takes running means as wide as the noise asks for and the structure allows.
type smoother struct {
	most         int // bins to each side, at most
	value, sigma []float64
	half         []int32

	means, variances []float64
}

func newSmoother(n, most int) *smoother {
	return &smoother{most: most, value: make([]float64, n), sigma: make([]float64, n), half: make([]int32, n),
		means: make([]float64, 1, most+1), variances: make([]float64, 1, most+1)}
}

// smooth finds for every bin the widest mean that agrees with all narrower ones within their errors. x are
// values, v variances of their independent noise; NaN bins are left out of means. Results: value, its sigma, and
// half, the bins to each side taken.
//
// Sigma holds what is left of the independent noise, and the bias of averaging over structure: that grows with
// the square of the width, so the mean over half the width differs from the whole by three quarters of it.
func (s *smoother) smooth(x, v []float64) {
	n := len(x)
	for i := range n {
		s.value[i], s.sigma[i], s.half[i] = x[i], math.Sqrt(v[i]), 0
		if !finite(x[i]) {
			continue
		}
		means, variances := s.means[:1], s.variances[:1]
		means[0], variances[0] = x[i], v[i]
		sum, sumV, count := x[i], v[i], 1.0
		lo, hi := x[i]-agreeSigma*s.sigma[i], x[i]+agreeSigma*s.sigma[i]
		for h := 1; h <= s.most && i-h >= 0 && i+h < n; h++ {
			for _, j := range [2]int{i - h, i + h} {
				if finite(x[j]) {
					sum, sumV, count = sum+x[j], sumV+v[j], count+1
				}
			}
			mean, variance := sum/count, sumV/(count*count)
			reach := agreeSigma * math.Sqrt(variance)
			if lo, hi = math.Max(lo, mean-reach), math.Min(hi, mean+reach); lo > hi {
				break
			}
			means, variances = append(means, mean), append(variances, variance)
		}
		h := len(means) - 1
		whole, part := variances[h], variances[h/2]
		bias2 := 0.0
		if step2, noise2 := sq(means[h]-means[h/2]), math.Max(0, part-whole); h > 0 && step2 > biasSigma*biasSigma*noise2 {
			bias2 = (step2 - noise2) * 16 / 9
		}
		s.value[i], s.sigma[i], s.half[i] = means[h], math.Sqrt(whole+bias2), int32(h)
	}
}
