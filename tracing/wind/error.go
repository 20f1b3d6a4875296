package wind

import (
	"math"

	"upwind/tracing/plane"
)

const (
	onSiteDeg   = 3.0  // 3.1 degrees over 53 runs of Prairie Grass, with wind on the site
	forecastDeg = 15.0 // of 10 to 20
	offSiteDeg  = 10.0 // the nearest station offSiteM away
	offSiteM    = 10e3
	// In weak wind the vane says little: 10 degrees at 2 m/s, 20 at 0.5.
	weakMS, weakDeg       = 2.0, 10.0
	calmMS, calmDeg       = 0.5, 20.0
	steadyMS              = 3.0 // from here on the speed does not matter
	radiansADegree        = math.Pi / 180
	maxDirectionSDRadians = math.Pi / 2
)

// ErrorSD is the standard deviation of a component of [Field.At] in m/s: of the interpolation, never below a
// station's own error, and what a gap adds.
func (f *Field) ErrorSD(p plane.Point, unix float64) float64 {
	k, wt := step((unix-f.t0)/f.dt, f.knots)
	k2 := min(k+1, f.knots-1)
	spread := f.spread[k] + (f.spread[k2]-f.spread[k])*wt
	gap := f.gapS[k] + (f.gapS[k2]-f.gapS[k])*wt
	if out := max(f.t0-unix, unix-f.time(f.knots-1)); out > 0 {
		gap += out
	}
	u, v := f.At(p, unix)
	speed := math.Hypot(u, v)
	drift := max(gapSpread, gapShare*speed)
	own := math.Hypot(ownSpeedMS, ownShare*speed)
	return math.Sqrt(max(spread*spread*f.relativeAt(p), own*own) - drift*drift*math.Expm1(-gap/gapTimeS))
}

// relativeAt is the error variance of the interpolation at p over that of the field.
func (f *Field) relativeAt(p plane.Point) float64 {
	if f.nx == 1 {
		if len(f.series) == 0 {
			return 1
		}
		c := math.Exp(-p.To(f.series[0].At) / f.corrM)
		return 1 - c*c/(1+f.eta)
	}
	ix, wx := step((p.X-f.x0)/f.dx, f.nx)
	iy, wy := step((p.Y-f.y0)/f.dy, f.ny)
	i := iy*f.nx + ix
	r := f.relative
	return (r[i]*(1-wx)+r[i+1]*wx)*(1-wy) + (r[i+f.nx]*(1-wx)+r[i+f.nx+1]*wx)*wy
}

// DirectionSD is the error of direction in radians that stays all through an event, for a wind speed in m/s.
func (f *Field) DirectionSD(speed float64) float64 {
	base := onSiteDeg + (offSiteDeg-onSiteDeg)*min(f.onSiteM/offSiteM, 1)
	if len(f.series) == 0 {
		base = forecastDeg
	}
	deg := base
	switch {
	case !(speed > calmMS):
		deg = max(base, calmDeg)
	case speed < weakMS:
		deg = max(base, calmDeg+(weakDeg-calmDeg)*(speed-calmMS)/(weakMS-calmMS))
	case speed < steadyMS:
		deg = max(base, weakDeg+(base-weakDeg)*(speed-weakMS)/(steadyMS-weakMS))
	}
	return min(deg*radiansADegree, maxDirectionSDRadians)
}
