package tracing

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind/tracing/plane"
)

// CellAreas draws square cells as rectangles, each run of them in a row being one; nil of none.
func CellAreas(pl plane.Plane, centres []plane.Point, side float64) *geojson.Geometry {
	if len(centres) == 0 || !(side > 0) {
		return nil
	}
	row := func(p plane.Point) float64 { return math.Round(p.Y / side * 1e3) }
	sorted := slices.Clone(centres)
	slices.SortFunc(sorted, func(a, b plane.Point) int { return cmp.Or(cmp.Compare(row(a), row(b)), cmp.Compare(a.X, b.X)) })
	var out orb.MultiPolygon
	for i := 0; i < len(sorted); {
		k := i + 1
		for k < len(sorted) && row(sorted[k]) == row(sorted[i]) && sorted[k].X-sorted[k-1].X < 1.01*side {
			k++
		}
		west, south := pl.LonLat(plane.Point{X: sorted[i].X - side/2, Y: sorted[i].Y - side/2})
		east, north := pl.LonLat(plane.Point{X: sorted[k-1].X + side/2, Y: sorted[k-1].Y + side/2})
		out = append(out, orb.Polygon{{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}})
		i = k
	}
	return geojson.NewGeometry(out)
}
