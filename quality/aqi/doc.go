// Package aqi turns concentrations into the air quality index of China, and compares places by it.
//
// # Index
//
// The individual index of a pollutant is linear between the breakpoints of a table,
//
//	IAQI = (I_hi - I_lo) / (C_hi - C_lo) (C - C_lo) + I_lo,
//
// rounded up to an integer; above the last breakpoint it is 500. The AQI is the highest of them, the primary pollutants those
// that reach it once it is above 50. Which table counts depends on the day: HJ 633-2012 until the end of February 2026, HJ 633-2026
// after ([On]). Both say where a one-hour or an eight-hour table ends, and differ in what follows there.
//
// # Means
//
// [Day] makes the daily figures of GB 3095 from hours: a 24 h mean needs 20 of them, a running 8 h mean of ozone 6 of 8, the
// day's highest 8 h mean 14 of the means that end in the day, unless what there is already exceeds the limit.
//
// # Places
//
// [Hourly] takes hourly means of stations, in the units that they come in, and gives the index of an [Area] by day ([Hourly.DayOf]) and in real
// time ([Hourly.HourOf]): the mean of the valid stations, rounded as it is published, then the index. Days are those of Beijing. [Sum]
// sums up a month (HJ 663-2013).
//
// # Ranking
//
// Towns differ by chance: few stations, few days, instruments that are off by a tenth. [Rank] gives each mean a confidence interval
// from a bootstrap of days and stations, and two towns different ranks only where no chain of overlapping
// intervals leads from one to the other.
package aqi
