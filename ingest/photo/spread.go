package photo

import "math"

// Standard deviations of what a picture's metadata say. The measured ones are of bundle-adjusted flights
// against their own metadata.
const (
	sigmaAttitudeDeg = 1.0 // attitude error 0.5-1.3 deg, measured; each angle

	sigmaGPSM   = 2.5  // GNSS without correction, horizontal, each axis: a few metres, the receivers' data sheets
	sigmaGPSUpM = 10.0 // its height: antenna, barometer and unknown zero (ellipsoid or sea level)
	sigmaRTKM   = 0.03 // a fixed solution without stated sigmas

	sigmaTerrain      = 0.5 // of a surface model of the same flight
	sigmaStatedGround = 1.0 // ground is not flat
	sigmaRelative     = 6.5 // relative altitude against the ground in the picture, measured

	sigmaK1Unknown  = 0.15  // radial term of a lens nothing is known of: a factory k1 is -0.27 where stated
	sigmaK1Known    = 0.005 // factory calibration against the bundle adjustment: -0.267 and -0.264
	sigmaFocalKnown = 0.003 // relative; 3657 and 3651 against 3647 px
	sigmaFocal35    = 0.015 // relative; the 35 mm equivalent is a whole number near 24
)

// spread is the uncertainty of a camera's parameters, 1-sigma.
type spread struct {
	east, north, up float64 // position, m
	ground          float64 // of the surface, m
	attitude        float64 // each angle, degrees
	focal           float64 // relative
	k1              float64
}

func (p Picture) spread(lens spread) spread {
	s := lens
	s.attitude = sigmaAttitudeDeg
	s.east, s.north, s.up = sigmaGPSM, sigmaGPSM, sigmaGPSUpM
	if p.Position.RTKFixed {
		s.east, s.north, s.up = sigmaRTKM, sigmaRTKM, sigmaRTKM
	}
	for _, v := range []struct {
		to   *float64
		from *float64
	}{{&s.east, p.Position.SigmaE}, {&s.north, p.Position.SigmaN}, {&s.up, p.Position.SigmaUp}} {
		if v.from != nil {
			*v.to = math.Max(*v.from, 0.01)
		}
	}
	return s
}

// LonLat is the ground point of a pixel and its 1-sigma errors in metres, along the view (from the camera's
// foot to the point) and across it, by a numerical Jacobian over position, height, angles, focal length and
// radial distortion. ok is false for a ray less than [MinDepressionDeg] below the horizon, outside the
// lens's calibrated field, or that meets no known ground.
func (c Camera) LonLat(px, py float64) (lon, lat, sigmaAlong, sigmaAcross float64, ok bool) {
	d, ok := c.ray(px, py)
	if !ok {
		return 0, 0, 0, 0, false
	}
	if lon, lat, ok = c.point(d); !ok {
		return 0, 0, 0, 0, false
	}
	e, n := d[0], d[1]
	if hor := math.Hypot(e, n); hor > 1e-9 {
		e, n = e/hor, n/hor
	} else {
		e, n = math.Sin(c.gimbal.YawDeg*deg), math.Cos(c.gimbal.YawDeg*deg)
	}
	// The Jacobian is that of a plane through the point: the roughness of a surface model is no derivative.
	plane := c
	plane.dsm = nil
	if c.dsm != nil {
		if ground, have := c.dsm.Height(lon, lat); have {
			plane.ground = ground
		}
		plane.ground = math.Min(plane.ground, c.hgt-minAGL)
	}
	along2, across2 := plane.covariance(px, py, e, n)
	return lon, lat, math.Sqrt(along2), math.Sqrt(across2), true
}

// covariance sums the squares of what one sigma of each parameter moves the point by, split along and
// across the horizontal direction (e, n).
func (c Camera) covariance(px, py, e, n float64) (along2, across2 float64) {
	base, ok := c.foot(px, py)
	if !ok {
		return math.Inf(1), math.Inf(1)
	}
	add := func(dx, dy float64) {
		a, b := dx*e+dy*n, dx*n-dy*e
		along2 += a * a
		across2 += b * b
	}
	add(c.sigma.east, 0)
	add(0, c.sigma.north)
	height := math.Hypot(c.sigma.up, c.sigma.ground)
	for _, step := range []struct {
		sigma, size float64
		move        func(*Camera, float64)
	}{
		{height, 0.1, func(c *Camera, v float64) { c.ground += v }},
		{c.sigma.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.YawDeg += v }},
		{c.sigma.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.PitchDeg -= v }},
		{c.sigma.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.RollDeg += v }},
		{c.sigma.focal, 0.001, func(c *Camera, v float64) { c.lens.FX *= 1 + v; c.lens.FY *= 1 + v }},
		{c.sigma.k1, 0.001, func(c *Camera, v float64) { c.lens.K1 -= v }},
	} {
		moved := c
		step.move(&moved, step.size)
		p, ok := moved.foot(px, py)
		if !ok {
			return math.Inf(1), math.Inf(1)
		}
		k := step.sigma / step.size
		add((p[0]-base[0])*k, (p[1]-base[1])*k)
	}
	return along2, across2
}

// foot is the point of a pixel on the tangent plane's horizontal plane at ground height: exact enough for
// differences of metres.
func (c Camera) foot(px, py float64) (vec, bool) {
	d, ok := c.ray(px, py)
	if !ok || d[2] > -0.01 {
		return vec{}, false
	}
	t := (c.hgt - c.ground) / -d[2]
	return vec{d[0] * t, d[1] * t}, true
}

// Locate is [Camera.LonLat] with one error: that of the circular normal distribution with the same mean
// square distance, so that 2.448 sigma hold 95 %.
func (c Camera) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	lon, lat, a, b, ok := c.LonLat(x, y)
	return lon, lat, math.Sqrt((a*a + b*b) / 2), ok
}
