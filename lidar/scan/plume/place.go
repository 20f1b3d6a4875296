package plume

import (
	"math"

	"upwind/lidar/scan"
)

// WGS84.
const (
	wgs84A  = 6378137.0
	wgs84F  = 1 / 298.257223563
	wgs84E2 = wgs84F * (2 - wgs84F)
	wgs84B  = wgs84A * (1 - wgs84F)
)

// Place is the longitude and latitude of a place that [scan.ENU] gives, heightM above the level of the
// instrument's foot: through earth-centred coordinates, and back by Bowring's formula (1976, Survey Review
// 23), which is good to a tenth of a millimetre here.
func Place(site scan.Site, e, n, heightM float64) (lon, lat float64) {
	// ENU's up follows the curved ground; the plane that touches the ellipsoid at the site lies lower.
	up := heightM - (e*e+n*n)/(2*scan.EarthRadiusM)
	sl, cl := math.Sincos(site.Lon * math.Pi / 180)
	sp, cp := math.Sincos(site.Lat * math.Pi / 180)
	radius := wgs84A / math.Sqrt(1-wgs84E2*sp*sp)
	x := (radius+site.AltitudeM)*cp*cl - sl*e - sp*cl*n + cp*cl*up
	y := (radius+site.AltitudeM)*cp*sl + cl*e - sp*sl*n + cp*sl*up
	z := (radius*(1-wgs84E2)+site.AltitudeM)*sp + cp*n + sp*up
	p := math.Hypot(x, y)
	st, ct := math.Sincos(math.Atan2(z*wgs84A, p*wgs84B))
	lat = math.Atan2(z+wgs84E2/(1-wgs84E2)*wgs84B*st*st*st, p-wgs84E2*wgs84A*ct*ct*ct)
	return math.Atan2(y, x) * 180 / math.Pi, lat * 180 / math.Pi
}
