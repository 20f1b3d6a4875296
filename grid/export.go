package grid

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/simplify"
)

// FeatureCollection is a level of the grid for a map: code, name, level, parent and officer_id, without the names and
// telephones of people, which [Tree.Area] gives to who may see them.
func (t *Tree) FeatureCollection(l Level) *geojson.FeatureCollection {
	fc := geojson.NewFeatureCollection()
	for _, c := range t.Areas(l) {
		fc.Append(feature(c, c.Geometry))
	}
	return fc
}

// Simplified is [Tree.FeatureCollection] with borders drawn within toleranceDeg degrees of their place. Neighbours keep a common border:
// it is cut at the points where more than two areas meet, and each piece is simplified once.
func (t *Tree) Simplified(l Level, toleranceDeg float64) *geojson.FeatureCollection {
	areas := t.Areas(l)
	fixed := junctions(areas)
	fc := geojson.NewFeatureCollection()
	for _, c := range areas {
		var out orb.MultiPolygon
		for _, p := range c.Geometry {
			var poly orb.Polygon
			for _, r := range p {
				poly = append(poly, simplifyRing(r, fixed, toleranceDeg))
			}
			out = append(out, poly)
		}
		fc.Append(feature(c, out))
	}
	return fc
}

// Export is the whole grid with all that its file said, people included: [Parse] reads it back.
func (t *Tree) Export() *geojson.FeatureCollection {
	fc := geojson.NewFeatureCollection()
	if t == nil {
		return fc
	}
	for _, c := range t.cells {
		f := feature(c, c.Geometry)
		raw, _ := json.Marshal(c.Officer) // five strings
		_ = json.Unmarshal(raw, &f.Properties)
		for key, day := range map[string]time.Time{"valid_from": c.ValidFrom, "valid_to": c.ValidTo} {
			if !day.IsZero() {
				f.Properties[key] = day.Format(time.DateOnly)
			}
		}
		fc.Append(f)
	}
	return fc
}

func feature(c Cell, g orb.MultiPolygon) *geojson.Feature {
	f := geojson.NewFeature(g)
	if len(g) == 1 {
		f = geojson.NewFeature(g[0])
	}
	f.ID = c.Code
	f.Properties = geojson.Properties{"level": c.Level.String(), "code": c.Code, "name": c.Name}
	if c.Parent != "" {
		f.Properties["parent"] = c.Parent
	}
	if c.Officer.ID != "" {
		f.Properties["officer_id"] = c.Officer.ID
	}
	return f
}

// junctions finds the vertices that must stay: those with more or fewer than two different neighbours over all rings.
func junctions(areas []Cell) map[orb.Point]bool {
	near := map[orb.Point][]orb.Point{}
	link := func(p, q orb.Point) {
		if !slices.Contains(near[p], q) && len(near[p]) < 3 {
			near[p] = append(near[p], q)
		}
	}
	for _, c := range areas {
		for _, r := range rings(c.Geometry) {
			for i := 1; i < len(r); i++ {
				link(r[i-1], r[i])
				link(r[i], r[i-1])
			}
		}
	}
	out := map[orb.Point]bool{}
	for p, q := range near {
		if len(q) != 2 {
			out[p] = true
		}
	}
	return out
}

// simplifyRing cuts a ring at junctions and simplifies each piece (Douglas and Peucker 1973), always in the same direction, so that
// a neighbour gets the same points. A ring without junctions is cut at its lowest vertex and at the one furthest from it. A ring that would
// vanish stays as it is.
func simplifyRing(r orb.Ring, fixed map[orb.Point]bool, tolerance float64) orb.Ring {
	if len(r) < 5 {
		return r
	}
	open := slices.Clone(r[:len(r)-1])
	start := slices.IndexFunc(open, func(p orb.Point) bool { return fixed[p] })
	if start < 0 {
		start = 0
		for i, p := range open {
			if less(p, open[start]) {
				start = i
			}
		}
	}
	open = append(open[start:len(open):len(open)], open[:start]...)
	open = append(open, open[0])
	far := 0
	for i, p := range open {
		if d := math.Hypot(p[0]-open[0][0], p[1]-open[0][1]); d > math.Hypot(open[far][0]-open[0][0], open[far][1]-open[0][1]) {
			far = i
		}
	}
	out := orb.Ring{open[0]}
	alone := !slices.ContainsFunc(open[1:len(open)-1], func(p orb.Point) bool { return fixed[p] })
	from := 0
	for i := 1; i < len(open); i++ {
		if fixed[open[i]] || i == len(open)-1 || alone && i == far {
			out = append(out, simplifyArc(open[from:i+1], tolerance)[1:]...)
			from = i
		}
	}
	if len(out) < 4 {
		return r
	}
	return out
}

func less(a, b orb.Point) bool { return a[1] < b[1] || a[1] == b[1] && a[0] < b[0] }

func simplifyArc(arc []orb.Point, tolerance float64) orb.LineString {
	ls := orb.LineString(slices.Clone(arc))
	turned := less(ls[len(ls)-1], ls[0])
	if turned {
		ls.Reverse()
	}
	ls = simplify.DouglasPeucker(tolerance).LineString(ls)
	if turned {
		ls.Reverse()
	}
	return ls
}
