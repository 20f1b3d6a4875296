package pile

import "math"

// edgeField is, at every cell, how far inside the toe it lies on a scale where the toe is 0.5: the slope
// over the flank's own near the rim, 1 further in, 0 where another heap begins. Its 0.5 contour lies
// between the cells.
func (s *site) edgeField() []float64 {
	e := s.room.floats(len(s.m))
	for i := range e {
		r := s.g[i] / s.gLoc[i]
		switch {
		case s.m[i] && (s.in[i] > float64(s.f.k)+1.5 || s.nextToOther(i)):
			e[i] = 1
		case s.m[i]:
			e[i] = math.Max(0.55, math.Min(1, r))
		case s.out[i] < 1.5 && !s.blocked[i] && s.g[i] < tanWall:
			e[i] = math.Min(0.45, r)
		}
	}
	return e
}

// nextToOther reports whether a cell of the footprint touches another heap or a wall: the border runs
// halfway between their cells.
func (s *site) nextToOther(i int) bool {
	other := false
	s.around4(i, func(j int) { other = other || s.ends(j) })
	return other
}

// ends reports whether a cell belongs to another heap or a wall: what ends there does not end in a toe.
func (s *site) ends(i int) bool {
	j := s.global(i)
	return s.f.state[j] == barrier || s.blocked[i] && s.f.z[j] == s.f.z[j]
}

// nextToMound reports whether a cell of the footprint touches another mound.
func (s *site) nextToMound(i int) bool {
	other := false
	s.around4(i, func(j int) { other = other || s.blocked[j] && s.f.z[s.global(j)] == s.f.z[s.global(j)] })
	return other
}

// subCells is the number of samples a side that measure how much of an edge cell lies inside.
const subCells = 4

// coverage is the share of every cell inside the 0.5 contour of the bilinear surface through the cell
// centres, and the window it occupies.
func (s *site) coverage(e []float64) Mask {
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= s.w || y >= s.h {
			return 0
		}
		return e[y*s.w+x]
	}
	x0, y0, x1, y1 := s.w, s.h, -1, -1
	wt := make([]float32, len(e))
	for y := range s.h {
		for x := range s.w {
			i := y*s.w + x
			if math.IsNaN(s.hgt[i]) {
				continue
			}
			lo, hi := e[i], e[i]
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					v := at(x+dx, y+dy)
					lo, hi = math.Min(lo, v), math.Max(hi, v)
				}
			}
			switch {
			case hi < 0.5:
				continue
			case lo >= 0.5:
				wt[i] = 1
			default:
				n := 0
				for sy := range subCells {
					for sx := range subCells {
						u := (float64(sx)+0.5)/subCells - 0.5
						v := (float64(sy)+0.5)/subCells - 0.5
						ax, ay := int(math.Floor(u)), int(math.Floor(v))
						fu, fv := u-float64(ax), v-float64(ay)
						val := (1-fv)*((1-fu)*at(x+ax, y+ay)+fu*at(x+ax+1, y+ay)) +
							fv*((1-fu)*at(x+ax, y+ay+1)+fu*at(x+ax+1, y+ay+1))
						if val >= 0.5 {
							n++
						}
					}
				}
				wt[i] = float32(n) / (subCells * subCells)
			}
			if wt[i] > 0 {
				x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
			}
		}
	}
	if x1 < 0 {
		return Mask{}
	}
	m := Mask{X0: s.x0 + x0, Y0: s.y0 + y0, W: x1 - x0 + 1, H: y1 - y0 + 1}
	for y := y0; y <= y1; y++ {
		m.Weight = append(m.Weight, wt[y*s.w+x0:y*s.w+x1+1]...)
	}
	return m
}

// contour is the longest ring of the 0.5 contour, by marching squares over the cell centres with zeros
// around; the inside lies to the left on a north-up map. Nil when there is none.
func (s *site) contour(e []float64) []Point {
	w, h := s.w+2, s.h+2
	at := func(x, y int) float64 {
		if x < 1 || y < 1 || x > s.w || y > s.h {
			return 0
		}
		return e[(y-1)*s.w+x-1]
	}
	// An edge is named by its left or upper end and its direction.
	const right, down = 0, 1
	id := func(x, y, d int) int { return (y*w+x)*2 + d }
	next := map[int]int{}
	var order []int
	for y := range h - 1 {
		for x := range w - 1 {
			a, b, c, d := at(x, y) >= 0.5, at(x+1, y) >= 0.5, at(x+1, y+1) >= 0.5, at(x, y+1) >= 0.5
			n, e, so, we := id(x, y, right), id(x+1, y, down), id(x, y+1, right), id(x, y, down)
			for _, seg := range squareCases(a, b, c, d, at(x, y)+at(x+1, y)+at(x+1, y+1)+at(x, y+1) >= 2) {
				side := [4]int{n, e, so, we}
				next[side[seg[0]]] = side[seg[1]]
				order = append(order, side[seg[0]])
			}
		}
	}
	place := func(k int) Point {
		x, y := k/2%w, k/2/w
		x1, y1 := x+1, y
		if k%2 == down {
			x1, y1 = x, y+1
		}
		v0, v1 := at(x, y), at(x1, y1)
		t := (0.5 - v0) / (v1 - v0)
		// Cell (c, r) of the window sits at index c+1 and its centre at c+0.5.
		return Point{float64(s.x0) + float64(x) - 0.5 + t*float64(x1-x), float64(s.y0) + float64(y) - 0.5 + t*float64(y1-y)}
	}
	var best []Point
	bestArea := 0.0
	for _, k := range order {
		if _, ok := next[k]; !ok {
			continue
		}
		var ring []Point
		for {
			n, ok := next[k]
			if !ok {
				break
			}
			delete(next, k)
			ring = append(ring, place(k))
			k = n
		}
		if a := math.Abs(ringArea(ring)); len(ring) >= 3 && a > bestArea {
			best, bestArea = ring, a
		}
	}
	if best == nil {
		return nil
	}
	if ringArea(best) < 0 {
		for i, j := 0, len(best)-1; i < j; i, j = i+1, j-1 {
			best[i], best[j] = best[j], best[i]
		}
	}
	return append(best, best[0])
}

// squareCases lists the segments of one square of four centres (a upper left, then clockwise), from side to
// side (0 north, 1 east, 2 south, 3 west) with the inside always on the same hand.
func squareCases(a, b, c, d, middle bool) [][2]int {
	n := 0
	for k, v := range [4]bool{a, b, c, d} {
		if v {
			n |= 1 << k
		}
	}
	switch n {
	case 1:
		return [][2]int{{0, 3}}
	case 2:
		return [][2]int{{1, 0}}
	case 3:
		return [][2]int{{1, 3}}
	case 4:
		return [][2]int{{2, 1}}
	case 6:
		return [][2]int{{2, 0}}
	case 7:
		return [][2]int{{2, 3}}
	case 8:
		return [][2]int{{3, 2}}
	case 9:
		return [][2]int{{0, 2}}
	case 11:
		return [][2]int{{1, 2}}
	case 12:
		return [][2]int{{3, 1}}
	case 13:
		return [][2]int{{0, 1}}
	case 14:
		return [][2]int{{3, 0}}
	case 5:
		if middle {
			return [][2]int{{0, 1}, {2, 3}}
		}
		return [][2]int{{0, 3}, {2, 1}}
	case 10:
		if middle {
			return [][2]int{{1, 2}, {3, 0}}
		}
		return [][2]int{{1, 0}, {3, 2}}
	}
	return nil
}

// ringArea is the signed area of an open ring in cells^2, positive when counterclockwise with y southward
// turned up.
func ringArea(r []Point) float64 {
	a := 0.0
	for i := range r {
		j := (i + 1) % len(r)
		a -= r[i].X*r[j].Y - r[j].X*r[i].Y
	}
	return a / 2
}

// hullArea is the area of the convex hull (Andrew's monotone chain).
func hullArea(pts []Point) float64 {
	p := append([]Point(nil), pts...)
	sortPoints(p)
	cross := func(o, a, b Point) float64 { return (a.X-o.X)*(b.Y-o.Y) - (a.Y-o.Y)*(b.X-o.X) }
	var hull []Point
	for pass := range 2 {
		start := len(hull)
		for i := range p {
			q := p[i]
			if pass == 1 {
				q = p[len(p)-1-i]
			}
			for len(hull) >= start+2 && cross(hull[len(hull)-2], hull[len(hull)-1], q) <= 0 {
				hull = hull[:len(hull)-1]
			}
			hull = append(hull, q)
		}
		hull = hull[:len(hull)-1]
	}
	return math.Abs(ringArea(hull))
}
