package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"upwind/quality/aqi"
)

// bom makes spreadsheets read UTF-8 as such.
const bom = "\ufeff"

// columns of the table, after those of the pollutants.
var (
	head = []string{"period", "level", "code", "name", "basis", "stations", "valid_stations", "aqi", "class", "class_name", "primary"}
	tail = []string{"edition", "days", "valid_days", "good_days", "heavy_days", "composite_index", "complete_share", "ranked_by", "rank", "rank_equal", "rank_mean", "rank_lo95", "rank_hi95"}
)

var pollutantColumn = map[aqi.Pollutant]string{aqi.SO2: "so2_ugm3", aqi.NO2: "no2_ugm3", aqi.CO: "co_mgm3", aqi.O3: "o3_8h_ugm3", aqi.PM10: "pm10_ugm3", aqi.PM25: "pm25_ugm3"}

// CSV writes the table: UTF-8 with a byte order mark, one line an area and day, and in a month's report one more an area for the month
// (its period is 2026-03, its values are means, of CO the 95th percentile and of O3 the 90th). An empty cell is a figure that does not exist.
func (r *Report) CSV(w io.Writer) error {
	if _, err := io.WriteString(w, bom); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	line := append([]string{}, head...)
	for _, p := range aqi.Pollutants {
		line = append(line, pollutantColumn[p], strings.SplitN(pollutantColumn[p], "_", 2)[0]+"_iaqi")
	}
	if err := c.Write(append(line, tail...)); err != nil {
		return err
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		if r.Period.Monthly {
			if err := c.Write(r.sumLine(row)); err != nil {
				return err
			}
		}
		for _, f := range row.Days {
			if err := c.Write(r.dayLine(row, f)); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

func (r *Report) start(row *Row, period string) []string {
	return []string{period, string(row.Area.Level), row.Area.Code, plain(row.Name), string(row.Area.Basis), strconv.Itoa(len(row.Area.Stations))}
}

func (r *Report) dayLine(row *Row, f aqi.Figure) []string {
	line := append(r.start(row, f.Start.Format("2006-01-02")), strconv.Itoa(mostValid(f)))
	if f.AQI != nil {
		line = append(line, strconv.Itoa(*f.AQI), strconv.Itoa(int(f.Class)), r.Lang.class(f.Class))
	} else {
		line = append(line, "", "", "")
	}
	line = append(line, joined(f.Primary))
	for _, p := range aqi.Pollutants {
		index := ""
		if i, ok := f.Individual[p]; ok {
			index = strconv.Itoa(i)
		}
		line = append(line, value(f.Values, p), index)
	}
	line = append(line, f.Table, "", "", "", "", "")
	if r.Period.Monthly {
		return append(line, "", "", "", "", "", "", "")
	}
	return append(append(line, share(row.Complete)), r.rankCells(row)...)
}

func (r *Report) sumLine(row *Row) []string {
	s := &row.Sum
	line := append(r.start(row, r.Period.String()), "", "", "", "", "")
	for _, p := range aqi.Pollutants {
		line = append(line, value(s.Values, p), "")
	}
	composite := ""
	if s.Composite != nil {
		composite = strconv.FormatFloat(*s.Composite, 'f', 2, 64)
	}
	line = append(line, strings.Join(r.Editions, " "), strconv.Itoa(s.Days), strconv.Itoa(s.Valid), strconv.Itoa(s.Good), strconv.Itoa(s.Heavy), composite, share(row.Complete))
	return append(line, r.rankCells(row)...)
}

func (r *Report) rankCells(row *Row) []string {
	k := row.Rank
	if k == nil || k.Rank == 0 {
		return []string{"", "", "", "", "", ""}
	}
	digits := 1
	rule := r.RankedBy[string(row.Area.Level)]
	if rule == Composite {
		digits = 2
	}
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	return []string{string(rule), strconv.Itoa(k.Rank), strconv.Itoa(k.Equal), f(k.Mean), f(k.Lo95), f(k.Hi95)}
}

func mostValid(f aqi.Figure) (n int) {
	for _, v := range f.Valid {
		n = max(n, v)
	}
	return n
}

func value(v aqi.Values, p aqi.Pollutant) string {
	c, ok := v[p]
	if !ok {
		return ""
	}
	if p == aqi.CO {
		return strconv.FormatFloat(c, 'f', 1, 64)
	}
	return strconv.FormatFloat(c, 'f', 0, 64)
}

func share(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func joined(ps []aqi.Pollutant) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = string(p)
	}
	return strings.Join(names, " ")
}

// plain keeps a name from being run as a formula by a spreadsheet.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
