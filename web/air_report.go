package web

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"upwind/quality/aqi"
	"upwind/quality/report"
)

// reportPolicy lets a report bring its own styles, which it needs to be one file that prints and can be mailed; it runs nothing
// and loads nothing.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// airReport is the report of a day or a month, as a page to print or as a table.
func (s *server) airReport(_ *http.Request, q url.Values) (any, error) {
	day, month := q.Get("day"), q.Get("month")
	if (day == "") == (month == "") {
		return nil, badRequest("a report is of a day, such as day=2026-03-05, or of a month, such as month=2026-03; give one of them")
	}
	period, err := report.ParsePeriod(cmp.Or(day, month))
	if err != nil || period.Monthly != (month != "") {
		return nil, badRequest(clip(cmp.Or(day, month)) + " is no day such as day=2026-03-05 and no month such as month=2026-03")
	}
	lang, err := report.ParseLang(cmp.Or(q.Get("lang"), string(report.Chinese)))
	if err != nil {
		return nil, badRequest("lang is zh or en; " + clip(q.Get("lang")) + " is neither")
	}
	format := cmp.Or(q.Get("format"), "html")
	if format != "html" && format != "csv" {
		return nil, badRequest("format is html or csv; " + clip(format) + " is neither")
	}
	_, until := period.Span()
	in := report.Input{Stations: s.st.Stations(), Names: s.areaNames(), Period: period, Lang: lang}
	r, err := report.FromHourly(in, s.hours(period.First, period.Days, until, aqi.Pollutants))
	if err != nil {
		return nil, notFound(strings.TrimPrefix(err.Error(), "report: "))
	}
	var buf bytes.Buffer
	if format == "csv" {
		return attachment{name: "upwind-air-" + period.String() + ".csv", mime: "text/csv; charset=utf-8"}.filled(&buf, r.CSV(&buf))
	}
	return attachment{mime: "text/html; charset=utf-8", policy: reportPolicy}.filled(&buf, r.HTML(&buf))
}

func (a attachment) filled(buf *bytes.Buffer, err error) (any, error) {
	a.raw = buf.Bytes()
	return a, err
}

// areaNames are the names of the city, the counties and the towns, by code.
func (s *server) areaNames() map[string]string {
	names := map[string]string{}
	for code, c := range s.cells() {
		if c.Level < LevelCell && c.Name != "" {
			names[code] = c.Name
		}
	}
	return names
}
