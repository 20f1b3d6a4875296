package aqi

import (
	"cmp"
	"math"
	"slices"
	"time"

	"upwind"
)

// Level of an area.
type Level string

const (
	LevelStation Level = "station"
	LevelTown    Level = "town"
	LevelCounty  Level = "county"
	LevelCity    Level = "city"
)

// Basis is what kind of instrument a figure rests on.
type Basis string

const (
	Reference Basis = "reference" // stations of the standard's methods: the official figure
	Sensors   Basis = "micro"     // small sensors, where an area has nothing else: an indication
)

// Area is what an index is made of: one station, or the stations of a town, county or city.
type Area struct {
	Level    Level    `json:"level"`
	Code     string   `json:"code"` // id of a station; 9, 6 or 4 digits of the division code
	Basis    Basis    `json:"basis"`
	Stations []string `json:"stations"` // ids
}

// townDigits of the division code name a town.
const townDigits = 9

// Areas are the stations that measure outdoor air by themselves, and the towns, counties and cities that they stand
// in, ordered by level and code. An area rests on its reference stations; only where it has none, on its small sensors. Monitors at
// fences of sites watch the site and count for no area.
func Areas(stations []upwind.Station) []Area {
	var out []Area
	groups := map[Level]map[string]*[2][]string{LevelTown: {}, LevelCounty: {}, LevelCity: {}}
	put := func(l Level, code, id string, b int) {
		if code == "" {
			return
		}
		if groups[l][code] == nil {
			groups[l][code] = &[2][]string{}
		}
		groups[l][code][b] = append(groups[l][code][b], id)
	}
	for _, s := range stations {
		b, basis := 0, Reference
		switch s.Kind {
		case upwind.StationStandard:
		case upwind.StationMicro:
			b, basis = 1, Sensors
		default:
			continue
		}
		out = append(out, Area{Level: LevelStation, Code: s.ID, Basis: basis, Stations: []string{s.ID}})
		if len(s.Town) == townDigits {
			put(LevelTown, s.Town, s.ID, b)
		}
		put(LevelCounty, s.County(), s.ID, b)
		if c := s.County(); len(c) >= 4 {
			put(LevelCity, c[:4], s.ID, b)
		}
	}
	for l, g := range groups {
		for code, ids := range g {
			a := Area{Level: l, Code: code, Basis: Reference, Stations: ids[0]}
			if len(ids[0]) == 0 {
				a.Basis, a.Stations = Sensors, ids[1]
			}
			slices.Sort(a.Stations)
			out = append(out, a)
		}
	}
	order := []Level{LevelCity, LevelCounty, LevelTown, LevelStation}
	slices.SortFunc(out, func(a, b Area) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Level), slices.Index(order, b.Level)), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// Shares of an area's stations that must have a valid value for the area to have one (HJ 663-2013, 6: three
// quarters, and half where there are fewer than four).
const (
	minShare    = 0.75
	minShareFew = 0.5
	few         = 4
)

func enough(valid, all int) bool {
	share := minShare
	if all < few {
		share = minShareFew
	}
	return valid > 0 && float64(valid) >= share*float64(all)
}

// Figure is the index of an area over one hour or one day.
type Figure struct {
	Start  time.Time `json:"start"` // Beijing time
	Values Values    `json:"values"`
	Report
	// Valid stations of those that should have given each pollutant.
	Valid map[Pollutant]int `json:"valid"`
	Of    map[Pollutant]int `json:"of"`
}

// DayOf is the index of an area on day i: each station's daily value as [Day] makes it, their mean, the index of the rounded mean
// by the table in force on that day.
func (h *Hourly) DayOf(a Area, i int) Figure {
	day := h.Day(i)
	return h.figure(a, day, On(day), Daily, func(s *series, p int) (float64, bool) {
		hours := s.hours(p, i)
		if hours == nil {
			return 0, false
		}
		return Day(Pollutants[p], hours)
	})
}

// HourOf is the index of an area in real time, over the clock hour that begins at t. The zero figure without values
// stands for an hour that is not held.
func (h *Hourly) HourOf(a Area, t time.Time) Figure {
	t = t.In(beijing).Truncate(time.Hour)
	k := t.Unix()/3600 - h.first
	return h.figure(a, t, On(t), Hour, func(s *series, p int) (float64, bool) {
		if s[p] == nil || k < 0 || k >= int64(len(s[p])) || math.IsNaN(s[p][k]) {
			return 0, false
		}
		return s[p][k], true
	})
}

// figure means what the stations of an area give. A station that sent nothing at all is missed in every pollutant; one
// that never sent a pollutant but others is taken not to measure it.
func (h *Hourly) figure(a Area, start time.Time, t *Table, m Mean, value func(*series, int) (float64, bool)) Figure {
	f := Figure{Start: start, Values: Values{}, Valid: map[Pollutant]int{}, Of: map[Pollutant]int{}}
	for p, name := range Pollutants {
		sum, valid, of := 0.0, 0, 0
		for _, id := range a.Stations {
			s := h.stations[id]
			if s == nil || s[p] != nil {
				of++
			}
			if s == nil {
				continue
			}
			if c, ok := value(s, p); ok {
				sum += c
				valid++
			}
		}
		f.Valid[name], f.Of[name] = valid, of
		if enough(valid, of) {
			f.Values[name] = Rounded(name, sum/float64(valid))
		}
	}
	f.Report = t.Of(m, f.Values)
	return f
}

// Rounded is a concentration as it is published, half to even: ug/m3 to integers, CO in mg/m3 to a tenth (HJ 663-2013 and
// GB/T 8170). The index is that of the published figure, so a page cannot show 35 ug/m3 beside an index of 51.
func Rounded(p Pollutant, c float64) float64 {
	if p == CO {
		return max(0, math.RoundToEven(c*10)/10)
	}
	return max(0, math.RoundToEven(c))
}

// StationDays are the daily values of a pollutant, unrounded, that the stations of an area gave on day i: what [Rank] takes.
func (h *Hourly) StationDays(a Area, p Pollutant, i int) []float64 {
	var out []float64
	k := indexOf(string(p))
	for _, id := range a.Stations {
		if hours := h.stations[id].hours(k, i); hours != nil {
			if c, ok := Day(p, hours); ok {
				out = append(out, max(c, 0))
			}
		}
	}
	return out
}

// StationLoads are the composite indices of one day ([Load]) of the stations of an area that gave all six pollutants.
func (h *Hourly) StationLoads(a Area, i int) []float64 {
	var out []float64
	for _, id := range a.Stations {
		one, v := Area{Stations: []string{id}}, Values{}
		for _, p := range Pollutants {
			if c := h.StationDays(one, p, i); len(c) == 1 {
				v[p] = c[0]
			}
		}
		if sum, ok := Load(v); ok {
			out = append(out, sum)
		}
	}
	return out
}

// Complete is the share of the hours of all days for which a station gave a pollutant.
func (h *Hourly) Complete(station string, p Pollutant) float64 {
	s := h.stations[station]
	k := indexOf(string(p))
	if s == nil || s[k] == nil {
		return 0
	}
	n := 0
	for _, v := range s[k][hoursBefore:] {
		if !math.IsNaN(v) {
			n++
		}
	}
	return float64(n) / float64(24*h.days)
}
