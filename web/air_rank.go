package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"upwind"
	"upwind/quality/aqi"
	"upwind/quality/report"
)

// rankedDoc is one town or county of the ranking.
type rankedDoc struct {
	aqi.Ranked
	Place    []string  `json:"place,omitempty"`
	Basis    aqi.Basis `json:"basis"`
	Stations int       `json:"stations"`
}

type rankingDoc struct {
	Version int         `json:"version"`
	Month   string      `json:"month"`
	Level   aqi.Level   `json:"level"`
	By      report.Rule `json:"by"` // composite, or a pollutant
	Unit    string      `json:"unit,omitempty"`
	Days    int         `json:"days"`     // of the month that are over or under way
	MinDays int         `json:"min_days"` // that a place needs for a rank
	Places  []rankedDoc `json:"places"`   // from the cleanest; those without a rank at the end
}

const monthFormat = "2006-01"

// airRanking compares towns or counties over a month by their daily composite indices, or by the daily values of a pollutant.
func (s *server) airRanking(_ *http.Request, q url.Values) (any, error) {
	doc := rankingDoc{Version: upwind.SchemaVersion, Level: aqi.LevelTown, By: report.Rule(q.Get("by")), Places: []rankedDoc{}}
	if v := q.Get("level"); v != "" {
		if doc.Level = aqi.Level(v); doc.Level != aqi.LevelTown && doc.Level != aqi.LevelCounty {
			return nil, badRequest("level is town or county; " + clip(v) + " is neither")
		}
	}
	if doc.By == "" {
		doc.By = report.Composite
	}
	if doc.By != report.Composite && !slices.Contains(aqi.Pollutants, aqi.Pollutant(doc.By)) {
		return nil, badRequest("by is composite or one of the six pollutants of the index (SO2, NO2, CO, O3, PM10, PM2.5); " + clip(string(doc.By)) + " is not")
	}
	switch doc.By {
	case report.Composite:
	case report.Rule(aqi.CO):
		doc.Unit = "mg/m3"
	default:
		doc.Unit = "ug/m3"
	}
	month, err := s.month(q.Get("month"))
	if err != nil || month.IsZero() {
		return doc, err
	}
	doc.Month = month.Format(monthFormat)
	end := month.AddDate(0, 1, 0)
	if cov := s.st.Coverage(); cov.To.Before(end) {
		end = cov.To
	}
	for d := month; d.Before(end); d = d.AddDate(0, 0, 1) {
		doc.Days++
	}
	if doc.Days == 0 {
		return doc, nil
	}
	doc.MinDays = aqi.MinDays(doc.Days)
	doc.Places = s.rank(doc, month, end)
	return doc, nil
}

// month reads a month of Beijing time; empty means the one of the newest reading, and zero that there is none.
func (s *server) month(v string) (time.Time, error) {
	if v == "" {
		cov := s.st.Coverage()
		if cov.To.IsZero() {
			return time.Time{}, nil
		}
		v = cov.To.Add(-time.Nanosecond).In(aqi.Beijing()).Format(monthFormat)
	}
	t, err := time.ParseInLocation(monthFormat, v, aqi.Beijing())
	if err != nil {
		return time.Time{}, badRequest("month must be a month such as 2026-03; " + clip(v) + " is not")
	}
	return t, nil
}

func (s *server) rank(doc rankingDoc, month, end time.Time) []rankedDoc {
	pollutants := aqi.Pollutants
	if doc.By != report.Composite {
		pollutants = []aqi.Pollutant{aqi.Pollutant(doc.By)}
	}
	h := s.hours(month, doc.Days, end, pollutants)
	days := h.Days()
	areas := map[string]aqi.Area{}
	var places []aqi.Place
	for _, a := range aqi.Areas(s.st.Stations()) {
		if a.Level != doc.Level {
			continue
		}
		p := aqi.Place{Code: a.Code, Days: map[string][]float64{}}
		p.Name, _ = s.nameOf(a, nil)
		if a.Basis == aqi.Sensors {
			p.StationErr = report.SensorErr
		}
		for i, d := range days {
			vs := h.StationLoads(a, i)
			if doc.By != report.Composite {
				vs = h.StationDays(a, aqi.Pollutant(doc.By), i)
			}
			if len(vs) > 0 {
				p.Days[d.Format(dayFormat)] = vs
			}
		}
		areas[a.Code] = a
		places = append(places, p)
	}
	out := []rankedDoc{}
	for _, r := range aqi.Rank(places, aqi.RankOptions{Seed: report.RankSeed, MinDays: doc.MinDays}) {
		a := areas[r.Code]
		_, in := s.nameOf(a, nil)
		out = append(out, rankedDoc{Ranked: r, Place: in, Basis: a.Basis, Stations: len(a.Stations)})
	}
	return out
}
