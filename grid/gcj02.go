package grid

import "math"

// GCJ-02 is the shifted datum of Chinese web maps. It exists only at the edge of this program: in files that are
// imported with [ParseFrom] and in links to such maps. The shift is not published; these are the series that
// everybody uses, on the ellipsoid of Krasovsky 1940.
const (
	krasovskyA  = 6378245.0
	krasovskyEE = 0.00669342162296594323
)

// gcjSteps is how often the inverse is refined: one step errs by 2.4 m, three by less than 0.1 mm.
const gcjSteps = 4

// ToGCJ02 shifts WGS84 degrees to GCJ-02. Outside the box of mainland China there is no shift.
func ToGCJ02(lon, lat float64) (float64, float64) {
	if lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271 {
		return lon, lat
	}
	dx, dy := gcjShift(lon, lat)
	return lon + dx, lat + dy
}

// FromGCJ02 is the inverse of [ToGCJ02], by iteration.
func FromGCJ02(lon, lat float64) (float64, float64) {
	x, y := lon, lat
	for range gcjSteps {
		gx, gy := ToGCJ02(x, y)
		x, y = x+lon-gx, y+lat-gy
	}
	return x, y
}

func gcjShift(lon, lat float64) (dLon, dLat float64) {
	x, y := lon-105, lat-35
	wave := func(amplitude, v float64) float64 { return amplitude * math.Sin(v*math.Pi) }
	short := wave(20, 6*x) + wave(20, 2*x)
	dLat = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) +
		2./3*(short+wave(20, y)+wave(40, y/3)+wave(160, y/12)+wave(320, y/30))
	dLon = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) +
		2./3*(short+wave(20, x)+wave(40, x/3)+wave(150, x/12)+wave(300, x/30))
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w := 1 - krasovskyEE*sin*sin
	meridian := krasovskyA * (1 - krasovskyEE) / (w * math.Sqrt(w))
	dLat *= 180 / (meridian * math.Pi)
	dLon *= 180 / (krasovskyA / math.Sqrt(w) * cos * math.Pi)
	return dLon, dLat
}
