package plume

import (
	"math"

	"upwind"
	"upwind/lidar/scan"
)

// massSigma is the relative error of a mass extinction efficiency that was calibrated beside a PM monitor
// at one site (30 %: the scatter of such regressions; Hand and Malm 2007, J. Geophys. Res. 112).
const massSigma = 0.3

// Mass turns extinction in 1/m into micrograms a cubic metre,
//
//	PM = extinction / (f(RH) MEE),   f = ((1 - RH)/(1 - RH0))^-gamma,
//
// with the site's calibration. rh is the relative humidity, 0..1; nil when not known. Without a calibration,
// or where one that grows with humidity meets an unknown humidity, it says why there is no mass.
func Mass(extinction upwind.Estimate, site scan.Site, rh *float64) (mass upwind.Estimate, why string) {
	if !(site.MassM2G > 0) {
		return mass, "the site has no mass calibration (mass_extinction_m2_g): extinction is what is reported"
	}
	grow := 1.0
	if site.Gamma != 0 {
		switch {
		case rh == nil:
			return mass, "the mass calibration needs the relative humidity, which is not known"
		case !(*rh >= 0 && *rh < 1 && site.RH0 >= 0 && site.RH0 < 1):
			return mass, "a relative humidity for the mass is not in 0..1"
		}
		grow = math.Pow((1-*rh)/(1-site.RH0), -site.Gamma)
	}
	k := 1e6 / (grow * site.MassM2G)
	return upwind.NonNegative(k*extinction.Value, k*math.Hypot(extinction.Sigma, massSigma*extinction.Value)), ""
}
