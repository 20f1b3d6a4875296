package grid

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// lookup finds the area that holds a point. Two nets of equal boxes lie over the level: a box of the net lists
// the areas whose bound touches it, so a point meets only a few candidates; and each area's edges are sorted into
// horizontal strips, so that a point is tried against the edges at its own height and not against a whole outline.
type lookup struct {
	bound  orb.Bound
	nx, ny int
	net    [][]int32 // areas by box, row after row, ascending
	boxes  map[int32]*outline
	order  []int32
}

// maxNetSide bounds the net: 4,598 areas need 68 boxes a side at one area a box.
const maxNetSide = 512

// maxNetEntries bounds how often areas are listed in all boxes together, as a multiple of their number: where a file's
// areas all overlap each other a finer net only repeats them.
const maxNetEntries = 64

func newLookup(cells []Cell, members []int) lookup {
	l := lookup{boxes: make(map[int32]*outline, len(members)), nx: 1, ny: 1}
	if len(members) == 0 {
		return l
	}
	l.bound = cells[members[0]].Geometry.Bound()
	bounds := make([]orb.Bound, len(members))
	for k, i := range members {
		bounds[k] = cells[i].Geometry.Bound()
		l.bound = l.bound.Union(bounds[k])
		l.boxes[int32(i)] = newOutline(rings(cells[i].Geometry))
		l.order = append(l.order, int32(i))
	}
	for side := min(maxNetSide, 1+int(2*math.Sqrt(float64(len(members))))); ; side = 1 + side/2 {
		l.nx, l.ny = side, side
		entries := 0
		for _, b := range bounds {
			x0, y0, x1, y1 := l.span(b)
			entries += (x1 - x0 + 1) * (y1 - y0 + 1)
		}
		if entries <= maxNetEntries*len(members) || side <= 2 {
			break
		}
	}
	l.net = make([][]int32, l.nx*l.ny)
	for k, i := range members {
		x0, y0, x1, y1 := l.span(bounds[k])
		for y := y0; y <= y1; y++ {
			for x := x0; x <= x1; x++ {
				l.net[y*l.nx+x] = append(l.net[y*l.nx+x], int32(i))
			}
		}
	}
	return l
}

func (l *lookup) box(p orb.Point) (x, y int) {
	f := func(v, lo, hi float64, n int) int {
		if !(hi > lo) {
			return 0
		}
		return max(0, min(n-1, int(float64(n)*(v-lo)/(hi-lo))))
	}
	return f(p[0], l.bound.Min[0], l.bound.Max[0], l.nx), f(p[1], l.bound.Min[1], l.bound.Max[1], l.ny)
}

func (l *lookup) span(b orb.Bound) (x0, y0, x1, y1 int) {
	x0, y0 = l.box(b.Min)
	x1, y1 = l.box(b.Max)
	return
}

// find returns the first area, in order of codes, that holds p, or -1.
func (l *lookup) find(p orb.Point) int {
	if len(l.boxes) == 0 || !l.bound.Contains(p) {
		return -1
	}
	x, y := l.box(p)
	for _, i := range l.net[y*l.nx+x] {
		if l.boxes[i].holds(p) {
			return int(i)
		}
	}
	return -1
}

// touching returns the areas whose bound touches b, ascending.
func (l *lookup) touching(b orb.Bound) []int32 {
	if len(l.boxes) == 0 || !l.bound.Intersects(b) {
		return nil
	}
	var out []int32
	x0, y0, x1, y1 := l.span(b)
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			for _, i := range l.net[y*l.nx+x] {
				if l.boxes[i].bound.Intersects(b) {
					out = append(out, i)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// outline is an area's edges sorted into horizontal strips.
type outline struct {
	bound  orb.Bound
	strips [][]edge
}

type edge struct{ a, b orb.Point }

// edgesAStrip is how many edges a strip holds on average, before edges that span several strips are counted again.
const edgesAStrip = 8

// maxStripEntries bounds how often edges are listed in all strips together, as a multiple of their number; ordinary
// outlines need two or three.
const maxStripEntries = 8

func newOutline(rs []orb.Ring) *outline {
	o := &outline{bound: boundOf(rs)}
	n := 0
	for _, r := range rs {
		n += len(r)
	}
	o.strips = make([][]edge, 1+n/edgesAStrip)
	listed := 0
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			lo, hi := o.strip(math.Min(r[i-1][1], r[i][1])), o.strip(math.Max(r[i-1][1], r[i][1]))
			if listed += hi - lo + 1; listed > maxStripEntries*n { // a comb of long teeth: one strip will do
				o.strips = [][]edge{allEdges(rs)}
				return o
			}
			for s := lo; s <= hi; s++ {
				o.strips[s] = append(o.strips[s], edge{r[i-1], r[i]})
			}
		}
	}
	return o
}

func allEdges(rs []orb.Ring) []edge {
	var out []edge
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			out = append(out, edge{r[i-1], r[i]})
		}
	}
	return out
}

func (o *outline) strip(y float64) int {
	h := o.bound.Max[1] - o.bound.Min[1]
	if !(h > 0) {
		return 0
	}
	return max(0, min(len(o.strips)-1, int(float64(len(o.strips))*(y-o.bound.Min[1])/h)))
}

// holds reports whether p lies in the area or on its border.
func (o *outline) holds(p orb.Point) bool {
	if !o.bound.Contains(p) {
		return false
	}
	odd := false
	for _, e := range o.strips[o.strip(p[1])] {
		if onEdge(e.a, e.b, p) {
			return true
		}
		if x, ok := crossing(e.a, e.b, p[1]); ok && p[0] < x {
			odd = !odd
		}
	}
	return odd
}
