package air

import (
	"math"

	"upwind"
)

// Method says where a state's stability comes from.
type Method string

const (
	Sonic          Method = "measured friction velocity and Obukhov length"
	HoltslagUlden  Method = "wind, sun and clouds (Holtslag & van Ulden 1983)"
	NeutralAssumed Method = "taken as neutral: the time is not known"
)

const (
	minUStar    = 0.03 // m/s: below, no similarity holds
	minHeightM  = 0.5  // an anemometer without a usable height stands at the standard one
	maxInvL     = 0.5  // 1/m, |L| of 2 m: beyond, no similarity holds
	iterations  = 30
	rhoCp       = 1212.0 // J/(m3 K), air at 15 degrees and sea level
	nightTheta  = 0.09   // K, theta* of a clear night (van Ulden & Holtslag 1985)
	lowSun      = 0.05   // rad: below it counts as night
	assumedHour = 3 * 3600
)

// FromWind is the state over a roughness z0 (m) that one wind reading shows, and how it was found. SigmaV is set from
// the spread of the direction if the reading has it.
func FromWind(w upwind.Wind, z0 float64, sky Sky) (State, Method) {
	z := w.HeightM
	if !(z >= minHeightM) {
		z = ReferenceM
	}
	z0 = min(max(z0, 1e-5), z/4)
	u := math.Hypot(w.U, w.V)
	lat := sky.Lat
	if lat == 0 {
		lat = w.Lat
	}
	s, m := State{Z0: z0}, NeutralAssumed
	heated := float64(assumedHour)
	switch {
	case w.UStarMS != nil && w.ObukhovM != nil && *w.UStarMS > 0 && *w.ObukhovM != 0:
		s.UStar, s.InvL, m = *w.UStarMS, 1 / *w.ObukhovM, Sonic
	case w.ObukhovM != nil && *w.ObukhovM != 0:
		s.InvL, m = 1 / *w.ObukhovM, Sonic
		s.UStar = UStar(u, z, z0, s.InvL)
	case !sky.Time.IsZero():
		s.UStar, s.InvL = FromSky(u, z, z0, sky)
		m, heated = HoltslagUlden, sky.heated()
	default:
		s.UStar = UStar(u, z, z0, 0)
	}
	s.UStar = max(s.UStar, minUStar)
	s.InvL = min(max(s.InvL, -maxInvL), maxInvL)
	s.MixingM = Mixing(s.UStar, s.InvL, lat, heated)
	if w.SDDeg != nil {
		s.SigmaV = u * *w.SDDeg * math.Pi / 180
	}
	return s, m
}

// UStar is the friction velocity of a wind of u m/s at z m over a roughness z0 when 1/L is known.
func UStar(u, z, z0, invL float64) float64 {
	s := State{UStar: 1, InvL: invL, Z0: z0}
	if f := s.Speed(z); f > 0 {
		return u / f
	}
	return 0
}

// Roughness is the z0 in m that brings the profile of a measured u* and 1/L through a wind of u m/s at z m, held within
// 0.1 mm and z/4.
func Roughness(u, z, uStar, invL float64) float64 {
	low, high := 1e-4, max(z/4, 1e-4)
	for range 40 {
		mid := math.Sqrt(low * high)
		if (State{UStar: uStar, InvL: invL, Z0: mid}).Speed(z) > u {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Sqrt(low * high)
}

// FromSky is u* (m/s) and 1/L (1/m) of a wind of u m/s at z m over z0, from the sun's height and the clouds.
func FromSky(u, z, z0 float64, sky Sky) (uStar, invL float64) {
	t := sky.kelvin()
	if e := sky.Elevation(); e > lowSun {
		if flux := sky.heatFlux(e); flux > 0 {
			return convective(u, z, z0, flux/rhoCp, t)
		}
		return UStar(u, z, z0, 0), 0
	}
	// A quadratic in u* when theta* is fixed; in a weaker wind than its root allows the two scale together
	// (Venkatram 1980).
	n := sky.cloud()
	theta := nightTheta * (1 - 0.5*n*n)
	cd := Karman / math.Log(z/z0)
	u0 := stableSlope * z * gravity * theta / t
	least := 2 * math.Sqrt(u0/cd)
	root := 0.0
	if u > least {
		root = math.Sqrt(1 - least*least/(u*u))
	} else if least > 0 {
		theta *= u / least
	}
	uStar = max(cd*u/2*(1+root), minUStar)
	return uStar, Karman * gravity * theta / (t * uStar * uStar)
}

// convective iterates u* and L for a kinematic heat flux in K m/s.
func convective(u, z, z0, flux, kelvin float64) (uStar, invL float64) {
	for range iterations {
		uStar = max(UStar(u, z, z0, invL), minUStar)
		invL = max(-Karman*gravity*flux/(kelvin*uStar*uStar*uStar), -maxInvL)
	}
	return uStar, invL
}
