package aqi

import (
	"math"
	"slices"
)

// Period sums up an area over days, usually a month.
type Period struct {
	Days     int               `json:"days"`       // of the calendar
	Valid    int               `json:"valid_days"` // with an AQI
	Good     int               `json:"good_days"`  // of class 1 or 2
	Heavy    int               `json:"heavy_days"` // of class 5 or 6
	Classes  [6]int            `json:"classes"`    // days of each class
	Primary  map[Pollutant]int `json:"primary"`    // days on which it was a primary pollutant
	Values   Values            `json:"values"`     // means of the daily values; of CO the 95th percentile, of O3 the 90th
	DaysWith map[Pollutant]int `json:"days_with"`  // daily values of each
	// Composite is the composite index, the sum of the values over their annual limits; nil where one of the six is missing.
	Composite *float64 `json:"composite,omitempty"`
}

// Percentiles that stand for CO and O3 over a period (HJ 663-2013).
const (
	percentileCO = 0.95
	percentileO3 = 0.90
)

// annual are the limits of class II of GB 3095-2012 by which the composite index divides (HJ 663-2013): annual means, of CO the
// 24 h mean, of O3 the daily highest 8 h mean. They are kept over 2026, so that months before and after compare.
var annual = Values{SO2: 60, NO2: 40, CO: 4, O3: 160, PM10: 70, PM25: 35}

// Load is a set of daily values as parts of their annual limits, summed up: the composite index of one day. false where one
// of the six is missing.
func Load(v Values) (float64, bool) {
	sum := 0.0
	for _, p := range Pollutants {
		c, ok := v[p]
		if !ok || math.IsNaN(c) {
			return 0, false
		}
		sum += max(c, 0) / annual[p]
	}
	return sum, true
}

// MinDays is how many daily values a month's figure needs (GB 3095-2012, table 4): 27, in February 25, and
// of other spans the same share.
func MinDays(days int) int {
	switch {
	case days == 28 || days == 29:
		return 25
	case days == 30 || days == 31:
		return 27
	}
	return max(1, int(math.Ceil(0.87*float64(days))))
}

// Sum sums up the daily figures of an area. A pollutant with fewer than least daily values has no value of the period.
func Sum(figures []Figure, least int) Period {
	s := Period{Days: len(figures), Primary: map[Pollutant]int{}, Values: Values{}, DaysWith: map[Pollutant]int{}}
	daily := map[Pollutant][]float64{}
	for _, f := range figures {
		for _, p := range Pollutants {
			if c, ok := f.Values[p]; ok {
				daily[p] = append(daily[p], c)
			}
		}
		if f.AQI == nil {
			continue
		}
		s.Valid++
		s.Classes[f.Class-1]++
		switch {
		case f.Class <= Good:
			s.Good++
		case f.Class >= Heavy:
			s.Heavy++
		}
		for _, p := range f.Primary {
			s.Primary[p]++
		}
	}
	composite := 0.0
	for _, p := range Pollutants {
		s.DaysWith[p] = len(daily[p])
		if len(daily[p]) == 0 || len(daily[p]) < least {
			continue
		}
		var c float64
		switch p {
		case CO:
			c = Percentile(daily[p], percentileCO)
		case O3:
			c = Percentile(daily[p], percentileO3)
		default:
			c = mean(daily[p])
		}
		s.Values[p] = Rounded(p, c)
		composite += s.Values[p] / annual[p]
	}
	if len(s.Values) == len(Pollutants) {
		composite = math.RoundToEven(composite*100) / 100
		s.Composite = &composite
	}
	return s
}

// Percentile is the value at share q of the sorted values, linear between them: at place 1 + (n-1) q (HJ 663-2013, annex A).
func Percentile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	at := q * float64(len(s)-1)
	i := min(int(at), len(s)-1)
	j := min(i+1, len(s)-1)
	return s[i] + (at-float64(i))*(s[j]-s[i])
}
