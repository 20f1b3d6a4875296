package format

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"upwind"
	"upwind/lidar/scan"
)

// polarColumns are the columns before those of the channels.
var polarColumns = []string{"start_utc", "stop_utc", "azimuth_deg", "elevation_deg", "parked"}

// columns of a polar CSV: those of the ray, then for each channel its shots, its background and its bins.
func (h *polarHeader) columns() []string {
	out := append([]string(nil), polarColumns...)
	for _, c := range h.Channels {
		out = append(out, c.ID+".shots", c.ID+".background")
		for i := range c.Bins {
			out = append(out, c.ID+"."+strconv.Itoa(i))
		}
	}
	return out
}

// columnCount is len(columns()) without making them: a header must not ask for more than the file has.
func (h *polarHeader) columnCount() int {
	n := len(polarColumns)
	for _, c := range h.Channels {
		n += 2 + c.Bins
	}
	return n
}

func parsePolarCSV(ctx context.Context, f File, _ Options) (*scan.Scan, error) {
	b, err := load(f)
	if err != nil {
		return nil, err
	}
	l := &lines{name: f.Name, rest: bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))}
	first, _ := l.next()
	h, err := parsePolarHeader(l, bytes.TrimPrefix(first, []byte(polarMark)), len(polarMark)+1)
	if err != nil {
		return nil, err
	}
	names, err := h.checkColumns(l)
	if err != nil {
		return nil, err
	}
	s := h.scan()
	blank := 0
	for {
		line, ok := l.next()
		if !ok {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			blank = l.n
			continue
		}
		if blank > 0 {
			return s, upwind.Refuse(f.Name, fmt.Sprintf("line %d", blank), "an empty line among the rays", "remove it")
		}
		r, err := polarRow(l, line, names, h.Channels)
		if err != nil {
			return s, err
		}
		r.File = fmt.Sprintf("%s, line %d", f.Name, l.n)
		s.Rays = append(s.Rays, r)
	}
	if len(s.Rays) == 0 {
		return nil, upwind.Refuse(f.Name, fmt.Sprintf("line %d", l.n), "no rays follow the column names", doPolar)
	}
	return s, nil
}

// checkColumns compares the second line with what the header asks for.
func (h *polarHeader) checkColumns(l *lines) ([]string, error) {
	line, ok := l.next()
	if !ok {
		return nil, l.refuse(0, "the line of column names was to follow", doPolar)
	}
	if have, want := bytes.Count(line, []byte(","))+1, h.columnCount(); have != want {
		return nil, l.refuse(0, fmt.Sprintf("%d columns; the header's channels need %d", have, want), doPolar)
	}
	want := h.columns()
	for i, have := range strings.Split(string(line), ",") {
		if strings.TrimSpace(have) != want[i] {
			return nil, upwind.Refuse(l.name, fmt.Sprintf("line %d, column %d", l.n, i+1), quoted(have)+" was to be "+want[i], doPolar)
		}
	}
	return want, nil
}

// polarRow reads one ray.
func polarRow(l *lines, line []byte, names []string, channels []scan.Channel) (r scan.Ray, err error) {
	if have := bytes.Count(line, []byte(",")) + 1; have != len(names) {
		return r, l.refuse(0, fmt.Sprintf("%d values; the header asks for %d", have, len(names)), doPolar)
	}
	column := -1
	refuse := func(what string) error {
		return upwind.Refuse(l.name, fmt.Sprintf("line %d, column %s", l.n, names[column]), what, doPolar)
	}
	next := func() string {
		field, rest, _ := bytes.Cut(line, []byte(","))
		line, column = rest, column+1
		return strings.TrimSpace(string(field))
	}
	var what string
	if r.Start, what = polarTime(next()); what != "" {
		return r, refuse(what)
	}
	if r.Stop, what = polarTime(next()); what != "" {
		return r, refuse(what)
	}
	for _, to := range []*float64{&r.AzimuthDeg, &r.ElevationDeg} {
		text := next()
		v, ok := number(text)
		if !ok {
			return r, refuse(quoted(text) + " is not a number")
		}
		*to = v
	}
	switch text := next(); text {
	case "", "0":
	case "1":
		r.Parked = true
	default:
		return r, refuse(quoted(text) + " is neither 0 nor 1")
	}
	if at, what := rayFault(r); what != "" {
		return r, upwind.Refuse(l.name, fmt.Sprintf("line %d, column %s", l.n, at), what, doPolar)
	}
	return r, polarValues(&r, channels, next, refuse)
}

// polarValues reads the columns of the channels.
func polarValues(r *scan.Ray, channels []scan.Channel, next func() string, refuse func(string) error) error {
	stated := false
	r.Background = make([]float64, len(channels))
	for k, c := range channels {
		text := next()
		shots, ok := whole(text, 0, maxShots)
		if text != "" && !ok {
			return refuse(quoted(text) + " is no number of shots")
		}
		r.Shots = append(r.Shots, shots)
		v := make([]float64, 1+c.Bins)
		for i := range v {
			text := next()
			if text == "" {
				v[i] = math.NaN()
				continue
			}
			if v[i], ok = number(text); !ok {
				return refuse(quoted(text) + " is not a number; leave it empty where there is none")
			}
		}
		r.Background[k] = v[0]
		stated = stated || !math.IsNaN(v[0])
		r.Values = append(r.Values, v[1:])
	}
	if !stated {
		r.Background = nil
	}
	return nil
}
