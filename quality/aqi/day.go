package aqi

import "math"

// Validity of means (GB 3095-2012, table 4, as in the edition of 2026).
const (
	minHoursADay   = 20
	minHoursOf8    = 6
	minMeansOfADay = 14
	o3Limit        = 160.0 // ug/m3, 8 h, class II
)

// Hours are the 24 hourly means of a day and the 7 before it, oldest first: hour i of the day is at i+7. NaN is missing.
type Hours [31]float64

// NoHours is a day of which nothing is known.
func NoHours() (h Hours) {
	for i := range h {
		h[i] = math.NaN()
	}
	return h
}

// Day is the daily value of a pollutant; false when too few hours are valid.
func Day(p Pollutant, h *Hours) (float64, bool) {
	if p == O3 {
		return highest8(h)
	}
	sum, n := 0.0, 0
	for _, v := range h[7:] {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n < minHoursADay {
		return 0, false
	}
	return sum / float64(n), true
}

// highest8 is the highest running 8 h mean that ends in the hours 8 to 24 of the day.
func highest8(h *Hours) (float64, bool) {
	top, n := math.Inf(-1), 0
	for end := 7; end < 24; end++ {
		if v, ok := eight(h, end); ok {
			top = max(top, v)
			n++
		}
	}
	if n == 0 || n < minMeansOfADay && top <= o3Limit {
		return 0, false
	}
	return top, true
}

// eight is the mean of the eight hours of the day that end with hour end.
func eight(h *Hours, end int) (float64, bool) {
	sum, n := 0.0, 0
	for _, v := range h[end : end+8] {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n < minHoursOf8 {
		return 0, false
	}
	return sum / float64(n), true
}
