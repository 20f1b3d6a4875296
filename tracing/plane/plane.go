// Package plane is the local plane that tracing reckons in: metres about a place, x to the east, y to the north.
package plane

import "math"

// earthM is the mean radius of the Earth (IUGG R1).
const earthM = 6371008.8

// Plane is a local equirectangular plane about a place. Within 100 km of its origin distances are good to about
// 1 %, far below what the wind allows.
type Plane struct{ lon0, lat0, kx, ky float64 }

// New is the plane about a place in WGS84.
func New(lon, lat float64) Plane {
	ky := earthM * math.Pi / 180
	return Plane{lon0: lon, lat0: lat, kx: ky * math.Max(0.01, math.Cos(lat*math.Pi/180)), ky: ky}
}

// XY places a longitude and latitude in the plane.
func (p Plane) XY(lon, lat float64) Point {
	dl := math.Mod(lon-p.lon0+540, 360) - 180
	return Point{dl * p.kx, (lat - p.lat0) * p.ky}
}

// LonLat is the inverse of [Plane.XY].
func (p Plane) LonLat(q Point) (lon, lat float64) {
	lon = math.Mod(p.lon0+q.X/p.kx+540, 360) - 180
	return lon, min(max(p.lat0+q.Y/p.ky, -90), 90)
}

// MetresPerDegree is the length of a degree of latitude.
func (p Plane) MetresPerDegree() float64 { return p.ky }

// Point is a place in the plane, m.
type Point struct{ X, Y float64 }

// To is the distance to b in m.
func (a Point) To(b Point) float64 { return math.Hypot(b.X-a.X, b.Y-a.Y) }

// Bearing is the direction from a to b, degrees clockwise from north, in [0, 360).
func (a Point) Bearing(b Point) float64 {
	return math.Mod(math.Atan2(b.X-a.X, b.Y-a.Y)*180/math.Pi+360, 360)
}

// Turn is the signed smallest turn from bearing a to bearing b in degrees, in (-180, 180].
func Turn(a, b float64) float64 {
	d := math.Mod(b-a, 360)
	if d > 180 {
		d -= 360
	}
	if d <= -180 {
		d += 360
	}
	return d
}

// Box is a rectangle in the plane, m.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Has reports whether p lies in the box.
func (r Box) Has(p Point) bool { return p.X >= r.X0 && p.X <= r.X1 && p.Y >= r.Y0 && p.Y <= r.Y1 }

// Grow is the box with m metres more on each side.
func (r Box) Grow(m float64) Box { return Box{r.X0 - m, r.Y0 - m, r.X1 + m, r.Y1 + m} }

// Add is the box that holds p too.
func (r Box) Add(p Point) Box {
	return Box{min(r.X0, p.X), min(r.Y0, p.Y), max(r.X1, p.X), max(r.Y1, p.Y)}
}

// Width and Height in m.
func (r Box) Width() float64  { return r.X1 - r.X0 }
func (r Box) Height() float64 { return r.Y1 - r.Y0 }
