package web

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"
)

// byteOrderMark tells spreadsheets that a table is UTF-8; without it they read Chinese names in a code page.
const byteOrderMark = "\ufeff"

// deviceTable is the rows for a spreadsheet, a line a device; of several findings the worst stands first.
func deviceTable(rows []deviceRow) (attachment, error) {
	head := []string{"mn", "registered", "station_id", "name", "kind", "town", "county_name", "town_name", "system", "address",
		"first_utc", "last_utc", "frames", "readings", "skew_s", "grade", "ailments", "since_utc", "findings"}
	lines := make([][]string, 0, len(rows))
	for _, r := range rows {
		var ailments, texts []string
		since := ""
		for i, f := range r.Findings {
			ailments, texts = append(ailments, f.Ailment), append(texts, f.Text)
			if i == 0 {
				since = stamp(f.Since)
			}
		}
		county, town := "", ""
		if len(r.Place) == 2 {
			county, town = r.Place[0], r.Place[1]
		}
		lines = append(lines, []string{cell(r.MN), strconv.FormatBool(r.Registered), cell(r.StationID), cell(r.Name), cell(string(r.Kind)), cell(r.Town),
			cell(county), cell(town), cell(r.System), cell(r.Address), stamp(r.First), stamp(r.Last), strconv.Itoa(r.Frames), strconv.Itoa(r.Readings),
			strconv.FormatFloat(r.SkewS, 'f', 1, 64), strconv.Itoa(r.Grade), cell(strings.Join(ailments, "; ")), since, cell(strings.Join(texts, "; "))})
	}
	return spreadsheet("upwind-devices.csv", head, lines)
}

// spreadsheet is a table that a spreadsheet opens. What people or devices wrote goes through [cell] first.
func spreadsheet(name string, head []string, lines [][]string) (attachment, error) {
	var buf bytes.Buffer
	buf.WriteString(byteOrderMark)
	w := csv.NewWriter(&buf)
	w.UseCRLF = true
	err := w.Write(head)
	if err == nil {
		err = w.WriteAll(lines)
	}
	return attachment{name: name, mime: "text/csv; charset=utf-8", raw: buf.Bytes()}, err
}

// cell keeps a spreadsheet from running what a device or a registry calls itself: text that begins like a formula gets an apostrophe.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
