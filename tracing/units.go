package tracing

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"upwind"
)

type unitKind int

const (
	unknownUnit unitKind = iota
	massPerVolume
	moleFraction
)

// unitScale says what a unit is and what one of it is in g/m3, or in mol/mol.
func unitScale(unit string) (unitKind, float64) {
	u := strings.ToLower(strings.TrimSpace(unit))
	u = strings.NewReplacer("\u00b5", "u", "\u03bc", "u", "\u00b3", "3", "^", "", " ", "").Replace(u)
	switch u {
	case "ng/m3":
		return massPerVolume, 1e-9
	case "ug/m3":
		return massPerVolume, 1e-6
	case "mg/m3":
		return massPerVolume, 1e-3
	case "g/m3":
		return massPerVolume, 1
	case "ppm":
		return moleFraction, 1e-6
	case "ppb":
		return moleFraction, 1e-9
	}
	return unknownUnit, 0
}

// molarMass in g/mol (IUPAC 2021 atomic weights) of the gases that are reported as mole fractions.
var molarMass = map[string]float64{
	"CH4": 16.043, "CO": 28.010, "CO2": 44.009, "SO2": 64.064, "NO2": 46.006, "NO": 30.006,
	"O3": 47.998, "NH3": 17.031, "H2S": 34.081, "N2O": 44.013, "C2H6": 30.070, "C3H8": 44.097, "SF6": 146.05,
}

const (
	gasConstant    = 8.314462618 // J/(mol K)
	standardPa     = 101325.0
	standardTempC  = 15.0
	zeroCelsiusInK = 273.15
)

// gramsPerM3 is what one of the unit is in g/m3, with a sentence for people where air density had to be
// known; 0 when the unit cannot be turned into a mass.
func gramsPerM3(species, unit string, wind []upwind.Wind, opt Options) (factor float64, note string) {
	kind, scale := unitScale(unit)
	switch kind {
	case massPerVolume:
		return scale, ""
	case moleFraction:
		m, ok := molarMass[strings.ToUpper(species)]
		if !ok {
			return 0, fmt.Sprintf("no rate: the molar mass of %q is not known", species)
		}
		pa, c, from := airState(wind, opt)
		factor = scale * m * pa / (gasConstant * (c + zeroCelsiusInK))
		return factor, fmt.Sprintf("1 %s %s is %.3g mg/m3 at %.0f hPa and %.0f degrees Celsius (%s)", unit, species, factor*1e3, pa/100, c, from)
	}
	return 0, fmt.Sprintf("no rate: the unit %q is not known", unit)
}

// airState is pressure and temperature: stated, else the median of the wind readings, else the standard.
func airState(wind []upwind.Wind, opt Options) (pa, tempC float64, from string) {
	if opt.PressurePa > 1e4 && opt.PressurePa < 1.2e5 {
		return opt.PressurePa, opt.TempC, "as stated"
	}
	var ps, ts []float64
	for _, w := range wind {
		if w.PressPa != nil && *w.PressPa > 1e4 && *w.PressPa < 1.2e5 {
			ps = append(ps, *w.PressPa)
		}
		if w.TempC != nil && *w.TempC > -90 && *w.TempC < 60 {
			ts = append(ts, *w.TempC)
		}
	}
	sort.Float64s(ps)
	sort.Float64s(ts)
	pa, tempC, from = standardPa, standardTempC, "assumed: the wind readings give none"
	if len(ps) > 0 {
		pa, from = ps[len(ps)/2], "from the wind readings"
	}
	if len(ts) > 0 {
		tempC = ts[len(ts)/2]
	}
	return pa, tempC, from
}

func validLonLat(lon, lat float64) bool {
	return lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90
}

func finite(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
