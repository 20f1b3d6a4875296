package tracing

import "math"

// earthM is the mean radius of the Earth (IUGG R1).
const earthM = 6371008.8

// plane is a local equirectangular plane in metres about a place: x to the east, y to the north. Within
// 100 km of its origin distances are good to about 1 %, far below what the wind allows.
type plane struct{ lon0, lat0, kx, ky float64 }

func newPlane(lon, lat float64) plane {
	ky := earthM * math.Pi / 180
	return plane{lon0: lon, lat0: lat, kx: ky * math.Max(0.01, math.Cos(lat*math.Pi/180)), ky: ky}
}

func (p plane) xy(lon, lat float64) point {
	dl := math.Mod(lon-p.lon0+540, 360) - 180
	return point{dl * p.kx, (lat - p.lat0) * p.ky}
}

func (p plane) lonLat(q point) (lon, lat float64) {
	lon = math.Mod(p.lon0+q.x/p.kx+540, 360) - 180
	return lon, min(max(p.lat0+q.y/p.ky, -90), 90)
}

type point struct{ x, y float64 }

func (a point) to(b point) float64 { return math.Hypot(b.x-a.x, b.y-a.y) }

// bearing is the direction from a to b, degrees clockwise from north, in [0, 360).
func (a point) bearing(b point) float64 {
	return math.Mod(math.Atan2(b.x-a.x, b.y-a.y)*180/math.Pi+360, 360)
}

// turn is the signed smallest turn from bearing a to bearing b, in (-180, 180].
func turn(a, b float64) float64 {
	d := math.Mod(b-a, 360)
	if d > 180 {
		d -= 360
	}
	if d <= -180 {
		d += 360
	}
	return d
}

func validLonLat(lon, lat float64) bool {
	return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90
}

func finite(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
