package raster

import (
	"math"

	"github.com/paulmach/orb"
)

// The WGS84 ellipsoid (NIMA TR8350.2).
const (
	semiMajorM = 6378137.0
	ecc2       = 6.69437999014e-3 // first eccentricity squared
)

// metresPerDegree is the length of a degree of longitude and of latitude at a latitude, on the ellipsoid.
func metresPerDegree(lat float64) (lonM, latM float64) {
	s, c := math.Sincos(lat * math.Pi / 180)
	w2 := 1 - ecc2*s*s
	n := semiMajorM / math.Sqrt(w2)
	return n * c * math.Pi / 180, n * (1 - ecc2) / w2 * math.Pi / 180
}

// PixelSizeM is the ground length in metres of one pixel step right and one step down at a place.
func PixelSizeM(l Locator, x, y float64) (gxM, gyM float64, ok bool) {
	j, ok := jacobian(l, x, y)
	if !ok {
		return 0, 0, false
	}
	return math.Hypot(j[0], j[2]), math.Hypot(j[1], j[3]), true
}

// jacobian is d(east, north)/d(x, y) in metres a pixel: {dE/dx, dE/dy, dN/dx, dN/dy}.
func jacobian(l Locator, x, y float64) ([4]float64, bool) {
	const h = 0.5
	lon1, lat1, _, ok1 := l.Locate(x-h, y)
	lon2, lat2, _, ok2 := l.Locate(x+h, y)
	lon3, lat3, _, ok3 := l.Locate(x, y-h)
	lon4, lat4, _, ok4 := l.Locate(x, y+h)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return [4]float64{}, false
	}
	kx, ky := metresPerDegree((lat1 + lat2) / 2)
	return [4]float64{kx * wrapDeg(lon2-lon1), kx * wrapDeg(lon4-lon3), ky * (lat2 - lat1), ky * (lat4 - lat3)}, true
}

// wrapDeg brings a difference of longitudes into [-180, 180], for scenes on the date line.
func wrapDeg(d float64) float64 { return math.Remainder(d, 360) }

// authalic is q of Snyder (1987), Map Projections: A Working Manual, eq. 3-12.
func authalic(lat float64) float64 {
	e := math.Sqrt(ecc2)
	s := math.Sin(lat * math.Pi / 180)
	return (1 - ecc2) * (s/(1-ecc2*s*s) - math.Log((1-e*s)/(1+e*s))/(2*e))
}

// RingAreaM2 is the area inside a closed ring of WGS84 places on the ellipsoid, by the cylindrical
// equal-area projection (Snyder 1987, eq. 10-14 and 10-15). It is positive for counterclockwise rings.
func RingAreaM2(r orb.Ring) float64 {
	if len(r) < 4 {
		return 0
	}
	lon0, q0 := r[0][0], authalic(r[0][1])
	sum := 0.0
	px, py := 0.0, 0.0
	for _, p := range r[1:] {
		x, y := wrapDeg(p[0]-lon0)*math.Pi/180, (authalic(p[1])-q0)/2
		sum += px*y - x*py
		px, py = x, y
	}
	return sum / 2 * semiMajorM * semiMajorM
}

// PolygonAreaM2 is the area of a polygon less its holes.
func PolygonAreaM2(p orb.Polygon) float64 {
	a := 0.0
	for i, r := range p {
		if i == 0 {
			a = math.Abs(RingAreaM2(r))
		} else {
			a -= math.Abs(RingAreaM2(r))
		}
	}
	return a
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
