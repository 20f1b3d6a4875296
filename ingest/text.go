package ingest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"upwind"
	"upwind/ingest/station"
	"upwind/ingest/weather"
)

// classifyText tells the tables and the GeoJSON documents from other text.
func classifyText(r io.ReaderAt, size int64, name string, head []byte) (Kind, error) {
	if len(head) >= 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff) {
		return "", upwind.Refuse(name, "", "this is UTF-16 text", "save it as UTF-8")
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) == 0 {
		return "", upwind.Refuse(name, "", "the file holds only blank space", Accepted)
	}
	switch text[0] {
	case '{', '[':
		return classifyJSON(io.NewSectionReader(r, 0, size), size, name)
	}
	first, _, _ := bytes.Cut(head, []byte("\n")) // what follows may be in the encoding of a Chinese spreadsheet
	if bytes.IndexByte(head, 0) >= 0 || !mostlyText(first) {
		return "", upwind.Refuse(name, "", "this is no format that is known here", Accepted)
	}
	return classifyTable(text, name)
}

// mostlyText allows a UTF-8 sequence cut at the end of the head.
func mostlyText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) >= utf8.UTFMax {
			return false
		}
		if r < ' ' && r != '\t' && r != '\r' && r != '\n' {
			return false
		}
		b = b[n:]
	}
	return true
}

// classifyTable goes by the names of the columns. A table that has some of a format's own columns is that
// format, so that its reader can say which are missing.
func classifyTable(text []byte, name string) (Kind, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	c := csv.NewReader(bytes.NewReader(line))
	c.LazyQuotes, c.TrimLeadingSpace = true, true
	columns, _ := c.Read()
	if len(columns) == 1 {
		columns = strings.FieldsFunc(columns[0], func(r rune) bool { return r == ';' || r == '\t' })
	}
	for i := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(columns[i]))
	}
	has := func(names ...string) (n int) {
		for _, c := range names {
			if slices.Contains(columns, c) {
				n++
			}
		}
		return n
	}
	wind, readings := has("speed_ms", "from_deg", "sd_deg", "ustar_ms", "obukhov_m"), has("value", "unit", "species")
	switch {
	case has("date", "hour", "type") == 3:
		return KindCNEMC, nil
	case has("kind", "mn", "water_class", "stamps_end") > 0 && has("lon", "lat") > 0 && readings == 0:
		return KindStations, nil
	case wind > 0 && wind >= readings:
		return KindWind, nil
	case readings > 1, readings == 1 && has("start_utc", "duration_s") > 0:
		return KindReadings, nil
	case len(columns) > 1:
		return "", upwind.Refuse(name, "line 1", "this seems to be a table, but none of wind, readings or stations",
			"a wind table has the columns "+strings.Join(weather.WindColumns, ",")+"; a readings table "+strings.Join(weather.ReadingColumns, ",")+
				"; a registry of stations "+strings.Join(station.Columns, ","))
	}
	return "", upwind.Refuse(name, "", "this seems to be plain text", Accepted)
}

// Bounds of a GeoJSON document: depth as the house rule has it, size beyond any city's grid.
const (
	maxJSONDepth = 64
	maxJSONBytes = 512 << 20
)

// depthReader passes a JSON text through and fails where it is nested too deep, before a decoder builds
// anything of it.
type depthReader struct {
	r               io.Reader
	depth           int
	quoted, escaped bool
}

// readError is a fault of the reader underneath, told apart from faults of the text.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

func (d *depthReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for _, b := range p[:n] {
		switch {
		case d.escaped:
			d.escaped = false
		case d.quoted:
			d.escaped = b == '\\'
			d.quoted = b != '"'
		case b == '"':
			d.quoted = true
		case b == '{' || b == '[':
			if d.depth++; d.depth > maxJSONDepth {
				return 0, errDepth
			}
		case b == '}' || b == ']':
			d.depth--
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = &readError{err}
	}
	return n, err
}

// errDepth is what a depthReader fails with.
var errDepth = fmt.Errorf("its brackets are nested deeper than %d", maxJSONDepth)

// sniffFeatures is how many features are looked at to tell a grid from a registry of sites.
const sniffFeatures = 4

func classifyJSON(r *io.SectionReader, size int64, name string) (Kind, error) {
	if size > maxJSONBytes {
		return "", upwind.Refuse(name, "", fmt.Sprintf("a JSON document of %d bytes", size), "hand in at most 512 MiB")
	}
	grid, sites := 0, 0
	n, err := eachFeature(&depthReader{r: r}, func(i int, raw json.RawMessage) error {
		var f struct{ Properties map[string]json.RawMessage }
		if json.Unmarshal(raw, &f) == nil {
			for k := range f.Properties {
				switch strings.ToLower(k) {
				case "code", "level", "parent", "grid_code", "adcode", "county", "officer":
					grid++
				case "kind", "prior_odds", "height_m":
					sites++
				}
			}
		}
		if i+1 >= sniffFeatures {
			return errEnough
		}
		return nil
	})
	var read *readError
	switch {
	case errors.As(err, &read):
		return "", fmt.Errorf("ingest: read %s: %w", name, read.err)
	case errors.Is(err, errDepth):
		return "", upwind.Refuse(name, "", "this is a JSON document, but "+errDepth.Error(), "hand in a GeoJSON FeatureCollection")
	case err != nil && !errors.Is(err, errEnough):
		if isLidarSite(r, size) {
			return KindLidar, nil
		}
		if errors.Is(err, errNotFeatures) {
			return "", upwind.Refuse(name, "", "this is a JSON document, but no GeoJSON FeatureCollection", Accepted)
		}
		return "", &upwind.Refusal{File: name, What: "this is a broken JSON document", Do: "hand in a GeoJSON FeatureCollection", Err: err}
	case n == 0:
		return "", upwind.Refuse(name, "", "this is a GeoJSON document without features", "hand in a grid or a registry of sites")
	case sites == 0 && grid == 0:
		return "", upwind.Refuse(name, "feature 1", "this is a GeoJSON document, but neither a grid nor a registry of sites",
			"cells of a grid have a code and a level; sites have an id, a name and a kind")
	case sites >= grid:
		return KindSites, nil
	}
	return KindGrid, nil
}
