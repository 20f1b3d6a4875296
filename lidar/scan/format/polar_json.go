package format

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"upwind"
	"upwind/lidar/scan"
)

// polarRay is a line of a polar JSON lines file.
type polarRay struct {
	Start      *string    `json:"start_utc"`
	Stop       *string    `json:"stop_utc"`
	Azimuth    *float64   `json:"azimuth_deg"`
	Elevation  *float64   `json:"elevation_deg"`
	Parked     bool       `json:"parked,omitempty"`
	Shots      []int      `json:"shots,omitempty"`
	Background nullable   `json:"background,omitempty"`
	Values     []nullable `json:"values"`
}

// nullable are numbers of which null is NaN.
type nullable []float64

// UnmarshalJSON reads an array of numbers and nulls.
func (n *nullable) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if string(b) == "null" {
		*n = nil
		return nil
	}
	if len(b) < 2 || b[0] != '[' {
		return errors.New("an array of numbers was expected")
	}
	b = bytes.TrimSpace(b[1 : len(b)-1])
	out := make(nullable, 0, bytes.Count(b, []byte(","))+1)
	for len(b) > 0 {
		item, rest, _ := bytes.Cut(b, []byte(","))
		text := string(bytes.TrimSpace(item))
		v, ok := number(text)
		switch {
		case text == "null":
			v = math.NaN()
		case !ok:
			return fmt.Errorf("value %d, %s, is neither a number nor null", len(out), quoted(text))
		}
		out, b = append(out, v), rest
	}
	*n = out
	return nil
}

// MarshalJSON writes NaN as null.
func (n nullable) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, v, "null")
	}
	return append(b, ']'), nil
}

func parsePolarJSON(ctx context.Context, f File, _ Options) (*scan.Scan, error) {
	b, err := load(f)
	if err != nil {
		return nil, err
	}
	l := &lines{name: f.Name, rest: b}
	first, _ := l.next()
	h, err := parsePolarHeader(l, first, 1)
	if err != nil {
		return nil, err
	}
	s := h.scan()
	for {
		line, ok := l.next()
		if !ok {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 && len(bytes.TrimSpace(l.rest)) == 0 {
			break
		}
		r, err := polarLine(l, line, h.Channels)
		if err != nil {
			return s, err
		}
		r.File = fmt.Sprintf("%s, line %d", f.Name, l.n)
		s.Rays = append(s.Rays, r)
	}
	if len(s.Rays) == 0 {
		return nil, upwind.Refuse(f.Name, fmt.Sprintf("line %d", l.n), "no rays follow the header", doPolar)
	}
	return s, nil
}

// polarLine reads one ray.
func polarLine(l *lines, line []byte, channels []scan.Channel) (scan.Ray, error) {
	var in polarRay
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return scan.Ray{}, upwind.Refuse(l.name, fmt.Sprintf("line %d, column %d", l.n, jsonOffset(err, dec)+1), "the ray is not as described: "+jsonWords(err), doPolar)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return scan.Ray{}, upwind.Refuse(l.name, fmt.Sprintf("line %d, column %d", l.n, dec.InputOffset()+1), "something follows the ray's object", doPolar)
	}
	refuse := func(column, what string) (scan.Ray, error) {
		return scan.Ray{}, upwind.Refuse(l.name, fmt.Sprintf("line %d, %s", l.n, column), what, doPolar)
	}
	switch {
	case in.Start == nil:
		return refuse("start_utc", "is missing")
	case in.Stop == nil:
		return refuse("stop_utc", "is missing")
	case in.Azimuth == nil:
		return refuse("azimuth_deg", "is missing")
	case in.Elevation == nil:
		return refuse("elevation_deg", "is missing")
	}
	r := scan.Ray{AzimuthDeg: *in.Azimuth, ElevationDeg: *in.Elevation, Parked: in.Parked, Shots: in.Shots, Background: in.Background}
	var what string
	if r.Start, what = polarTime(*in.Start); what != "" {
		return refuse("start_utc", what)
	}
	if r.Stop, what = polarTime(*in.Stop); what != "" {
		return refuse("stop_utc", what)
	}
	if at, what := rayFault(r); what != "" {
		return refuse(at, what)
	}
	if r.Shots == nil {
		r.Shots = make([]int, len(channels))
	}
	if n := len(channels); len(r.Shots) != n || len(in.Values) != n || r.Background != nil && len(r.Background) != n {
		return refuse("values", fmt.Sprintf("%d channels in the header; shots has %d, background %d, values %d", n, len(r.Shots), len(r.Background), len(in.Values)))
	}
	for k, c := range channels {
		if n := r.Shots[k]; n < 0 || n > maxShots {
			return refuse("shots", fmt.Sprintf("%d is no number of shots", n))
		}
		if len(in.Values[k]) != c.Bins {
			return refuse("values of "+c.ID, fmt.Sprintf("%d bins; the header states %d", len(in.Values[k]), c.Bins))
		}
		r.Values = append(r.Values, in.Values[k])
	}
	return r, nil
}
