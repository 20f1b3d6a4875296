package weather

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"upwind"
)

// Air is pressure and temperature, which a mole fraction needs to become a mass.
type Air struct {
	PressurePa float64
	TempC      float64
	From       string // where they come from, for people
}

// The standard atmosphere (ISO 2533) below 11 km.
const (
	standardPa    = 101325.0
	standardTempC = 15.0
	lapseKM       = 0.0065 // K/m
	zeroCelsiusK  = 273.15
	baroExponent  = 5.25588
	gasConstant   = 8.314462618 // J/(mol K), CODATA 2018
)

// StandardAir is the standard atmosphere at a height above the sea in m.
func StandardAir(elevationM float64) Air {
	t := standardTempC - lapseKM*elevationM
	share := (t + zeroCelsiusK) / (standardTempC + zeroCelsiusK)
	return Air{standardPa * math.Pow(share, baroExponent), t, fmt.Sprintf("the standard atmosphere at %.0f m above the sea", elevationM)}
}

// AirOf is the median pressure and temperature of wind readings. Where they give no pressure it is that of the
// elevation, which is NaN when nobody knows it: then ok is false. A temperature that is not given is the standard's.
func AirOf(wind []upwind.Wind, elevationM float64) (a Air, ok bool) {
	var ps, ts []float64
	for _, w := range wind {
		if w.PressPa != nil {
			ps = append(ps, *w.PressPa)
		}
		if w.TempC != nil {
			ts = append(ts, *w.TempC)
		}
	}
	if len(ps) == 0 && math.IsNaN(elevationM) {
		return Air{}, false
	}
	a = StandardAir(elevationM)
	switch {
	case len(ps) > 0 && len(ts) > 0:
		a = Air{middle(ps), middle(ts), "the wind readings"}
	case len(ps) > 0:
		// The height at which the standard atmosphere has this pressure gives its temperature.
		p := middle(ps)
		t := (standardTempC+zeroCelsiusK)*math.Pow(p/standardPa, 1/baroExponent) - zeroCelsiusK
		a = Air{p, t, "the pressure of the wind readings and the standard atmosphere's temperature"}
	case len(ts) > 0:
		a.TempC = middle(ts)
		a.From += " with the temperature of the wind readings"
	}
	return a, true
}

func middle(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// molarMass in g/mol (IUPAC 2021 atomic weights) of gases that are reported as mole fractions.
var molarMass = map[string]float64{
	"CH4": 16.043, "CO": 28.010, "CO2": 44.009, "SO2": 64.064, "NO2": 46.006, "NO": 30.006, "NOX": 46.006,
	"O3": 47.998, "NH3": 17.031, "H2S": 34.081, "N2O": 44.013, "C2H6": 30.070, "C3H8": 44.097, "SF6": 146.05,
}

var toMG = map[string]float64{"ng/m3": 1e-6, "ug/m3": 1e-3, "mg/m3": 1, "g/m3": 1e3}
var toPPM = map[string]float64{"ppb": 1e-3, "ppm": 1}

// NeedsAir reports whether a unit of [Units] is a mole fraction.
func NeedsAir(unit string) bool { return toPPM[unit] > 0 }

// MGPerM3 is what one of the unit is in mg/m3 for a species; NOx counts as NO2, as stations report it. It refuses a
// mole fraction of a species whose molar mass is not known.
func (a Air) MGPerM3(name, species, unit string) (float64, error) {
	if f := toMG[unit]; f > 0 {
		return f, nil
	}
	f := toPPM[unit]
	m, ok := molarMass[strings.ToUpper(species)]
	switch {
	case f == 0:
		return 0, upwind.Refuse(name, "column unit", "unknown unit "+Clip(unit), "known units are "+strings.Join(Units(), ", "))
	case !ok:
		return 0, upwind.Refuse(name, "column unit", fmt.Sprintf("%s of %s is no mass: its molar mass is not known", unit, Clip(species)), "hand in ug/m3 or mg/m3")
	}
	return f * 1e-6 * m * a.PressurePa / (gasConstant * (a.TempC + zeroCelsiusK)) * 1e3, nil
}
