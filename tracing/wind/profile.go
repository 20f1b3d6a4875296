package wind

import "upwind/tracing/air"

const mixingM = 1000.0 // above any anemometer

// profile brings a speed to 10 m by the profile of the surface layer.
type profile struct{ air.State }

func newProfile(opt Options) profile {
	return profile{air.State{UStar: 1, InvL: opt.InvL, Z0: opt.RoughnessM, MixingM: mixingM}}
}

// factor is the speed at 10 m over that at h.
func (p profile) factor(h float64) float64 {
	if h < minWindHeightM {
		return 1
	}
	return p.Speed(referenceM) / p.Speed(max(h, 3*p.Z0))
}
