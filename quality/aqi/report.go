package aqi

import "math"

// Values are concentrations of one place and one time, by pollutant. What is missing is not in it.
type Values map[Pollutant]float64

// Report is the AQI of a place.
type Report struct {
	Table      string            `json:"table"`
	AQI        *int              `json:"aqi"` // nil: a pollutant is missing and none of the others exceeds 100
	Class      Class             `json:"class,omitempty"`
	Primary    []Pollutant       `json:"primary,omitempty"`   // those with the highest index, once it is above 50
	Exceeding  []Pollutant       `json:"exceeding,omitempty"` // with an index above 100
	Individual map[Pollutant]int `json:"individual"`
	Missing    []Pollutant       `json:"missing,omitempty"`
}

// Of is the AQI of means of one length: Daily for the daily report, Hour for the one in real time.
func (t *Table) Of(m Mean, v Values) Report {
	r := Report{Table: t.Name, Individual: map[Pollutant]int{}}
	top := -1
	for _, p := range Pollutants {
		c, ok := v[p]
		if !ok || math.IsNaN(c) {
			r.Missing = append(r.Missing, p)
			continue
		}
		i, ok := t.Index(p, m, c)
		if !ok {
			r.Missing = append(r.Missing, p)
			continue
		}
		r.Individual[p] = i
		top = max(top, i)
		if i > 100 {
			r.Exceeding = append(r.Exceeding, p)
		}
	}
	// An unknown pollutant could be the worst: below 100 the index would be a guess.
	if top < 0 || len(r.Missing) > 0 && top <= 100 {
		return r
	}
	r.AQI, r.Class = &top, ClassOf(top)
	for _, p := range Pollutants {
		if i, ok := r.Individual[p]; ok && i == top && top > 50 {
			r.Primary = append(r.Primary, p)
		}
	}
	return r
}
