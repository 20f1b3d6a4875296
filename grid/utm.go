package grid

import (
	"fmt"
	"math"
)

// WGS84, NIMA TR8350.2 (2000).
const (
	wgs84A = 6378137.0
	wgs84F = 1 / 298.257223563
)

// UTM constants, Snyder 1987 (USGS Professional Paper 1395), p. 57.
const (
	utmScale         = 0.9996
	utmFalseEasting  = 500_000.0
	utmFalseNorthing = 10_000_000.0 // south of the equator
	utmMaxLat        = 84.0
	utmMinLat        = -80.0
)

// transverseMercator projects geodetic degrees to metres about a central meridian, without false origin, by
// Krueger's series to the fourth order in the third flattening (Krueger 1912; coefficients as in Karney 2011,
// Journal of Geodesy 85, 475-485, eq. 35), which errs by less than a millimetre within 3,000 km of the meridian.
func transverseMercator(a, f, k0, lon0, lon, lat float64) (x, y float64) {
	n := f / (2 - f)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	radius := a / (1 + n) * (1 + n2/4 + n4/64)
	alpha := [...]float64{
		n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180,
		13*n2/48 - 3*n3/5 + 557*n4/1440,
		61*n3/240 - 103*n4/140,
		49561 * n4 / 161280,
	}
	phi, lam := lat*math.Pi/180, (lon-lon0)*math.Pi/180
	e := math.Sqrt(f * (2 - f))
	tau := math.Tan(phi)
	sigma := math.Sinh(e * math.Atanh(e*tau/math.Hypot(1, tau)))
	taup := tau*math.Hypot(1, sigma) - sigma*math.Hypot(1, tau)
	xi := math.Atan2(taup, math.Cos(lam))
	eta := math.Asinh(math.Sin(lam) / math.Hypot(taup, math.Cos(lam)))
	x, y = eta, xi
	for j, c := range alpha {
		m := 2 * float64(j+1)
		x += c * math.Cos(m*xi) * math.Sinh(m*eta)
		y += c * math.Sin(m*xi) * math.Cosh(m*eta)
	}
	return k0 * radius * x, k0 * radius * y
}

// UTM projects WGS84 degrees to Universal Transverse Mercator: zone 1 to 60, metres with false origin. Zones are
// plain stripes of 6 degrees; the exceptions of Norway and Svalbard are not made. It is meant for latitudes
// -80 to 84.
func UTM(lon, lat float64) (zone int, eastingM, northingM float64) {
	zone = int(math.Floor((lon+180)/6)) + 1
	zone = max(1, min(60, zone)) // 180 degrees east belongs to zone 60
	x, y := transverseMercator(wgs84A, wgs84F, utmScale, float64(zone)*6-183, lon, lat)
	if lat < 0 {
		y += utmFalseNorthing
	}
	return zone, x + utmFalseEasting, y
}

// utmBands are the letters of the 8-degree latitude bands from 80 south; the last is 12 degrees high. They need no
// letter for the hemisphere: N and above are north.
const utmBands = "CDEFGHJKLMNPQRSTUVWX"

// Square names the UTM 1 km square of a place: zone and band, then the easting and the northing of its south-west
// corner in whole kilometres, as 50S-438-4010. Poleward of UTM it is a whole degree, as NP-116-88
// (longitude counted 0 to 359 eastward, latitude without sign). The name holds only
// letters, digits and hyphens. A place that is not on Earth is "nowhere".
func Square(lon, lat float64) string {
	if !onEarth(lon, lat) {
		return "nowhere"
	}
	if lat >= utmMaxLat || lat < utmMinLat {
		pole := "NP"
		if lat < 0 {
			pole = "SP"
		}
		return fmt.Sprintf("%s-%03d-%02d", pole, int(math.Floor(lon)+360)%360, int(math.Abs(lat)))
	}
	zone, e, n := UTM(lon, lat)
	band := utmBands[min(len(utmBands)-1, int((lat-utmMinLat)/8))]
	return fmt.Sprintf("%d%c-%d-%d", zone, band, int(math.Floor(e/1000)), int(math.Floor(n/1000)))
}

func onEarth(lon, lat float64) bool {
	return math.Abs(lon) <= 180 && math.Abs(lat) <= 90 // false for NaN
}
