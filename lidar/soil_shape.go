package lidar

import (
	"image"
	"math"

	"upwind"
)

// sampled is how many cells of a region its roughness is taken from.
const sampled = 20_000

// Roughness.
const (
	floorShare  = 0.05  // of the cells of bare soil: the smoothest show the sensor's noise
	floorSigmas = 1.645 // of a normal distribution below its mean at that share
	madToSigma  = 1.4826
)

// sample is at most so many cells of a region, evenly in reading order.
func (s *soilSite) sample(r region) []int {
	step := max(1, r.n/sampled)
	var out []int
	k := 0
	s.each(r, func(i int) {
		if k%step == 0 {
			out = append(out, i)
		}
		k++
	})
	return out
}

// noiseFloor is the spread of the smoothest bare ground of the cloud. The lowest of many estimates are low
// by chance: a spread from f degrees of freedom has the relative error 1/sqrt(2f).
func (s *soilSite) noiseFloor() float64 {
	c := s.c
	step := max(1, len(s.rough)/(4*sampled))
	var v []float64
	for i := 0; i < len(s.rough); i += step {
		if q := s.rough[i]; q == q && s.sure[i] == classYes {
			v = append(v, float64(q))
		}
	}
	half, thin := c.window()
	side := float64(2*half/thin + 1)
	free := math.Max(2, side*side*float64(c.Report.Used)/float64(len(c.z))-planeUnknowns)
	return quantile(v, floorShare) / (1 - math.Min(0.5, floorSigmas/math.Sqrt(2*free)))
}

// roughness is the earth's own spread about local planes, and spread that of the points, both in m. The
// points also spread by the sensor's noise n, which is somewhere between none and the spread of the smoothest
// ground, so the earth's lies between sqrt(r^2 - n^2) and r: the middle, with the uniform distribution's
// sigma and an interval that holds both ends. The median over the region follows neither ruts nor bushes; neighbouring windows share their cells
// and count once.
func (s *soilSite) roughness(r region) (rough upwind.Estimate, spread float64) {
	var v []float64
	for _, i := range s.sample(r) {
		if q := s.rough[i]; q == q {
			v = append(v, float64(q))
		}
	}
	spread = quantile(v, 0.5)
	for i := range v {
		v[i] = math.Abs(v[i] - spread)
	}
	half, _ := s.c.window()
	windows := math.Max(1, float64(r.n)/float64((2*half+1)*(2*half+1)))
	least := math.Sqrt(math.Max(0, spread*spread-s.floor*s.floor))
	chance := madToSigma * quantile(v, 0.5) / math.Sqrt(windows)
	rough = upwind.NonNegative((least+spread)/2, math.Hypot((spread-least)/math.Sqrt(12), chance))
	rough.Lo95 = math.Min(rough.Lo95, upwind.NonNegative(least, chance).Lo95)
	rough.Hi95 = math.Max(rough.Hi95, upwind.NonNegative(spread, chance).Hi95)
	return rough, spread
}

// isRoad tells a strip from a patch. Width is twice area over half the perimeter, which also holds for bends
// where moments fail; cell stairs lengthen a slanted perimeter by up to sqrt(2), so the mean 4/pi is taken
// off. A strip of length over width beyond the limit that is straight, or fills little of the box along its
// axes because it bends, is a road; a patch with a ragged rim is neither, and wider than a road it is a field.
func (s *soilSite) isRoad(r region, perimeter int) bool {
	length := float64(perimeter) * math.Pi / 8
	width := float64(r.n) / length
	if width*s.c.cell > roadMaxWidthM || length/width <= roadElongation {
		return false
	}
	ratio, fill := s.axes(r)
	return ratio > roadElongation/2 || fill < roadFill
}

// axes are the ratio of the principal axes of a region and the share it fills of the box along them.
func (s *soilSite) axes(r region) (ratio, fill float64) {
	var sx, sy, sxx, syy, sxy float64
	at := func(i int) (u, v float64) { return float64(i%s.c.w - r.box.Min.X), float64(i/s.c.w - r.box.Min.Y) }
	s.each(r, func(i int) {
		u, v := at(i)
		sx, sy, sxx, syy, sxy = sx+u, sy+v, sxx+u*u, syy+v*v, sxy+u*v
	})
	n := float64(r.n)
	const square = 1. / 12 // a cell is a unit square
	vxx, vyy, vxy := sxx/n-sx*sx/n/n+square, syy/n-sy*sy/n/n+square, sxy/n-sx*sy/n/n
	mean, half := (vxx+vyy)/2, math.Hypot((vxx-vyy)/2, vxy)
	sin, cos := math.Sincos(math.Atan2(2*vxy, vxx-vyy) / 2)
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	s.each(r, func(i int) {
		u, v := at(i)
		for k, q := range [2]float64{u*cos + v*sin, v*cos - u*sin} {
			lo[k], hi[k] = math.Min(lo[k], q), math.Max(hi[k], q)
		}
	})
	return math.Sqrt((mean + half) / math.Max(mean-half, square)), n / ((hi[0] - lo[0] + 1) * (hi[1] - lo[1] + 1))
}

// onRim reports whether a cell of a region touches one that is not of it.
func (s *soilSite) onRim(r region, i int) bool {
	c := s.c
	x, y := i%c.w, i/c.w
	return x > 0 && s.labels[i-1] != r.label || x < c.w-1 && s.labels[i+1] != r.label ||
		y > 0 && s.labels[i-c.w] != r.label || y < c.h-1 && s.labels[i+c.w] != r.label
}

// fallsAway is the share of a region's surroundings, fallNearM to fallFarM outside, that lie more than fallM
// below the plane through the nearest rim. Void surroundings say nothing.
func (s *soilSite) fallsAway(r region) float64 {
	c := s.c
	near, far := int(math.Ceil(fallNearM/c.cell)), int(math.Ceil(fallFarM/c.cell))
	box := r.box.Inset(-far).Intersect(image.Rect(0, 0, c.w, c.h))
	w := box.Dx()
	from := make([]int32, w*box.Dy()) // rim cell + 1 from which a cell was reached
	var front []int32
	s.each(r, func(i int) {
		k := (i/c.w-box.Min.Y)*w + i%c.w - box.Min.X
		from[k] = int32(i + 1)
		if s.onRim(r, i) {
			front = append(front, int32(k))
		}
	})
	half, step := c.window()
	planes := map[int32]local{}
	seen, fell := 0, 0
	for d := 1; d <= far; d++ {
		var next []int32
		for _, k := range front {
			x, y := int(k)%w, int(k)/w
			for _, q := range [4][2]int{{x + 1, y}, {x - 1, y}, {x, y + 1}, {x, y - 1}} {
				if q[0] < 0 || q[1] < 0 || q[0] >= w || q[1] >= box.Dy() || from[q[1]*w+q[0]] != 0 {
					continue
				}
				j := q[1]*w + q[0]
				from[j] = from[k]
				next = append(next, int32(j))
				i := (q[1]+box.Min.Y)*c.w + q[0] + box.Min.X
				if d < near || c.z[i] != c.z[i] {
					continue
				}
				rim := from[k] - 1
				l, ok := planes[rim]
				if !ok {
					l, ok = c.ground(int(rim)%c.w, int(rim)/c.w, half, step)
					if !ok {
						continue
					}
					planes[rim] = l
				}
				dx, dy := float64(i%c.w-int(rim)%c.w)*c.cell, float64(i/c.w-int(rim)/c.w)*c.cell
				seen++
				if l.z+l.gx*dx+l.gy*dy-c.z[i] > fallM {
					fell++
				}
			}
		}
		front = next
	}
	if seen == 0 {
		return 0
	}
	return float64(fell) / float64(seen)
}
