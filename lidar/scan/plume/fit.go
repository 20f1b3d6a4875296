package plume

import "math"

// fit is the search for the motion of one template of the later scan in the earlier one. Times are seconds
// on the clock of the earlier scan's first ray; t1 and t2 are what both pictures are carried to.
type fit struct {
	earlier, later *Result
	gap            float64
	t1, t2         float64
	cell           float64
	west, south    float64 // of the template
	w, h           int
	u, v           float64 // m/s, as found so far
	ncc            float64
	a, b           *window
	dx, dy         float64 // of the best place in b, cells
}

// search looks for the template over all speeds on coarse cells, rays as they were taken.
func (f *fit) search() string {
	c := f.cell * coarseTimes
	a := &window{w: (f.w + coarseTimes - 1) / coarseTimes, h: (f.h + coarseTimes - 1) / coarseTimes, cell: c, west: f.west, south: f.south}
	// Both sides of the seam of a turn may have seen it: two turns are the longest time.
	reach := int(math.Ceil(maxSpeedMS * f.gap / c))
	b := &window{w: a.w + 2*reach, h: a.h + 2*reach, cell: c, west: f.west - float64(reach)*c, south: f.south - float64(reach)*c}
	f.later.lay(a, 0, 0, 0, f.gap)
	f.earlier.lay(b, 0, 0, 0, 0)
	best, bx, by := 0.0, 0, 0
	like := make([]float64, (2*reach+1)*(2*reach+1))
	for dy := 0; dy <= 2*reach; dy++ {
		for dx := 0; dx <= 2*reach; dx++ {
			ncc, alike := correlate(a, b, dx, dy)
			if ncc > minNCC*0.7 {
				like[dy*(2*reach+1)+dx] = alike
				if alike > best {
					best, bx, by = alike, dx, dy
				}
			}
		}
	}
	if best < minAlike {
		return "the earlier scan shows nothing like it"
	}
	for dy := 0; dy <= 2*reach; dy++ {
		for dx := 0; dx <= 2*reach; dx++ {
			far := math.Hypot(float64(dx-bx), float64(dy-by))*c > math.Max(rivalM, f.cell*float64(max(f.w, f.h))/2)
			if far && like[dy*(2*reach+1)+dx] > rivalShare*best {
				return "the earlier scan shows more than one thing like it"
			}
		}
	}
	t1, ok1 := meanTime(b, bx, by, a.w, a.h)
	t2, ok2 := meanTime(a, 0, 0, a.w, a.h)
	if !ok1 || !ok2 || t2-t1 < minMotionTime {
		return "the same rays saw it at nearly the same time"
	}
	f.t1, f.t2 = t1, t2
	f.u, f.v = -float64(bx-reach)*c/(t2-t1), -float64(by-reach)*c/(t2-t1)
	if math.Hypot(f.u, f.v) > maxSpeedMS {
		return "what looks like it in the earlier scan is too far away"
	}
	return ""
}

// meanTime is the excess-weighted time of a part of a window.
func meanTime(q *window, x0, y0, w, h int) (float64, bool) {
	var sum, t float64
	for y := y0; y < y0+h; y++ {
		for x := x0; x < x0+w; x++ {
			if v := q.v[y*q.w+x]; v > 0 {
				sum += v
				t += v * q.second[y*q.w+x]
			}
		}
	}
	return t / sum, sum > 0
}

const refineReach = 6 // fine cells about the motion found so far

// refine carries both scans with the motion found so far and fits what is left of the shift: a quadratic
// through the correlation about its peak.
func (f *fit) refine() string {
	a := &window{w: f.w, h: f.h, cell: f.cell, west: f.west, south: f.south}
	dt := f.t2 - f.t1
	b := &window{w: f.w + 2*refineReach, h: f.h + 2*refineReach, cell: f.cell,
		west: f.west - f.u*dt - refineReach*f.cell, south: f.south - f.v*dt - refineReach*f.cell}
	f.later.lay(a, f.u, f.v, f.t2, f.gap)
	f.earlier.lay(b, f.u, f.v, f.t1, 0)
	const side = 2*refineReach + 1
	var ncc [side][side]float64
	best, bx, by := math.Inf(-1), 0, 0
	for dy := range side {
		for dx := range side {
			ncc[dy][dx], _ = correlate(a, b, dx, dy)
			if ncc[dy][dx] > best {
				best, bx, by = ncc[dy][dx], dx, dy
			}
		}
	}
	if !(best >= minNCC) {
		return "what is like it in the earlier scan has another shape"
	}
	f.a, f.b, f.ncc = a, b, best
	f.dx, f.dy = float64(bx), float64(by)
	if bx > 0 && by > 0 && bx < side-1 && by < side-1 {
		var z [9]float64
		for k := range z {
			z[k] = ncc[by+k/3-1][bx+k%3-1]
		}
		if ox, oy, ok := vertex(z); ok {
			f.dx, f.dy = f.dx+ox, f.dy+oy
		}
	}
	f.u -= (f.dx - refineReach) * f.cell / dt
	f.v -= (f.dy - refineReach) * f.cell / dt
	return ""
}

// vertex is the top of the quadratic fitted to 3 x 3 values, within a cell of the middle.
func vertex(z [9]float64) (x, y float64, ok bool) {
	gx := (z[2] + z[5] + z[8] - z[0] - z[3] - z[6]) / 6
	gy := (z[6] + z[7] + z[8] - z[0] - z[1] - z[2]) / 6
	xx := (z[0] + z[3] + z[6] + z[2] + z[5] + z[8] - 2*(z[1]+z[4]+z[7])) / 3
	yy := (z[0] + z[1] + z[2] + z[6] + z[7] + z[8] - 2*(z[3]+z[4]+z[5])) / 3
	xy := (z[0] + z[8] - z[2] - z[6]) / 4
	det := xx*yy - xy*xy
	if !(xx < 0 && det > 0) {
		return 0, 0, false
	}
	x, y = -(yy*gx-xy*gy)/det, -(xx*gy-xy*gx)/det
	return x, y, math.Abs(x) <= 1 && math.Abs(y) <= 1
}

// errors are the sigmas of u and v and their covariance: the misfit of both pictures at the best place, as
// noise that hangs together over some cells, through the template's gradients (the Cramer-Rao bound of a
// shift, Robinson and Milanfar 2004, IEEE Trans. Image Process. 13).
func (f *fit) errors() (su, sv, suv float64) {
	a, b := f.a, f.b
	ix, iy := int(math.Round(f.dx)), int(math.Round(f.dy))
	var sa, sab, sbb float64
	misfit := make([]float64, len(a.v))
	pair := func(x, y int) (p, q float64) {
		if x+ix < 0 || y+iy < 0 || x+ix >= b.w || y+iy >= b.h {
			return math.NaN(), math.NaN()
		}
		return a.v[y*a.w+x], b.v[(y+iy)*b.w+x+ix]
	}
	for y := range a.h {
		for x := range a.w {
			if p, q := pair(x, y); p == p && q == q {
				sa, sab, sbb = sa+1, sab+p*q, sbb+q*q
			}
		}
	}
	gain := sab / math.Max(sbb, 1e-30)
	var xx, xy, yy, rr, n float64
	for y := range a.h {
		for x := range a.w {
			p, q := pair(x, y)
			misfit[y*a.w+x] = p - gain*q
			if r := p - gain*q; r == r {
				rr += r * r
				n++
			}
			if x > 0 && y > 0 && x < a.w-1 && y < a.h-1 {
				gx, gy := (a.v[y*a.w+x+1]-a.v[y*a.w+x-1])/2, (a.v[(y+1)*a.w+x]-a.v[(y-1)*a.w+x])/2
				if gx == gx && gy == gy {
					xx, xy, yy = xx+gx*gx, xy+gx*gy, yy+gy*gy
				}
			}
		}
	}
	area := hangs(misfit, a.w, a.h, 1, 0) * hangs(misfit, a.w, a.h, 0, 1)
	det := math.Max(xx*yy-xy*xy, 1e-60)
	k := rr / math.Max(n, 1) * area
	floor := floorCells * floorCells
	scale := f.cell / (f.t2 - f.t1)
	return scale * math.Sqrt(k*yy/det+floor), scale * math.Sqrt(k*xx/det+floor), -scale * scale * k * xy / det
}

// hangs is over how many cells in a direction a misfit hangs together: 1 + 2 sum of its correlation.
func hangs(v []float64, w, h, dx, dy int) float64 {
	var zero float64
	sum := 1.0
	for lag := 0; lag <= noiseLags; lag++ {
		var c, n float64
		for y := 0; y+lag*dy < h; y++ {
			for x := 0; x+lag*dx < w; x++ {
				if p := v[y*w+x] * v[(y+lag*dy)*w+x+lag*dx]; p == p {
					c, n = c+p, n+1
				}
			}
		}
		c /= math.Max(n, 1)
		if lag == 0 {
			zero = c
			continue
		}
		if zero <= 0 || c <= 0 {
			break
		}
		sum += 2 * c / zero
	}
	return sum
}
