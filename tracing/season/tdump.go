package season

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"upwind"
)

// Limits on a HYSPLIT endpoint file.
const (
	maxTdumpLine   = 4096
	maxTdumpGrids  = 1000
	maxTdumpPaths  = 10_000
	maxTdumpPoints = 2_000_000
)

// tdump reads a file line by line.
type tdump struct {
	name string
	scan *bufio.Scanner
	line int
}

func (t *tdump) bad(what string) error {
	return upwind.Refuse(t.name, fmt.Sprintf("line %d", t.line), what, "hand in an endpoint file of HYSPLIT's trajectory model (tdump)")
}

// fields is the next line that is not empty.
func (t *tdump) fields() ([]string, error) {
	for t.scan.Scan() {
		t.line++
		if f := strings.Fields(t.scan.Text()); len(f) > 0 {
			return f, nil
		}
	}
	if err := t.scan.Err(); errors.Is(err, bufio.ErrTooLong) {
		t.line++
		return nil, t.bad(fmt.Sprintf("it is longer than %d bytes", maxTdumpLine))
	} else if err != nil {
		return nil, fmt.Errorf("season: reading %s: %w", t.name, err)
	}
	return nil, nil
}

// count reads a line that begins with a number of things.
func (t *tdump) count(what string, most int) (int, error) {
	f, err := t.fields()
	if err != nil {
		return 0, err
	}
	if f == nil {
		return 0, t.bad("the file ends before the number of " + what)
	}
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 1 || n > most {
		return 0, t.bad(fmt.Sprintf("%.20q is no number of %s", f[0], what))
	}
	return n, nil
}

// ReadTdump reads the endpoint file of HYSPLIT's trajectory model (User's Guide, section 2.8; Draxler & Hess 1998):
// the meteorological grids, the starts, the names of diagnostics, then an end point a line. Trajectories come in the
// order of their numbers, their points by age. Two-digit years are 1970 to 2069. Forward trajectories are refused.
// The error is an [*upwind.Refusal] that names file and line, or the reader's own.
func ReadTdump(name string, r io.Reader) ([]Trajectory, error) {
	t := &tdump{name: name, scan: bufio.NewScanner(r)}
	t.scan.Buffer(make([]byte, 0, 1024), maxTdumpLine)
	grids, err := t.count("grids", maxTdumpGrids)
	if err != nil {
		return nil, err
	}
	for range grids {
		if f, err := t.fields(); err != nil {
			return nil, err
		} else if f == nil {
			return nil, t.bad("the file ends among its grids")
		}
	}
	paths, err := t.starts()
	if err != nil {
		return nil, err
	}
	if f, err := t.fields(); err != nil {
		return nil, err
	} else if f == nil {
		return nil, t.bad("the names of the diagnostics are missing")
	}
	return t.points(paths)
}

// starts reads the line with number and direction, then a line a start.
func (t *tdump) starts() (int, error) {
	f, err := t.fields()
	if err != nil {
		return 0, err
	}
	if len(f) < 2 {
		return 0, t.bad("number and direction of the trajectories are missing")
	}
	n, err := strconv.Atoi(f[0])
	if err != nil || n < 1 || n > maxTdumpPaths {
		return 0, t.bad(fmt.Sprintf("%.20q is no number of trajectories", f[0]))
	}
	if !strings.EqualFold(f[1], "BACKWARD") {
		return 0, t.bad("the trajectories run " + strings.ToLower(fmt.Sprintf("%.20s", f[1])) + ", not backward")
	}
	for range n {
		if f, err := t.fields(); err != nil {
			return 0, err
		} else if len(f) < 7 {
			return 0, t.bad("a start has year, month, day, hour, latitude, longitude and height")
		}
	}
	return n, nil
}

func (t *tdump) points(paths int) ([]Trajectory, error) {
	type stamped struct {
		Point
		at time.Time
	}
	all := make([][]stamped, paths)
	for n := 0; ; n++ {
		f, err := t.fields()
		if err != nil {
			return nil, err
		}
		if f == nil {
			break
		}
		if n >= maxTdumpPoints {
			return nil, t.bad(fmt.Sprintf("more than %d end points", maxTdumpPoints))
		}
		if len(f) < 12 {
			return nil, t.bad("an end point has at least 12 numbers")
		}
		id, p, at, err := t.point(f)
		if err != nil {
			return nil, err
		}
		if id > paths {
			return nil, t.bad(fmt.Sprintf("trajectory %d of %d", id, paths))
		}
		all[id-1] = append(all[id-1], stamped{p, at})
	}
	var out []Trajectory
	for i, ps := range all {
		if len(ps) == 0 {
			return nil, upwind.Refuse(t.name, "", fmt.Sprintf("trajectory %d has no end points", i+1), "the file is cut short; hand it in again")
		}
		slices.SortStableFunc(ps, func(a, b stamped) int { return cmp.Compare(a.AgeS, b.AgeS) })
		tr := Trajectory{Arrival: ps[0].at.Add(time.Duration(ps[0].AgeS * float64(time.Second)))}
		for _, p := range ps {
			tr.Points = append(tr.Points, p.Point)
		}
		out = append(out, tr)
	}
	return out, nil
}

// point reads the numbers of an end point.
func (t *tdump) point(f []string) (id int, p Point, at time.Time, err error) {
	var v [12]float64
	for i := range v {
		x, err := strconv.ParseFloat(f[i], 64)
		if err != nil || !finite(x) {
			return 0, p, at, t.bad(fmt.Sprintf("%.20q is no number", f[i]))
		}
		v[i] = x
	}
	id = int(v[0])
	if id < 1 || math.Abs(v[9]) > 90 || math.Abs(v[10]) > 360 || v[3] < 1 || v[3] > 12 || v[4] < 1 || v[4] > 31 || v[5] < 0 || v[5] > 24 || v[6] < 0 || v[6] > 60 {
		return 0, p, at, t.bad("number, time or place of an end point is out of range")
	}
	year := int(v[2])
	if year < 70 {
		year += 2000
	} else if year < 100 {
		year += 1900
	}
	at = time.Date(year, time.Month(int(v[3])), int(v[4]), int(v[5]), int(v[6]), 0, 0, time.UTC)
	p = Point{AgeS: 0 - v[8]*3600, Lat: v[9], Lon: v[10], HeightM: v[11]}
	if math.Abs(p.Lon) > 180 {
		p.Lon = turn(p.Lon)
	}
	if p.AgeS < -1 {
		return 0, p, at, t.bad("an end point lies after the arrival")
	}
	return id, p, at, nil
}
