package tracing

import "math"

// quantile is the p-quantile with linear interpolation; it reorders v, which holds no NaN.
func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	f := p * float64(len(v)-1)
	i := int(f)
	low := nth(v, i)
	if i+1 >= len(v) || f == float64(i) {
		return low
	}
	high := math.Inf(1)
	for _, x := range v[i+1:] {
		high = min(high, x)
	}
	return low + (f-float64(i))*(high-low)
}

// nth is the k-th smallest of v (Hoare 1961); what is smaller ends up before it and what is larger after it.
func nth(v []float64, k int) float64 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		mid := v[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for v[i] < mid {
				i++
			}
			for v[j] > mid {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}
