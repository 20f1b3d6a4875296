package station

import (
	"math"
	"strings"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/weather"
)

// The reference states of gases, see the package comment.
var (
	ambientAir = weather.Air{PressurePa: 101325, TempC: 25, From: "the reference state of GB 3095"}
	stackAir   = weather.Air{PressurePa: 101325, TempC: 0, From: "the standard state of HJ 76"}
)

// measure is what a unit other than of mass in air measures, and its size.
type measure struct {
	of   string
	size float64
}

// measures are the units that convert, beside those of [weather.Units].
var measures = map[string]measure{
	"Pa": {"pressure", 1}, "hPa": {"pressure", 1e2}, "kPa": {"pressure", 1e3},
	"ng/L": {"mass in water", 1e-6}, "ug/L": {"mass in water", 1e-3}, "mg/L": {"mass in water", 1}, "g/L": {"mass in water", 1e3},
	"m3/h": {"flow", 1. / 3600}, "L/s": {"flow", 1e-3}, "m3/s": {"flow", 1},
	"km/h": {"speed", 1 / 3.6}, "m/s": {"speed", 1},
	"uS/cm": {"conductivity", 1}, "mS/m": {"conductivity", 10}, "mS/cm": {"conductivity", 1e3},
}

// unitName is the spelling of a unit that is kept; what is no unit here stays what it is.
func unitName(s string) string {
	if u, ok := weather.UnitName(s); ok {
		return u
	}
	for u := range measures {
		if strings.EqualFold(u, s) {
			return u
		}
	}
	return s
}

// storedUnit is the unit in which a factor is kept.
func storedUnit(f *hj212.Factor, m upwind.Medium) string {
	_, mass := weather.UnitName(f.Unit)
	switch {
	case mass && (m == upwind.InStack || f.Species == "CO"):
		return "mg/m3"
	case mass:
		return "ug/m3"
	case measures[f.Unit].of == "mass in water":
		return "mg/L"
	}
	return f.Unit
}

// scale is what one of a unit is in another, for a factor; false where they do not convert.
func scale(f *hj212.Factor, m upwind.Medium, from, to string) (float64, bool) {
	if from == to {
		return 1, true
	}
	if a, b := measures[from], measures[to]; a.of != "" && a.of == b.of {
		return a.size / b.size, true
	}
	air := ambientAir
	if m == upwind.InStack {
		air = stackAir
	}
	a, errA := air.MGPerM3("", f.Species, from)
	b, errB := air.MGPerM3("", f.Species, to)
	return a / b, errA == nil && errB == nil
}

// rule is what becomes of the values of one factor of a kind of station or of one device.
type rule struct {
	species, unit string
	from          string  // the unit it is taken to be sent in
	total         string  // unit of totals
	times, by     float64 // one to the other: times, then divided by, so that 75600 ng/m3 are 75.6 ug/m3 to the last digit
	stated        bool    // by the registry
	lo, hi        float64 // of a value in the stored unit; beyond, it cannot be
	family        family
}

// family is a group of factors that a device sends in one unit.
type family uint8

const (
	noFamily family = iota
	particles
	gases
	families
)

// coldAnalyser is how far below zero a concentration may read, in ug/m3 of ambient air, else in the stored unit: a beta gauge
// at zero reads down to about -10, and -99 or -999 mean that there is no value.
const coldAnalyser = 50.0

// ruleOf is the rule for a factor sent in a unit; an empty unit is the usual one.
func ruleOf(f *hj212.Factor, m upwind.Medium, from string) *rule {
	r := &rule{species: f.Species, unit: storedUnit(f, m), from: from, total: f.Total, stated: from != "", lo: math.Inf(-1), hi: math.Inf(1)}
	if r.species == "" {
		r.species = f.Code
	}
	if from == "" {
		r.from = f.UsualUnit()
	}
	k, ok := scale(f, m, r.from, r.unit)
	if !ok { // of a registry that nobody checked: kept as it is
		k, r.unit = 1, r.from
	}
	r.times, r.by = k, 1
	if whole := math.Round(1 / k); math.Abs(whole*k-1) < 1e-12 {
		r.times, r.by = 1, whole
	}
	if b, ok := f.Plausible(m == upwind.Ambient); ok {
		if k, ok := scale(f, m, b.Unit, r.unit); ok {
			r.lo, r.hi = b.Lo*k, b.Hi*k
		}
	}
	_, inAir := weather.UnitName(f.Unit)
	inWater := measures[f.Unit].of == "mass in water"
	if !inAir && !inWater {
		return r
	}
	r.lo = -coldAnalyser
	if k, ok := scale(f, m, "ug/m3", r.unit); ok && m == upwind.Ambient {
		r.lo *= k
		r.family = gases
		if f.IsParticle() {
			r.family = particles
		}
	}
	return r
}
