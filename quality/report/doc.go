// Package report writes what the air of a city was like on a day or in a month: for machines as a table ([Report.CSV]), for people as a page to print ([Report.HTML]).
//
// Both are pure functions of the stations, their hourly observations, the names of places and the period: the same input gives the same bytes. Indices, the
// validity of means and the ranking are those of package aqi; nothing here decides anything but how it looks. What rests on small sensors is
// marked, what is missing is said, and towns that cannot be told apart share their rank.
package report
