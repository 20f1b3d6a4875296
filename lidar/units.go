package lidar

import (
	"fmt"
	"math"

	"upwind"
	"upwind/lidar/las"
)

// WGS84.
const (
	wgs84A  = 6378137.0
	wgs84E2 = 0.00669437999014
)

// feetShare is how close the measured unit must come to a third of the stated one, or to three times it,
// for the reference system to be the wrong one for the file.
const feetShare = 0.02

// measureUnits finds the length of the file's units: across, by walking on the ellipsoid between two
// located places; up, from the reference system, or else as across when that is feet.
func (c *Cloud) measureUnits(r *las.Reader, e extent) error {
	cx, cy := (e.lo[0]+e.hi[0])/2, (e.lo[1]+e.hi[1])/2
	step := 1.0
	if lon, lat := c.locate(cx, cy); math.Abs(lon-cx) < 1e-3 && math.Abs(lat-cy) < 1e-3 || r.CRS().Geographic {
		step = 1e-4 // degrees
	}
	lon, lat := c.locate(cx, cy)
	if !(math.Abs(lon) <= 180 && math.Abs(lat) <= 90) {
		return upwind.Refuse(r.Name(), fmt.Sprintf("x %.3f y %.3f", cx, cy), "the middle of the cloud lies outside its reference system", "check --crs")
	}
	c.ux = groundDistance(c.locate, cx, cy, step, 0) / step
	c.uy = groundDistance(c.locate, cx, cy, 0, step) / step
	if !(c.ux > 1e-6 && c.uy > 1e-6 && c.ux < 1e7 && c.uy < 1e7) {
		return upwind.Refuse(r.Name(), fmt.Sprintf("x %.3f y %.3f", cx, cy), "the reference system does not place the cloud", "check --crs")
	}
	crs := r.CRS()
	if u := crs.UnitM; u > 0 {
		for _, wrong := range []float64{0.3048, 1 / 0.3048} {
			if math.Abs(c.ux/u/wrong-1) < feetShare {
				return upwind.Refuse(r.Name(), "reference system",
					fmt.Sprintf("the file says that a unit is %.4f m, but the system it is placed by counts %.4f m", u, c.ux),
					"give the system in the file's own unit with --crs")
			}
		}
	}
	switch {
	case crs.VerticalUnitM > 0:
		c.uz = crs.VerticalUnitM
	case !crs.Geographic && crs.UnitM > 0 && math.Abs(crs.UnitM/0.3048-1) < feetShare:
		c.uz = crs.UnitM
		c.note("the file does not state the unit of heights; they are read as feet, like its x and y")
	case step == 1.0 && math.Abs(c.ux/0.3048-1) < feetShare:
		c.uz = 0.3048
		c.note("the file does not state the unit of heights; they are read as feet, like its x and y")
	default:
		c.uz = 1
	}
	c.Report.UnitM, c.Report.ZUnitM = c.ux, c.uz
	return nil
}

// groundDistance is the length in m of a short step of the file's coordinates.
func groundDistance(locate Locate, x, y, dx, dy float64) float64 {
	lon0, lat0 := locate(x-dx/2, y-dy/2)
	lon1, lat1 := locate(x+dx/2, y+dy/2)
	phi := (lat0 + lat1) / 2 * math.Pi / 180
	s := math.Sin(phi)
	w := 1 - wgs84E2*s*s
	n := wgs84A / math.Sqrt(w)
	m := wgs84A * (1 - wgs84E2) / (w * math.Sqrt(w))
	return math.Hypot((lat1-lat0)*math.Pi/180*m, (lon1-lon0)*math.Pi/180*n*math.Cos(phi))
}
