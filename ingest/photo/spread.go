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

// Covariance is the error of a ground point, m2, east and north.
type Covariance struct{ EE, EN, NN float64 }

// Ellipse is the 1-sigma ellipse: its half axes in metres and the bearing of the major one, degrees clockwise from north, 0 to 180.
// The ellipse of 95 % is 2.448 times as large.
func (v Covariance) Ellipse() (major, minor, bearingDeg float64) {
	mean, half := (v.EE+v.NN)/2, math.Hypot((v.EE-v.NN)/2, v.EN)
	bearingDeg = math.Mod(0.5*math.Atan2(2*v.EN, v.NN-v.EE)/deg+180, 180)
	return math.Sqrt(mean + half), math.Sqrt(math.Max(mean-half, 0)), bearingDeg
}

// SigmaM is the one error of the circular normal distribution with the same mean square distance.
func (v Covariance) SigmaM() float64 { return math.Sqrt((v.EE + v.NN) / 2) }

// Distance is how many sigma a miss of so many metres is (Mahalanobis 1936): 95 % of misses are within 2.448.
func (v Covariance) Distance(east, north float64) float64 {
	det := v.EE*v.NN - v.EN*v.EN
	return math.Sqrt((v.NN*east*east - 2*v.EN*east*north + v.EE*north*north) / det)
}

// Point is the ground point of a pixel and its error, by a numerical Jacobian over position, height, angles, focal length and
// radial distortion. ok is false for a ray less than [MinDepressionDeg] below the horizon, outside the
// lens's calibrated field, or that meets no known ground.
func (c Camera) Point(px, py float64) (lon, lat float64, cov Covariance, ok bool) {
	d, ok := c.ray(px, py)
	if !ok {
		return 0, 0, cov, false
	}
	if lon, lat, ok = c.point(d); !ok {
		return 0, 0, cov, false
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
	return lon, lat, plane.covariance(px, py), true
}

// covariance sums the squares of what one sigma of each parameter moves the point by.
func (c Camera) covariance(px, py float64) (v Covariance) {
	unbounded := Covariance{EE: math.Inf(1), NN: math.Inf(1)}
	base, ok := c.foot(px, py)
	if !ok {
		return unbounded
	}
	v = Covariance{EE: c.sigma.east * c.sigma.east, NN: c.sigma.north * c.sigma.north}
	for _, p := range c.sigma.parameters() {
		moved := c
		p.move(&moved, p.step)
		q, ok := moved.foot(px, py)
		if !ok {
			return unbounded
		}
		k := p.sigma / p.step
		dx, dy := (q[0]-base[0])*k, (q[1]-base[1])*k
		v.EE, v.EN, v.NN = v.EE+dx*dx, v.EN+dx*dy, v.NN+dy*dy
	}
	return v
}

// parameter is an uncertain number of a camera: its standard deviation, the step of a derivative, and how it moves the camera.
type parameter struct {
	sigma, step float64
	move        func(*Camera, float64)
}

// parameters are those that do not merely shift the point. A camera's roll is about its own axis of view; the error of its height and of the
// ground's are one.
func (s spread) parameters() []parameter {
	return []parameter{
		{math.Hypot(s.up, s.ground), 0.1, func(c *Camera, v float64) { c.ground += v }},
		{s.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.YawDeg += v }},
		{s.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.PitchDeg -= v }},
		{s.attitude, 0.05, func(c *Camera, v float64) { c.gimbal.RollDeg += v }},
		{s.focal, 0.001, func(c *Camera, v float64) { c.lens.FX *= 1 + v; c.lens.FY *= 1 + v }},
		{s.k1, 0.001, func(c *Camera, v float64) { c.lens.K1 -= v }},
	}
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

// Locate is [Camera.Point] with one error, [Covariance.SigmaM].
func (c Camera) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	lon, lat, v, ok := c.Point(x, y)
	return lon, lat, v.SigmaM(), ok
}
