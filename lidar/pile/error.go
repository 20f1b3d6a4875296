package pile

import (
	"math"

	"upwind"
)

// Calibrated on simulated heaps (the tuning runs of fixtures/yard).
const (
	toeSigma    = 0.2  // 1-sigma error of the toe in window half-widths: half the slope in a window of 2k+1 cells
	waveShare   = 1.1  // ground waves under the heap over those seen by the ring, part of which the plane follows
	waveFreedom = 3.0  // degrees of freedom of the waves that a ring sees: a bend each way and a level
	moundSigma  = 0.5  // 1-sigma error of the valley between heaps, cells
	wallSigma   = 0.8  // 1-sigma error of a border along a wall, cells,
	wallSigmaM  = 0.25 // and m
	runoutShare = 0.5  // of the run-out's volume is uncertain
	bridgeSlope = 1.0  // error of an inferred surface: this share of the flank's rise over the distance from data
)

// estimates states volume, area and height with their errors. The volume's variance is the sum of
//
//	((A + A_a) sigma_base)^2    the base plane, level and tilt, at the footprint's centre
//	(A s_wave)^2 min(1, a_w/A)  waves of the ground under the heap, with correlation area a_w
//	A (sigma_z^2 a + s_c^2 a_c) noise of the surface, white in cells of area a and correlated with area a_c
//	(int h dl sigma_toe)^2      the toe; and likewise the borders with other heaps and along walls
//	(V_a/2)^2                   the run-out beyond the toe
//	sum A (T d)^2 pi d^2        inferred heights, at d from data, T the flank's tangent
//
// Some of these are themselves known from few independent looks, so the interval is Student's, with the
// effective degrees of freedom of Welch and Satterthwaite.
func (s *site) estimates(p *Pile, run runout, area, net, top float64) {
	f := s.f
	cellA := f.cell * f.cell
	noise := sq(f.sigma)*cellA + sq(s.base.soft)*softArea(s.base.softLen) // variance of a mean height times its area, m4
	sBase := s.base.sigmaAt(p.Centroid.X, p.Centroid.Y, noise/cellA)
	perimeter := ringLength(p.Outline) * f.cell
	sToe := toeSigma * float64(f.k) * f.cell
	wave := waveShare * s.base.wave * math.Sqrt(math.Min(1, s.base.waveA*cellA/area))
	toe, mound, wall := s.border(p.Outline)
	parts := []struct{ sigma, freedom float64 }{
		{(area + run.area) * sBase, math.Max(2, s.base.used*sectors-3)},
		{area * wave, waveFreedom},
		{math.Sqrt(area * noise), 1e3},
		{toe * sToe, 1e3},
		{mound * moundSigma * f.cell, 1e3},
		{wall * (wallSigma*f.cell + wallSigmaM), 1e3},
		{runoutShare * run.volume, 1e3},
		{math.Sqrt(s.bridgeVariance(p)), 1e3},
	}
	v, w := 0.0, 0.0
	for _, c := range parts {
		v += sq(c.sigma)
		w += sq(sq(c.sigma)) / c.freedom
	}
	p.Volume = student(net, math.Sqrt(v), v*v/w)
	p.Area = upwind.NonNegative(area, math.Max(perimeter*sToe/2, 0.02*area))
	sBaseTop := s.base.sigmaAt(p.Peak.X, p.Peak.Y, noise/cellA)
	apex := math.Tan(p.SlopeDeg*math.Pi/180) * f.cell / 2
	p.Height = upwind.NonNegative(top, math.Sqrt(sq(sBaseTop)+sq(wave)+sq(f.sigma)+sq(apex)/3))
}

// student is a non-negative estimate whose sigma is known from so many degrees of freedom. The half-width is
// the 97.5 % point of Student's distribution by the expansion of Cornish and Fisher (Abramowitz and Stegun
// 26.7.5), good to 1 % from 3 degrees on.
func student(value, sigma, freedom float64) upwind.Estimate {
	const z = 1.959963984540054
	n := math.Max(2, freedom)
	if !(n < 1e6) {
		n = 1e6
	}
	g1 := (z*z*z + z) / 4
	g2 := (5*math.Pow(z, 5) + 16*z*z*z + 3*z) / 96
	g3 := (3*math.Pow(z, 7) + 19*math.Pow(z, 5) + 17*z*z*z - 15*z) / 384
	t := z + g1/n + g2/(n*n) + g3/(n*n*n)
	return upwind.Estimate{Value: value, Sigma: sigma, Lo95: math.Max(0, value-t*sigma), Hi95: value + t*sigma}
}

// softArea is the correlation area of exp(-d/l), m2.
func softArea(l float64) float64 { return 2 * math.Pi * l * l }

// runout is what lies between the toe and the ring: the toe of poured material thins out, and surface
// models blur it.
type runout struct{ volume, area float64 }

// apronM is how far beyond the toe material runs out, at least apronCells.
const (
	apronM     = 0.5
	apronCells = 1.5
)

// apron sums the heights just outside the toe, where the ring is free.
func (s *site) apron(m Mask) runout {
	f := s.f
	var r runout
	reach := math.Max(apronM/f.cell, apronCells)
	for i, d := range s.out {
		if d > reach || s.blocked[i] || f.state[s.global(i)] != measured || s.g[i] >= tanWall {
			continue
		}
		w := 1 - float64(m.At(s.x0+i%s.w, s.y0+i/s.w))
		if w == 0 || d == 0 && w == 1 {
			continue
		}
		x, y := s.centre(i)
		if !s.base.kept[s.base.sectorOf(x, y)] || s.nextToOther(i) {
			continue
		}
		r.area += w * f.cell * f.cell
		r.volume += w * f.cell * f.cell * s.hgt[i]
	}
	return r
}

// border integrates the height above the base along the outline, m2, apart for the free toe, for the valleys
// to other heaps, and for walls.
func (s *site) border(ring []Point) (toe, mound, wall float64) {
	f := s.f
	for n := 1; n < len(ring); n++ {
		dl := math.Hypot(ring[n].X-ring[n-1].X, ring[n].Y-ring[n-1].Y) * f.cell
		px, py := (ring[n].X+ring[n-1].X)/2, (ring[n].Y+ring[n-1].Y)/2
		x := min(max(int(math.Floor(px))-s.x0, 0), s.w-1)
		y := min(max(int(math.Floor(py))-s.y0, 0), s.h-1)
		kind, top := 0, 0.0
		for v := max(0, y-1); v <= min(s.h-1, y+1); v++ {
			for u := max(0, x-1); u <= min(s.w-1, x+1); u++ {
				i := v*s.w + u
				j := s.global(i)
				switch {
				case f.state[j] == barrier || f.slope(j, 0, 0) > tanWall:
					kind = 2
				case s.blocked[i] && f.z[j] == f.z[j] && kind == 0:
					kind = 1
				}
				if s.m[i] && s.hgt[i] > top {
					top = s.hgt[i]
				}
			}
		}
		switch kind {
		case 0:
			toe += s.heightAt(px, py) * dl
		case 1:
			mound += top * dl
		case 2:
			wall += top * dl
		}
	}
	return math.Abs(toe), mound, wall
}

// heightAt is the height above the base at a place on the grid, m; 0 where unknown.
func (s *site) heightAt(px, py float64) float64 {
	u, v := px-float64(s.x0)-0.5, py-float64(s.y0)-0.5
	x, y := min(max(int(math.Floor(u)), 0), s.w-2), min(max(int(math.Floor(v)), 0), s.h-2)
	fu, fv := u-float64(x), v-float64(y)
	i := y*s.w + x
	h := (1-fv)*((1-fu)*s.hgt[i]+fu*s.hgt[i+1]) + fv*((1-fu)*s.hgt[i+s.w]+fu*s.hgt[i+s.w+1])
	if math.IsNaN(h) {
		return 0
	}
	return h
}

// bridgeVariance is the variance of the volume from inferred heights inside the footprint: at a distance d
// from data one is off by about a flank's rise over d, alike within d.
func (s *site) bridgeVariance(p *Pile) float64 {
	f := s.f
	if p.VoidFraction == 0 {
		return 0
	}
	known := s.room.bools(len(s.m))
	for i := range known {
		known[i] = f.state[s.global(i)] == measured
	}
	dist := s.room.distance(s.room.floats(len(known)), known, s.w, s.h, true)
	tan, v := bridgeSlope*math.Tan(p.SlopeDeg*math.Pi/180), 0.0
	for i, d := range dist {
		if w := float64(p.Mask.At(s.x0+i%s.w, s.y0+i/s.w)); w > 0 && d > 0 {
			d *= f.cell
			v += w * f.cell * f.cell * sq(tan*d) * math.Pi * d * d
		}
	}
	return v
}
