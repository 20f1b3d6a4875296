package invert

import "math"

// background is what a channel shows without backscattered light: skylight, dark counts, electronic offset.
type background struct {
	level, variance float64
	// shape is the variance that the assumed shape of the signal leaves in level, as rays side by side show it. variance
	// does not hold it.
	shape float64
	light float64 // what the fit finds of signal, on average over the tail
}

const (
	fitPasses     = 4   // of reweighting by the fitted signal; two change nothing any more for counts
	fitBlocks     = 32  // pieces of the tail that are judged for clouds
	blockLimit    = 5.0 // sigma by which a piece stands out
	agreeLimit    = 3.0 // sigma within which reference and tail are one clean air
	leastTailBins = 16
	wanderLimit   = 3.0 // sigma of the scatter of pieces above which the baseline wanders
)

// fitBackground solves y = A f + B by least squares weighted with the noise of the fitted signal (for counts
// the maximum-likelihood Poisson fit, by Fisher scoring) from bin from to the end. f is the shape of a clean
// signal. Beyond bin beyond, where that is not 0, A may differ, as a cloud in between makes it; the two are
// pooled where they agree. Pieces that stand out of the fit (clouds) are left out.
//
// A tail mean instead of the fit would take what the tail still holds of the signal for background.
func fitBackground(y, f []float64, n noise, from, beyond int) background {
	used := make([]bool, len(y))
	count := 0
	for i := max(0, from); i < len(y); i++ {
		if finite(y[i]) && finite(f[i]) {
			used[i] = true
			count++
		}
	}
	if count < leastTailBins {
		return background{variance: math.NaN()}
	}
	fit := tailFit{y: y, f: f, noise: n, used: used, from: max(0, from), split: len(y)}
	if beyond > from && beyond < len(y) {
		fit.split = beyond
	}
	for range 3 {
		fit.solve()
		if fit.split < len(y) && fit.agree() {
			fit.split = len(y)
			fit.solve()
		}
		if !fit.dropClouds() {
			break
		}
	}
	out := background{level: fit.b, variance: fit.varB + fit.wander()}
	for i := fit.from; i < len(f); i++ {
		if used[i] {
			out.light += fit.near * f[i] / float64(count)
		}
	}
	return out
}

// tailFit is the state of the fit: amplitudes before and beyond the split, and the level under both.
type tailFit struct {
	y, f        []float64
	noise       noise
	used        []bool
	from, split int
	near, far   float64
	b, varB     float64
	// dVar is the variance of near - far.
	dVar float64
}

// solve is the reweighted least squares fit. With the amplitudes eliminated, the normal equations leave one
// for the level: what is seen of 1 outside the span of the shapes.
func (t *tailFit) solve() {
	t.b, t.near, t.far = t.meanLevel(), 0, 0
	least := t.leastVariance()
	for pass := range fitPasses {
		var m [2]moments
		for i := t.from; i < len(t.y); i++ {
			if !t.used[i] {
				continue
			}
			k, a := 0, t.near
			if i >= t.split {
				k, a = 1, t.far
			}
			mu := t.b + math.Max(0, a*t.f[i])
			if pass == 0 {
				mu = t.y[i]
			}
			m[k].add(1/math.Max(least, t.noise.variance(mu)), t.f[i], t.y[i])
		}
		seen := m[0].left() + m[1].left()
		if !(seen > 0) {
			t.varB = math.NaN()
			return
		}
		t.b = (m[0].leftY() + m[1].leftY()) / seen
		t.varB = 1 / seen
		t.near, t.far = m[0].amplitude(t.b), m[1].amplitude(t.b)
		slope := m[0].response() - m[1].response()
		t.dVar = 1/m[0].ff + 1/m[1].ff + slope*slope*t.varB
		if t.split >= len(t.y) {
			t.far = t.near
		}
	}
}

// moments are weighted sums over one part of the tail.
type moments struct{ w, f, ff, y, fy float64 }

func (m *moments) add(w, f, y float64) {
	wf := w * f
	m.w += w
	m.f += wf
	m.ff += wf * f
	m.y += w * y
	m.fy += wf * y
}

// left is the information on the level once the amplitude is free.
func (m *moments) left() float64 {
	if m.ff == 0 {
		return m.w
	}
	return m.w - m.f*m.f/m.ff
}

func (m *moments) leftY() float64 {
	if m.ff == 0 {
		return m.y
	}
	return m.y - m.f*m.fy/m.ff
}

func (m *moments) amplitude(level float64) float64 {
	if m.ff == 0 {
		return 0
	}
	return (m.fy - level*m.f) / m.ff
}

// response is minus the change of the amplitude with the level.
func (m *moments) response() float64 {
	if m.ff == 0 {
		return 0
	}
	return m.f / m.ff
}

func (t *tailFit) meanLevel() float64 {
	sum, n := 0.0, 0
	for i := len(t.y) - (len(t.y)-t.from)/4; i < len(t.y); i++ {
		if t.used[i] {
			sum += t.y[i]
			n++
		}
	}
	return sum / math.Max(1, float64(n))
}

// leastVariance keeps weights finite where nothing is expected: one count in the tail is always possible.
func (t *tailFit) leastVariance() float64 {
	sum, square, n := 0.0, 0.0, 0.0
	for i := t.from; i < len(t.y); i++ {
		if t.used[i] {
			sum += math.Max(0, t.y[i])
			square += t.y[i] * t.y[i]
			n++
		}
	}
	least := t.noise.perSignal * (sum*1e-3 + t.noise.perSignal) / n
	// A record without noise is weighted evenly.
	const exact = 1e-18
	return math.Max(least, math.Max(exact*square/n, math.SmallestNonzeroFloat64*1e20))
}

func (t *tailFit) agree() bool {
	d := t.near - t.far
	return d*d <= agreeLimit*agreeLimit*t.dVar
}

// wander is the variance of a baseline that does not keep its level: what the means of the tail's pieces
// scatter about the fit beyond their noise. It is zero for counts; digitisers ring and droop.
func (t *tailFit) wander() float64 {
	var square, expected float64
	n := 0.0
	t.eachPiece(func(_, _ int, sum, variance float64, count int) {
		c := float64(count)
		square += sq(sum / c)
		expected += variance / (c * c)
		n++
	})
	if n < 4 || square <= expected*(1+wanderLimit*math.Sqrt(2/n)) {
		return 0
	}
	return (square - expected) / n
}

// eachPiece visits the pieces of the tail: their bins, the sum of what they stand above the fit and its
// variance, and how many bins were used.
func (t *tailFit) eachPiece(visit func(lo, hi int, sum, variance float64, count int)) {
	least := t.leastVariance()
	length := max(4, (len(t.y)-t.from)/fitBlocks)
	for lo := t.from; lo < len(t.y); lo += length {
		hi := min(lo+length, len(t.y))
		sum, variance, n := 0.0, 0.0, 0
		for i := lo; i < hi; i++ {
			if !t.used[i] {
				continue
			}
			a := t.near
			if i >= t.split {
				a = t.far
			}
			mu := a*t.f[i] + t.b
			sum += t.y[i] - mu
			variance += math.Max(least, t.noise.variance(mu))
			n++
		}
		if n > 0 {
			visit(lo, hi, sum, variance, n)
		}
	}
}

// dropClouds leaves pieces out whose mean stands above the fit by more than blockLimit sigma: of its noise, and
// of the scatter of all pieces, for a baseline that wanders is no cloud.
func (t *tailFit) dropClouds() bool {
	var means []float64
	t.eachPiece(func(_, _ int, sum, _ float64, n int) { means = append(means, math.Abs(sum)/float64(n)) })
	scatter2 := sq(median(means)) / medianChi2
	dropped := false
	t.eachPiece(func(lo, hi int, sum, variance float64, n int) {
		mean, noise2 := sum/float64(n), variance/float64(n*n)
		if mean <= blockLimit*math.Sqrt(math.Max(noise2, scatter2)) {
			return
		}
		for i := lo; i < hi; i++ {
			t.used[i] = false
		}
		dropped = true
	})
	return dropped
}
