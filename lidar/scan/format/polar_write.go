package format

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"upwind/lidar/scan"
)

// Polar is how a polar table is written.
type Polar int

const (
	PolarCSV       Polar = iota // comma-separated, a ray a row
	PolarJSONLines              // a JSON object a line, a ray a line
)

// WritePolar writes a scan as a polar table. Reading it gives the same bits again, except that the rays'
// File names table and line and that Format names the table's.
func WritePolar(w io.Writer, s *scan.Scan, as Polar) error {
	h := &polarHeader{Version: polarVersion, Instrument: s.Instrument, Kind: s.Kind, Site: s.Site, Channels: s.Channels, Notes: s.Notes}
	if what := h.fault(); what != "" {
		return fmt.Errorf("format: writing a polar table: %s", what)
	}
	object, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("format: writing a polar table: %w", err)
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	row := jsonRow
	if as == PolarCSV {
		object = append([]byte(polarMark), object...)
		object = append(append(object, '\n'), strings.Join(h.columns(), ",")...)
		row = csvRow
	}
	if _, err := bw.Write(append(object, '\n')); err != nil {
		return err
	}
	var line []byte
	for i, r := range s.Rays {
		if err := fits(r, s.Channels); err != nil {
			return fmt.Errorf("format: writing a polar table: ray %d: %w", i, err)
		}
		if line, err = row(line[:0], r); err != nil {
			return fmt.Errorf("format: writing a polar table: ray %d: %w", i, err)
		}
		if _, err := bw.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// fits checks that a ray has the shape of its channels and can be read again.
func fits(r scan.Ray, channels []scan.Channel) error {
	if column, what := rayFault(r); what != "" {
		return fmt.Errorf("%s %s", column, what)
	}
	n := len(channels)
	if len(r.Values) != n || len(r.Shots) != n || r.Background != nil && len(r.Background) != n {
		return fmt.Errorf("%d channels, %d values, %d shots, %d backgrounds", n, len(r.Values), len(r.Shots), len(r.Background))
	}
	for k, c := range channels {
		if len(r.Values[k]) != c.Bins {
			return fmt.Errorf("channel %s has %d bins, not %d", c.ID, len(r.Values[k]), c.Bins)
		}
		for i, v := range r.Values[k] {
			if math.IsInf(v, 0) {
				return fmt.Errorf("channel %s, bin %d is infinite", c.ID, i)
			}
		}
	}
	return nil
}

func csvRow(b []byte, r scan.Ray) ([]byte, error) {
	b = r.Start.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, ',')
	b = r.Stop.UTC().AppendFormat(b, time.RFC3339Nano)
	b = appendNumber(append(b, ','), r.AzimuthDeg, "")
	b = appendNumber(append(b, ','), r.ElevationDeg, "")
	b = strconv.AppendInt(append(b, ','), int64(boolInt(r.Parked)), 10)
	for k, values := range r.Values {
		b = strconv.AppendInt(append(b, ','), int64(r.Shots[k]), 10)
		b = append(b, ',')
		if r.Background != nil {
			b = appendNumber(b, r.Background[k], "")
		}
		for _, v := range values {
			b = appendNumber(append(b, ','), v, "")
		}
	}
	return b, nil
}

func jsonRow(b []byte, r scan.Ray) ([]byte, error) {
	start, stop := r.Start.UTC().Format(time.RFC3339Nano), r.Stop.UTC().Format(time.RFC3339Nano)
	out := polarRay{Start: &start, Stop: &stop, Azimuth: &r.AzimuthDeg, Elevation: &r.ElevationDeg, Parked: r.Parked, Shots: r.Shots, Background: r.Background}
	for _, v := range r.Values {
		out.Values = append(out.Values, v)
	}
	object, err := json.Marshal(out)
	return append(b, object...), err
}

// appendNumber writes the shortest digits that read back as the same bits.
func appendNumber(b []byte, v float64, none string) []byte {
	if math.IsNaN(v) {
		return append(b, none...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}
