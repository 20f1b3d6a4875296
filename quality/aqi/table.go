package aqi

import (
	"fmt"
	"math"
	"time"
)

// Pollutant of the index.
type Pollutant string

const (
	SO2  Pollutant = "SO2"
	NO2  Pollutant = "NO2"
	CO   Pollutant = "CO" // mg/m3, all others ug/m3
	O3   Pollutant = "O3"
	PM10 Pollutant = "PM10"
	PM25 Pollutant = "PM2.5"
)

// Pollutants are the six, in the standard's order.
var Pollutants = []Pollutant{SO2, NO2, CO, O3, PM10, PM25}

// Mean is what a concentration is averaged over.
type Mean int

const (
	Hour    Mean = iota // 1 h; for particles the limits of 24 h apply to it
	Daily               // 24 h; of ozone the highest 8 h mean of the day
	Running             // 8 h of ozone
)

// levels of the index at the breakpoints.
var levels = [8]float64{0, 50, 100, 150, 200, 300, 400, 500}

// Table is one edition of the standard.
type Table struct {
	Name  string
	From  time.Time // Beijing midnight of the first day it is in force
	limit map[key][]float64
	// beyond is the index of a concentration above the last breakpoint of a table that ends early; 0 means that
	// there is none: the mean of the other length counts.
	beyondSO2, beyondO3 float64
}

type key struct {
	p Pollutant
	m Mean
}

var beijing = time.FixedZone("UTC+8", 8*3600)

// common are the limits in which both editions agree (HJ 633-2012, table 1; HJ 633-2026, table 1).
func common() map[key][]float64 {
	return map[key][]float64{
		{SO2, Daily}:  {0, 50, 150, 475, 800, 1600, 2100, 2620},
		{SO2, Hour}:   {0, 150, 500, 650, 800},
		{NO2, Daily}:  {0, 40, 80, 180, 280, 565, 750, 940},
		{NO2, Hour}:   {0, 100, 200, 700, 1200, 2340, 3090, 3840},
		{CO, Daily}:   {0, 2, 4, 14, 24, 36, 48, 60},
		{CO, Hour}:    {0, 5, 10, 35, 60, 90, 120, 150},
		{O3, Daily}:   {0, 100, 160, 215, 265, 800},
		{O3, Running}: {0, 100, 160, 215, 265, 800},
		{O3, Hour}:    {0, 160, 200, 300, 400, 800, 1000, 1200},
	}
}

func edition(name string, from time.Time, pm10, pm25 []float64, so2, o3 float64) *Table {
	t := &Table{Name: name, From: from, limit: common(), beyondSO2: so2, beyondO3: o3}
	t.limit[key{PM10, Daily}], t.limit[key{PM10, Hour}] = pm10, pm10
	t.limit[key{PM25, Daily}], t.limit[key{PM25, Hour}] = pm25, pm25
	return t
}

var (
	// HJ633of2012 was in force nationwide from 2016 and in Liaocheng's province earlier; before it there is no AQI here.
	HJ633of2012 = edition("HJ 633-2012", time.Date(2012, 2, 29, 0, 0, 0, 0, beijing),
		[]float64{0, 50, 150, 250, 350, 420, 500, 600}, []float64{0, 35, 75, 115, 150, 250, 350, 500}, 0, 0)
	// HJ633of2026 lowers the limits of particles for 100, and counts SO2 and O3 beyond their short tables as 200 and 300.
	HJ633of2026 = edition("HJ 633-2026", time.Date(2026, 3, 1, 0, 0, 0, 0, beijing),
		[]float64{0, 50, 120, 250, 350, 420, 500, 600}, []float64{0, 35, 60, 115, 150, 250, 350, 500}, 200, 300)
)

// On is the table in force at a time.
func On(t time.Time) *Table {
	if t.Before(HJ633of2026.From) {
		return HJ633of2012
	}
	return HJ633of2026
}

// Index is the individual index of a concentration, rounded up. ok is false where the table has none: for a
// mean that it does not know, and in the edition of 2012 beyond the short tables of SO2 (1 h above 800) and O3 (8 h
// above 800), where the mean of the other length counts. Negative concentrations, which instruments give in clean air, count as 0.
func (t *Table) Index(p Pollutant, m Mean, c float64) (index int, ok bool) {
	limits := t.limit[key{p, m}]
	if limits == nil || math.IsNaN(c) || math.IsInf(c, 0) {
		return 0, false
	}
	c = max(c, 0)
	last := len(limits) - 1
	if c > limits[last] {
		switch {
		case last == len(levels)-1:
			return int(levels[last]), true
		case p == SO2:
			return int(t.beyondSO2), t.beyondSO2 > 0
		default:
			return int(t.beyondO3), t.beyondO3 > 0
		}
	}
	k := 1
	for c > limits[k] {
		k++
	}
	v := (levels[k]-levels[k-1])/(limits[k]-limits[k-1])*(c-limits[k-1]) + levels[k-1]
	return int(math.Ceil(v - roundingSlack)), true
}

// roundingSlack keeps 100.00000000000001 from being rounded up to 101.
const roundingSlack = 1e-9

// Class of an index.
type Class int

// Classes, from 1 to 6.
const (
	Excellent Class = iota + 1
	Good
	Light
	Moderate
	Heavy
	Severe
)

// ClassOf is the class of an AQI.
func ClassOf(aqi int) Class {
	switch {
	case aqi <= 50:
		return Excellent
	case aqi <= 100:
		return Good
	case aqi <= 150:
		return Light
	case aqi <= 200:
		return Moderate
	case aqi <= 300:
		return Heavy
	}
	return Severe
}

func (c Class) String() string {
	if c < Excellent || c > Severe {
		return fmt.Sprintf("class %d", int(c))
	}
	return [...]string{"excellent", "good", "light", "moderate", "heavy", "severe"}[c-1]
}

// NameZH is the class in Chinese.
func (c Class) NameZH() string {
	if c < Excellent || c > Severe {
		return ""
	}
	return [...]string{"优", "良", "轻度污染", "中度污染", "重度污染", "严重污染"}[c-1]
}

// RGB is the colour that the standard gives the class (HJ 633-2012, annex A), red, green, blue.
func (c Class) RGB() [3]uint8 {
	if c < Excellent || c > Severe {
		return [3]uint8{200, 200, 200}
	}
	return [...][3]uint8{{0, 228, 0}, {255, 255, 0}, {255, 126, 0}, {255, 0, 0}, {153, 0, 76}, {126, 0, 35}}[c-1]
}
