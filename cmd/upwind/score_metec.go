package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"upwind"
	"upwind/fixtures"
	"upwind/ingest/weather"
	"upwind/tracing"
)

// release is one controlled release of METEC ADED 2022.
type release struct {
	start, end time.Time
	at         orb.Point
	gramsPerS  float64
}

// metecWindow is how much of the record around a release a trace is given.
const metecWindow = 2 * time.Hour

// scoreMETEC traces each single release with the free positions alone: no site is listed. The windows of
// the releases are given, as in the published comparisons; everything else is as in service.
func scoreMETEC(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "upwind-metec-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := fixtures.METEC(shared, dir); err != nil {
		return nil, err
	}
	readings, err := readWith(filepath.Join(dir, "readings.csv"), weather.ReadReadingsCSV)
	if err != nil {
		return nil, err
	}
	wind, err := readWith(filepath.Join(dir, "wind.csv"), weather.ReadWindCSV)
	if err != nil {
		return nil, err
	}
	releases, err := readReleases(filepath.Join(shared, "tracing/metec/releases.csv"))
	if err != nil {
		return nil, err
	}
	triggers := tracing.Exceedances(readings, tracing.ExceedanceOptions{})
	var errs []float64
	var slowest time.Duration
	factor2, covered := 0, 0
	for _, r := range releases {
		t, ok := strongest(triggers, r)
		if !ok {
			errs = append(errs, math.Inf(1))
			continue
		}
		begin := time.Now()
		got, err := tracing.Run(ctx, tracing.Input{Trigger: t,
			Wind:     during(wind, r.start.Add(-metecWindow), r.end, func(w upwind.Wind) time.Time { return w.Start }),
			Readings: during(readings, r.start.Add(-metecWindow), r.end.Add(metecWindow), func(o upwind.Observation) time.Time { return o.Start }),
		}, nil)
		if err != nil {
			return nil, err
		}
		slowest = max(slowest, time.Since(begin))
		if len(got.Sources) == 0 {
			errs = append(errs, math.Inf(1))
			continue
		}
		best := got.Sources[0]
		errs = append(errs, geo.Distance(r.at, orb.Point{best.Lon, best.Lat}))
		if q := best.Rate; q != nil {
			if q.Median > r.gramsPerS/2 && q.Median < 2*r.gramsPerS {
				factor2++
			}
			if q.Lo90 <= r.gramsPerS && r.gramsPerS <= q.Hi90 {
				covered++
			}
		}
	}
	sort.Float64s(errs)
	n := float64(len(errs))
	note := fmt.Sprintf("%d releases, no site listed", len(errs))
	return []Figure{
		{"real", "METEC location error, median", errs[len(errs)/2], "m", "7 (later piece)", note},
		{"real", "METEC location error, 90th percentile", errs[int(math.Ceil(0.9*n))-1], "m", "15 (later piece)", ""},
		{"real", "METEC rate within a factor of 2", float64(factor2) / n, "", "8 of 9 (later piece)", ""},
		{"real", "METEC 90 % rate interval holds", float64(covered) / n, "", "0.85-0.95 (later piece)", ""},
		{"real", "METEC slowest event", slowest.Seconds(), "s", "1", ""},
	}, nil
}

// strongest is the event with the greatest dose inside a release, cut to it.
func strongest(triggers []upwind.Trigger, r release) (best upwind.Trigger, ok bool) {
	top := 0.0
	for _, t := range triggers {
		cut, some := tracing.Clip(t, r.start, r.end)
		if !some {
			continue
		}
		dose := 0.0
		for _, p := range cut.Receptors {
			dose += p.Excess * p.DurationS
		}
		if dose > top {
			best, top, ok = cut, dose, true
		}
	}
	return best, ok
}

func readWith[T any](path string, read func(string, io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(filepath.Base(path), f)
}

func during[T any](all []T, from, to time.Time, at func(T) time.Time) []T {
	var out []T
	for _, x := range all {
		if t := at(x); !t.Before(from) && t.Before(to) {
			out = append(out, x)
		}
	}
	return out
}

func readReleases(path string) ([]release, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	const layout = "2006-01-02 15:04:05-07:00"
	var out []release
	for _, row := range rows[1:] {
		num := func(name string) (v float64) {
			v, nerr := strconv.ParseFloat(row[column[name]], 64)
			if nerr != nil {
				err = nerr
			}
			return v
		}
		var r release
		var serr, eerr error
		r.start, serr = time.Parse(layout, row[column["tc_ExpStartDatetime"]])
		r.end, eerr = time.Parse(layout, row[column["tc_ExpEndDatetime"]])
		r.at = orb.Point{num("tc_Longitude"), num("tc_Latitude")}
		r.gramsPerS = num("tc_C1MassFlow") / 3600
		if err != nil || serr != nil || eerr != nil {
			return nil, fmt.Errorf("%s: a release cannot be read: %v", path, row)
		}
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start.Before(out[j].start) })
	return out, nil
}
