package raster

import (
	"math"
	"sort"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// Outline traces a region along the edges of its pixels: the outer ring first, then the holes, in pixel
// coordinates (y down), each closed, corners only. Where two pixels of the region touch at a corner the
// rings are split there, so that rings touch but never cross and the polygon is valid by OGC rules.
func (r Region) Outline() orb.Polygon {
	segs := r.edges()
	next := link(segs)
	done := make([]bool, len(segs))
	var outer orb.Ring
	var holes []orb.Ring
	for i := range segs {
		if done[i] {
			continue
		}
		ring := orb.Ring{}
		for k := i; !done[k]; k = next[k] {
			done[k] = true
			s := segs[k]
			ring = append(ring, orb.Point{float64(s.from), float64(s.y)}, orb.Point{float64(s.to), float64(s.y)})
		}
		ring = append(ring, ring[0])
		if shoelace(ring) > 0 {
			outer = ring
		} else {
			holes = append(holes, ring)
		}
	}
	return append(orb.Polygon{outer}, holes...)
}

// shoelace is the signed area in pixels; positive for an outer ring, which runs clockwise as seen.
func shoelace(r orb.Ring) float64 {
	a := 0.0
	for i := 1; i < len(r); i++ {
		a += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return a / 2
}

// edge is a horizontal stretch of the boundary on the grid line above row y, walked with the region on the
// right: eastwards on top of pixels, westwards below them.
type edge struct{ y, from, to int32 }

// edges lists the horizontal boundary from top to bottom: where a row differs from the one above.
func (r Region) edges() []edge {
	var out []edge
	var above []run
	for i := 0; i <= len(r.runs); {
		var row []run
		y := int32(0)
		switch {
		case i < len(r.runs):
			y = r.runs[i].y
			j := i
			for j < len(r.runs) && r.runs[j].y == y {
				j++
			}
			row = r.runs[i:j]
			i = j
		default:
			y = r.runs[len(r.runs)-1].y + 1
			i++
		}
		out = differ(out, above, row, y) // a 4-connected region has no empty row between its runs
		above = row
	}
	return out
}

// differ appends the edges between two rows of runs.
func differ(out []edge, above, below []run, y int32) []edge {
	xs := make([]int32, 0, 2*(len(above)+len(below)))
	for _, r := range above {
		xs = append(xs, r.x0, r.x1)
	}
	for _, r := range below {
		xs = append(xs, r.x0, r.x1)
	}
	sort.Slice(xs, func(i, j int) bool { return xs[i] < xs[j] })
	a, b := 0, 0
	for i := 1; i < len(xs); i++ {
		x0, x1 := xs[i-1], xs[i]
		if x0 == x1 {
			continue
		}
		for a < len(above) && above[a].x1 <= x0 {
			a++
		}
		for b < len(below) && below[b].x1 <= x0 {
			b++
		}
		inA := a < len(above) && above[a].x0 <= x0
		inB := b < len(below) && below[b].x0 <= x0
		switch {
		case inB && !inA:
			out = append(out, edge{y, x0, x1})
		case inA && !inB:
			out = append(out, edge{y, x1, x0})
		}
	}
	return out
}

// corner is an end of a horizontal edge; the vertical edges join corners of one column in pairs.
type corner struct {
	x, y int32
	seg  int32
	lead bool // the edge starts here
	east bool // the edge lies east of the corner
}

// link finds, for each horizontal edge, the one that follows it.
func link(segs []edge) []int {
	cs := make([]corner, 0, 2*len(segs))
	for i, s := range segs {
		cs = append(cs, corner{s.from, s.y, int32(i), true, s.from < s.to}, corner{s.to, s.y, int32(i), false, s.to < s.from})
	}
	sort.Slice(cs, func(i, j int) bool {
		a, b := cs[i], cs[j]
		if a.x != b.x {
			return a.x < b.x
		}
		if a.y != b.y {
			return a.y < b.y
		}
		return firstAtCrossing(a, b)
	})
	next := make([]int, len(segs))
	for i := 0; i+1 < len(cs); i += 2 {
		a, b := cs[i], cs[i+1]
		if a.lead {
			a, b = b, a
		}
		next[a.seg] = int(b.seg)
	}
	return next
}

// firstAtCrossing orders the two edges that meet where two pixels of a region touch at a corner: the one
// that joins the vertical edge above comes first. Left turns are taken, which splits the rings there. With
// pixels north-west and south-east the eastern edge starts at the corner and is the first; otherwise the
// western one is.
func firstAtCrossing(a, b corner) bool {
	if a.east == b.east {
		return a.seg < b.seg
	}
	eastLeads := a.lead
	if b.east {
		eastLeads = b.lead
	}
	return a.east == eastLeads
}

// stairPixels is the tolerance of Simplify: a diagonal drawn in pixels strays at most 0.71 px from its line.
const stairPixels = 0.75

// Simplify takes the pixel stairs out of an outline (Douglas and Peucker 1973). Rings that would collapse
// stay as they are.
func Simplify(p orb.Polygon) orb.Polygon {
	out := make(orb.Polygon, 0, len(p))
	for _, r := range p {
		s := simplify.DouglasPeucker(stairPixels).Ring(r.Clone())
		if len(s) < 4 || math.Abs(shoelace(s)) < math.Abs(shoelace(r))/2 {
			s = r
		}
		out = append(out, s)
	}
	return out
}

// ToGround places a polygon of pixel coordinates on the ground. Rings follow RFC 7946: the outer
// counterclockwise, holes clockwise. ok is false where a corner has no place; sigmaM is the largest on the
// outline.
func ToGround(l Locator, p orb.Polygon) (out orb.Polygon, sigmaM float64, ok bool) {
	for i, r := range p {
		g := make(orb.Ring, len(r))
		for j, q := range r {
			lon, lat, s, ok := l.Locate(q[0], q[1])
			if !ok {
				return nil, 0, false
			}
			g[j] = orb.Point{lon, lat}
			sigmaM = math.Max(sigmaM, s)
		}
		if ccw := RingAreaM2(g) > 0; ccw != (i == 0) {
			g.Reverse()
		}
		out = append(out, g)
	}
	return out, sigmaM, len(out) > 0
}
