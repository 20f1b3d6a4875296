package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/aqi"
	"upwind/quality/report"
)

func made(t *testing.T, in report.Input) (html string, table [][]string) {
	t.Helper()
	r, err := report.New(in)
	require.NoError(t, err)
	var page, text bytes.Buffer
	require.NoError(t, r.HTML(&page))
	require.NoError(t, r.CSV(&text))
	require.True(t, strings.HasPrefix(text.String(), "\ufeff"), "a spreadsheet knows UTF-8 by it")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\ufeff"))).ReadAll()
	require.NoError(t, err, "each line has the same columns")
	return page.String(), rows
}

func cellOf(t *testing.T, rows [][]string, period, code, column string) string {
	t.Helper()
	for k, name := range rows[0] {
		for _, r := range rows[1:] {
			if name == column && r[0] == period && r[2] == code {
				return r[k]
			}
		}
	}
	require.Fail(t, "no such cell", "%s %s %s", period, code, column)
	return ""
}

// wellFormed checks the page's tags: what html/template writes is XML but for the tags without an end.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], e.Name.Local)
			open = open[:len(open)-1]
		}
	}
	require.Empty(t, open)
}

func TestADay(t *testing.T) {
	in := city(madeUp, report.Day(time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC)), 1)
	html, rows := made(t, in)
	wellFormed(t, html)
	require.Len(t, rows, 1+1+2+6+len(in.Stations)-1, "a line an area; the monitor at the fence is none")
	require.Equal(t, "city", rows[1][1])
	r, err := report.New(in)
	require.NoError(t, err)
	f := r.Rows[0].Days[0]
	require.NotNil(t, f.AQI)
	require.Equal(t, fmt.Sprint(*f.AQI), cellOf(t, rows, "2026-03-05", "3715", "aqi"))
	require.Equal(t, "HJ 633-2026", cellOf(t, rows, "2026-03-05", "3715", "edition"))
	require.Equal(t, "micro", cellOf(t, rows, "2026-03-05", "371502003", "basis"))
	require.Equal(t, "reference", cellOf(t, rows, "2026-03-05", "371502", "basis"))
	require.Contains(t, html, "<h1>示例市环境空气质量日报</h1>")
	require.Contains(t, html, "2026年3月5日")
	require.Contains(t, html, "河口乡*", "small sensors stand in")
	require.Contains(t, html, fmt.Sprintf("全市 AQI 为 %d", *f.AQI))
	require.Contains(t, html, "有 1 个数据未采用：不是整点小时均值。")
	require.Equal(t, 3*24, strings.Count(html, `height="17"`), "hours of the city and two counties")

	in.Lang = report.English
	html, _ = made(t, in)
	wellFormed(t, html)
	require.Contains(t, html, `<html lang="en">`)
	require.Contains(t, html, "5 March 2026")
	require.Contains(t, html, "Readings left out: 1 (they are not means of a clock hour).")
}

func TestAMonth(t *testing.T) {
	in := city(madeUp, report.Month(2026, 3), 2)
	html, rows := made(t, in)
	wellFormed(t, html)
	require.Len(t, rows, 1+32*(1+2+6+len(in.Stations)-1), "a line an area and day, and one an area")
	r, err := report.New(in)
	require.NoError(t, err)
	s := r.Rows[0].Sum
	require.Equal(t, fmt.Sprint(s.Good), cellOf(t, rows, "2026-03", "3715", "good_days"))
	require.Equal(t, fmt.Sprintf("%.2f", *s.Composite), cellOf(t, rows, "2026-03", "3715", "composite_index"))
	require.Equal(t, "composite", cellOf(t, rows, "2026-03", "371502001", "ranked_by"))
	require.Contains(t, html, fmt.Sprintf("全市有效监测 %d 天，优良 %d 天", s.Valid, s.Good))
	for _, row := range r.Level(aqi.LevelTown) {
		require.NotNil(t, row.Rank)
		require.Contains(t, html, row.Name)
		require.Equal(t, fmt.Sprint(row.Rank.Rank), cellOf(t, rows, "2026-03", row.Area.Code, "rank"))
	}
	// The city's days stand in the calendar in their colours.
	for _, f := range r.Rows[0].Days {
		k := f.Class.RGB()
		require.Contains(t, html, fmt.Sprintf("#%02x%02x%02x", k[0], k[1], k[2]))
	}
	_, err = json.Marshal(r)
	require.NoError(t, err)
}

// A report may be kept and compared: the order of what comes in makes no difference, and it needs nothing from elsewhere.
func TestTheSameBytes(t *testing.T) {
	in := city(madeUp, report.Month(2026, 2), 3)
	html, rows := made(t, in)
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(in.Hours), func(i, j int) { in.Hours[i], in.Hours[j] = in.Hours[j], in.Hours[i] })
	rng.Shuffle(len(in.Stations), func(i, j int) { in.Stations[i], in.Stations[j] = in.Stations[j], in.Stations[i] })
	again, rows2 := made(t, in)
	require.Equal(t, html, again)
	require.Equal(t, rows, rows2)
	require.NotRegexp(t, regexp.MustCompile(`(?i)<script|<link|<img|<iframe|src=|url\(|https?:`), html)
	require.Contains(t, html, "HJ 633-2012", "February is of the older edition")
}

func TestNamesAreText(t *testing.T) {
	in := city(madeUp[:2], report.Day(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)), 1)
	in.Names["371502001"] = `<script>alert(1)</script>&"`
	in.Names["371502002"] = `=HYPERLINK("http://evil")`
	html, rows := made(t, in)
	require.NotContains(t, html, "<script")
	require.Contains(t, html, "&lt;script&gt;")
	require.Equal(t, `'=HYPERLINK("http://evil")`, cellOf(t, rows, "2026-03-05", "371502002", "name"))
}

// Little is known: no town is stated, one pollutant is measured, half of the month has come in.
func TestLittleIsKnown(t *testing.T) {
	p := report.Month(2026, 3)
	in := city(madeUp, p, 5)
	for i := range in.Stations {
		in.Stations[i].Town = ""
	}
	html, rows := made(t, in)
	wellFormed(t, html)
	require.Contains(t, html, "<h1>环境空气质量月报</h1>")
	require.Equal(t, "station", rows[1][1])

	in = city(madeUp, p, 5)
	var some []upwind.Observation
	for _, o := range in.Hours {
		if o.Species == "PM2.5" {
			some = append(some, o)
		}
	}
	in.Hours = some
	r, err := report.New(in)
	require.NoError(t, err)
	require.Equal(t, report.Rule(aqi.PM25), r.RankedBy["town"], "what all have")
	html, rows = made(t, in)
	wellFormed(t, html)
	require.Contains(t, html, "乡镇（街道）排名：PM₂.₅ 平均浓度")
	require.Empty(t, cellOf(t, rows, "2026-03", "3715", "composite_index"))

	half := in
	half.Hours = nil
	for _, o := range in.Hours {
		if o.Start.Before(p.First.AddDate(0, 0, 15)) {
			half.Hours = append(half.Hours, o)
		}
	}
	html, rows = made(t, half)
	wellFormed(t, html)
	require.Empty(t, cellOf(t, rows, "2026-03", "3715", "pm25_ugm3"), "15 days are no month")
	require.Empty(t, cellOf(t, rows, "2026-03", "371502001", "rank"))
	require.NotEmpty(t, cellOf(t, rows, "2026-03-10", "3715", "pm25_ugm3"))
}

func TestRefusals(t *testing.T) {
	in := city(madeUp[:1], report.Day(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)), 1)
	in.Period = report.Month(2026, 5)
	_, err := report.New(in)
	require.EqualError(t, err, "report: no hourly mean of one of the six pollutants lies in 2026-05")
	in.Period = report.Day(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC))
	for i := range in.Hours {
		in.Hours[i].DurationS = 300
	}
	_, err = report.New(in)
	require.ErrorContains(t, err, "readings were left out because they are not means of a clock hour")
	in.Stations = in.Stations[len(in.Stations)-1:]
	_, err = report.New(in)
	require.EqualError(t, err, "report: none of the 1 stations measures outdoor air")
	_, err = report.New(report.Input{})
	require.Error(t, err)
}

func TestPeriods(t *testing.T) {
	for s, days := range map[string]int{"2026-03-05": 1, "2026-03": 31, "2028-02": 29, "2026-12": 31} {
		p, err := report.ParsePeriod(s)
		require.NoError(t, err)
		require.Equal(t, days, p.Days)
		require.Equal(t, s, p.String())
		from, to := p.Span()
		require.Equal(t, time.Duration(24*days+7)*time.Hour, to.Sub(from))
	}
	for _, s := range []string{"", "2026", "2026-13", "2026-02-30", "today", "2026-03-05T00:00:00Z"} {
		_, err := report.ParsePeriod(s)
		require.Error(t, err, s)
	}
	require.Equal(t, "2026-03-05", report.Day(time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC)).String(), "Beijing's day")
	_, err := report.ParseLang("fr")
	require.Error(t, err)
}

func BenchmarkMonth(b *testing.B) {
	in := city(madeUp, report.Month(2026, 3), 2)
	b.ReportMetric(float64(len(in.Hours)), "readings")
	for range b.N {
		r, err := report.New(in)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.HTML(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
