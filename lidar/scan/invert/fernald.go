package invert

import (
	"math"

	"upwind/lidar/scan"
)

// Fernald integrates the lidar equation of particles and molecules (Fernald 1984) both ways from the bin at,
// where the total backscatter is betaAt. x is the range-corrected signal, betaM the molecular backscatter,
// 1/(m sr), lidarRatio that of particles, sr; all have a value a bin, bins are binM long. The result is the
// total backscatter, 1/(m sr), NaN where x is not finite or where the solution diverges. Slices of unequal
// length or a boundary outside them give nil.
func Fernald(x, betaM, lidarRatio []float64, molecularRatioSr, binM float64, at int, betaAt float64) []float64 {
	n := len(x)
	if len(betaM) != n || len(lidarRatio) != n || at < 0 || at >= n {
		return nil
	}
	s := newSpace(grid{first: binM / 2, bin: binM, n: n})
	copy(s.betaM, betaM)
	copy(s.ratio, lidarRatio)
	for i := range s.correction {
		s.correction[i] = 1
	}
	s.integrate(molecularRatioSr)
	p := &profile{}
	p.solve(s, x, make([]float64, n), 0, boundary{bin: at, k: x[at] / betaAt})
	return p.beta
}

// boundary is the constant of integration K = Z/beta at a bin, and how it may be wrong.
type boundary struct {
	bin          int
	k            float64
	alpha, sigma float64 // of particles, 1/m, at the bin
	// influence is d ln K / d X of bins from lo on: the noise of these bins is in K too.
	lo        int
	influence []float64
	external  float64 // variance of ln K from elsewhere: neighbours, calibration, particles at the reference
	perRatio  float64 // d ln K / d S
	perAir    float64 // d ln K / d ln of the air's density
	quality   scan.Quality
}

// profile is the solution along a ray: n values each, scratch that is used again for the next ray.
type profile struct {
	beta   []float64 // total backscatter
	own    []float64 // variance of beta from the bin's own noise, independent between bins
	common []float64 // d beta from everything else, as a variance: boundary, integral, background
	ratioD []float64 // d beta / d S
	airD   []float64 // d beta / d ln of the air's density

	z []float64
}

func (p *profile) resize(n int) {
	if len(p.beta) == n {
		return
	}
	for _, s := range []*[]float64{&p.beta, &p.own, &p.common, &p.ratioD, &p.airD, &p.z} {
		*s = make([]float64, n)
	}
}

// blank makes everything unknown.
func (p *profile) blank(n int) {
	p.resize(n)
	for i := range p.beta {
		p.beta[i], p.own[i], p.common[i], p.ratioD[i], p.airD[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
}

// bridgeBins is the longest gap that is crossed by a straight line; behind a longer one nothing is known.
const bridgeBins = 5

// solve integrates Fernald's equation from the boundary both ways. x is the range-corrected signal, v its
// variance, varB the variance of the background, which all bins share. Where x is not finite, or behind where
// the solution diverges, beta is NaN.
func (p *profile) solve(s *sight, x, v []float64, varB float64, b boundary) {
	p.blank(s.n)
	lo, hi := reach(x, b.bin)
	if lo >= hi {
		return
	}
	g0 := s.gain[b.bin]
	for i := lo; i < hi; i++ {
		p.z[i] = x[i] * s.gain[i] / g0
	}
	bridge(p.z, lo, hi)
	p.march(s, x, v, varB, b, lo, hi, -1)
	p.march(s, x, v, varB, b, lo, hi, +1)
}

// march goes from the boundary in one direction and carries, beside the solution
//
//	beta = Z / D,  D = K - 2 int S Z,
//
// what the errors do to it. With dZ of the bin itself, K (1 + dk) and the integral I,
//
//	d beta = dZ/D - beta (K dk - 2 dI) / D
//
// the noise of a bin enters through Z, through I and, inside the stretch of the boundary, through dk; the
// background moves all three of all bins together; so does the lidar ratio.
func (p *profile) march(s *sight, x, v []float64, varB float64, b boundary, lo, hi, step int) {
	g0, h := s.gain[b.bin], s.bin*float64(step)
	kVar, kBack := b.external, 0.0
	for n, k := range b.influence {
		i := b.lo + n
		if i < s.n && finite(v[i]) {
			kVar += k * k * v[i]
			kBack -= k * s.correction[i]
		}
	}
	// Of the integral: variance, covariance with ln K, change with the background, the lidar ratio and the air.
	var iVar, iK, iBack, iRatio, iAir float64
	air0 := s.betaInt[b.bin]
	d := b.k
	for i := b.bin; i >= lo && i < hi; i += step {
		if !(d > 0) {
			return
		}
		air, gain := s.betaInt[i]-air0, s.gain[i]/g0
		// Half of a bin lies before its centre; the integral starts at the centre of the first.
		before, after := s.ratio[i]*h/2, s.ratio[i]*h/2
		if i == b.bin {
			before = 0
		}
		var zVar, zK, zBack float64
		if finite(v[i]) {
			zVar, zK = gain*gain*v[i], gain*v[i]*b.at(i)
		}
		if finite(s.correction[i]) {
			zBack = -gain * s.correction[i]
		}
		zRatio := p.z[i] * (1/s.ratio[i] - 2*air)
		zAir := p.z[i] * (s.logGain[i] - s.logGain[b.bin])
		if finite(x[i]) {
			beta := p.z[i] / d
			rest, direct := beta/d, (1+2*beta*before)/d
			p.beta[i] = beta
			p.own[i] = direct * (direct*zVar - 2*rest*b.k*zK)
			p.common[i] = rest*rest*(b.k*b.k*kVar+4*iVar-4*b.k*iK) +
				varB*sq(zBack*direct-rest*(b.k*kBack-2*iBack))
			if p.own[i] < 0 {
				p.common[i], p.own[i] = math.Max(0, p.common[i]+p.own[i]), 0
			}
			p.airD[i] = zAir/d - rest*(b.k*b.perAir-2*(iAir+before*zAir))
			p.ratioD[i] = -2*air*beta - rest*(b.k*b.perRatio-2*(iRatio+before*zRatio))
		}
		full := before + after
		iVar += full * full * zVar
		iK += full * zK
		iBack += full * zBack
		iRatio += full * zRatio
		iAir += full * zAir
		if next := i + step; next >= lo && next < hi {
			d -= lost(d, h*(s.ratio[i]*p.z[i]+s.ratio[next]*p.z[next]))
		}
	}
}

// lost is 2 int S Z between the centres of two bins, from its trapezoid. Over homogeneous air Z falls
// exponentially and the trapezoid is too much by s/2 coth(s/2) = 1 + s^2/12, s being the optical depth there and
// back: this is put right. What then remains is, relative to extinction, h^2/6 d alpha/dr (2e-4 at the flanks of
// a plume of 2 per km and 60 m in bins of 7.5 m) and stays where the flank is. Rules through more neighbours
// would gain little there and ring at the edges of clouds.
func lost(d, trapezoid float64) float64 {
	const thick = 0.5 // beyond it, noise or a wall
	s := trapezoid / (d - trapezoid/2)
	if !(math.Abs(s) < thick) {
		return trapezoid
	}
	return trapezoid * (1 - s*s/12)
}

func (b *boundary) at(i int) float64 {
	if i -= b.lo; i >= 0 && i < len(b.influence) {
		return b.influence[i]
	}
	return 0
}

func sq(x float64) float64 { return x * x }

// reach is the span of bins around one that no gap longer than bridgeBins cuts off.
func reach(x []float64, at int) (lo, hi int) {
	if at < 0 || at >= len(x) {
		return 0, 0
	}
	lo, hi = at, at+1
	for i, gap := at-1, 0; i >= 0 && gap <= bridgeBins; i-- {
		if gap++; finite(x[i]) {
			lo, gap = i, 0
		}
	}
	for i, gap := at+1, 0; i < len(x) && gap <= bridgeBins; i++ {
		if gap++; finite(x[i]) {
			hi, gap = i+1, 0
		}
	}
	if !finite(x[at]) && hi-lo < 2 {
		return 0, 0
	}
	return lo, hi
}

// bridge fills gaps between lo and hi by straight lines, for the integral only.
func bridge(z []float64, lo, hi int) {
	last := -1
	for i := lo; i < hi; i++ {
		if !finite(z[i]) {
			continue
		}
		if last >= 0 && i-last > 1 {
			for j := last + 1; j < i; j++ {
				z[j] = z[last] + (z[i]-z[last])*float64(j-last)/float64(i-last)
			}
		}
		last = i
	}
}
