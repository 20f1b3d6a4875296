package pile

import (
	"math"
	"sort"

	"upwind"
)

// Calibrated on simulated heaps (see the coverage test).
const (
	toeSigma  = 0.35 // 1-sigma error of the toe in window half-widths: half the slope in a window of 2k+1 cells
	waveShare = 1.6  // ground waves under the heap over those seen by the ring, part of which the plane follows
)

// traits are what a candidate is judged by.
type traits struct {
	edgeShare   float64 // mean height at the accepted toe over the heap's height
	wallShare   float64 // share of the rim that a wall touches
	rough       float64 // spread of flank heights about local planes, m
	spread      float64 // median spread of raw points inside a cell, m; 0 when unknown
	inscribedM  float64 // radius of the largest circle inside, m
	fullness    float64 // volume over area times height: cone 1/3, box 1
	slopeSpread float64 // robust spread of flank slopes, as a tangent
	baseRough   float64 // ring's spread over the heap's height
	cut         float64 // cut over fill
	flankShare  float64 // share of the footprint at flank slopes
	openShare   float64 // share of the rim at the edge of the data or beside a void
	highRim     float64 // share of the rim that stands above a third of the height: a slope, not a heap
}

// measure turns a settled site into a pile.
func (s *site) measure() (Pile, traits, bool) {
	f := s.f
	e := s.edgeField()
	mask := s.coverage(e)
	ring := s.contour(e)
	if ring == nil || len(mask.Weight) == 0 {
		return Pile{}, traits{}, false
	}
	cellA := f.cell * f.cell
	p := Pile{Outline: ring, Mask: mask, Base: s.base.plane}
	var area, net, cx, cy, voidArea, top float64
	for n, w32 := range mask.Weight {
		w := float64(w32)
		if w == 0 {
			continue
		}
		x, y := mask.X0+n%mask.W, mask.Y0+n/mask.W
		i := (y-s.y0)*s.w + x - s.x0
		v := w * cellA * s.hgt[i]
		area += w * cellA
		net += v
		if v > 0 {
			p.FillM3 += v
		} else {
			p.CutM3 -= v
		}
		cx, cy = cx+w*(float64(x)+0.5), cy+w*(float64(y)+0.5)
		if f.void[y*f.w+x] {
			voidArea += w * cellA
		} else if w > 0.5 && s.hgt[i] > top {
			top, p.Peak = s.hgt[i], Point{float64(x) + 0.5, float64(y) + 0.5}
		}
	}
	if !(area > 0) || !(top > 0) {
		return Pile{}, traits{}, false
	}
	p.Centroid = Point{cx / (area / cellA), cy / (area / cellA)}
	p.VoidFraction = voidArea / area
	p.BaseSlopeDeg = math.Atan(math.Hypot(p.Base.GX, p.Base.GY)/f.cell) * 180 / math.Pi
	p.BaseRMSM, p.RingUsed = s.base.rms, s.base.used
	if hull := hullArea(ring[:len(ring)-1]); hull > 0 {
		p.Convexity = math.Min(1, math.Abs(ringArea(ring[:len(ring)-1]))/hull)
	}
	t := s.traits(&p, top, net, area)
	s.estimates(&p, area, net, top)
	return p, t, true
}

// estimates states volume, area and height with their errors. The volume's variance is the sum of
//
//	(A sigma_base)^2            the base plane, level and tilt, at the footprint's centre
//	A sigma_z^2 a_c             noise of the surface with correlation area a_c
//	(P h_toe sigma_toe)^2       the toe
//	(A s_wave)^2 min(1, a_w/A)  waves of the ground under the heap, with correlation area a_w
//	sum A (T d)^2 pi d^2        bridged voids, d from data, T the flank's tangent
func (s *site) estimates(p *Pile, area, net, top float64) {
	f := s.f
	cellA := f.cell * f.cell
	sz := f.sigma
	corrA := s.noiseArea()
	sBase := s.base.sigmaAt(p.Centroid.X, p.Centroid.Y, sz*sz*corrA/cellA)
	perimeter := ringLength(p.Outline) * f.cell
	sToe := toeSigma * float64(f.k) * f.cell
	wave := waveShare * s.base.wave * math.Sqrt(math.Min(1, s.base.waveA*cellA/area))
	sV := math.Sqrt(sq(area*sBase) + sq(area*wave) + area*sz*sz*corrA + sq(perimeter*s.toeHeight(p.Outline)*sToe) + s.bridgeVariance(p))
	p.Volume = upwind.NonNegative(net, sV)
	p.Area = upwind.NonNegative(area, math.Max(perimeter*sToe/2, 0.02*area))
	sBaseTop := s.base.sigmaAt(p.Peak.X, p.Peak.Y, sz*sz*corrA/cellA)
	apex := math.Tan(p.SlopeDeg*math.Pi/180) * f.cell / 2
	p.Height = upwind.NonNegative(top, math.Sqrt(sq(sBaseTop)+sq(wave)+sz*sz+sq(apex)/3))
}

// bridgeVariance is the variance of the volume from voids inside the footprint: at a distance d from data a
// bridged height is off by a flank's rise over d, alike within d.
func (s *site) bridgeVariance(p *Pile) float64 {
	f := s.f
	if p.VoidFraction == 0 {
		return 0
	}
	known := make([]bool, len(s.m))
	for i := range known {
		known[i] = !f.void[s.global(i)]
	}
	dist := distance(known, s.w, s.h, true)
	tan, v := math.Tan(p.SlopeDeg*math.Pi/180), 0.0
	for i, d := range dist {
		if w := float64(p.Mask.At(s.x0+i%s.w, s.y0+i/s.w)); w > 0 && d > 0 {
			d *= f.cell
			v += w * f.cell * f.cell * sq(tan*d) * math.Pi * d * d
		}
	}
	return v
}

// toeHeight is the mean height above the base along the toe, m.
func (s *site) toeHeight(ring []Point) float64 {
	sum, n := 0.0, 0.0
	for _, q := range ring[1:] {
		u, v := q.X-float64(s.x0)-0.5, q.Y-float64(s.y0)-0.5
		x, y := min(max(int(math.Floor(u)), 0), s.w-2), min(max(int(math.Floor(v)), 0), s.h-2)
		fu, fv := u-float64(x), v-float64(y)
		i := y*s.w + x
		h := (1-fv)*((1-fu)*s.hgt[i]+fu*s.hgt[i+1]) + fv*((1-fu)*s.hgt[i+s.w]+fu*s.hgt[i+s.w+1])
		if !math.IsNaN(h) {
			sum, n = sum+h, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return math.Abs(sum / n)
}

func sq(v float64) float64 { return v * v }

// noiseArea is the correlation area of the surface's noise, m2: 2 pi l^2 for exp(-d/l), at least a cell.
func (s *site) noiseArea() float64 {
	f := s.f
	l := f.noiseLen
	if l == 0 && s.base.rho > minCorrelation {
		l = math.Min(maxNoiseLenM, -f.cell/math.Log(s.base.rho))
	}
	return math.Max(f.cell*f.cell, 2*math.Pi*l*l)
}

// minCorrelation is what neighbouring residuals reach by chance.
const minCorrelation = 0.15

func ringLength(r []Point) float64 {
	l := 0.0
	for i := 1; i < len(r); i++ {
		l += math.Hypot(r[i].X-r[i-1].X, r[i].Y-r[i-1].Y)
	}
	return l
}

func sortPoints(p []Point) {
	sort.Slice(p, func(i, j int) bool {
		if p[i].X != p[j].X {
			return p[i].X < p[j].X
		}
		return p[i].Y < p[j].Y
	})
}

// traits gathers the evidence inside and along the footprint.
func (s *site) traits(p *Pile, top, net, area float64) traits {
	f := s.f
	t := traits{fullness: net / (area * top), baseRough: s.base.rms / top}
	if p.FillM3 > 0 {
		t.cut = p.CutM3 / p.FillM3
	}
	var slopes, abs, rough, spread, toe []float64
	var rim, wall, open, high, n, flank int
	for i, in := range s.m {
		if !in {
			continue
		}
		j := s.global(i)
		n++
		t.inscribedM = math.Max(t.inscribedM, s.in[i]*f.cell)
		if s.g[i] > tanFlankLo {
			flank++
		}
		if !f.void[j] && s.in[i] > float64(f.k)+0.5 && s.g[i] > tanStill {
			slopes = append(slopes, s.g[i])
			abs = append(abs, f.slope(j, 0, 0))
			rough = append(rough, math.Abs(f.z[j]-f.zRef-float64(f.smooth[j])))
		}
		if f.spread != nil && f.spread[j] == f.spread[j] {
			spread = append(spread, float64(f.spread[j]))
		}
		if s.in[i] > 1 {
			continue
		}
		rim++
		toe = append(toe, s.hgt[i])
		if s.hgt[i] > top/3 {
			high++
		}
		touchesWall, touchesOpen := false, j%f.w == 0 || j%f.w == f.w-1 || j/f.w == 0 || j/f.w == f.h-1
		f.around(j, func(q int) {
			touchesOpen = touchesOpen || math.IsNaN(f.z[q])
			touchesWall = touchesWall || f.slope(q, 0, 0) > tanWall
		})
		if touchesWall {
			wall++
		}
		if touchesOpen {
			open++
		}
	}
	if rim > 0 {
		t.wallShare, t.openShare = float64(wall)/float64(rim), float64(open)/float64(rim)
		t.highRim = float64(high) / float64(rim)
		t.edgeShare = math.Max(0, median(toe)) / top
	}
	t.flankShare = float64(flank) / float64(n)
	t.spread = median(spread)
	if len(slopes) > 0 {
		mid := median(slopes)
		p.SlopeDeg = math.Atan(median(abs)) * 180 / math.Pi
		for i := range slopes {
			slopes[i] = math.Abs(slopes[i] - mid)
		}
		t.slopeSpread = madToSigma * median(slopes)
	}
	t.rough = madToSigma * median(rough)
	p.FlankRMSM = t.rough
	return t
}
