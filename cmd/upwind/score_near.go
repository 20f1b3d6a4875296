package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/fixtures"
	"upwind/ingest/weather"
	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
)

const methaneGramsPerMol = 16.043

func methanePerPPM(pa, tempC float64) float64 { return near.GramsPerPPM(methaneGramsPerMol, pa, tempC) }

// scoreNear runs the near-field engine on the three field experiments.
func scoreNear(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	var out []Figure
	for _, part := range []func(context.Context, string) ([]Figure, error){nearMETEC, nearChilbolton, nearGinninderra} {
		figures, err := part(ctx, shared)
		if err != nil {
			return nil, err
		}
		out = append(out, figures...)
	}
	return out, nil
}

// tally counts what happens to events whose truth is known.
type tally struct {
	errs, ratios           []float64
	factor2, covered, in90 int
	freeGroup, listedGroup int
	hpdM2                  []float64
	slowest                time.Duration
	turned, width          []float64
}

func (t *tally) add(s invert.Source, truth plane.Point, gramsPerS float64) {
	t.errs = append(t.errs, s.At.To(truth))
	t.rate(s.Rate, gramsPerS)
	if s.Holds(s.HPD90, truth) {
		t.in90++
	}
	t.hpdM2 = append(t.hpdM2, float64(len(s.HPD90))*s.CellM*s.CellM)
}

func (t *tally) rate(q invert.Rate, gramsPerS float64) {
	if q.Median > gramsPerS/2 && q.Median < 2*gramsPerS {
		t.factor2++
	}
	if q.Lo90 <= gramsPerS && gramsPerS <= q.Hi90 {
		t.covered++
	}
	t.ratios = append(t.ratios, q.Median/gramsPerS)
	t.width = append(t.width, q.Hi90/q.Lo90)
}

// at is the order statistic that a share p of the sorted values does not exceed.
func at(v []float64, p float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[min(max(int(math.Ceil(p*float64(len(s))))-1, 0), len(s)-1)]
}

// freeOf is the best unlisted source of an answer.
func freeOf(a invert.Answer) (invert.Source, bool) {
	for _, s := range a.Sources {
		if s.Site < 0 {
			return s, true
		}
	}
	return invert.Source{}, false
}

// nearMETEC traces each single release of METEC ADED 2022 with its window given: free positions with no site listed,
// then with the five groups listed.
func nearMETEC(ctx context.Context, shared string) ([]Figure, error) {
	readings, wind, err := metecTables(shared)
	if err != nil {
		return nil, err
	}
	releases, err := readReleases(filepath.Join(shared, "tracing/metec/releases.csv"))
	if err != nil {
		return nil, err
	}
	groups, err := metecGroups(shared)
	if err != nil {
		return nil, err
	}
	var t tally
	for _, r := range releases {
		g := near.Given{
			Readings: during(readings, r.start.Add(-time.Hour), r.end, func(o upwind.Observation) time.Time { return o.Start }),
			Wind:     during(wind, r.start.Add(-metecWindow), r.end, func(w upwind.Wind) time.Time { return w.Start }),
			From:     r.start, To: r.end,
		}
		g.PerUnit = methanePerPPM(*wind[0].PressPa, *wind[0].TempC)
		nearest := nearestGroup(groups, r.at)
		p, pl, err := near.Assemble(g)
		if err != nil {
			return nil, err
		}
		p.Whole = true
		began := time.Now()
		a, err := near.Run(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		t.slowest = max(t.slowest, time.Since(began))
		t.turned = append(t.turned, a.RotationRad*180/math.Pi)
		if s, ok := freeOf(a); ok {
			t.add(s, pl.XY(r.at[0], r.at[1]), r.gramsPerS)
			lon, lat := pl.LonLat(s.At.Point)
			if nearestGroup(groups, orb.Point{lon, lat}) == nearest {
				t.freeGroup++
			}
		}
		g.Sites = groups
		if p, _, err = near.Assemble(g); err != nil {
			return nil, err
		}
		p.Whole = true
		if a, err = near.Run(ctx, p, nil); err != nil {
			return nil, err
		}
		for _, s := range a.Sources {
			if s.Site >= 0 {
				if s.Site == nearest {
					t.listedGroup++
				}
				break
			}
		}
	}
	n := float64(len(releases))
	note := fmt.Sprintf("%d releases, windows given, no site listed", len(releases))
	return []Figure{
		{"real", "near: METEC location error, median", at(t.errs, 0.5), "m", "7", note},
		{"real", "near: METEC location error, 90th percentile", at(t.errs, 0.9), "m", "15", ""},
		{"real", "near: METEC right group of 5, free position", float64(t.freeGroup) / n, "", "8 of 9", ""},
		{"real", "near: METEC right group of 5, groups listed", float64(t.listedGroup) / n, "", "8 of 9", ""},
		{"real", "near: METEC rate within a factor of 2", float64(t.factor2) / n, "", "8 of 9", ""},
		{"real", "near: METEC 90 % rate interval holds", float64(t.covered) / n, "", "0.85-0.95", fmt.Sprintf("median width a factor of %.1f", at(t.width, 0.5))},
		{"real", "near: METEC 90 % region holds", float64(t.in90) / n, "", "0.85-0.95", fmt.Sprintf("median area %.0f m2", at(t.hpdM2, 0.5))},
		{"real", "near: METEC turn of the wind, median", at(t.turned, 0.5), "deg", "", ""},
		{"real", "near: METEC slowest event", t.slowest.Seconds(), "s", "1", ""},
	}, nil
}

func metecTables(shared string) ([]upwind.Observation, []upwind.Wind, error) {
	dir, err := os.MkdirTemp("", "upwind-metec-*")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	if err := fixtures.METEC(shared, dir); err != nil {
		return nil, nil, err
	}
	readings, err := readWith(filepath.Join(dir, "readings.csv"), weather.ReadReadingsCSV)
	if err != nil {
		return nil, nil, err
	}
	wind, err := readWith(filepath.Join(dir, "wind.csv"), weather.ReadWindCSV)
	return readings, wind, err
}

// metecGroups are the five equipment groups as sites.
func metecGroups(shared string) ([]upwind.Site, error) {
	rows, err := numberTable(filepath.Join(shared, "tracing/metec/source_locations.csv"))
	if err != nil {
		return nil, err
	}
	var out []upwind.Site
	for _, r := range rows {
		out = append(out, upwind.Site{ID: r.text["name"], Name: r.text["name"], HeightM: r.num["height"],
			Geometry: geojson.NewGeometry(orb.Point{r.num["lon"], r.num["lat"]})})
	}
	return out, nil
}

// nearestGroup is the index of the site nearest to a point, by degrees scaled at its latitude.
func nearestGroup(groups []upwind.Site, p orb.Point) int {
	best, at := math.Inf(1), -1
	for i, g := range groups {
		q := g.Geometry.Geometry().(orb.Point)
		if d := math.Hypot((q[0]-p[0])*math.Cos(p[1]*math.Pi/180), q[1]-p[1]); d < best {
			best, at = d, i
		}
	}
	return at
}
