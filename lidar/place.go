package lidar

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// place is the longitude and latitude of a place on the grid, in cells from its north-west corner.
func (c *Cloud) place(x, y float64) orb.Point {
	lon, lat := c.locate(c.originX+x*c.cell/c.ux, c.originY-y*c.cell/c.uy)
	return orb.Point{lon, lat}
}

// polygon places rings given in cells.
func (c *Cloud) polygon(rings orb.Polygon) *geojson.Geometry {
	out := make(orb.Polygon, len(rings))
	for i, r := range rings {
		out[i] = make(orb.Ring, len(r))
		for k, q := range r {
			out[i][k] = c.place(q[0], q[1])
		}
	}
	return geojson.NewGeometry(out)
}

const (
	unplaceSteps = 30
	unplaceCells = 0.02 // good enough to draw
)

// unplace is the inverse of place by Newton's method from a first guess.
func (c *Cloud) unplace(q orb.Point, x, y float64) (float64, float64, bool) {
	for range unplaceSteps {
		p, px, py := c.place(x, y), c.place(x+1, y), c.place(x, y+1)
		a, b, d, e := px[0]-p[0], py[0]-p[0], px[1]-p[1], py[1]-p[1]
		det := a*e - b*d
		if !(math.Abs(det) > 0) {
			return 0, 0, false
		}
		u, v := q[0]-p[0], q[1]-p[1]
		dx, dy := (e*u-b*v)/det, (a*v-d*u)/det
		x, y = x+dx, y+dy
		if math.Abs(dx)+math.Abs(dy) < unplaceCells {
			return x, y, true
		}
	}
	return 0, 0, false
}
