package aqi

import (
	"fmt"
	"math"
	"strings"
	"time"

	"upwind"
)

// Hourly holds the hourly means of many stations over whole days of Beijing time, in the units of the index, and
// the seven hours before the first day, of which its running means of ozone are made.
type Hourly struct {
	days     int
	first    int64 // hour since 1970 of the first hour held
	stations map[string]*series
	left     map[string]int
}

// series are a station's hours, by pollutant in the order of [Pollutants]; nil where it sent none.
type series [6][]float64

// hoursBefore the first day are held for the running means that end in it.
const hoursBefore = 7

// Beijing is the time of every day here.
func Beijing() *time.Location { return beijing }

// Midnight is the beginning of the day, of Beijing time, that t lies in.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(beijing).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, beijing)
}

// NewHourly holds days of Beijing time from the one that first lies in.
func NewHourly(first time.Time, days int) *Hourly {
	return &Hourly{days: days, first: Midnight(first).Unix()/3600 - hoursBefore, stations: map[string]*series{}, left: map[string]int{}}
}

// Days are the days held, by their midnights.
func (h *Hourly) Days() []time.Time {
	out := make([]time.Time, h.days)
	for i := range out {
		out[i] = h.Day(i)
	}
	return out
}

// Day is the midnight at which day i begins.
func (h *Hourly) Day(i int) time.Time {
	return time.Unix((h.first+hoursBefore)*3600, 0).In(beijing).AddDate(0, 0, i)
}

// Why an observation is no part of an index. Observations of another time, of other substances or not of
// outdoor air are no fault and are not counted.
const (
	LeftFlag    = "their instrument was not measuring"
	LeftNotHour = "they are not means of a clock hour"
	LeftUnit    = "their unit is no concentration"
	LeftValue   = "their value is no concentration of air"
)

// LeftOut counts the observations of the six pollutants that could not be used, by why.
func (h *Hourly) LeftOut() map[string]int { return h.left }

// bounds of an hourly mean. Instruments near zero read a little below it; what is lower, as -99 and -999, means that
// there is no reading. No dust storm and no fire on record reaches the top.
func bounds(p Pollutant) (lo, hi float64) {
	if p == CO {
		return -0.5, 1000 // mg/m3
	}
	return -20, 20000 // ug/m3
}

// Add takes an observation where it is an hourly mean of one of the six in outdoor air at a point. Of two for
// one hour the later added counts: corrections come later.
func (h *Hourly) Add(o upwind.Observation) {
	p := indexOf(o.Species)
	if p < 0 || o.Medium != upwind.Ambient || o.Stat != upwind.StatMean || o.End != nil {
		return
	}
	at := o.Start.Unix()
	i := at/3600 - h.first
	if i < 0 || i >= int64(hoursBefore+24*h.days) {
		return
	}
	if !o.Flag.Usable() {
		h.left[LeftFlag]++
		return
	}
	if o.DurationS != 3600 || at%3600 != 0 {
		h.left[LeftNotHour]++
		return
	}
	c, err := Concentration(Pollutants[p], o.Value, o.Unit)
	if err != nil {
		h.left[LeftUnit]++
		return
	}
	if lo, hi := bounds(Pollutants[p]); !(c >= lo && c <= hi) {
		h.left[LeftValue]++
		return
	}
	s := h.stations[o.StationID]
	if s == nil {
		s = &series{}
		h.stations[o.StationID] = s
	}
	if s[p] == nil {
		s[p] = make([]float64, hoursBefore+24*h.days)
		for k := range s[p] {
			s[p][k] = math.NaN()
		}
	}
	s[p][i] = c
}

func indexOf(species string) int {
	for i, p := range Pollutants {
		if string(p) == species {
			return i
		}
	}
	return -1
}

// hours are those of one day, and of the seven hours before it.
func (s *series) hours(p, day int) *Hours {
	if s == nil || s[p] == nil {
		return nil
	}
	return (*Hours)(s[p][24*day : 24*day+hoursBefore+24])
}

// molarMass of the gases, g/mol.
var molarMass = map[Pollutant]float64{SO2: 64.06, NO2: 46.01, CO: 28.01, O3: 48.00}

// molarVolume of air at 298.15 K and 1013.25 hPa, L/mol: the state of reference of GB 3095 since its amendment of 2018.
const molarVolume = 24.465

// Concentration turns a value into the unit of the index, ug/m3, for CO mg/m3. Volume fractions become masses at the
// standard's state of reference.
func Concentration(p Pollutant, value float64, unit string) (float64, error) {
	u := strings.ToLower(unit)
	if m := molarMass[p]; m > 0 {
		switch u {
		case "ppm":
			value, u = value*1000*m/molarVolume, "ug/m3"
		case "ppb":
			value, u = value*m/molarVolume, "ug/m3"
		}
	}
	switch u {
	case "ug/m3":
	case "mg/m3":
		if p == CO {
			return value, nil
		}
		value *= 1e3
	case "g/m3":
		value *= 1e6
	case "ng/m3":
		value /= 1e3
	default:
		return 0, fmt.Errorf("aqi: %q is no unit of a concentration of %s", unit, p)
	}
	if p == CO {
		value /= 1e3
	}
	return value, nil
}
