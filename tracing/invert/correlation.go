package invert

import "math"

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
