package grid

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// metresPerDeg is a degree of latitude on WGS84 at 36 degrees north, within 0.5 % anywhere between 20 and 50. It serves distances
// of some hundred metres between targets, whose own sigma is larger than that error.
const metresPerDeg = 110_960.0

// scanLines is how many lines an area is measured with. The midpoint rule on a polygon errs by about
// (vertices/lines)^2; 128 lines give an overlap to about a percent, and the threshold it meets is 20 %.
const scanLines = 128

func kx(lat float64) float64 { return metresPerDeg * math.Cos(lat*math.Pi/180) }

func distM(p, q orb.Point) float64 {
	return math.Hypot((p[0]-q[0])*kx((p[1]+q[1])/2), (p[1]-q[1])*metresPerDeg)
}

func padded(b orb.Bound, m float64) orb.Bound {
	far := math.Max(math.Abs(b.Min[1]), math.Abs(b.Max[1]))
	dx, dy := m/math.Max(kx(far), 1), m/metresPerDeg
	return orb.Bound{Min: orb.Point{b.Min[0] - dx, b.Min[1] - dy}, Max: orb.Point{b.Max[0] + dx, b.Max[1] + dy}}
}

// rings returns the rings of a surface, outer and inner alike: everything here works by the even-odd rule.
func rings(g orb.Geometry) []orb.Ring {
	switch g := g.(type) {
	case orb.Ring:
		return []orb.Ring{g}
	case orb.Polygon:
		return g
	case orb.MultiPolygon:
		var out []orb.Ring
		for _, p := range g {
			out = append(out, p...)
		}
		return out
	case orb.Bound:
		return g.ToPolygon()
	case orb.Collection:
		var out []orb.Ring
		for _, m := range g {
			out = append(out, rings(m)...)
		}
		return out
	}
	return nil
}

// crossings puts into xs, sorted, where the rings cross the height y. Each edge is evaluated from its lower
// end, so two polygons that share an edge cross it at the same number.
func crossings(rs []orb.Ring, y float64, xs []float64) []float64 {
	xs = xs[:0]
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			if x, ok := crossing(r[i-1], r[i], y); ok {
				xs = append(xs, x)
			}
		}
	}
	slices.Sort(xs)
	return xs
}

func crossing(a, b orb.Point, y float64) (float64, bool) {
	if a[1] > b[1] {
		a, b = b, a
	}
	if !(a[1] <= y && y < b[1]) {
		return 0, false
	}
	return a[0] + (y-a[1])/(b[1]-a[1])*(b[0]-a[0]), true
}

// areaM2 is the area of a surface.
func areaM2(rs []orb.Ring) float64 { return sharedM2(rs, rs) }

// sharedM2 is the area two surfaces have in common, by scan lines over the bounds they share: no intersection
// polygon is built, so self-crossing, slivers and holes cannot upset it.
func sharedM2(a, b []orb.Ring) float64 {
	ba, bb := boundOf(a), boundOf(b)
	y0, y1 := math.Max(ba.Min[1], bb.Min[1]), math.Min(ba.Max[1], bb.Max[1])
	if !(y1 > y0) || ba.Max[0] <= bb.Min[0] || bb.Max[0] <= ba.Min[0] {
		return 0
	}
	same := len(a) > 0 && len(b) > 0 && len(a) == len(b) && &a[0] == &b[0]
	var xa, xb []float64
	var sum float64
	dy := (y1 - y0) / scanLines
	for i := range scanLines {
		y := y0 + (float64(i)+0.5)*dy
		xa = crossings(a, y, xa)
		if same {
			xb = xa
		} else {
			xb = crossings(b, y, xb)
		}
		sum += overlapLen(xa, xb) * kx(y)
	}
	return sum * dy * metresPerDeg
}

// overlapLen is the length two sorted lists of intervals have in common.
func overlapLen(a, b []float64) float64 {
	var sum float64
	for i, j := 0, 0; i+1 < len(a) && j+1 < len(b); {
		if w := math.Min(a[i+1], b[j+1]) - math.Max(a[i], b[j]); w > 0 {
			sum += w
		}
		if a[i+1] < b[j+1] {
			i += 2
		} else {
			j += 2
		}
	}
	return sum
}

func boundOf(rs []orb.Ring) orb.Bound {
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, r := range rs {
		for _, p := range r {
			b = b.Extend(p)
		}
	}
	return b
}

// inside reports whether p lies in the rings or on their border.
func inside(rs []orb.Ring, p orb.Point) bool {
	odd := false
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			a, b := r[i-1], r[i]
			if onEdge(a, b, p) {
				return true
			}
			if x, ok := crossing(a, b, p[1]); ok && p[0] < x {
				odd = !odd
			}
		}
	}
	return odd
}

func onEdge(a, b, p orb.Point) bool {
	if p[1] < math.Min(a[1], b[1]) || p[1] > math.Max(a[1], b[1]) || p[0] < math.Min(a[0], b[0]) || p[0] > math.Max(a[0], b[0]) {
		return false
	}
	return (b[0]-a[0])*(p[1]-a[1]) == (b[1]-a[1])*(p[0]-a[0])
}

// pointIn is a point inside the rings to walk to: the centre of the widest stretch on the middle scan lines.
// For a surface without area it is the first vertex.
func pointIn(rs []orb.Ring) orb.Point {
	bd := boundOf(rs)
	best, width := bd.Center(), -1.0
	for _, r := range rs {
		if len(r) > 0 {
			best = r[0]
			break
		}
	}
	h := bd.Max[1] - bd.Min[1]
	var xs []float64
	for _, f := range [...]float64{0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9} {
		y := bd.Min[1] + f*h
		xs = crossings(rs, y, xs)
		for i := 0; i+1 < len(xs); i += 2 {
			// A line further from the middle must be clearly wider to win.
			if w := (xs[i+1] - xs[i]) * (1 - math.Abs(f-0.5)); w > width && xs[i+1] > xs[i] {
				best, width = orb.Point{(xs[i] + xs[i+1]) / 2, y}, w
			}
		}
	}
	return best
}

// distanceTo is how far p is from a geometry in metres; zero inside.
func distanceTo(g orb.Geometry, p orb.Point) float64 {
	if pt, ok := g.(orb.Point); ok {
		return distM(pt, p)
	}
	rs := rings(g)
	if len(rs) == 0 {
		if g == nil {
			return math.Inf(1)
		}
		return distM(g.Bound().Center(), p)
	}
	if inside(rs, p) {
		return 0
	}
	d := math.Inf(1)
	for _, r := range rs {
		for i := 1; i < len(r); i++ {
			d = math.Min(d, segmentM(r[i-1], r[i], p))
		}
	}
	return d
}

func segmentM(a, b, p orb.Point) float64 {
	k := kx(p[1])
	ax, ay := (a[0]-p[0])*k, (a[1]-p[1])*metresPerDeg
	bx, by := (b[0]-p[0])*k, (b[1]-p[1])*metresPerDeg
	dx, dy := bx-ax, by-ay
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, -(ax*dx+ay*dy)/l))
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}
