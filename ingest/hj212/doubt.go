package hj212

import (
	"cmp"
	"fmt"
)

// Doubt says, in words, why a value cannot be what its unit makes of it; it is empty for one that can be, and for factors
// without known bounds.
func (r *Reading) Doubt(unit string) string {
	doubtful, meant := r.doubt(unit)
	if !doubtful {
		return ""
	}
	what := fmt.Sprintf("%g %s of %s cannot be", r.Value, unit, cmp.Or(r.Factor.Species, r.Factor.Code))
	if meant != "" {
		what += ": it is probably sent in " + meant + "; say so in the device's units"
	}
	return what
}

// doubt reports whether a value is beyond its bounds, and the unit in which it would be within them, if there is one.
func (r *Reading) doubt(unit string) (doubtful bool, meant string) {
	b, ok := r.Factor.Plausible(r.ST != "31" && r.ST != "51")
	if !ok {
		return false, ""
	}
	v, ok := b.from(unit, r.Value)
	switch {
	case !ok || v >= b.Lo && v <= b.Hi:
		return false, ""
	case v > b.Hi && v/1000 <= b.Hi && massScale[unit] > 0:
		return true, finerUnit(unit, r.Factor)
	case unit == "kPa" && v/10 >= b.Lo && v/10 <= b.Hi:
		return true, "hPa"
	}
	return true, ""
}

// finerUnit is a thousandth of a unit, in which a device probably sends.
func finerUnit(unit string, f *Factor) string {
	switch {
	case unit == "ug/m3":
		return "ng/m3"
	case f.IsParticle():
		return "ug/m3"
	}
	return "ug/m3 or ppb"
}
