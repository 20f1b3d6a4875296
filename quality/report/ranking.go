package report

import (
	"upwind/quality/aqi"
)

// Rule is what places are ranked by: the composite index of their days, or one pollutant.
type Rule string

// Composite ranks by the mean of the daily composite indices. CO and O3 enter by their daily values, not by the
// percentiles of the composite index of a month, which no interval can be made of day by day.
const Composite Rule = "composite"

// SensorErr is the relative 1-sigma by which a small sensor is off for good, twice that of a reference instrument: what EPA/600/R-20/280
// asks of them is a normalised error of up to 30 % over single days.
const SensorErr = 0.2

// RankSeed makes reports repeatable.
const RankSeed = 1

// rank ranks the places of a level by the rule under which most of them have enough days, of equals the first: composite index, PM2.5, PM10.
func (r *Report) rank(h *aqi.Hourly, l aqi.Level) {
	rows := r.Level(l)
	if len(rows) < 2 {
		return
	}
	var best []aqi.Place
	most := 0
	for _, rule := range []Rule{Composite, Rule(aqi.PM25), Rule(aqi.PM10)} {
		places, n := r.places(h, rows, rule)
		if n > most {
			best, most = places, n
			r.RankedBy[string(l)] = rule
		}
	}
	if most < 2 {
		delete(r.RankedBy, string(l))
		return
	}
	byCode := map[string]aqi.Ranked{}
	for _, k := range aqi.Rank(best, aqi.RankOptions{Seed: RankSeed, MinDays: r.MinDays}) {
		byCode[k.Code] = k
	}
	for _, row := range rows {
		k := byCode[row.Area.Code]
		row.Rank = &k
	}
}

// places are the daily values of the stations of rows under a rule, and how many of the rows have enough days for a rank.
func (r *Report) places(h *aqi.Hourly, rows []*Row, rule Rule) (places []aqi.Place, enough int) {
	for _, row := range rows {
		p := aqi.Place{Code: row.Area.Code, Name: row.Name, Days: map[string][]float64{}}
		if row.Area.Basis == aqi.Sensors {
			p.StationErr = SensorErr
		}
		for i := range r.Period.Days {
			values := h.StationLoads(row.Area, i)
			if rule != Composite {
				values = h.StationDays(row.Area, aqi.Pollutant(rule), i)
			}
			if len(values) > 0 {
				p.Days[h.Day(i).Format("2006-01-02")] = values
			}
		}
		if len(p.Days) >= r.MinDays {
			enough++
		}
		places = append(places, p)
	}
	return places, enough
}
