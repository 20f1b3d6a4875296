package air

import "math"

const (
	minMixingM, maxMixingM = 50.0, 3000.0
	earthSpin              = 7.292e-5 // rad/s
	minCoriolis            = 2.5e-5   // 1/s, that of 10 degrees: nearer to the equator the formulas lose their meaning
	gravity                = 9.81
	lapse                  = 0.005 // K/m, free air above a morning's layer (Holtslag & van Ulden use 5 K/km)
	entrainment            = 0.2   // share of the surface heat flux drawn down from above (Tennekes 1973)
	kelvin                 = 273.15
)

// Mixing is the mixing height in m: 0.3 u*/f in neutral air, 0.4 sqrt(u* L/f) in stable air (Zilitinkevich 1972) and
// never more than the neutral one; by day the depth that the heat flux of heatedS seconds has mixed,
// h^2 = 2 (1 + 2A) H t / gamma (Tennekes 1973), and no less than the neutral one. It is held within 50 and 3000 m.
func Mixing(uStar, invL, latDeg, heatedS float64) float64 {
	f := max(2*earthSpin*math.Abs(math.Sin(latDeg*math.Pi/180)), minCoriolis)
	h := 0.3 * uStar / f
	if invL > 0 {
		h = min(h, 0.4*math.Sqrt(uStar/(f*invL)))
	}
	if invL < 0 {
		const meanKelvin = 290
		flux := -invL * uStar * uStar * uStar * meanKelvin / (Karman * gravity) // K m/s
		h = max(h, math.Sqrt(2*(1+2*entrainment)*flux*max(heatedS, 0)/lapse))
	}
	return min(max(h, minMixingM), maxMixingM)
}
