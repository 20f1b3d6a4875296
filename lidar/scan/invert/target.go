package invert

import "upwind/lidar/scan"

// An opaque hard target: the range-corrected signal leaps within two bins and is gone behind. Dense smoke
// does the first; to do the second within targetShadow bins it would need more than 20 per km.
const (
	targetLeap   = 4.0  // times the mean of the bins before
	targetBefore = 10   // bins
	targetWidth  = 6    // bins from the first leap to where light must be gone: pulse and detector tail
	targetBehind = 20   // bins looked at behind
	targetGone   = 0.1  // share of the light before that may be left
	targetSNR    = 10.0 // of the leap
)

// opaqueTarget is the bin of the first opaque hard target of a range-corrected signal with the variance v, or
// len(x). A saturated bin counts as a leap.
func opaqueTarget(x, v []float64, q []scan.Quality) int {
	n := len(x)
	for i := targetBefore; i+targetWidth+targetBehind <= n; i++ {
		// A cheap look first: most bins leap over nothing.
		full := q[i]&scan.Saturated != 0
		if !full && (!(x[i] > targetLeap/2*x[i-2]) || !(x[i]*x[i] > targetSNR*targetSNR*v[i])) {
			continue
		}
		before := meanFinite(x[i-targetBefore : i-1])
		if !(before > 0) || !full && !(x[i] > targetLeap*before) {
			continue
		}
		if after := meanFinite(x[i+targetWidth : i+targetWidth+targetBehind]); after < targetGone*before {
			return i
		}
	}
	return n
}

// markTarget sets the bits of an opaque target at a bin and of what it hides.
func markTarget(q []scan.Quality, at int) {
	for i := max(0, at-1); i < len(q); i++ {
		if i < at+targetWidth {
			q[i] |= scan.HardTarget
		}
		if i >= at {
			q[i] |= scan.BehindTarget
		}
	}
}

func meanFinite(x []float64) float64 {
	var sum float64
	n := 0
	for _, v := range x {
		if finite(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}
