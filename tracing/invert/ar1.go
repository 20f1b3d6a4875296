package invert

import "math"

// AR1 is the log likelihood of standardised residuals z of one sensor under a first-order autoregression with
// Student-t innovations of the given freedom: z_t = phi z_(t-1) + sqrt(1 - phi^2) e_t, z_1 = e_1. With freedom = +Inf
// it is the multivariate normal with covariance phi^|i-j|.
func AR1(z []float64, phi, freedom float64) float64 {
	s := math.Sqrt(1 - phi*phi)
	sum := 0.0
	for i, v := range z {
		if i > 0 {
			v = (v - phi*z[i-1]) / s
			sum -= math.Log(s)
		}
		sum += logStudent(v, freedom)
	}
	return sum
}

// logStudent is the full log density.
func logStudent(z, nu float64) float64 {
	if math.IsInf(nu, 1) {
		return -z*z/2 - math.Log(2*math.Pi)/2
	}
	a, _ := math.Lgamma((nu + 1) / 2)
	b, _ := math.Lgamma(nu / 2)
	return a - b - math.Log(nu*math.Pi)/2 - (nu+1)/2*math.Log1p(z*z/nu)
}

// Lag1 is the robust lag-one correlation of residuals of several sensors, each in its own slice: the median of
// products of signs, turned by the arcsine law of the bivariate normal (Blomqvist 1950). NaN without pairs.
func Lag1(series [][]float64) float64 {
	n, same := 0, 0.0
	for _, z := range series {
		for i := 1; i < len(z); i++ {
			n++
			switch p := z[i] * z[i-1]; {
			case p > 0:
				same++
			case p == 0:
				same += 0.5
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return math.Sin(math.Pi * (same/float64(n) - 0.5))
}

// EffectiveShare is the share of independent readings among readings with lag-one correlation phi:
// (1 - phi)/(1 + phi), the large-sample factor for a mean (Bartlett 1935).
func EffectiveShare(phi float64) float64 {
	phi = min(max(phi, 0), 0.95)
	return (1 - phi) / (1 + phi)
}
