package grid

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// sweep measures how a family of areas covers its parent with horizontal lines: on each line every area is a
// list of intervals, so gaps, overlaps and protrusions are lengths, and lengths times the distance of the lines
// are areas. The work grows with the edges that lines cross and not with the number of pairs.
type sweep struct {
	cells  []Cell
	edges  []sweepEdge
	bound  orb.Bound
	parent bool

	overlaps map[[2]int32]*patch
	outside  map[int32]*patch
	gaps     []*patch
	open     []gap // of the line before
}

type sweepEdge struct {
	a, b  orb.Point // a below b
	owner int32     // index of the cell; -1 the parent
}

type gap struct {
	x0, x1 float64
	of     *patch
}

const parentOwner = -1

// Lines a family gets: enough for some twenty across each member of a family that tiles its parent evenly, bounded so that
// edges are crossed maxCrossings times on average (a file of combs gets few lines).
const (
	baseLines     = 64
	linesAMember  = 32 // times the square root of the members
	maxLines      = 4096
	minLines      = 16
	freeCrossings = 4_000_000
	maxCrossings  = 16
)

func newSweep(cells []Cell) *sweep {
	w := &sweep{cells: cells, overlaps: map[[2]int32]*patch{}, outside: map[int32]*patch{}}
	w.bound = orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i, c := range cells {
		w.add(c, int32(i))
	}
	return w
}

func (w *sweep) addParent(c Cell) {
	w.parent = true
	w.add(c, parentOwner)
}

func (w *sweep) add(c Cell, owner int32) {
	rs := rings(c.Geometry)
	w.bound = w.bound.Union(boundOf(rs))
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			a, b := r[i-1], r[i]
			if a[1] > b[1] {
				a, b = b, a
			}
			if a[1] < b[1] {
				w.edges = append(w.edges, sweepEdge{a, b, owner})
			}
		}
	}
}

func (w *sweep) lines() int {
	n := baseLines + linesAMember*int(math.Ceil(math.Sqrt(float64(len(w.cells)))))
	h := w.bound.Max[1] - w.bound.Min[1]
	var span float64
	for _, e := range w.edges {
		span += (e.b[1] - e.a[1]) / h
	}
	if most := (freeCrossings + maxCrossings*float64(len(w.edges))) / math.Max(span, 1); float64(n) > most {
		n = int(most)
	}
	return max(minLines, min(maxLines, n))
}

type meeting struct {
	x     float64
	owner int32
}

func (w *sweep) run() {
	h := w.bound.Max[1] - w.bound.Min[1]
	if !(h > 0) {
		return
	}
	n := w.lines()
	dy := h / float64(n)
	slices.SortFunc(w.edges, func(a, b sweepEdge) int {
		return cmp.Or(cmp.Compare(a.a[1], b.a[1]), cmp.Compare(a.a[0], b.a[0]), cmp.Compare(a.owner, b.owner), cmp.Compare(a.b[0], b.b[0]))
	})
	var live []sweepEdge
	var meets []meeting
	st := newLineState(len(w.cells))
	for i, k := 0, 0; i < n; i++ {
		y := w.bound.Min[1] + (float64(i)+0.5)*dy
		for ; k < len(w.edges) && w.edges[k].a[1] <= y; k++ {
			live = append(live, w.edges[k])
		}
		live = slices.DeleteFunc(live, func(e sweepEdge) bool { return e.b[1] <= y })
		meets = meets[:0]
		for _, e := range live {
			if x, ok := crossing(e.a, e.b, y); ok {
				meets = append(meets, meeting{x, e.owner})
			}
		}
		slices.SortFunc(meets, func(a, b meeting) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.owner, b.owner)) })
		w.line(y, dy*metresPerDeg, meets, st)
	}
}

// lineState is which areas hold the point that moves along a line.
type lineState struct {
	parent bool
	in     []int32
	where  []int32 // position in in, or -1
}

func newLineState(n int) *lineState {
	s := &lineState{where: make([]int32, n)}
	for i := range s.where {
		s.where[i] = -1
	}
	return s
}

func (s *lineState) toggle(owner int32) {
	if owner == parentOwner {
		s.parent = !s.parent
		return
	}
	at := s.where[owner]
	if at < 0 {
		s.where[owner] = int32(len(s.in))
		s.in = append(s.in, owner)
		return
	}
	last := s.in[len(s.in)-1]
	s.in[at], s.where[last] = last, at
	s.in = s.in[:len(s.in)-1]
	s.where[owner] = -1
}

// line walks along one line and books what is wrong between two meetings with edges.
func (w *sweep) line(y, heightM float64, meets []meeting, st *lineState) {
	var now []gap
	scale := kx(y)
	for k, m := range meets {
		st.toggle(m.owner)
		if k+1 == len(meets) || meets[k+1].x <= m.x {
			continue
		}
		x0, x1 := m.x, meets[k+1].x
		width := (x1 - x0) * scale
		mid, area := (x0+x1)/2, width*heightM
		switch {
		case len(st.in) == 0 && st.parent && w.parent:
			now = w.gapAt(now, x0, x1, y, width, area)
		case len(st.in) > 0 && !st.parent && w.parent:
			patchOf(w.outside, st.in[0]).add(width, area, mid, y)
		}
		if len(st.in) > 1 {
			a, b := st.in[0], st.in[1]
			patchOf(w.overlaps, [2]int32{min(a, b), max(a, b)}).add(width, area, mid, y)
		}
	}
	// Every ring is closed, so each line is left as often as it is entered and st is empty again.
	w.open = now
}

// gapAt books a stretch that nothing covers, as part of the gap it touches on the line before.
func (w *sweep) gapAt(now []gap, x0, x1, y, width, area float64) []gap {
	var of *patch
	i, _ := slices.BinarySearchFunc(w.open, x0, func(g gap, x float64) int { return cmp.Compare(g.x1, x) })
	if i < len(w.open) && w.open[i].x0 < x1 {
		of = w.open[i].of
	} else {
		of = &patch{}
		w.gaps = append(w.gaps, of)
	}
	of.add(width, area, (x0+x1)/2, y)
	return append(now, gap{x0, x1, of})
}

func patchOf[K comparable](m map[K]*patch, k K) *patch {
	p := m[k]
	if p == nil {
		p = &patch{}
		m[k] = p
	}
	return p
}
