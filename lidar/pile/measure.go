package pile

import (
	"math"
	"sort"
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
	highRim     float64 // share of the free rim that stands above a third of the height: a slope, not a heap
	dome        float64 // slope low on the flank over slope high on it: above 1 for crowns, 1 at repose
	highSaddle  float64 // share of the rim that borders another mound high up: a piece of a dam, not a heap
	freeRim     float64 // share of the rim that meets neither another heap nor a wall it leans on
}

// measure turns a settled site into a pile.
func (s *site) measure() (Pile, bool) {
	f := s.f
	e := s.edgeField()
	mask := s.coverage(e)
	ring := s.contour(e)
	if ring == nil || len(mask.Weight) == 0 {
		return Pile{}, false
	}
	cellA := f.cell * f.cell
	p := Pile{Outline: ring, Mask: mask, Base: s.base.plane}
	p.Base.Z0 += f.zRef
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
		if f.state[y*f.w+x] != measured {
			voidArea += w * cellA
		} else if w > 0.5 && s.hgt[i] > top {
			top, p.Peak = s.hgt[i], Point{float64(x) + 0.5, float64(y) + 0.5}
		}
	}
	if !(area > 0) || !(top > 0) {
		return Pile{}, false
	}
	p.Centroid = Point{cx / (area / cellA), cy / (area / cellA)}
	p.VoidFraction = voidArea / area
	p.BaseSlopeDeg = math.Atan(math.Hypot(p.Base.GX, p.Base.GY)/f.cell) * 180 / math.Pi
	p.BaseRMSM, p.RingUsed = s.base.rms, s.base.used
	if hull := hullArea(ring[:len(ring)-1]); hull > 0 {
		p.Convexity = math.Min(1, math.Abs(ringArea(ring[:len(ring)-1]))/hull)
	}
	p.traits = s.gather(&p, top, net, area)
	run := s.apron(mask)
	if run.volume > 0 {
		p.FillM3 += run.volume
	} else {
		p.CutM3 -= run.volume
	}
	s.estimates(&p, run, area, net+run.volume, top)
	return p, true
}

func sq(v float64) float64 { return v * v }

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

// saddleShare of a heap's height is a high border with its neighbour: poured heaps meet lower.
const saddleShare = 0.65

// Parts of the height whose slopes are compared: a crown steepens towards its rim.
var lowFlank, highFlank = [2]float64{0.12, 0.40}, [2]float64{0.50, 0.85}

// gather finds the traits inside and along the footprint.
func (s *site) gather(p *Pile, top, net, area float64) traits {
	f := s.f
	t := traits{fullness: net / (area * top), baseRough: s.base.rms / top}
	if p.FillM3 > 0 {
		t.cut = p.CutM3 / p.FillM3
	}
	cells := 0
	for _, in := range s.m {
		if in {
			cells++
		}
	}
	list := func() []float64 { return s.room.floats(cells)[:0] }
	slopes, abs, rough, spread, toe, low, high := list(), list(), list(), list(), list(), list(), list()
	var rim, free, wall, open, raised, saddle, n, flank int
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
		if f.state[j] == measured && s.in[i] > float64(f.k)+0.5 && s.g[i] > tanStill {
			slopes = append(slopes, s.g[i])
			abs = append(abs, f.slope(j, 0, 0))
			rough = append(rough, math.Abs(float64(f.z[j]-f.smooth[j])))
		}
		switch h := s.hgt[i] / top; {
		case f.state[j] != measured:
		case h > lowFlank[0] && h < lowFlank[1]:
			low = append(low, s.g[i])
		case h > highFlank[0] && h < highFlank[1]:
			high = append(high, s.g[i])
		}
		if f.spread != nil && f.state[j] == measured && f.spread[j] == f.spread[j] {
			spread = append(spread, float64(f.spread[j]))
		}
		if s.in[i] > 1 {
			continue
		}
		rim++
		touchesWall, touchesOpen, leans := false, j%f.w == 0 || j%f.w == f.w-1 || j/f.w == 0 || j/f.w == f.h-1, s.nextToOther(i)
		f.around(j, func(q int) {
			touchesOpen = touchesOpen || f.state[q] == void && f.z[q] != f.z[q]
			touchesWall = touchesWall || f.slope(q, 0, 0) > tanWall
			leans = leans || f.state[q] == barrier
		})
		if touchesOpen {
			open++
		}
		if leans {
			if f.state[j] != barrier && s.hgt[i] > saddleShare*top && s.nextToMound(i) {
				saddle++
			}
			continue
		}
		free++
		toe = append(toe, s.hgt[i])
		switch {
		case touchesWall:
			wall++
		case s.hgt[i] > top/3:
			raised++
		}
	}
	if rim > 0 {
		t.highSaddle = float64(saddle) / float64(rim)
		t.openShare, t.freeRim = float64(open)/float64(rim), float64(free)/float64(rim)
	}
	if free > 0 {
		t.wallShare, t.highRim = float64(wall)/float64(free), float64(raised)/float64(free)
		t.edgeShare = math.Max(0, median(toe)) / top
	}
	t.dome = 1
	if a, b := median(low), median(high); len(low) > 0 && len(high) > 0 && b > 0 {
		t.dome = a / b
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
