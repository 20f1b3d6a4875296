package invert

import "math"

const (
	slopeBlocks    = 64    // pieces a ray is cut into, at most
	slopeBlockM    = 75.0  // m, shortest piece
	slopeLeastM    = 450.0 // m, shortest stretch a slope is taken of
	slopeLeastSNR  = 3.0   // of a piece, for its logarithm to be meant
	slopeMinBlocks = 5
	darkPieces     = 10 // pieces in a row after which light has ended
	// unevenLn is how much the logarithm of backscatter differs between the ends of a stretch of haze that looks
	// homogeneous: layers under a slanting beam, a town's edge. Over a stretch of length L that is an error of
	// unevenLn/2L of alpha, which no fit shows: so long stretches are preferred to short ones, however bright.
	unevenLn = 0.05
	// misfitRun is over how many pieces misfit beyond the noise hangs together: a plume is as wide as several.
	misfitRun = 8
)

// Slope is the extinction of a homogeneous stretch by the slope method.
type Slope struct {
	FromM, ToM float64 // the stretch
	Alpha      float64 // total extinction, 1/m
	Sigma      float64 // 1-sigma, with what the stretch lacks in homogeneity
	ChiSquare  float64 // of the fit, per degree of freedom, with the noise alone

	lo, hi      int       // bins, hi exclusive
	block       int       // bins a piece
	noiseSigma  float64   // of Alpha, from the noise alone
	backSigma   float64   // of Alpha, from the background
	level, mean float64   // ln X at the weighted mean range, m
	share       []float64 // of each piece in the level: d level / d ln X
	tilt        []float64 // of each piece in alpha: d alpha / d ln X
}

// uneven is what unevenness can hide of alpha.
func (s *Slope) uneven() float64 { return unevenLn / (2 * (s.ToM - s.FromM)) }

// whole is the sigma of alpha with the background's share.
func (s *Slope) whole() float64 { return math.Hypot(s.Sigma, s.backSigma) }

// FitSlope finds the best homogeneous stretch of a range-corrected signal and its extinction,
//
//	alpha = -1/2 d ln X / dr,
//
// by weighted least squares on means of pieces of 75 m or more (Kunz & de Leeuw 1993: the slope method is good
// to 10 % only where the air is homogeneous and the signal well above its noise). x is r^2 times the signal
// and variance that of x, from range firstM in steps of binM; bins not finite are left out. Best is the
// stretch with the smallest error, in which misfit counts: the noise times the root of chi-square, the
// difference between the slopes of the stretch's halves, the background, and what unevenness a stretch of its
// length can hide. ok is false where no stretch of 450 m is seen.
func FitSlope(x, variance []float64, firstM, binM float64) (s Slope, ok bool) {
	return fitSlope(light{x: x, v: variance, grid: grid{first: firstM, bin: binM, n: len(x)}})
}

// light is a range-corrected signal on its range axis, with the variance of its bins' own noise and, where
// there is one, of the background, which all bins share times their correction.
type light struct {
	grid
	x, v       []float64
	varB       float64
	correction []float64
}

// piece is the logarithm y of the mean of some bins; back is how much the background moves it.
type piece struct{ r, y, w, back float64 }

// cut makes pieces of a number of bins; those not well above their noise, or with gaps, have no weight.
func (l light) cut(block int) []piece {
	out := make([]piece, l.n/block)
	for k := range out {
		var sum, v, back float64
		for i := k * block; i < (k+1)*block; i++ {
			// A piece with a gap is not centred where it says: NaN fails the test below.
			sum += l.x[i]
			v += l.v[i]
			if l.varB > 0 {
				back += l.correction[i]
			}
		}
		out[k].r = (l.rangeM(k*block) + l.rangeM(k*block+block-1)) / 2
		if !(sum > 0 && sum*sum < math.Inf(1) && v+l.varB*back*back <= sum*sum/(slopeLeastSNR*slopeLeastSNR)) {
			continue
		}
		relative := v / (sum * sum)
		// E ln(mean + noise) is ln(mean) - relative/2.
		out[k].y = math.Log(sum/float64(block)) + relative/2
		const exact = 1e-18 // a record without noise is weighted evenly
		out[k].w = 1 / math.Max(relative, exact)
		out[k].back = back / sum
	}
	return out
}

// pieces are at most about slopeBlocks over the stretch that is lit, which ends where darkPieces in a row are
// dark.
func (l light) pieces() (p []piece, block int) {
	block = l.span(slopeBlockM)
	p = l.cut(block)
	lit := 0
	for k := range p {
		switch {
		case p[k].w > 0:
			lit = k + 1
		case lit > 0 && k-lit >= darkPieces:
			return l.coarser(p[:lit], block)
		}
	}
	return l.coarser(p[:lit], block)
}

func (l light) coarser(p []piece, block int) ([]piece, int) {
	if len(p) <= slopeBlocks {
		return p, block
	}
	l.n = len(p) * block
	block *= (len(p) + slopeBlocks - 1) / slopeBlocks
	return l.cut(block), block
}

// sums are weighted moments of pieces about an origin near them.
type sums struct{ w, r, y, rr, ry, yy, b, rb float64 }

func (a sums) less(b sums) sums {
	return sums{a.w - b.w, a.r - b.r, a.y - b.y, a.rr - b.rr, a.ry - b.ry, a.yy - b.yy, a.b - b.b, a.rb - b.rb}
}

// back is how much the background moves the slope.
func (a sums) back() float64 { return (a.rb - a.r*a.b/a.w) / (a.rr - a.r*a.r/a.w) }

// line is slope, its variance and the weighted sum of squared misfits.
func (a sums) line() (slope, variance, misfit float64) {
	spread := a.rr - a.r*a.r/a.w
	slope = (a.ry - a.r*a.y/a.w) / spread
	return slope, 1 / spread, math.Max(0, a.yy-a.y*a.y/a.w-slope*slope*spread)
}

func fitSlope(l light) (Slope, bool) {
	pieces, block := l.pieces()
	need := max(slopeMinBlocks, int(math.Ceil(slopeLeastM/(float64(block)*l.bin))))
	best, least, from, to := 0.0, math.Inf(1), -1, -1
	for lo := 0; lo < len(pieces); {
		if !(pieces[lo].w > 0) {
			lo++
			continue
		}
		hi := lo
		for hi < len(pieces) && pieces[hi].w > 0 {
			hi++
		}
		if a, b, e, whole := bestStretch(pieces[lo:hi], need, l.varB); whole < least {
			best, least, from, to = e, whole, lo+a, lo+b
		}
		lo = hi
	}
	if from < 0 {
		return Slope{}, false
	}
	s := finish(pieces[from:to], l.grid, from*block, block, math.Sqrt(best))
	s.backSigma = l.backgroundSigma(s)
	return s, true
}

// bestStretch is the run of pieces with the least squared error of alpha, whole; misfit beyond the noise counts.
// So do the background and unevenness, which are not part of err2: the first is told apart, and what scatters
// between rays says how much there is of the second.
func bestStretch(p []piece, need int, varB float64) (from, to int, err2, whole float64) {
	if len(p) < need {
		return 0, 0, 0, math.Inf(1)
	}
	prefix := make([]sums, len(p)+1)
	r0, y0 := p[len(p)/2].r, p[len(p)/2].y
	for k, q := range p {
		s, r, y := prefix[k], q.r-r0, q.y-y0
		wr, wy := q.w*r, q.w*y
		prefix[k+1] = sums{s.w + q.w, s.r + wr, s.y + wy, s.rr + wr*r, s.ry + wr*y, s.yy + wy*y, s.b + q.w*q.back, s.rb + wr*q.back}
	}
	whole = math.Inf(1)
	step := (p[len(p)-1].r - p[0].r) / float64(len(p)-1)
	// Long stretches first: the noise alone then rules out most of the short ones.
	for length := len(p); length >= need; length-- {
		uneven := sq(unevenLn / (float64(length) * step))
		for lo := 0; lo+length <= len(p); lo++ {
			hi := lo + length
			all := prefix[hi].less(prefix[lo])
			slope, variance, misfit := all.line()
			if !(slope < 0) || (variance+uneven)/4 >= whole {
				continue
			}
			mid := (lo + hi) / 2
			s1, v1, _ := prefix[mid].less(prefix[lo]).line()
			s2, v2, _ := prefix[hi].less(prefix[mid]).line()
			bend := math.Max(0, (s1-s2)*(s1-s2)-v1-v2)
			e := variance*(1+misfitRun*math.Max(0, misfit/float64(hi-lo-2)-1)) + bend/4
			if w := (e + uneven + varB*sq(all.back())) / 4; w < whole {
				from, to, err2, whole = lo, hi, e/4, w
			}
		}
	}
	return from, to, err2, whole
}

// backgroundSigma is what the error of the background does to alpha: it moves all pieces together.
func (l light) backgroundSigma(s Slope) float64 {
	if l.varB == 0 {
		return 0
	}
	var response float64
	for k, tilt := range s.tilt {
		var x, back float64
		for i := s.lo + k*s.block; i < s.lo+(k+1)*s.block; i++ {
			x += l.x[i]
			back += l.correction[i]
		}
		response += tilt * back / x
	}
	return math.Sqrt(l.varB) * math.Abs(response)
}

// finish fits the chosen stretch again, centred, and keeps how it follows from each piece.
func finish(p []piece, g grid, lo, block int, sigma float64) Slope {
	var w, r, y float64
	for _, q := range p {
		w += q.w
		r += q.w * q.r
		y += q.w * q.y
	}
	r, y = r/w, y/w
	var spread, ry float64
	for _, q := range p {
		spread += q.w * (q.r - r) * (q.r - r)
		ry += q.w * (q.r - r) * (q.y - y)
	}
	slope := ry / spread
	s := Slope{Alpha: -slope / 2, Sigma: sigma, noiseSigma: math.Sqrt(1/spread) / 2, lo: lo, hi: lo + len(p)*block, block: block, mean: r}
	s.FromM, s.ToM = g.rangeM(s.lo)-g.bin/2, g.rangeM(s.hi-1)+g.bin/2
	s.level = y - convexity(s.Alpha*g.bin, block)
	for _, q := range p {
		d := q.y - y - slope*(q.r-r)
		s.ChiSquare += q.w * d * d / float64(len(p)-2)
		s.tilt = append(s.tilt, -q.w*(q.r-r)/spread/2)
		s.share = append(s.share, q.w/w)
	}
	return s
}

// convexity is by how much the logarithm of the mean of n bins of exp(-2 alpha r) lies above that of the
// middle, with alpha times the length of a bin.
func convexity(alphaBin float64, n int) float64 {
	if alphaBin == 0 {
		return 0
	}
	return math.Log(math.Sinh(float64(n)*alphaBin) / (float64(n) * math.Sinh(alphaBin)))
}
