package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"upwind"
	"upwind/quality/aqi"
)

// Period is a day or a month of Beijing time.
type Period struct {
	First   time.Time // its first midnight
	Days    int
	Monthly bool
}

// Day is the period of the day that t lies in.
func Day(t time.Time) Period { return Period{First: aqi.Midnight(t), Days: 1} }

// Month is the period of a month.
func Month(year int, month time.Month) Period {
	first := time.Date(year, month, 1, 0, 0, 0, 0, aqi.Beijing())
	return Period{First: first, Days: first.AddDate(0, 1, -1).Day(), Monthly: true}
}

// ParsePeriod reads 2026-03-05 as a day and 2026-03 as a month.
func ParsePeriod(s string) (Period, error) {
	if t, err := time.ParseInLocation("2006-01-02", s, aqi.Beijing()); err == nil {
		return Day(t), nil
	}
	if t, err := time.ParseInLocation("2006-01", s, aqi.Beijing()); err == nil {
		return Month(t.Year(), t.Month()), nil
	}
	return Period{}, fmt.Errorf("report: %q is no day such as 2026-03-05 and no month such as 2026-03", s)
}

// String is the period as [ParsePeriod] reads it.
func (p Period) String() string {
	if p.Monthly {
		return p.First.Format("2006-01")
	}
	return p.First.Format("2006-01-02")
}

// Span is the time of the observations that a report of the period needs: from seven hours before it to its end.
func (p Period) Span() (from, to time.Time) {
	return p.First.Add(-7 * time.Hour), p.First.AddDate(0, 0, p.Days)
}

// Input is all that a report is made of.
type Input struct {
	Stations []upwind.Station
	Hours    []upwind.Observation // hourly means; what else there is is left out and counted
	Names    map[string]string    // of places, by 4 (city), 6 (county) or 9 (town) digits of the division code
	Period   Period
	Lang     Lang
}

// Row is one area, or station, with its figures.
type Row struct {
	Area     aqi.Area     `json:"area"`
	Name     string       `json:"name"`
	Parent   string       `json:"parent,omitempty"` // name of the county that a town lies in, of the town that a station stands in
	Days     []aqi.Figure `json:"days"`
	Sum      aqi.Period   `json:"sum"`
	Hours    []aqi.Figure `json:"hours,omitempty"` // of a day's report, for cities and counties
	Complete float64      `json:"complete"`        // share of the hours that its stations gave, of the pollutant that they gave most of
	Rank     *aqi.Ranked  `json:"rank,omitempty"`
}

// Report is a period's figures: the city first, then counties, towns and stations by code.
type Report struct {
	Period   Period          `json:"-"`
	Lang     Lang            `json:"lang"`
	Editions []string        `json:"editions"` // of the standard, in force within the period
	Rows     []Row           `json:"rows"`
	RankedBy map[string]Rule `json:"ranked_by"` // by level: what towns and counties are ranked by
	LeftOut  map[string]int  `json:"left_out"`  // observations that could not be used, by why
	MinDays  int             `json:"min_days"`  // daily values that a figure of the period needs
}

// New makes a report. The error says that there is nothing to report on.
func New(in Input) (*Report, error) {
	if in.Period.Days <= 0 {
		return nil, fmt.Errorf("report: the period has no days")
	}
	h := aqi.NewHourly(in.Period.First, in.Period.Days)
	for _, o := range in.Hours {
		h.Add(o)
	}
	return FromHourly(in, h)
}

// FromHourly makes a report of hours that were collected elsewhere, over the days of the period; in.Hours is not looked at.
func FromHourly(in Input, h *aqi.Hourly) (*Report, error) {
	areas := aqi.Areas(in.Stations)
	if len(areas) == 0 {
		return nil, fmt.Errorf("report: none of the %d stations measures outdoor air", len(in.Stations))
	}
	r := &Report{Period: in.Period, Lang: in.Lang, LeftOut: h.LeftOut(), MinDays: 1, RankedBy: map[string]Rule{}}
	if in.Period.Monthly {
		r.MinDays = aqi.MinDays(in.Period.Days)
	}
	for i := range in.Period.Days {
		if name := aqi.On(h.Day(i)).Name; !slices.Contains(r.Editions, name) {
			r.Editions = append(r.Editions, name)
		}
	}
	names := namer{in: in, station: map[string]*upwind.Station{}}
	for i := range in.Stations {
		names.station[in.Stations[i].ID] = &in.Stations[i]
	}
	for _, a := range areas {
		row := Row{Area: a}
		row.Name, row.Parent = names.of(a)
		for i := range in.Period.Days {
			row.Days = append(row.Days, h.DayOf(a, i))
		}
		row.Sum = aqi.Sum(row.Days, r.MinDays)
		if !in.Period.Monthly && (a.Level == aqi.LevelCity || a.Level == aqi.LevelCounty) {
			for k := range 24 {
				row.Hours = append(row.Hours, h.HourOf(a, in.Period.First.Add(time.Duration(k)*time.Hour)))
			}
		}
		row.Complete = completeness(h, a)
		r.Rows = append(r.Rows, row)
	}
	if !r.measured() {
		return nil, fmt.Errorf("report: no hourly mean of one of the six pollutants lies in %s%s", in.Period, left(r.LeftOut))
	}
	r.rank(h, aqi.LevelTown)
	r.rank(h, aqi.LevelCounty)
	return r, nil
}

func (r *Report) measured() bool {
	for _, row := range r.Rows {
		if row.Complete > 0 {
			return true
		}
	}
	return false
}

// left says in words what was left out, for an error.
func left(out map[string]int) string {
	s := ""
	for _, why := range []string{aqi.LeftNotHour, aqi.LeftFlag, aqi.LeftUnit, aqi.LeftValue} {
		if n := out[why]; n > 0 {
			s += fmt.Sprintf("; %d readings were left out because %s", n, why)
		}
	}
	return s
}

func completeness(h *aqi.Hourly, a aqi.Area) float64 {
	sum := 0.0
	for _, id := range a.Stations {
		best := 0.0
		for _, p := range aqi.Pollutants {
			best = max(best, h.Complete(id, p))
		}
		sum += best
	}
	return sum / float64(len(a.Stations))
}

// namer names areas; a place without a name is its code.
type namer struct {
	in      Input
	station map[string]*upwind.Station
}

func (n namer) of(a aqi.Area) (name, parent string) {
	place := func(code string) string { return cmp.Or(n.in.Names[code], code) }
	switch a.Level {
	case aqi.LevelStation:
		s := n.station[a.Code]
		if s.Town != "" {
			parent = place(s.Town)
		}
		return cmp.Or(s.Name, s.ID), parent
	case aqi.LevelTown:
		return place(a.Code), place(a.Code[:6])
	case aqi.LevelCity:
		return cmp.Or(n.in.Names[a.Code], n.in.Names[a.Code+"00"], a.Code), ""
	}
	return place(a.Code), ""
}

// Level gives the rows of one level.
func (r *Report) Level(l aqi.Level) (out []*Row) {
	for i := range r.Rows {
		if r.Rows[i].Area.Level == l {
			out = append(out, &r.Rows[i])
		}
	}
	return out
}

// city is the row of the city with the most stations; nil where no station says where it stands.
func (r *Report) city() (best *Row) {
	for _, row := range r.Level(aqi.LevelCity) {
		if best == nil || len(row.Area.Stations) > len(best.Area.Stations) {
			best = row
		}
	}
	return best
}
