package station

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/weather"
)

// nationalColumns bounds the columns of a national table: there are some 2,000 stations.
const nationalColumns = 8192

// nationalType is a type of row that is a measurement.
type nationalType struct {
	species, unit string
	in            weather.Span
}

// nationalTypes are those of the hour. The lower bounds leave room for an analyser at zero and none for -99 or -999, the upper
// ones none for 99999.
var nationalTypes = func() map[string]nationalType {
	m := map[string]nationalType{}
	const do = "leave the field empty where there was no reading"
	for _, species := range []string{"PM2.5", "PM10", "SO2", "NO2", "O3"} {
		m[species] = nationalType{species, "ug/m3", weather.Span{Lo: -coldAnalyser, Hi: 2e4, Do: do}}
	}
	m["CO"] = nationalType{"CO", "mg/m3", weather.Span{Lo: -coldAnalyser / 1e3, Hi: 1e3, Do: do}}
	return m
}()

// maxTypes bounds the types of rows of one table: there are 15.
const maxTypes = 64

// ReadCNEMC reads hours of the national stations in the layout in which they are passed on (china_sites_20260101.csv):
//
//	date,hour,type,1001A,1002A,...
//	20260101,0,PM2.5,35,,...
//
// Each row is one hour and one type, each further column a station. Rows of PM2.5, PM10, SO2, NO2, O3 and CO become hourly
// means of the stations that the registry knows by these ids, sorted by time, station and species; derived rows (PM2.5_24h,
// O3_8h, AQI) and other stations are left out and counted. An empty field is no reading. An equal row that comes twice is
// collapsed, and one that contradicts is refused; so is a table none of whose stations is known.
//
// The hour is Beijing's, and that at which a mean ends: the publisher's notes say that the hourly mean of 16 o'clock is the mean
// from 15:00 to 16:00 (CNEMC, notes on its platform of real-time data, as quoted by github.com/HeQinWill/CNEMC). Hour 0 is
// the last one of the day before.
func ReadCNEMC(name string, r io.Reader, stations []upwind.Station) ([]upwind.Observation, []weather.Finding, error) {
	t, err := weather.Open(name, r, nationalColumns, []string{"date", "hour", "type"})
	if err != nil {
		return nil, nil, err
	}
	n := national{name: name, Table: t, cells: map[cell]int{}, left: map[string]int{}, first: map[string]int{}}
	if err := n.know(stations); err != nil {
		return nil, nil, err
	}
	for {
		ok, err := t.Next()
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			break
		}
		if err := n.row(); err != nil {
			return nil, nil, err
		}
	}
	if len(n.obs) == 0 && n.empty == 0 {
		return nil, nil, upwind.Refuse(name, "", "the table has no row of "+strings.Join(slices.Sorted(maps.Keys(nationalTypes)), ", "), "hand in the table of hourly values")
	}
	slices.SortStableFunc(n.obs, func(a, b upwind.Observation) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.Species, b.Species))
	})
	return n.obs, n.findings(), nil
}

// national is a national table that is being read.
type national struct {
	*weather.Table
	name     string
	stations []upwind.Station // of the columns that are known
	columns  []string         // and their names
	unknown  []string

	obs   []upwind.Observation
	cells map[cell]int   // places in obs
	lines []int          // of obs
	left  map[string]int // rows left out, by type
	first map[string]int // and the line of the first

	empty, emptyLine int
	twice, twiceLine int
	ozone            ozone
}

type cell struct {
	start   int64
	station int
	species string
}

// know finds the columns of registered stations.
func (n *national) know(stations []upwind.Station) error {
	byID := make(map[string]int, len(stations))
	for i := range stations {
		byID[strings.ToLower(stations[i].ID)] = i
	}
	for _, c := range n.Columns {
		switch i, ok := byID[c]; {
		case c == "date" || c == "hour" || c == "type" || c == "":
		case ok:
			n.stations, n.columns = append(n.stations, stations[i]), append(n.columns, c)
		default:
			n.unknown = append(n.unknown, strings.ToUpper(c))
		}
	}
	if len(n.columns) == 0 {
		return upwind.Refuse(n.name, "line 1", fmt.Sprintf("the registry has none of the %d stations of this table%s", len(n.unknown), example(n.unknown)),
			"enter those you want with the ids that the table gives them; a table of cities is not one of stations")
	}
	return nil
}

func example(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ", as " + weather.Clip(ids[0])
}

// row takes a row.
func (n *national) row() error {
	end := n.end()
	if n.Err != nil {
		return n.Err
	}
	kind, measured := nationalTypes[n.Text("type")]
	if !measured {
		return n.leave(strings.Clone(n.Text("type")), end)
	}
	for i, column := range n.columns {
		if n.Text(column) == "" {
			if n.empty++; n.empty == 1 {
				n.emptyLine = n.Line
			}
			continue
		}
		v := n.Number(column, kind.in)
		if n.Err != nil {
			return n.Err
		}
		if err := n.take(cell{end.Unix(), i, kind.species}, v); err != nil {
			return err
		}
	}
	return nil
}

// leave counts a row that is no measurement of its hour.
func (n *national) leave(kind string, end time.Time) error {
	if n.left[kind]++; n.left[kind] == 1 {
		n.first[kind] = n.Line
	}
	switch {
	case kind == "" || len(kind) > 32 || len(n.left) > maxTypes:
		n.Refuse("type", weather.Clip(kind)+" is no type", "write PM2.5, PM10, SO2, NO2, O3 or CO")
		return n.Err
	case kind == "O3_24h":
		n.ozoneMax(end)
	}
	return nil
}

// take keeps a value, unless it stands already.
func (n *national) take(c cell, v float64) error {
	if k, ok := n.cells[c]; ok {
		if o := n.obs[k]; o.Value != v {
			return upwind.Refuse(n.name, fmt.Sprintf("lines %d and %d", n.lines[k], n.Line),
				fmt.Sprintf("two values of %s at station %s for one hour", o.Species, o.StationID), "keep the right one")
		}
		if n.twice++; n.twice == 1 {
			n.twiceLine = n.Line
		}
		return nil
	}
	s := &n.stations[c.station]
	n.cells[c] = len(n.obs)
	n.lines = append(n.lines, n.Line)
	n.obs = append(n.obs, upwind.Observation{StationID: s.ID, Start: time.Unix(c.start, 0).UTC().Add(-time.Hour), DurationS: 3600,
		Lon: s.Lon, Lat: s.Lat, HeightM: s.HeightM, Species: c.species, Value: v, Unit: nationalTypes[c.species].unit, Medium: s.Kind.Medium()})
	return nil
}

var dateLayouts = []string{"20060102", "2006-01-02", "2006/1/2"}

// firstNational is before the first hour that was published, in 2013.
const firstNational = 2012

// end is the end of the row's hour.
func (n *national) end() time.Time {
	hour, err := strconv.Atoi(n.Text("hour"))
	if err != nil || hour < 0 || hour > 23 {
		n.Refuse("hour", weather.Clip(n.Text("hour"))+" is not an hour from 0 to 23", "hours are Beijing's")
		return time.Time{}
	}
	for _, layout := range dateLayouts {
		day, err := time.ParseInLocation(layout, n.Text("date"), hj212.Beijing)
		if err != nil {
			continue
		}
		if day.Year() < firstNational {
			break
		}
		return day.Add(time.Duration(hour) * time.Hour)
	}
	n.Refuse("date", weather.Clip(n.Text("date"))+" is not a day since "+strconv.Itoa(firstNational), "write it as 20260101")
	return time.Time{}
}

// ozone compares the hourly ozone with the greatest hour of 24, which is never smaller.
type ozone struct {
	max  map[cell]float64
	line int
}

func (n *national) ozoneMax(end time.Time) {
	if n.ozone.max == nil {
		n.ozone.max, n.ozone.line = map[cell]float64{}, n.Line
	}
	for i, column := range n.columns {
		if v, err := strconv.ParseFloat(n.Text(column), 64); err == nil {
			n.ozone.max[cell{end.Unix(), i, "O3"}] = v
		}
	}
}

// exchanged counts hours in which the ozone of the hour exceeds the greatest of 24, and those in which it is below.
func (n *national) exchanged() (above, below int) {
	for c, most := range n.ozone.max {
		k, ok := n.cells[c]
		switch {
		case !ok:
		case n.obs[k].Value > most:
			above++
		case n.obs[k].Value < most:
			below++
		}
	}
	return above, below
}

func (n *national) findings() (out []weather.Finding) {
	say := func(line int, format string, args ...any) {
		out = append(out, weather.Finding{Line: line, What: fmt.Sprintf(format, args...)})
	}
	if len(n.unknown) > 0 {
		say(1, "%d of %d stations are not in the registry and were left out%s", len(n.unknown), len(n.unknown)+len(n.columns), example(n.unknown))
	}
	for _, kind := range slices.Sorted(maps.Keys(n.left)) {
		say(n.first[kind], "%d rows of %s were left out: no hourly value", n.left[kind], weather.Clip(kind))
	}
	if n.empty > 0 {
		say(n.emptyLine, "%d values are missing", n.empty)
	}
	if n.twice > 0 {
		say(n.twiceLine, "%d values repeat an earlier one and were collapsed", n.twice)
	}
	if above, below := n.exchanged(); above > below {
		say(n.ozone.line, "the rows O3 and O3_24h seem to be exchanged: in %d of %d hours the hour exceeds the greatest of 24; O3 was taken as it stands", above, above+below)
	}
	return out
}
