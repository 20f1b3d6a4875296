// Package weather reads wind and station readings from the two tables of "upwind trace".
//
// A table is comma-separated UTF-8 text with one line of column names, in any order:
//
//	wind      start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg[,sd_deg][,ustar_ms,obukhov_m,temp_c,pressure_pa]
//	readings  start_utc,duration_s,id,lon,lat,height_m,value,unit,species[,sigma][,lon2,lat2,height2_m]
//
// Nothing is guessed. A missing column, a value that is no number, a unit nobody knows, a pressure in hPa
// or a station at sea is refused, named by file, line and column, because a tracer that reads a wind the
// wrong way round or an hour late gives a plausible wrong answer and no error. What can be repaired without
// a guess is repaired and said as a [Finding]: rows out of order are sorted, equal rows are collapsed, gaps
// and overlaps are counted. Two rows that contradict each other are refused with both lines.
//
// Wind is stored as u (towards east), v (towards north); from_deg, the direction the wind comes from, ends
// here.
package weather
