package region

import "slices"

// Sieve takes regions of fewer than Min pixels out of a mask of two classes, specks and holes alike: each becomes part of its largest neighbour
// or, where that is small itself, of what its largest neighbour becomes part of. A group of small regions with nothing large about it stays. Runs
// of NoData are nobody's neighbours. Regions and neighbours are 4-connected, sizes are those before the sieve, and of neighbours of one size the
// first counts, row by row: the result is GDALSieveFilter's.
//
// With two classes all neighbours of a region are of the other, so one that is known to be large settles it, whatever its full size: a row is
// handed on as soon as its regions have ended or reached Min pixels.
type Sieve struct {
	Min    int
	NoData uint8
	Row    func([]Run) // takes the next sieved row; the slice is used again

	y     int32
	above []cell   // the last row
	rows  [][]cell // not handed on yet, the oldest first
	spare [][]cell
	ready int // cells of the oldest row known to be settled
	out   []Run
}

// cell is a run with the region it belongs to; nil without data.
type cell struct {
	Run
	patch *patch
}

// patch is what is known of a region so far.
type patch struct {
	into  *patch // the patch that it was merged into
	size  int
	class uint8
	last  int32 // row in which it was seen last
	state patchState
	near  []neighbour // as met; not kept for large patches
	next  *patch      // its largest neighbour, once known
	waits *patch      // what has to end or grow before anything can be said
}

// neighbour is a patch and where it was met first, in the order in which GDAL compares pixels: above, then left.
type neighbour struct {
	patch *patch
	at    int64
}

type patchState uint8

const (
	growing patchState = iota
	ended
	keeps
	flips
)

// Add takes the next row, whose runs leave no gap.
func (s *Sieve) Add(row []Run) {
	var cells []cell
	if n := len(s.spare); n > 0 {
		cells, s.spare = s.spare[n-1][:0], s.spare[:n-1]
	}
	at := 0
	for i, r := range row {
		c := cell{Run: r}
		if r.Class != s.NoData {
			c.patch = s.joined(r, &at)
			if i > 0 {
				s.meet(c.patch, cells[i-1].patch, r.X0, 1)
			}
		}
		cells = append(cells, c)
	}
	for i := range cells {
		if p := cells[i].patch; p != nil {
			cells[i].patch = p.root()
			cells[i].patch.last = s.y
		}
	}
	s.close()
	s.above = cells
	s.rows = append(s.rows, cells)
	s.y++
	s.hand()
}

// Flush ends the last row: all rows are handed on.
func (s *Sieve) Flush() {
	s.close()
	s.above = nil
	s.hand()
}

// close ends the patches of the last row that this one does not go on with.
func (s *Sieve) close() {
	for _, c := range s.above {
		if c.patch == nil {
			continue
		}
		if p := c.patch.root(); p.last < s.y && p.state == growing {
			p.state = ended
		}
	}
}

// joined is the patch of a run: that of the runs of its class above it, merged, or a new one. Those of the other class are its neighbours.
func (s *Sieve) joined(r Run, at *int) *patch {
	for *at < len(s.above) && s.above[*at].X1 <= r.X0 {
		*at++
	}
	var p *patch
	for i := *at; i < len(s.above) && s.above[i].X0 < r.X1; i++ {
		if a := s.above[i]; a.patch != nil && a.Class == r.Class {
			p = s.unite(p, a.patch.root())
		}
	}
	if p == nil {
		p = &patch{class: r.Class}
	}
	p.size += int(r.X1 - r.X0)
	for i := *at; i < len(s.above) && s.above[i].X0 < r.X1; i++ {
		if a := s.above[i]; a.Class != r.Class {
			s.meet(p, a.patch, max(r.X0, a.X0), 0)
		}
	}
	return p
}

func (s *Sieve) unite(a, b *patch) *patch {
	if a == nil || a == b {
		return b
	}
	if a.size < b.size {
		a, b = b, a
	}
	a.size += b.size
	a.near = append(a.near, b.near...)
	b.into, b.near = a, nil
	return a
}

func (p *patch) root() *patch {
	for p.into != nil {
		if p.into.into != nil {
			p.into = p.into.into
		}
		p = p.into
	}
	return p
}

// meet notes two patches as neighbours.
func (s *Sieve) meet(a, b *patch, x int32, left int64) {
	if a == nil || b == nil {
		return
	}
	a, b = a.root(), b.root()
	at := int64(s.y)<<33 | int64(x)<<1 | left
	s.note(a, b, at)
	s.note(b, a, at)
}

func (s *Sieve) note(p, q *patch, at int64) {
	switch n := len(p.near); {
	case p.size >= s.Min:
		p.near = nil
	case n == 0 || p.near[n-1].patch != q:
		p.near = append(p.near, neighbour{q, at})
	}
}

// hand gives the oldest rows on as far as they are settled.
func (s *Sieve) hand() {
	n := 0
	for _, row := range s.rows {
		for s.ready < len(row) && (row[s.ready].patch == nil || s.settled(row[s.ready].patch.root())) {
			s.ready++
		}
		if s.ready < len(row) {
			break
		}
		s.out = s.out[:0]
		for _, c := range row {
			if c.patch != nil && c.patch.root().state == flips {
				c.Class = c.patch.root().near[0].patch.class // all of them are of the other class
			}
			s.out = appendRun(s.out, c.Run)
		}
		s.Row(s.out)
		s.ready = 0
		n++
	}
	for _, row := range s.rows[:n] {
		if len(s.above) == 0 || len(row) == 0 || &row[0] != &s.above[0] { // the last row is still compared with
			clear(row)
			s.spare = append(s.spare, row)
		}
	}
	s.rows = slices.Delete(s.rows, 0, n)
}

// settled decides what becomes of a patch, where that can be known.
func (s *Sieve) settled(p *patch) bool {
	switch {
	case p.state == keeps || p.state == flips:
		return true
	case p.size >= s.Min:
		return true // it may still grow
	case p.state == growing:
		return false
	case p.waits != nil && !s.known(p.waits.root()):
		return false
	}
	chain := []*patch{p}
	for {
		last := chain[len(chain)-1]
		next, waits := s.largest(last)
		switch {
		case waits != nil:
			p.waits = waits
			return false
		case next == nil || slices.Contains(chain, next):
			p.state = keeps
			return true
		case next.size >= s.Min:
			if p.state = keeps; next.class != p.class {
				p.state = flips
			}
			return true
		}
		chain = append(chain, next)
	}
}

// known reports whether the size of a patch is known as far as it counts.
func (s *Sieve) known(p *patch) bool { return p.size >= s.Min || p.state != growing }

// largest is the largest neighbour of a patch that has ended, or any that is large, or the one that must be known first.
func (s *Sieve) largest(p *patch) (next, waits *patch) {
	if p.state == growing {
		return nil, p
	}
	if p.next != nil {
		return p.next.root(), nil
	}
	at := int64(0)
	for _, n := range p.near {
		switch q := n.patch.root(); {
		case q.size >= s.Min:
			p.next = q
			return q, nil
		case !s.known(q):
			waits = q
		case next == nil || q.size > next.size || q.size == next.size && n.at < at:
			next, at = q, n.at
		}
	}
	if waits != nil {
		return nil, waits
	}
	p.next = next
	return next, nil
}
