package photo

import "math"

// WGS84 ellipsoid (NIMA TR8350.2).
const (
	wgsA  = 6378137.0
	wgsF  = 1 / 298.257223563
	wgsE2 = wgsF * (2 - wgsF)
)

const deg = math.Pi / 180

type vec [3]float64

func (a vec) plus(b vec, k float64) vec { return vec{a[0] + k*b[0], a[1] + k*b[1], a[2] + k*b[2]} }

func cross(a, b vec) vec {
	return vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func (a vec) unit() vec {
	n := math.Sqrt(a[0]*a[0] + a[1]*a[1] + a[2]*a[2])
	return vec{a[0] / n, a[1] / n, a[2] / n}
}

// ecef turns degrees and metres above the ellipsoid into earth-centred coordinates.
func ecef(lon, lat, h float64) vec {
	sl, cl := math.Sincos(lon * deg)
	sp, cp := math.Sincos(lat * deg)
	n := wgsA / math.Sqrt(1-wgsE2*sp*sp)
	return vec{(n + h) * cp * cl, (n + h) * cp * sl, (n*(1-wgsE2) + h) * sp}
}

// geodetic is the inverse of ecef by Bowring (1976), "Transformation from spatial to geographical
// coordinates", exact to a nanometre for heights of the atmosphere.
func geodetic(p vec) (lon, lat, h float64) {
	const b = wgsA * (1 - wgsF)
	rho := math.Hypot(p[0], p[1])
	su, cu := math.Sincos(math.Atan2(p[2]*wgsA, rho*b))
	phi := math.Atan2(p[2]+wgsE2/(1-wgsE2)*b*su*su*su, rho-wgsE2*wgsA*cu*cu*cu)
	sp, cp := math.Sincos(phi)
	n := wgsA / math.Sqrt(1-wgsE2*sp*sp)
	h = rho*cp + p[2]*sp - wgsA*wgsA/n
	return math.Atan2(p[1], p[0]) / deg, phi / deg, h
}

// local is the tangent plane at a place: x east, y true north, z up.
type local struct {
	origin          vec
	east, north, up vec
}

func tangent(lon, lat, h float64) local {
	sl, cl := math.Sincos(lon * deg)
	sp, cp := math.Sincos(lat * deg)
	return local{
		origin: ecef(lon, lat, h),
		east:   vec{-sl, cl, 0},
		north:  vec{-sp * cl, -sp * sl, cp},
		up:     vec{cp * cl, cp * sl, sp},
	}
}

// earth turns a direction on the tangent plane into an earth-centred one.
func (l local) earth(d vec) vec {
	var o vec
	for i := range o {
		o[i] = l.east[i]*d[0] + l.north[i]*d[1] + l.up[i]*d[2]
	}
	return o
}
