// Package invert is the statistics of looking upwind: what a reading, a site, a source and an answer are, and the pieces
// that any engine needs to go from readings to sources.
//
// # The model
//
//	y = H q + B + e,    q >= 0
//
// H is the matrix of footprints, s/m3, that a transport model gives; q are emission rates, g/s. The background
//
//	B(i,t) = c(t) + o_i(t)
//
// is one random walk that all sensors share and a slower one for each sensor's offset, inferred with the sources
// ([Background]): a low percentile alone is biased and would hand regional haze to a local source.
//
// # Errors
//
// A dispersion model errs by a factor, an instrument by an amount. [Noise] therefore measures the residual between
// asinh(y/2s) and asinh(c/2s), which is (y-c)/2s near the noise s and ln(y/c) far above it, against a scale that grows
// from the one to the other, with the tails of a Student-t. [Table] holds what an addition to the prediction gains, so
// that a search over places and rates is a sum of look-ups. Successive residuals are alike: [Lag1] is their correlation,
// [EffectiveShare] what they are worth.
//
// # Places
//
// [HPD] is the smallest region with a share of the probability.
//
// # Randomness
//
// Random numbers are looked up by counter ([Hash], [Hypercube]), and sums run in a fixed order: the same input gives the
// same bytes for any number of threads.
package invert
