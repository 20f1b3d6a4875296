package station

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/weather"
)

// device reads what is known of the device, nil where there is none.
func (w row) device(kind upwind.StationKind) *upwind.Device {
	d := &upwind.Device{MN: w.code("mn", 64), PW: w.code("pw", 32), StampsEnd: w.yes("stamps_end"), UTC: w.yes("utc"),
		MinuteS: w.whole("minute_s", 1, 3600, "it is the length of the device's minute data in seconds")}
	if s := w.Text("version"); s != "" {
		year, _ := strconv.Atoi(s)
		if _, ok := hj212.VersionOfYear(year); !ok {
			w.Refuse("version", weather.Clip(s)+" is no version of HJ 212", "write 2005, 2017 or 2025, or leave it empty to believe the device")
		}
		d.Version = &year
	}
	d.Units = w.units(kind)
	if d.MN != "" {
		if !hj212.ValidMN(d.MN) {
			w.Refuse("mn", weather.Clip(d.MN)+" is no device number", "use letters, digits, - and _")
		}
		return d
	}
	for _, c := range []string{"pw", "version", "units", "stamps_end", "utc", "minute_s"} {
		if s := w.Text(c); s != "" {
			w.Refuse("mn", "no value, but "+c+" is "+weather.Clip(s), "name the device that this is of")
		}
	}
	return nil
}

// pairs reads name=value;name=value in the order it stands.
func (w row) pairs(column string) (out [][2]string) {
	for part := range strings.SplitSeq(w.Text(column), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		k, v, ok := strings.Cut(part, "=")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		if !ok || k == "" || v == "" {
			w.Refuse(column, weather.Clip(part)+" is no name=value", "write them as PM10=ng/m3;SO2=ppb")
		}
		out = append(out, [2]string{k, v})
	}
	return out
}

// bySpecies are the factors that the rest of the program has a name for, by that in lower case, and in the order of their
// codes: the flow of gas and that of water have one name.
var bySpecies = sync.OnceValue(func() map[string][]*hj212.Factor {
	m := map[string][]*hj212.Factor{}
	for f := range hj212.Factors() {
		if k := strings.ToLower(f.Species); k != "" {
			m[k] = append(m[k], f)
		}
	}
	for _, list := range m {
		slices.SortFunc(list, func(a, b *hj212.Factor) int { return cmp.Compare(a.Code, b.Code) })
	}
	return m
})

// factorsNamed finds factors by species, in any case, or by code.
func factorsNamed(name string) []*hj212.Factor {
	if f, ok := hj212.FactorOf(name); ok {
		return []*hj212.Factor{f}
	}
	return bySpecies()[strings.ToLower(name)]
}

// factorNamed is the first of them.
func factorNamed(name string) (*hj212.Factor, bool) {
	if list := factorsNamed(name); len(list) > 0 {
		return list[0], true
	}
	return nil, false
}

// nameOf is how a factor is named in a registry.
func nameOf(f *hj212.Factor) string { return cmp.Or(f.Species, f.Code) }

func (w row) units(kind upwind.StationKind) map[string]string {
	var m map[string]string
	for _, p := range w.pairs("units") {
		f, ok := factorNamed(p[0])
		if !ok {
			w.Refuse("units", weather.Clip(p[0])+" is no species and no code of HJ 212", "write PM10, SO2, a34004, ...")
			continue
		}
		unit := unitName(p[1])
		if _, ok := scale(f, kind.Medium(), unit, storedUnit(f, kind.Medium())); !ok {
			w.Refuse("units", fmt.Sprintf("%s of %s does not convert to %s", weather.Clip(p[1]), nameOf(f), cmp.Or(storedUnit(f, kind.Medium()), "a unit")),
				"write the unit that the device sends")
		}
		if _, twice := m[nameOf(f)]; twice {
			w.Refuse("units", nameOf(f)+" stands twice", "keep the right one")
		}
		if m == nil {
			m = map[string]string{}
		}
		m[nameOf(f)] = unit
	}
	return m
}

func (w row) limits(kind upwind.StationKind) map[string]float64 {
	var m map[string]float64
	for _, p := range w.pairs("limits") {
		if kind != upwind.StationStack {
			w.Refuse("limits", "limits for a station of kind "+string(kind), "leave it empty but for kind stack: those of air and water are in the standards")
		}
		f, ok := factorNamed(p[0])
		v, err := strconv.ParseFloat(p[1], 64)
		switch {
		case !ok:
			w.Refuse("limits", weather.Clip(p[0])+" is no species of HJ 212", "write SO2, NOx, soot, ...")
			continue
		case err != nil || !(v > 0) || math.IsInf(v, 0):
			w.Refuse("limits", weather.Clip(p[1])+" is no limit", "write it in mg/m3")
		}
		if _, twice := m[nameOf(f)]; twice {
			w.Refuse("limits", nameOf(f)+" stands twice", "keep the right one")
		}
		if m == nil {
			m = map[string]float64{}
		}
		m[nameOf(f)] = v
	}
	return m
}
