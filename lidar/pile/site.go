package pile

import "math"

// Toe and ring.
const (
	ringInM, ringOutM = 1.0, 3.0 // the base is seen this far outside the toe
	growM             = 4.0      // how far a toe may lie outside the flank it was found from
	toeRounds         = 6        // base and toe are found in turn until neither moves
	settledShare      = 0.01     // of the footprint may still move
	toeShare          = 0.5      // a window across the toe sees half of the flank's slope
	seedShare         = 0.3      // the walk downslope starts above this share of the height
)

// tanStill is a slope that no flank has: crests and plateaus.
var tanStill = math.Tan(10 * math.Pi / 180)

// site is the surroundings of one candidate, a window of the field.
type site struct {
	f            *field
	room         *room
	x0, y0, w, h int
	blocked      []bool    // another heap, or no data
	m            []bool    // footprint
	seedFrom     []bool    // the core's own cells
	clear        []float64 // distance to the nearest wall, cells; nil without any
	out, in      []float64
	g, hgt, gLoc []float64 // slope relative to the base, height above it, slope of the nearby flank
	base         baseFit
}

// newSite cuts the window around a core.
func (f *field) newSite(c core, labels []int32, r *room) *site {
	x0, y0, x1, y1 := f.bounds(c.cells)
	grow := int(math.Ceil((ringOutM+growM)/f.cell)) + 2*f.k + 4
	x0, y0, x1, y1 = max(0, x0-grow), max(0, y0-grow), min(f.w-1, x1+grow), min(f.h-1, y1+grow)
	s := &site{f: f, room: r, x0: x0, y0: y0, w: x1 - x0 + 1, h: y1 - y0 + 1}
	n := s.w * s.h
	s.blocked, s.m, s.seedFrom = r.bools(n), r.bools(n), r.bools(n)
	s.g, s.hgt, s.gLoc, s.out, s.in = r.floats(n), r.floats(n), r.floats(n), r.floats(n), r.floats(n)
	for i := range n {
		j := s.global(i)
		l := labels[j]
		s.blocked[i] = l != 0 && l != c.label || f.z[j] != f.z[j]
	}
	for _, j := range c.cells {
		s.m[s.local(j)] = true
	}
	copy(s.seedFrom, s.m)
	s.clear = s.distanceToWalls()
	r.keep()
	return s
}

// distanceToWalls is nil when there are none in the window.
func (s *site) distanceToWalls() []float64 {
	free, walls := s.room.bools(s.w*s.h), false
	for i := range free {
		free[i] = s.f.state[s.global(i)] != barrier
		walls = walls || !free[i]
	}
	if !walls {
		return nil
	}
	return s.room.distance(s.room.floats(len(free)), free, s.w, s.h, false)
}

func (s *site) global(i int) int { return (s.y0+i/s.w)*s.f.w + s.x0 + i%s.w }
func (s *site) local(j int) int  { return (j/s.f.w-s.y0)*s.w + j%s.f.w - s.x0 }

// centre is the middle of a cell in grid coordinates.
func (s *site) centre(i int) (x, y float64) {
	return float64(s.x0+i%s.w) + 0.5, float64(s.y0+i/s.w) + 0.5
}

// settle finds base and toe in turn. It reports false when there is nothing to stand on.
func (s *site) settle() bool {
	for range toeRounds {
		s.room.free()
		s.measureDistances()
		if !s.fitBase() {
			return false
		}
		s.relate()
		s.flankSlopes()
		next := s.walkDown()
		area, moved := 0, 0
		for i := range next {
			if next[i] {
				area++
			}
			if next[i] != s.m[i] {
				moved++
			}
		}
		if area == 0 {
			return false
		}
		if float64(moved) <= settledShare*float64(area) {
			return true
		}
		copy(s.m, next)
	}
	s.measureDistances()
	if !s.fitBase() {
		return false
	}
	s.relate()
	s.flankSlopes()
	return true
}

func (s *site) measureDistances() {
	s.out = s.room.distance(s.out, s.m, s.w, s.h, true)
	s.in = s.room.distance(s.in, s.m, s.w, s.h, false)
}

// relate fills slope and height relative to the base.
func (s *site) relate() {
	f := s.f
	mx, my := s.base.plane.GX/f.cell, s.base.plane.GY/f.cell
	for i := range s.g {
		j := s.global(i)
		x, y := s.centre(i)
		s.hgt[i] = float64(f.z[j]) - s.base.plane.At(x, y)
		if s.g[i] = f.slope(j, mx, my); math.IsNaN(s.g[i]) {
			s.g[i] = 0
		}
	}
}

// flankSlopes is, at every cell, the mean slope of the flank close by: the toe of a cone on a hillside is
// steep above and gentle below, and each side has its own half.
func (s *site) flankSlopes() {
	v := s.room.floats32(len(s.g))
	area, sum, n := 0, 0.0, 0
	for i := range v {
		v[i] = float32(math.NaN())
		if !s.m[i] {
			continue
		}
		area++
		if s.in[i] > float64(s.f.k)+0.5 && s.g[i] > tanStill && s.g[i] < tanWall {
			v[i] = float32(s.g[i])
			sum += s.g[i]
			n++
		}
	}
	mean := tanFlankLo
	if n > 0 {
		mean = sum / float64(n)
	}
	r := max(2+s.f.k, int(0.2*math.Sqrt(float64(area)/math.Pi)))
	for i, g := range boxMean(s.room.floats32(len(v)), v, s.w, s.h, r) {
		s.gLoc[i] = mean
		if g == g {
			s.gLoc[i] = float64(g)
		}
	}
}

// walkDown grows the heap from its upper part downslope to where the slope breaks.
func (s *site) walkDown() []bool {
	top := 0.0
	for i := range s.hgt {
		if s.m[i] && s.hgt[i] > top {
			top = s.hgt[i]
		}
	}
	mark := s.room.bytes(len(s.m))
	stack := s.room.stack[:0]
	for i := range mark {
		if s.seedFrom[i] && s.hgt[i] > seedShare*top && s.g[i] < tanWall {
			mark[i] = 1
			stack = append(stack, i)
		}
	}
	sigma := s.f.sigma / float64(2*s.f.k+1)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		zi := s.f.smooth[s.global(i)]
		s.around4(i, func(j int) {
			if mark[j] != 0 || s.blocked[j] || s.g[j] >= tanWall || s.g[j] < toeShare*s.gLoc[j] {
				return
			}
			if float64(s.f.smooth[s.global(j)]-zi) > 2*sigma+0.05*s.f.cell {
				return
			}
			mark[j] = 1
			stack = append(stack, j)
		})
	}
	s.room.stack = stack
	return s.leanOn(s.tidy(mark), top)
}

func (s *site) around4(i int, fn func(j int)) {
	x, y := i%s.w, i/s.w
	if x > 0 {
		fn(i - 1)
	}
	if x < s.w-1 {
		fn(i + 1)
	}
	if y > 0 {
		fn(i - s.w)
	}
	if y < s.h-1 {
		fn(i + s.w)
	}
}

// tidy fills what the footprint encloses, cuts threads one or two cells wide, and keeps the largest part.
func (s *site) tidy(mark []uint8) []bool {
	n := len(mark)
	pad := s.room.bytes((s.w + 2) * (s.h + 2))
	for i, v := range mark {
		pad[(i/s.w+1)*(s.w+2)+i%s.w+1] = v
	}
	s.room.stack = floodOutside(pad, s.w+2, s.h+2, 2, s.room.stack)
	m := s.room.bools(n)
	for i := range m {
		m[i] = pad[(i/s.w+1)*(s.w+2)+i%s.w+1] != 2 && s.f.z[s.global(i)] == s.f.z[s.global(i)]
	}
	return s.room.largest(s.room.open3(m, s.w, s.h), s.w, s.h)
}

// leanM is how far from a wall the surface of a heap that leans on it is disturbed by the wall.
const leanM = 1.25

// leanOn carries a footprint on to a wall that it all but reaches: beside a wall the slopes mean nothing.
func (s *site) leanOn(m []bool, top float64) []bool {
	if s.clear == nil {
		return m
	}
	for range int(math.Ceil(leanM / s.f.cell)) {
		var more []int
		for i := range m {
			if m[i] || s.blocked[i] || s.clear[i]*s.f.cell > leanM || !(s.hgt[i] > seedShare*top) {
				continue
			}
			touches := false
			s.around4(i, func(j int) { touches = touches || m[j] })
			if touches {
				more = append(more, i)
			}
		}
		for _, i := range more {
			m[i] = true
		}
	}
	return m
}
