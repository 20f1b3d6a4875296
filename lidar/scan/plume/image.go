package plume

import "math"

// window is a rectangle of the excess on square cells, each polar cell carried with a velocity from the time
// its ray was taken to a common time.
type window struct {
	w, h        int
	cell        float64
	west, south float64
	v           []float64 // mean excess, NaN where nothing was seen
	second      []float64 // mean time of what fell into a cell, s
}

// lay fills a window from a result's turns. u, v carry the air, m/s; at is the common time and shift the
// second of the result's first ray, both on one clock.
func (r *Result) lay(q *window, u, v, at, shift float64) {
	size := q.w * q.h
	weight := make([]float64, size)
	q.v, q.second = make([]float64, size), make([]float64, size)
	for _, s := range r.sweeps {
		if s.upright || s.excess == nil {
			continue
		}
		for i := range s.rays {
			t := shift + s.second[i] - at
			s.spread(i, q, -u*t, -v*t, func(j int, c int, area float64) {
				if x := s.excess[s.at(i, c)]; x == x {
					q.v[j] += x * area
					q.second[j] += (t + at) * area
					weight[j] += area
				}
			})
		}
	}
	for j, a := range weight {
		if a == 0 {
			q.v[j] = math.NaN()
			continue
		}
		q.v[j] /= a
		q.second[j] /= a
	}
}

// spread calls fn for the parts of a ray's cells that fall into a window when moved by dE, dN.
func (s *sweep) spread(ray int, q *window, dE, dN float64, fn func(j, cell int, area float64)) {
	cosE := math.Cos(s.el[ray] * math.Pi / 180)
	far := 0.0
	for _, x := range [2]float64{q.west, q.west + float64(q.w)*q.cell} {
		for _, y := range [2]float64{q.south, q.south + float64(q.h)*q.cell} {
			far = math.Max(far, math.Hypot(x-dE, y-dN))
		}
	}
	beams := max(1, int(math.Ceil(math.Min(far, s.rangeM(s.cells))*s.widthDeg(ray)*math.Pi/180*2/q.cell)))
	for b := range beams {
		sin, cos := math.Sincos((s.lo[ray] + s.widthDeg(ray)*(float64(b)+0.5)/float64(beams)) * math.Pi / 180)
		for c := range s.cells {
			flat := s.rangeM(c) * cosE
			if flat > far {
				break
			}
			x, y := (flat*sin+dE-q.west)/q.cell, (flat*cos+dN-q.south)/q.cell
			if x >= 0 && y >= 0 && x < float64(q.w) && y < float64(q.h) {
				fn(int(y)*q.w+int(x), c, flat)
			}
		}
	}
}

// correlate is the normalised correlation of a template with a window at an offset in cells, and how alike
// both are in size too: 2 sum ab / (sum a^2 + sum b^2). NaN when less than half of the template is seen.
func correlate(a, b *window, dx, dy int) (ncc, alike float64) {
	var n, sa, sb, saa, sbb, sab float64
	known := 0
	for y := range a.h {
		if y+dy < 0 || y+dy >= b.h {
			continue
		}
		for x := range a.w {
			p := a.v[y*a.w+x]
			if p != p {
				continue
			}
			known++
			if x+dx < 0 || x+dx >= b.w {
				continue
			}
			q := b.v[(y+dy)*b.w+x+dx]
			if q != q {
				continue
			}
			n, sa, sb, saa, sbb, sab = n+1, sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
		}
	}
	va, vb := saa-sa*sa/n, sbb-sb*sb/n
	if n < 9 || 2*int(n) < known || va <= 0 || vb <= 0 {
		return math.NaN(), math.NaN()
	}
	return (sab - sa*sb/n) / math.Sqrt(va*vb), 2 * sab / (saa + sbb)
}
