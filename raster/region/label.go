package region

import (
	"cmp"
	"slices"
)

// Stretch is a row's part of a region: columns [X0, X1) of row Y.
type Stretch struct{ Y, X0, X1 int32 }

// Region is one connected region: its stretches from top to bottom, left to right, and its bounds.
type Region struct {
	Stretches      []Stretch
	Pixels         int
	X0, Y0, X1, Y1 int // columns [X0, X1), rows [Y0, Y1)
}

// Each calls fn for each stretch of the region: columns [x0, x1) of row y.
func (r Region) Each(fn func(y, x0, x1 int)) {
	for _, s := range r.Stretches {
		fn(int(s.Y), int(s.X0), int(s.X1))
	}
}

// ByFirstPixel orders regions by their first pixel, top to bottom, then left to right.
func ByFirstPixel(a, b Region) int { return byPlace(a.Stretches[0], b.Stretches[0]) }

func byPlace(a, b Stretch) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X0, b.X0)) }

// Labeler finds the connected regions of one class row by row and hands each on when it has ended. Its memory is that of the regions that reach
// the last row.
type Labeler struct {
	Class uint8        // the class that is labelled
	Eight bool         // 8-connected; otherwise 4-connected, as GDAL polygonises
	Done  func(Region) // takes a region that has ended; in order of the rows in which they end

	y            int32
	above, below []piece
	parts        []part
	free, merged []int32
}

// piece is a run of the class in the last or this row.
type piece struct{ x0, x1, part int32 }

// part is what is known of a region so far.
type part struct {
	stretches []Stretch
	parent    int32 // itself, unless merged into another in this row
	last      int32 // row in which it was seen last
	mixed     bool  // its stretches are not in order
}

// Add takes the next row.
func (l *Labeler) Add(row []Run) {
	l.below = l.below[:0]
	at := 0
	for _, r := range row {
		if r.Class != l.Class {
			continue
		}
		p := piece{r.X0, r.X1, -1}
		at = l.join(&p, at)
		if p.part < 0 {
			p.part = l.fresh()
		}
		g := &l.parts[p.part]
		g.stretches = append(g.stretches, Stretch{l.y, r.X0, r.X1})
		l.below = append(l.below, p)
	}
	for i := range l.below {
		root := l.find(l.below[i].part)
		l.below[i].part = root
		l.parts[root].last = l.y
	}
	ended := l.merged // whose numbers are free again
	for _, p := range l.above {
		if root := l.find(p.part); l.parts[root].last < l.y {
			l.parts[root].last = l.y
			l.hand(root)
			ended = append(ended, root)
		}
	}
	l.free = append(l.free, ended...)
	l.merged = ended[:0]
	l.above, l.below = l.below, l.above
	l.y++
}

// Flush ends the last row: all regions are handed on.
func (l *Labeler) Flush() { l.Add(nil) }

// join gives a piece the part of the pieces above that touch it, and returns where the search for the next piece starts.
func (l *Labeler) join(p *piece, at int) int {
	reach := int32(0)
	if l.Eight {
		reach = 1
	}
	for at < len(l.above) && l.above[at].x1+reach <= p.x0 {
		at++
	}
	for i := at; i < len(l.above) && l.above[i].x0 < p.x1+reach; i++ {
		other := l.find(l.above[i].part)
		if p.part >= 0 {
			other = l.unite(l.find(p.part), other)
		}
		p.part = other
	}
	return at
}

// unite merges two parts; the one with fewer stretches goes into the other.
func (l *Labeler) unite(a, b int32) int32 {
	if a == b {
		return a
	}
	if len(l.parts[a].stretches) < len(l.parts[b].stretches) {
		a, b = b, a
	}
	into, from := &l.parts[a], &l.parts[b]
	into.stretches = append(into.stretches, from.stretches...)
	into.mixed = true
	from.parent, from.stretches = a, nil
	l.merged = append(l.merged, b)
	return a
}

func (l *Labeler) find(a int32) int32 {
	for l.parts[a].parent != a {
		l.parts[a].parent = l.parts[l.parts[a].parent].parent
		a = l.parts[a].parent
	}
	return a
}

func (l *Labeler) fresh() int32 {
	if n := len(l.free); n > 0 {
		id := l.free[n-1]
		l.free = l.free[:n-1]
		l.parts[id] = part{parent: id}
		return id
	}
	id := int32(len(l.parts))
	l.parts = append(l.parts, part{parent: id})
	return id
}

// hand gives a part that has ended on as a region.
func (l *Labeler) hand(id int32) {
	p := &l.parts[id]
	if p.mixed {
		slices.SortFunc(p.stretches, byPlace)
	}
	first, last := p.stretches[0], p.stretches[len(p.stretches)-1]
	r := Region{Stretches: slices.Clone(p.stretches), X0: int(first.X0), X1: int(first.X1), Y0: int(first.Y), Y1: int(last.Y) + 1}
	for _, s := range p.stretches {
		r.Pixels += int(s.X1 - s.X0)
		r.X0, r.X1 = min(r.X0, int(s.X0)), max(r.X1, int(s.X1))
	}
	p.stretches = nil
	l.Done(r)
}
