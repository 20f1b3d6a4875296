package invert

import "math"

// Truncated is a Gaussian of mean Mu and sd Sigma, cut off below 0 and renormalised: the posterior of one rate
// q >= 0 under a linear model.
type Truncated struct{ Mu, Sigma float64 }

// mills is phi(a)/Q(a) with Q the upper tail: direct where erfc is exact, else Laplace's continued fraction.
func mills(a float64) float64 {
	if a < 6 {
		return math.Exp(-a*a/2) / math.Sqrt(2*math.Pi) / (0.5 * math.Erfc(a/math.Sqrt2))
	}
	f := a
	for k := 60; k >= 1; k-- {
		f = a + float64(k)/f
	}
	return f
}

// LogMass is ln P(X > 0) before the cut.
func (t Truncated) LogMass() float64 {
	a := -t.Mu / t.Sigma
	if a < 6 {
		return math.Log(0.5 * math.Erfc(a/math.Sqrt2))
	}
	return -a*a/2 - math.Log(2*math.Pi)/2 - math.Log(mills(a))
}

// Mean is the mean after the cut.
func (t Truncated) Mean() float64 { return t.Mu + t.Sigma*mills(-t.Mu/t.Sigma) }

// Var is the variance after the cut.
func (t Truncated) Var() float64 {
	a := -t.Mu / t.Sigma
	m := mills(a)
	return t.Sigma * t.Sigma * max(1+a*m-m*m, 0)
}

// Quantile is the p-quantile after the cut, by bisection on the distribution function.
func (t Truncated) Quantile(p float64) float64 {
	lo, hi := 0.0, max(t.Mu, 0)+10*t.Sigma
	all := t.LogMass()
	for range 200 {
		mid := (lo + hi) / 2
		if 1-math.Exp(Truncated{t.Mu - mid, t.Sigma}.LogMass()-all) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}
