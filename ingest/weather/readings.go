package weather

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"upwind"
)

// ReadingColumns are the columns a readings table must have.
var ReadingColumns = []string{"start_utc", "duration_s", "id", "lon", "lat", "height_m", "value", "unit", "species"}

// unit is a unit of concentration: the spelling that is stored, and what a value can be. Instruments near
// zero read a little below it (a beta gauge down to about -10 ug/m3); -99, -999 and 9999 mean "missing" and
// must not become air. The top is beyond any dust storm on record.
type unit struct {
	name   string
	lo, hi float64
}

var units = map[string]unit{
	"ug/m3": {"ug/m3", -50, 1e6},
	"mg/m3": {"mg/m3", -0.05, 1e3},
	"ng/m3": {"ng/m3", -5e4, 1e9},
	"g/m3":  {"g/m3", -5e-5, 1},
	"ppm":   {"ppm", -1, 1e6},
	"ppb":   {"ppb", -50, 1e9},
}

// Units lists the spellings of units that are stored; micro signs and superscripts are understood.
func Units() []string {
	var names []string
	for _, u := range units {
		names = append(names, u.name)
	}
	sort.Strings(names)
	return names
}

// UnitName is how a unit of concentration in air is stored, whatever its spelling; false for one that nobody knows.
func UnitName(s string) (string, bool) {
	u, ok := unitOf(s)
	return u.name, ok
}

var unitSpelling = strings.NewReplacer("µ", "u", "μ", "u", "³", "3", "^3", "3", " ", "", "m-3", "/m3", "m^-3", "/m3")

func unitOf(s string) (unit, bool) {
	u, ok := units[strings.ToLower(unitSpelling.Replace(s))]
	return u, ok
}

// ReadReadingsCSV reads a readings table: rows sorted by time, station, then species. The error is an
// [*upwind.Refusal] that names file, line and column, or the reader's own. Values keep their unit; what
// turning ppm into mg/m3 needs (pressure, temperature) is not in this table.
func ReadReadingsCSV(name string, r io.Reader) ([]upwind.Observation, error) {
	o, _, err := Rules{}.Readings(name, r)
	return o, err
}

// Readings is [ReadReadingsCSV] under rules, with what there is to say about the table.
func (rules Rules) Readings(name string, r io.Reader) ([]upwind.Observation, []Finding, error) {
	t, err := Open(name, r, maxColumns, ReadingColumns)
	if err != nil {
		return nil, nil, err
	}
	path, err := t.together("lon2", "lat2", "height2_m")
	if err != nil {
		return nil, nil, err
	}
	intern := map[string]string{}
	return collect(name, t, func() upwind.Observation { return t.reading(rules, path, intern) }, func(o upwind.Observation) key {
		return key{start: o.Start, id: o.StationID, species: o.Species, duration: o.DurationS, lon: o.Lon, lat: o.Lat}
	}, sameReading, rules)
}

func (t *Table) reading(rules Rules, path bool, intern map[string]string) upwind.Observation {
	o := upwind.Observation{StationID: t.id(), Start: t.start(rules), DurationS: t.Number("duration_s", durationSpan)}
	o.Lon, o.Lat = t.place(rules)
	o.HeightM = t.Number("height_m", heightSpan)
	o.Species = t.species(intern)
	u, ok := unitOf(t.Text("unit"))
	if !ok {
		t.Refuse("unit", fmt.Sprintf("unknown unit %s", Clip(t.Text("unit"))), "known units are "+strings.Join(Units(), ", "))
	}
	o.Unit = u.name
	in := Span{u.lo, u.hi, "check the unit; leave the whole line out where a code such as -999 means no reading"}
	if !ok {
		in = Span{-1e9, 1e9, ""}
	}
	o.Value = t.Number("value", in)
	o.Sigma = t.Optional("sigma", Span{0, 1e9, "sigma is a standard deviation in the value's unit"})
	// An empty far end is a point among paths.
	if path && (t.Text("lon2") != "" || t.Text("lat2") != "" || t.Text("height2_m") != "") {
		o.End = &upwind.PathEnd{Lon: t.Number("lon2", lonSpan), Lat: t.Number("lat2", latSpan), HeightM: t.Number("height2_m", heightSpan)}
	}
	return o
}

func (t *Table) species(intern map[string]string) string {
	s := t.Text("species")
	bad := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '<' || r == '>' }
	if s == "" || len(s) > 32 || strings.ContainsFunc(s, bad) {
		t.Refuse("species", fmt.Sprintf("%s is not the name of a substance", Clip(s)), "write PM10, PM2.5, CH4, SO2, ...")
		return ""
	}
	if _, ok := intern[s]; !ok {
		intern[strings.Clone(s)] = canonicalSpecies(s)
	}
	return intern[s]
}

// knownSpecies are substances whose case is written in one way, so that pm10 and PM10 are one. Others keep
// the table's spelling.
var knownSpecies = []string{"PM10", "PM2.5", "PM1", "TSP", "SO2", "NO2", "NO", "NOx", "CO", "CO2", "O3", "CH4", "NH3", "H2S", "VOC", "BC"}

func canonicalSpecies(s string) string {
	for _, k := range knownSpecies {
		if strings.EqualFold(k, s) {
			return k
		}
	}
	return strings.Clone(s)
}

func sameReading(a, b upwind.Observation) bool {
	sameEnd := a.End == nil && b.End == nil || a.End != nil && b.End != nil && *a.End == *b.End
	return a.Lon == b.Lon && a.Lat == b.Lat && a.HeightM == b.HeightM && a.Value == b.Value && a.Unit == b.Unit &&
		sameValue(a.Sigma, b.Sigma) && sameEnd
}
