package station

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"upwind"
	"upwind/ingest/weather"
)

// row reads the current row of a table.
type row struct{ *weather.Table }

func (w row) station() upwind.Station {
	s := upwind.Station{ID: w.id(), Name: strings.Clone(w.words("name", 200)), Kind: w.kind()}
	s.Lon, s.Lat = w.place()
	s.HeightM = w.Number("height_m", weather.Span{Lo: 0, Hi: 1000, Do: "height_m is metres of the inlet above the ground, not above the sea"})
	s.Town = w.town()
	s.SiteID = strings.Clone(w.words("site_id", 128))
	s.Device = w.device(s.Kind)
	s.Limits = w.limits(s.Kind)
	if c := w.whole("water_class", 1, 5, "classes of GB 3838 are 1 to 5"); c != 0 {
		s.WaterClass = c
		if s.Kind != upwind.StationRiver {
			w.Refuse("water_class", "a class of water for a station of kind "+string(s.Kind), "leave it empty but for kind river")
		}
	}
	return s
}

func (w row) twice(column, v string, seen map[string]int) {
	if line, ok := seen[v]; ok {
		w.Refuse(column, fmt.Sprintf("%s stands in line %d already", weather.Clip(v), line), "every station has its own")
	}
	seen[v] = w.Line
}

// words is a text of at most so many bytes, without control characters.
func (w row) words(column string, most int) string {
	s := w.Text(column)
	if len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		w.Refuse(column, weather.Clip(s)+" is no text for this column", fmt.Sprintf("use up to %d bytes of plain text", most))
	}
	return s
}

// spoilt is a long number as a spreadsheet shows it.
var spoilt = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[Ee]\+?[0-9]+$`)

// code is a text that may look like a number.
func (w row) code(column string, most int) string {
	s := w.words(column, most)
	if spoilt.MatchString(s) {
		w.Refuse(column, weather.Clip(s)+" was a long number until a spreadsheet rounded it", "format the column as text, and type it again")
	}
	return strings.Clone(s)
}

func (w row) id() string {
	s := w.code("id", 64)
	if s == "" {
		w.Refuse("id", "no value", "every line names its station")
	}
	return s
}

func (w row) kind() upwind.StationKind {
	k := upwind.StationKind(strings.ToLower(w.Text("kind")))
	for _, known := range upwind.StationKinds {
		if k == known {
			return known
		}
	}
	var kinds []string
	for _, known := range upwind.StationKinds {
		kinds = append(kinds, string(known))
	}
	w.Refuse("kind", weather.Clip(w.Text("kind"))+" is no kind of station", "kinds are "+strings.Join(kinds, ", "))
	return ""
}

// The land and sea of China, degrees: exchanged longitude and latitude lie outside.
const chinaWest, chinaEast, chinaSouth, chinaNorth = 73, 136, 3, 54

// place reads longitude and latitude in WGS84.
func (w row) place() (lon, lat float64) {
	const exchanged = "are lon and lat exchanged?"
	lon = w.Number("lon", weather.Span{Lo: -180, Hi: 180, Do: "lon is degrees east in WGS84"})
	lat = w.Number("lat", weather.Span{Lo: -90, Hi: 90, Do: "lat is degrees north in WGS84; " + exchanged})
	in := func(lon, lat float64) bool {
		return lon >= chinaWest && lon <= chinaEast && lat >= chinaSouth && lat <= chinaNorth
	}
	switch {
	case !in(lon, lat) && in(lat, lon):
		w.Refuse("lon", fmt.Sprintf("%g, %g is not in China, and %g, %g is", lon, lat, lat, lon), exchanged)
	case lon == 0 && lat == 0:
		w.Refuse("lon", "0, 0 is a place in the sea off Africa", "write where the station stands")
	}
	return lon, lat
}

var townCode = regexp.MustCompile(`^[0-9]{9}$`)

func (w row) town() string {
	s := w.code("town", 64)
	if s != "" && !townCode.MatchString(s) {
		w.Refuse("town", weather.Clip(s)+" is not nine digits", "write the division code of the town")
	}
	return s
}

// whole is a whole number, 0 for an empty field.
func (w row) whole(column string, lo, hi int, do string) int {
	s := w.Text(column)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		w.Refuse(column, fmt.Sprintf("%s is not a whole number from %d to %d", weather.Clip(s), lo, hi), do)
	}
	return n
}

func (w row) yes(column string) bool {
	switch strings.ToLower(w.Text(column)) {
	case "", "0", "no", "false":
		return false
	case "1", "yes", "true":
		return true
	}
	w.Refuse(column, weather.Clip(w.Text(column))+" is neither yes nor no", "write yes, or leave it empty")
	return false
}
