package invert

import "math"

const (
	// Reference search: clean air is looked for in stretches of these lengths, in pieces.
	referencePieceM = 150.0
	referenceShort  = 8  // pieces: 1.2 km
	referenceLong   = 20 // pieces: 3 km
	// referenceSigma is the relative error of the calibration above which a stretch says nothing.
	referenceSigma = 0.15
	// trendLimit is the slope, in sigma, above which a stretch does not have the shape of clean air.
	trendLimit = 2.5
)

// stretch is a span of bins, hi exclusive.
type stretch struct{ lo, hi int }

// molecularBoundary fits the signal of clean air to the reference, and to what lies beyond where that is
// clean too, and puts the boundary at the near end: the noise of the reference and that of the bins to be
// inverted are then independent.
func molecularBoundary(s *sight, t *trace, x []float64, ref stretch, ratio float64) (boundary, bool) {
	n := clearNoise(s, t, ref)
	fit := tailFit{y: t.p, f: s.molecular, noise: n, used: make([]bool, s.n), from: ref.lo, split: ref.hi}
	count := 0
	for i := ref.lo; i < s.n; i++ {
		fit.used[i] = finite(t.p[i]) && finite(s.molecular[i])
		if fit.used[i] && i < ref.hi {
			count++
		}
	}
	if count < 2 {
		return boundary{}, false
	}
	fit.solve()
	if fit.dropClouds() {
		fit.solve()
	}
	end := ref.hi
	if ref.hi < s.n && fit.agree() {
		end = s.n
	}
	least := fit.leastVariance()
	var m moments
	influence := make([]float64, end-ref.lo)
	for i := ref.lo; i < end; i++ {
		if !fit.used[i] {
			continue
		}
		f := s.molecular[i]
		w := 1 / math.Max(least, n.variance(math.Max(0, fit.near)*f))
		m.add(w, f, t.p[i])
		influence[i-ref.lo] = w * f / s.correction[i]
	}
	a := m.amplitude(0)
	if !(a > 0) || !finite(a) {
		return boundary{}, false
	}
	for i := range influence {
		influence[i] /= m.ff * a
	}
	at := ref.lo
	for at < ref.hi && !finite(x[at]) {
		at++
	}
	// X = A beta_m T_m^2 in clean air, so K = X/beta = A T_m^2 over the ratio of total to molecular.
	b := boundary{bin: at, k: a * s.transmission[at] / ratio, perAir: -1, lo: ref.lo, influence: influence}
	b.alpha = (ratio - 1) * s.betaM[at] * s.ratio[at]
	b.sigma = ratio * s.betaM[at] * s.ratio[at] * math.Sqrt(1/m.ff) / a
	return b, true
}

// clearNoise is the noise of a trace over clean air as a function of its signal: what the dark has, and a
// part that grows with the signal, measured over the reference.
func clearNoise(s *sight, t *trace, ref stretch) noise {
	var v, p float64
	n := 0
	for i := ref.lo; i < ref.hi; i++ {
		if finite(t.p[i]) && finite(s.molecular[i]) {
			v += t.v[i]
			p += t.p[i]
			n++
		}
	}
	out := noise{floor: t.dark}
	if over := v - float64(n)*t.dark; over > 0 && p > 0 {
		out.perSignal = over / p
	}
	return out
}

// findReference looks for the stretch in which the signal has the shape of clean air and, of those, is
// lowest against it: particles only ever add.
func findReference(s *sight, t *trace) (stretch, bool) {
	length := s.span(referencePieceM)
	pieces := make([]clearPiece, s.n/length)
	for k := range pieces {
		var fp, ff, fv, f1 float64
		for i := k * length; i < (k+1)*length; i++ {
			if f := s.molecular[i]; finite(t.p[i]) && finite(f) {
				fp += f * t.p[i]
				ff += f * f
				fv += f * f * t.v[i]
				f1 += f
			}
		}
		if ff > 0 && fv > 0 {
			pieces[k] = clearPiece{y: fp / ff, w: ff * ff / fv, back: f1 / ff}
		}
	}
	// The lowest upper bound of all, then the best known of those not above it: to take the lowest itself
	// would be to take the noise's own low. Stretches too faint to calibrate with can still show, far below,
	// that a nearer one is not clean; of many, the lowest by chance is some four sigma low.
	bound := math.Inf(1)
	eachStretch(pieces, t.varB, func(_, _ int, a, sigma float64) {
		if sigma <= referenceSigma*a {
			bound = math.Min(bound, a+2*sigma)
		} else {
			bound = math.Min(bound, a+5*sigma)
		}
	})
	best, found := referenceSigma, stretch{}
	eachStretch(pieces, t.varB, func(lo, hi int, a, sigma float64) {
		if a <= bound && a > 0 && sigma/a < best {
			best, found = sigma/a, stretch{lo * length, hi * length}
		}
	})
	return found, found.hi > 0
}

// clearPiece is a piece's level over the molecular signal, its weight, and how the level moves with the
// background.
type clearPiece struct{ y, w, back float64 }

// eachStretch visits the stretches of pieces with the shape of clean air: level over the molecular signal, its
// sigma, first piece and one past the last.
func eachStretch(pieces []clearPiece, varB float64, visit func(lo, hi int, a, sigma float64)) {
	for lo := range pieces {
		var m sums
		back := 0.0
		for hi := lo; hi < min(lo+referenceLong, len(pieces)) && pieces[hi].w > 0; hi++ {
			q, r := pieces[hi], float64(hi-lo)
			m = sums{w: m.w + q.w, r: m.r + q.w*r, y: m.y + q.w*q.y, rr: m.rr + q.w*r*r, ry: m.ry + q.w*r*q.y, yy: m.yy + q.w*q.y*q.y}
			back += q.w * q.back
			n := hi - lo + 1
			if n < referenceShort {
				continue
			}
			slope, variance, misfit := m.line()
			free := float64(n - 2)
			if slope*slope <= trendLimit*trendLimit*variance && misfit <= free+3*math.Sqrt(2*free) {
				visit(lo, hi+1, m.y/m.w, math.Sqrt(1/m.w+varB*sq(back/m.w)))
			}
		}
	}
}

// slopeBoundary takes K from the level of the stretch and alpha, total, 1/m: (alpha - alpha_m)/S + beta_m is
// the backscatter there. It stands at the far end of the stretch, for towards the instrument the solution
// forgets its boundary, and away from it an error of K grows with exp(2 tau). own is the share of alpha that is
// this ray's own slope, the rest came from elsewhere with the variance external (of alpha).
func slopeBoundary(s *sight, x []float64, fit Slope, alpha, own, external float64) (boundary, bool) {
	at := fit.hi - 1
	particles := alpha - s.alphaM[at]
	beta := particles/s.ratio[at] + s.betaM[at]
	if !(beta > 0) || !finite(beta) {
		return boundary{}, false
	}
	reach := s.rangeM(at) - fit.mean
	// - d ln K / d alpha: through the level at the far end, and through the backscatter there.
	lever := 2*reach + 1/(s.ratio[at]*beta)
	b := boundary{bin: at, k: math.Exp(fit.level-2*alpha*reach) / beta, alpha: particles, lo: fit.lo,
		external: external * lever * lever,
		perRatio: particles / (s.ratio[at] * s.ratio[at] * beta),
		perAir:   (s.alphaM[at]/s.ratio[at] - s.betaM[at]) / beta}
	b.influence = make([]float64, fit.hi-fit.lo)
	for k := range fit.share {
		lo := fit.lo + k*fit.block
		var sum float64
		for i := lo; i < lo+fit.block; i++ {
			sum += x[i]
		}
		for i := lo; i < lo+fit.block; i++ {
			b.influence[i-fit.lo] = (fit.share[k] - own*lever*fit.tilt[k]) / sum
		}
	}
	// What the stretch lacks in homogeneity, beyond the noise that influence carries.
	if extra := sq(fit.Sigma) - sq(fit.noiseSigma); own > 0 && extra > 0 {
		b.external += sq(own*lever) * extra
	}
	b.sigma = math.Sqrt(own*own*sq(fit.whole()) + external)
	return b, true
}

// calibratedBoundary starts at the instrument, where a calibrated attenuated backscatter is the backscatter,
// with the air before the first usable bin as that bin's.
func calibratedBoundary(s *sight, x []float64, alphaRatio, sigma float64) (boundary, bool) {
	at := 0
	for at < len(x) && !(finite(x[at]) && x[at] > 0) {
		at++
	}
	if at == len(x) {
		return boundary{}, false
	}
	k := 1.0
	for range 20 {
		alpha := alphaRatio*s.betaM[at] + s.ratio[at]*math.Max(0, x[at]/k-s.betaM[at])
		k = math.Exp(-2 * alpha * s.rangeM(at))
	}
	if !(k > 0) {
		return boundary{}, false
	}
	b := boundary{bin: at, k: k, external: sigma * sigma}
	b.alpha = s.ratio[at] * (x[at]/k - s.betaM[at])
	b.sigma = math.Abs(b.alpha) * sigma
	return b, true
}

// lastStretch is where a ray without a homogeneous stretch still shows light: its farthest half kilometre
// above the noise. Level and place only; alpha must come from elsewhere.
func lastStretch(l light, alpha float64) (Slope, bool) {
	pieces, block := l.pieces()
	hi := len(pieces)
	for hi > 0 && !(pieces[hi-1].w > 0) {
		hi--
	}
	lo := hi
	for lo > 0 && pieces[lo-1].w > 0 && float64(hi-lo)*float64(block)*l.bin < slopeLeastM {
		lo--
	}
	if hi == lo {
		return Slope{}, false
	}
	f := Slope{lo: lo * block, hi: hi * block, block: block, Alpha: alpha}
	var w float64
	for _, p := range pieces[lo:hi] {
		w += p.w
		f.mean += p.w * p.r
	}
	f.mean /= w
	for _, p := range pieces[lo:hi] {
		f.level += p.w / w * (p.y + 2*alpha*(p.r-f.mean))
		f.share = append(f.share, p.w/w)
		f.tilt = append(f.tilt, 0)
	}
	f.level -= convexity(alpha*l.bin, block)
	f.FromM, f.ToM = l.rangeM(f.lo)-l.bin/2, l.rangeM(f.hi-1)+l.bin/2
	return f, true
}
