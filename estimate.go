package upwind

import "math"

// z95 is the half-width of a normal 95 % interval in standard deviations.
const z95 = 1.959963984540054

// Estimate is a measured quantity with its uncertainty. The unit stands in the name of the field that
// holds it (area_m2, volume_m3).
type Estimate struct {
	Value float64 `json:"value"`
	Sigma float64 `json:"sigma"`
	Lo95  float64 `json:"lo95"`
	Hi95  float64 `json:"hi95"`
}

// Normal is the estimate of a quantity with a normal error.
func Normal(value, sigma float64) Estimate {
	return Estimate{Value: value, Sigma: sigma, Lo95: value - z95*sigma, Hi95: value + z95*sigma}
}

// NonNegative is [Normal] for a quantity that cannot be below zero: the interval is cut there.
func NonNegative(value, sigma float64) Estimate {
	e := Normal(value, sigma)
	e.Lo95 = math.Max(0, e.Lo95)
	return e
}

// Rate is a traced emission rate: a skewed posterior, so median and 90 % bounds instead of a sigma.
type Rate struct {
	Median float64 `json:"median"`
	Lo90   float64 `json:"lo90"`
	Hi90   float64 `json:"hi90"`
	Unit   string  `json:"unit"`
}
