package web

import (
	"net/http"
	"net/url"
	"time"

	"upwind"
	"upwind/quality/aqi"
)

// missingDoc says why a pollutant has no value: too few of the stations that should give one did.
type missingDoc struct {
	Pollutant aqi.Pollutant `json:"pollutant"`
	Valid     int           `json:"valid"`
	Of        int           `json:"of"`
}

// areaDoc is the air of a station, town, county or the city over an hour or a day.
type areaDoc struct {
	Level      aqi.Level             `json:"level"`
	Code       string                `json:"code"`
	Name       string                `json:"name"`
	Place      []string              `json:"place,omitempty"` // names of what it lies in, county first
	Basis      aqi.Basis             `json:"basis"`
	Stations   int                   `json:"stations"`
	AQI        *int                  `json:"aqi"` // null: it must not be published, see missing
	Class      int                   `json:"class,omitempty"`
	Primary    []aqi.Pollutant       `json:"primary,omitempty"`
	Individual map[aqi.Pollutant]int `json:"individual"`
	Values     aqi.Values            `json:"values"` // ug/m3, CO mg/m3
	Missing    []missingDoc          `json:"missing,omitempty"`
}

type airDoc struct {
	Version int            `json:"version"`
	Mean    string         `json:"mean"`          // hour or day
	At      time.Time      `json:"at,omitzero"`   // where it begins; nothing is known of any hour where it is missing
	Day     string         `json:"day"`           // of Beijing time
	Table   string         `json:"table"`         // the edition of the standard in force
	From    time.Time      `json:"from,omitzero"` // first and last hour that there is air of
	To      time.Time      `json:"to,omitzero"`
	LeftOut map[string]int `json:"left_out"` // readings that could not be used, by why
	Areas   []areaDoc      `json:"areas"`
}

const dayFormat = "2006-01-02"

// air is the index of all areas over one hour in real time, or over one day.
func (s *server) air(_ *http.Request, q url.Values) (any, error) {
	cov := s.st.Coverage()
	at, err := parseHour(q.Get("at"), cov)
	if err != nil {
		return nil, err
	}
	doc := airDoc{Version: upwind.SchemaVersion, Mean: "hour", LeftOut: map[string]int{}, Areas: []areaDoc{}}
	if !cov.To.IsZero() {
		doc.From, doc.To = cov.From.UTC().Truncate(time.Hour), cov.To.Add(-time.Nanosecond).UTC().Truncate(time.Hour)
	}
	daily := q.Get("day") != ""
	if daily {
		if q.Get("at") != "" {
			return nil, badRequest("at asks for an hour and day for a day; give one of them")
		}
		if at, err = time.ParseInLocation(dayFormat, q.Get("day"), aqi.Beijing()); err != nil {
			return nil, badRequest("day must be a day such as 2026-03-05; " + clip(q.Get("day")) + " is not")
		}
		doc.Mean = "day"
	}
	if at.IsZero() {
		return doc, nil
	}
	until := at.Add(time.Hour)
	if daily {
		until = at.AddDate(0, 0, 1)
	}
	h := s.hours(at, 1, until, aqi.Pollutants)
	doc.At, doc.Day, doc.Table, doc.LeftOut = at.UTC(), at.In(aqi.Beijing()).Format(dayFormat), aqi.On(at).Name, h.LeftOut()
	stations := s.st.Stations()
	known := make(map[string]upwind.Station, len(stations))
	for _, st := range stations {
		known[st.ID] = st
	}
	for _, a := range aqi.Areas(stations) {
		f := h.HourOf(a, at)
		if daily {
			f = h.DayOf(a, 0)
		}
		doc.Areas = append(doc.Areas, s.areaDocOf(a, f, known))
	}
	return doc, nil
}

// hours holds the hourly means of days from the one that first lies in, as far as until. It reads a day and a
// pollutant at a time: a month of a prefecture at once would be a gigabyte.
func (s *server) hours(first time.Time, days int, until time.Time, pollutants []aqi.Pollutant) *aqi.Hourly {
	const before = 7 * time.Hour // of the eight that a running mean takes
	h := aqi.NewHourly(first, days)
	for from := aqi.Midnight(first).Add(-before); from.Before(until); from = from.Add(24 * time.Hour) {
		to := from.Add(24 * time.Hour)
		if to.After(until) {
			to = until
		}
		for _, p := range pollutants {
			for _, o := range s.st.Observations(string(p), from, to) {
				h.Add(o)
			}
		}
	}
	return h
}

func (s *server) areaDocOf(a aqi.Area, f aqi.Figure, known map[string]upwind.Station) areaDoc {
	d := areaDoc{Level: a.Level, Code: a.Code, Basis: a.Basis, Stations: len(a.Stations), AQI: f.AQI, Class: int(f.Class),
		Primary: f.Primary, Individual: f.Individual, Values: f.Values}
	d.Name, d.Place = s.nameOf(a, known)
	for _, p := range f.Missing {
		d.Missing = append(d.Missing, missingDoc{p, f.Valid[p], f.Of[p]})
	}
	return d
}

// nameOf names an area and what it lies in; the code stands for a name that neither registry nor grid has.
func (s *server) nameOf(a aqi.Area, known map[string]upwind.Station) (name string, place []string) {
	switch a.Level {
	case aqi.LevelStation:
		st := known[a.Code]
		if name = st.Name; name == "" {
			name = a.Code
		}
		return name, s.placeOf(st)
	case aqi.LevelTown:
		return s.areaName(a.Code), []string{s.areaName(upwind.Station{Town: a.Code}.County())}
	case aqi.LevelCity:
		if c := s.cells()[a.Code+"00"]; c != nil && c.Name != "" {
			return c.Name, nil
		}
	}
	return s.areaName(a.Code), nil
}
