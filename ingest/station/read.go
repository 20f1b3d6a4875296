package station

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"upwind"
	"upwind/ingest/weather"
)

// Columns of a registry. Required are the first six.
var Columns = []string{"id", "name", "kind", "lon", "lat", "height_m", "town", "mn", "pw", "version", "units", "stamps_end", "utc", "minute_s",
	"site_id", "limits", "water_class"}

// Required are the columns a registry must have.
var Required = Columns[:6]

const (
	maxColumns = 256
	// maxBytes bounds a registry: 100,000 stations are about 10 MB.
	maxBytes = 32 << 20
)

// Read reads a registry: comma-separated UTF-8 text, with or without a byte order mark, or GB 18030 (GBK), in which Chinese
// spreadsheets save CSV; one line of column names in any order; other columns are passed over. The stations come in the order
// of the table. The error is an [*upwind.Refusal] that names file, line and column, or the reader's own.
func Read(name string, r io.Reader) ([]upwind.Station, error) {
	text, err := decoded(name, r)
	if err != nil {
		return nil, err
	}
	t, err := weather.Open(name, bytes.NewReader(text), maxColumns, Required)
	if err != nil {
		return nil, err
	}
	var list []upwind.Station
	ids, mns := map[string]int{}, map[string]int{}
	for {
		ok, err := t.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		w := row{t}
		s := w.station()
		w.twice("id", s.ID, ids)
		if s.Device != nil {
			w.twice("mn", s.Device.MN, mns)
		}
		if t.Err != nil {
			return nil, t.Err
		}
		if err := s.Validate(); err != nil {
			return nil, &upwind.Refusal{File: name, Where: fmt.Sprintf("line %d", t.Line), What: "this station cannot be", Err: err}
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, upwind.Refuse(name, "", "the table has a header line and no stations", "hand in a line a station")
	}
	return list, nil
}

// decoded is the text as UTF-8.
func decoded(name string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxBytes:
		return nil, upwind.Refuse(name, "", fmt.Sprintf("a registry of more than %d bytes", maxBytes), "is it the table of stations?")
	case utf8.Valid(text) || bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")):
		return text, nil // UTF-16 is refused in words where the table is opened
	}
	text, err = simplifiedchinese.GB18030.NewDecoder().Bytes(text)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, upwind.Refuse(name, "", "the text is neither UTF-8 nor GBK", "save the table as CSV UTF-8")
	}
	return text, nil
}
