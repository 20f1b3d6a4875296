package scan

import "math"

// EarthRadiusM is the mean radius of the Earth.
const EarthRadiusM = 6371000.0

// ENU is the place of a range along a true azimuth and an elevation, m east, north and up of the
// instrument.
func ENU(azimuthDeg, elevationDeg, rangeM float64) (e, n, u float64) {
	se, ce := math.Sincos(elevationDeg * math.Pi / 180)
	sa, ca := math.Sincos(azimuthDeg * math.Pi / 180)
	flat := rangeM * ce
	return flat * sa, flat * ca, rangeM*se + flat*flat/(2*EarthRadiusM)
}
