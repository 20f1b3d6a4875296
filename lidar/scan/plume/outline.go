package plume

import (
	"math"

	"github.com/paulmach/orb"

	"upwind/lidar/scan"
)

// mask is a region on a small grid of rays and cells of its own, unrolled across north.
type mask struct {
	first  int // ray of column 0
	cell   int // cell of row 0
	w, h   int
	inside []bool
}

func (m *mask) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < m.w && y < m.h && m.inside[y*m.w+x]
}

// unroll puts a region on a mask; its rays are counted from behind a gap of the region.
func (s *sweep) unroll(cells []int32) *mask {
	n := s.n()
	has := make([]bool, n)
	lo, hi := s.cells, 0
	for _, i := range cells {
		has[int(i)/s.cells] = true
		c := int(i) % s.cells
		lo, hi = min(lo, c), max(hi, c)
	}
	first := 0
	if s.wrap {
		first = s.behindGap(has)
	} else {
		for !has[first] {
			first++
		}
	}
	m := &mask{first: first, cell: lo, h: hi - lo + 1}
	for i := range n {
		if has[s.ray(first+i)] {
			m.w = i + 1
		}
	}
	m.inside = make([]bool, m.w*m.h)
	for _, i := range cells {
		x := (int(i)/s.cells - first + n) % n
		m.inside[(int(i)%s.cells-lo)*m.w+x] = true
	}
	return m
}

// behindGap is the ray behind the widest run of rays without the region; ray 0 when there is none.
func (s *sweep) behindGap(has []bool) int {
	n, best, at := s.n(), 0, 0
	for i := range n {
		if has[i] {
			continue
		}
		k := 0
		for k < n && !has[s.ray(i+k)] {
			k++
		}
		if k > best {
			best, at = k, s.ray(i+k)
		}
	}
	return at
}

// close keeps the outline from touching itself: cells that meet at a corner only get a cell between them.
func (m *mask) close() {
	for again := true; again; {
		again = false
		for y := 0; y+1 < m.h; y++ {
			for x := 0; x+1 < m.w; x++ {
				i := y*m.w + x
				a, b, c, d := m.inside[i], m.inside[i+1], m.inside[i+m.w], m.inside[i+m.w+1]
				if a && d && !b && !c {
					m.inside[i+1], again = true, true
				} else if b && c && !a && !d {
					m.inside[i], again = true, true
				}
			}
		}
	}
}

// ahead holds, for the directions east, north, west, south, the cells before a corner to the left and right.
var ahead = [4]struct{ step, left, right [2]int }{
	{[2]int{1, 0}, [2]int{0, 0}, [2]int{0, -1}},
	{[2]int{0, 1}, [2]int{-1, 0}, [2]int{0, 0}},
	{[2]int{-1, 0}, [2]int{-1, -1}, [2]int{-1, 0}},
	{[2]int{0, -1}, [2]int{0, -1}, [2]int{-1, -1}},
}

// trace is the outer ring of the mask as corners, the mask on its left, each corner once.
func (m *mask) trace() [][2]int {
	p := [2]int{0, 0}
	for !m.at(p[0], p[1]) {
		p[0]++
	}
	start, d := p, 0
	var ring [][2]int
	for {
		ring = append(ring, p)
		a := ahead[d]
		p = [2]int{p[0] + a.step[0], p[1] + a.step[1]}
		if p == start {
			return ring
		}
		switch {
		case m.at(p[0]+a.right[0], p[1]+a.right[1]):
			d = (d + 3) % 4
		case !m.at(p[0]+a.left[0], p[1]+a.left[1]):
			d = (d + 1) % 4
		}
	}
}

// minHalfWidthM is half the width a vertical cut's footprint is drawn with: the plane has none.
const minHalfWidthM = 10.0

// outline is a region's polygons, m east and north of the instrument. A vertical cut shows a plume's length
// along one line only: the polygon is a strip along it.
func (s *sweep) outline(cells []int32) orb.MultiPolygon {
	if s.upright {
		return orb.MultiPolygon{s.strip(cells)}
	}
	var out orb.MultiPolygon
	for _, piece := range s.pieces(cells) {
		out = append(out, s.ring(piece))
	}
	return out
}

// ring is the outline of cells that are joined.
func (s *sweep) ring(cells []int32) orb.Polygon {
	m := s.unroll(cells)
	m.close()
	var ring orb.Ring
	for _, c := range m.trace() {
		r := s.rangeM(m.cell+c[1]) - s.cellM/2
		// A corner between two rays lies on their common edge.
		i := s.ray(m.first + min(c[0], m.w-1))
		az := s.lo[i]
		if c[0] == m.w {
			az = s.hi[i]
		}
		e, n, _ := scan.ENU(az, s.el[i], math.Max(r, 0))
		ring = append(ring, orb.Point{e, n})
	}
	ring = append(ring, ring[0])
	if ring.Orientation() != orb.CCW {
		ring.Reverse()
	}
	return orb.Polygon{ring}
}

func (s *sweep) strip(cells []int32) orb.Polygon {
	near, far := math.Inf(1), 0.0
	var az float64
	for _, i := range cells {
		ray, c := int(i)/s.cells, int(i)%s.cells
		e, n, _ := s.place(ray, c)
		d := math.Hypot(e, n)
		near, far, az = math.Min(near, d-s.cellM/2), math.Max(far, d+s.cellM/2), s.az[ray]
	}
	sin, cos := math.Sincos(az * math.Pi / 180)
	var ring orb.Ring
	for _, p := range [4][2]float64{{near, minHalfWidthM}, {near, -minHalfWidthM}, {far, -minHalfWidthM}, {far, minHalfWidthM}} {
		ring = append(ring, orb.Point{p[0]*sin + p[1]*cos, p[0]*cos - p[1]*sin})
	}
	ring = append(ring, ring[0])
	if ring.Orientation() != orb.CCW {
		ring.Reverse()
	}
	return orb.Polygon{ring}
}
