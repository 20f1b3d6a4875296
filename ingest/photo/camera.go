package photo

import (
	"fmt"
	"math"
)

// Terrain gives the height of the ground or of what stands on it, metres, in the height system of the
// picture's absolute altitude; false where it is not known.
type Terrain interface {
	Height(lon, lat float64) (heightM float64, ok bool)
}

// Options say what a picture is projected on. With both nil the ground is a plane the relative altitude
// below the camera, that is at the height of the take-off point.
type Options struct {
	GroundHeightM *float64 // flat ground at this height, in the height system of the picture
	DSM           Terrain  // used before GroundHeightM
}

// NotPlacedError says why a picture that is otherwise fine cannot be put on the map.
type NotPlacedError struct{ Name, Why string }

func (e *NotPlacedError) Error() string {
	return "photo: " + e.Name + " cannot be placed on the map: " + e.Why
}

// MinDepressionDeg is how far below the horizon a ray must point: closer to it a degree of attitude error
// moves the ground point by a third of its distance and more.
const MinDepressionDeg = 10

// Camera is a picture with its place, angles and lens. Pixel coordinates have their origin at the outer
// corner of the upper left pixel, x right and y down, so that the first pixel's centre is (0.5, 0.5).
type Camera struct {
	width, height float64
	lens          Brown
	at            local
	hgt           float64 // of the camera, in the picture's height system
	gimbal        Attitude
	ground        float64 // flat ground, where dsm is nil
	dsm           Terrain
	sigma         spread
}

// Camera builds the camera model. The error is a [*NotPlacedError] that says in words what is missing.
func (p Picture) Camera(opt Options) (Camera, error) {
	miss := func(what string) (Camera, error) {
		return Camera{}, &NotPlacedError{p.Name, what}
	}
	if p.Position == nil {
		return miss("its metadata has no camera position; hand in the picture as the drone stored it")
	}
	if p.Gimbal == nil {
		return miss("its metadata has no camera angles (gimbal yaw and pitch); hand in the picture as the drone stored it")
	}
	if p.Width <= 0 || p.Height <= 0 {
		return miss("it has no size")
	}
	lens, lensSpread, ok := p.interior()
	if !ok {
		return miss("its metadata has no focal length (35 mm equivalent or calibrated)")
	}
	c := Camera{
		width: float64(p.Width), height: float64(p.Height),
		lens: lens, gimbal: *p.Gimbal, dsm: opt.DSM, sigma: p.spread(lensSpread),
	}
	if why := c.heights(p.Position, opt); why != "" {
		return miss(why)
	}
	c.at = tangent(p.Position.Lon, p.Position.Lat, c.hgt)
	return c, nil
}

// heights settles the camera's height and the ground's; it returns what is missing.
func (c *Camera) heights(pos *Position, opt Options) string {
	switch {
	case opt.DSM != nil && pos.AbsoluteM != nil:
		c.hgt = *pos.AbsoluteM
		c.sigma.ground = sigmaTerrain
	case opt.DSM != nil && pos.RelativeM != nil:
		below, ok := opt.DSM.Height(pos.Lon, pos.Lat)
		if !ok {
			return "the surface model has no height below the camera, and the picture has no absolute altitude"
		}
		c.hgt = below + *pos.RelativeM
		c.sigma.ground = sigmaRelative
	case opt.GroundHeightM != nil && pos.AbsoluteM != nil:
		c.hgt, c.ground = *pos.AbsoluteM, *opt.GroundHeightM
		c.sigma.ground = sigmaStatedGround
	case pos.RelativeM != nil:
		if c.hgt = *pos.RelativeM; pos.AbsoluteM != nil {
			c.hgt = *pos.AbsoluteM
		}
		c.ground = c.hgt - *pos.RelativeM
		c.sigma.ground = sigmaRelative
		c.sigma.up = 0 // sigmaRelative is that of the height above ground as a whole
	default:
		return "its metadata has no height above the ground; state the height of the ground with --ground-height"
	}
	if c.dsm == nil && c.hgt-c.ground < minAGL {
		return fmt.Sprintf("the camera would be %.1f m above the ground", c.hgt-c.ground)
	}
	return ""
}

// minAGL is the least height above flat ground: below it a drone stands on its take-off point.
const minAGL = 2.0

// AGL is the height of the camera above flat ground, metres; NaN over a surface model without a height
// below the camera.
func (c Camera) AGL() float64 {
	if c.dsm == nil {
		return c.hgt - c.ground
	}
	lon, lat, _ := geodetic(c.at.origin)
	if h, ok := c.dsm.Height(lon, lat); ok {
		return c.hgt - h
	}
	return math.NaN()
}

// GSD is the size of a pixel on flat ground, metres, along and across the view at the picture's centre:
// AGL/(f cos^2 a) and AGL/(f cos a) for a view a degrees off nadir.
func (c Camera) GSD() (along, across float64) {
	cos := math.Sin(-c.gimbal.PitchDeg * deg)
	if cos <= 0 {
		return math.NaN(), math.NaN()
	}
	f := math.Sqrt(c.lens.FX * c.lens.FY)
	across = c.AGL() / (f * cos)
	return across / cos, across
}

// ray is the direction of a pixel on the tangent plane at the camera, unit length.
func (c Camera) ray(px, py float64) (vec, bool) {
	x, y, ok := c.lens.undistort((px-c.width/2-c.lens.CX)/c.lens.FX, (py-c.height/2-c.lens.CY)/c.lens.FY)
	if !ok {
		return vec{}, false
	}
	sr, cr := math.Sincos(c.gimbal.RollDeg * deg)
	x, y = x*cr-y*sr, x*sr+y*cr
	sy, cy := math.Sincos(c.gimbal.YawDeg * deg)
	sp, cp := math.Sincos(c.gimbal.PitchDeg * deg)
	fwd := vec{sy * cp, cy * cp, sp}
	right := vec{cy, -sy, 0}
	down := cross(fwd, right)
	return fwd.plus(right, x).plus(down, y).unit(), true
}

// point is where a ray from the camera meets the ground.
func (c Camera) point(d vec) (lon, lat float64, ok bool) {
	if math.Asin(-d[2]) < MinDepressionDeg*deg {
		return 0, 0, false
	}
	if c.dsm != nil {
		return c.march(c.at.earth(d))
	}
	return c.flat(c.at.earth(d))
}

// flatSteps is enough for the ellipsoid's curvature (8 cm a kilometre) to close.
const flatSteps = 5

// flat meets the ray with the surface of equal ellipsoidal height, so that neither the curve of the earth
// nor the convergence of a map grid enters.
func (c Camera) flat(d vec) (lon, lat float64, ok bool) {
	var t, h float64
	for range flatSteps {
		lon, lat, h = geodetic(c.at.origin.plus(d, t))
		up := tangent(lon, lat, h).up
		sink := -(up[0]*d[0] + up[1]*d[1] + up[2]*d[2])
		if sink <= 0 {
			return 0, 0, false
		}
		if math.Abs(h-c.ground) < 1e-6 && t > 0 {
			break
		}
		t += (h - c.ground) / sink
	}
	lon, lat, h = geodetic(c.at.origin.plus(d, t))
	return lon, lat, math.Abs(h-c.ground) < 1e-3
}

// Bounds of a march over a surface model.
const (
	marchStepM = 0.5    // finer than the cells of drone surface models that cover a city block (0.1-1 m)
	marchMaxM  = 3000.0 // the slant range of a 500 m flight at the least depression
	marchGapM  = 5.0    // a hit behind a longer hole in the model is not taken: it may be a roof that was missed
)

// march follows the ray down to the first place where the model is above it.
func (c Camera) march(d vec) (lon, lat float64, ok bool) {
	lastT, lastGap, known := 0.0, 0.0, false
	for t := marchStepM; t <= marchMaxM; t += marchStepM {
		lo, la, h := geodetic(c.at.origin.plus(d, t))
		ground, have := c.dsm.Height(lo, la)
		if !have {
			continue
		}
		gap := h - ground
		if gap > 0 {
			lastT, lastGap, known = t, gap, true
			continue
		}
		if !known || t-lastT > marchGapM {
			return 0, 0, false
		}
		lon, lat, _ = geodetic(c.at.origin.plus(d, lastT+(t-lastT)*lastGap/(lastGap-gap)))
		return lon, lat, true
	}
	return 0, 0, false
}
