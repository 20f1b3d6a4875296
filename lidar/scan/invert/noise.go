package invert

import (
	"math"
	"slices"
)

// noise is the variance of a bin as a function of its signal y above the level of the dark:
// floor + perSignal y (1 + dead y). The last factor is the dead time's: Var N = N (1 + N tau) for a corrected
// non-paralyzable counter. A counter's dark level and floor are zero.
type noise struct {
	dark, floor, perSignal, dead float64
}

func (n noise) variance(y float64) float64 {
	if y -= n.dark; !(y > 0) {
		return n.floor
	}
	return n.floor + n.perSignal*y*(1+n.dead*y)
}

const (
	// medianChi2 is the median of a chi-square variable of one degree of freedom: it makes a variance of
	// the median of squares.
	medianChi2 = 0.454936
	// thirdDifference is the sum of squares of 1, -3, 3, -1.
	thirdDifference = 20.0
	// structureM is the range nearer than which 1/r^2 itself shows in third differences.
	structureM = 300.0
	// noiseTail is the share of a record, its far end, that shows the noise of the dark.
	noiseTail = 0.25
)

// measureNoise finds the noise of a record that does not count photons from third differences of
// neighbouring bins, in which a smooth signal does not show: the floor from the far end, and what grows with
// the signal from where it stands ten times above the floor.
func measureNoise(y []float64, g grid) noise {
	from := int(float64(len(y)) * (1 - noiseTail))
	tail := y[from:]
	var out noise
	if floor := median(differences(tail, func(int, float64) float64 { return 1 })); floor > 0 {
		out.floor = floor / medianChi2 / thirdDifference
	}
	if dark := medianOf(tail); finite(dark) {
		out.dark = dark
	}
	lit := differences(y[:from], func(i int, mean float64) float64 {
		above := mean - out.dark
		if g.rangeM(i) > structureM && above > 0 && above*above > 100*out.floor {
			return above
		}
		return 0
	})
	const enough = 50 // bins for a median worth having
	if len(lit) >= enough {
		// The floor's own share in the quotient is small where the mean stands ten sigma above it.
		out.perSignal = median(lit) / medianChi2 / thirdDifference
	}
	return out
}

// noiseSamples bounds the third differences looked at: the median of 600 is known to 7 %.
const noiseSamples = 600

// differences are squared third differences over what scale makes of their place and mean; places where the
// scale is 0 are left out.
func differences(y []float64, scale func(i int, mean float64) float64) []float64 {
	step := max(1, len(y)/noiseSamples)
	out := make([]float64, 0, noiseSamples+2)
	for i := 0; i+3 < len(y); i += step {
		d := y[i] - 3*y[i+1] + 3*y[i+2] - y[i+3]
		if math.IsNaN(d) {
			continue
		}
		if s := scale(i, (y[i]+y[i+1]+y[i+2]+y[i+3])/4); s > 0 {
			out = append(out, d*d/s)
		}
	}
	return out
}

// median sorts its argument.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	return (x[(n-1)/2] + x[n/2]) / 2
}

// medianOf is the median of what is finite in a sample of x.
func medianOf(x []float64) float64 {
	step := max(1, len(x)/noiseSamples)
	kept := make([]float64, 0, noiseSamples+2)
	for i := 0; i < len(x); i += step {
		if finite(x[i]) {
			kept = append(kept, x[i])
		}
	}
	return median(kept)
}
