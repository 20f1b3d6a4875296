package region

import (
	"cmp"
	"math"
	"slices"

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
	var above []Stretch
	for i := 0; i < len(r.Stretches); {
		j, y := i, r.Stretches[i].Y
		for j < len(r.Stretches) && r.Stretches[j].Y == y {
			j++
		}
		out = differ(out, above, r.Stretches[i:j], y) // a connected region has no empty row between its stretches
		above, i = r.Stretches[i:j], j
	}
	return differ(out, above, nil, int32(r.Y1))
}

// differ appends the edges between two rows: each end of a stretch changes whether there is region above or below the grid line.
func differ(out []edge, above, below []Stretch, y int32) []edge {
	a, b, x := 0, 0, int32(0)
	inA, inB := false, false
	for {
		na, nb := nextEnd(above, a, inA), nextEnd(below, b, inB)
		to := min(na, nb)
		switch {
		case inB && !inA:
			out = append(out, edge{y, x, to})
		case inA && !inB:
			out = append(out, edge{y, to, x})
		}
		if to == math.MaxInt32 {
			return out
		}
		if x = to; na == to {
			a, inA = passed(a, inA)
		}
		if nb == to {
			b, inB = passed(b, inB)
		}
	}
}

// nextEnd is the column of the next end: of the stretch k where in, else the start of it.
func nextEnd(row []Stretch, k int, in bool) int32 {
	switch {
	case k == len(row):
		return math.MaxInt32
	case in:
		return row[k].X1
	}
	return row[k].X0
}

func passed(k int, in bool) (int, bool) {
	if in {
		return k + 1, false
	}
	return k, true
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
	slices.SortFunc(cs, func(a, b corner) int {
		return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y), atCrossing(a, b))
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

// atCrossing orders the two edges that meet where two pixels of a region touch at a corner: the one that joins the vertical edge above comes
// first. Left turns are taken, which splits the rings there. With pixels north-west and south-east the eastern edge starts at the corner and is the
// first; otherwise the western one is.
func atCrossing(a, b corner) int {
	if a.east == b.east {
		return cmp.Compare(a.seg, b.seg)
	}
	eastLeads := a.lead
	if b.east {
		eastLeads = b.lead
	}
	if a.east == eastLeads {
		return -1
	}
	return 1
}

// sideTolerance is how far, in pixels, the middle of a pixel's side may lie from the line that stands for it. Lines through the middles of sides come
// no closer than 0.71 to each other, also where two regions touch at a corner: two that each move by less than half of that cannot cross.
const sideTolerance = 0.35

// Simplify takes the stairs out of an outline: it runs through the middles of the pixels' sides, and middles that lie on a straight line but for
// sideTolerance are left out (Douglas and Peucker 1973). The result is valid, and the outlines of all regions of a mask stay apart: neighbours
// neither overlap nor touch. Each corner of the outline gives or takes about an eighth of a pixel of area.
func Simplify(p orb.Polygon) orb.Polygon {
	out := make(orb.Polygon, len(p))
	for i, r := range p {
		out[i] = simplify.DouglasPeucker(sideTolerance).Ring(sides(r))
	}
	return out
}

// sides is the ring through the middles of the first and the last pixel side of each of a ring's straight stretches.
func sides(r orb.Ring) orb.Ring {
	out := make(orb.Ring, 0, 2*len(r))
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		l := math.Abs(b[0]-a[0]) + math.Abs(b[1]-a[1])
		u, v := (b[0]-a[0])/l/2, (b[1]-a[1])/l/2
		out = append(out, orb.Point{a[0] + u, a[1] + v})
		if l > 1 {
			out = append(out, orb.Point{b[0] - u, b[1] - v})
		}
	}
	return append(out, out[0])
}
