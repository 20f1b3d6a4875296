package tracing_test

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing"
)

func dataDir(t testing.TB, sub string) string {
	t.Helper()
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: %s is not here (set UPWIND_DATA)", sub)
	}
	return dir
}

// table reads a CSV with a header (and perhaps a BOM) as maps.
func table(t testing.TB, file string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, v := range r {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

func num(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

type release struct {
	start, end time.Time
	at         orb.Point
	gramsPerS  float64
	group      string
}

type metec struct {
	obs      []upwind.Observation
	wind     []upwind.Wind
	releases []release
	groups   []upwind.Site
}

func readMETEC(t testing.TB) metec {
	dir := dataDir(t, "tracing/metec")
	var m metec
	type place struct{ lon, lat, h float64 }
	sensors := map[string]place{}
	var names []string
	for _, r := range table(t, filepath.Join(dir, "sensor_locations.csv")) {
		sensors[r["name"]] = place{num(r["lon"]), num(r["lat"]), num(r["height"])}
		names = append(names, r["name"])
	}
	sort.Strings(names)
	var lon, lat float64
	for _, n := range names {
		lon, lat = lon+sensors[n].lon/float64(len(names)), lat+sensors[n].lat/float64(len(names))
	}
	for _, r := range table(t, filepath.Join(dir, "obs_wind_1min.csv")) {
		at, err := time.Parse(time.RFC3339, r["time_utc"])
		require.NoError(t, err)
		if ws, wd := num(r["ws_ms"]), num(r["wd_from_deg"]); !math.IsNaN(ws + wd) {
			u, v := upwind.UV(ws, wd)
			m.wind = append(m.wind, upwind.Wind{StationID: "met", Start: at, DurationS: 60, Lon: lon, Lat: lat, U: u, V: v})
		}
		for _, n := range names {
			if v := num(r[n]); !math.IsNaN(v) {
				p := sensors[n]
				m.obs = append(m.obs, upwind.Observation{StationID: n, Start: at, DurationS: 60, Lon: p.lon, Lat: p.lat, HeightM: p.h,
					Species: "CH4", Value: v, Unit: "ppm"})
			}
		}
	}
	for _, r := range table(t, filepath.Join(dir, "source_locations.csv")) {
		m.groups = append(m.groups, upwind.Site{ID: r["name"], Name: r["name"], HeightM: num(r["height"]),
			Geometry: geojson.NewGeometry(orb.Point{num(r["lon"]), num(r["lat"])})})
	}
	const layout = "2006-01-02 15:04:05-07:00"
	for _, r := range table(t, filepath.Join(dir, "releases.csv")) {
		s, err := time.Parse(layout, r["tc_ExpStartDatetime"])
		require.NoError(t, err)
		e, err := time.Parse(layout, r["tc_ExpEndDatetime"])
		require.NoError(t, err)
		rel := release{start: s, end: e, at: orb.Point{num(r["tc_Longitude"]), num(r["tc_Latitude"])}, gramsPerS: num(r["tc_C1MassFlow"]) / 3600}
		rel.group = m.nearest(rel.at)
		m.releases = append(m.releases, rel)
	}
	sort.Slice(m.releases, func(i, j int) bool { return m.releases[i].start.Before(m.releases[j].start) })
	return m
}

func (m metec) nearest(p orb.Point) string {
	best, name := math.Inf(1), ""
	for _, g := range m.groups {
		if d := geo.Distance(p, g.Geometry.Geometry().(orb.Point)); d < best {
			best, name = d, g.ID
		}
	}
	return name
}

// around is the readings and wind of a time span.
func (m metec) around(lo, hi time.Time) (obs []upwind.Observation, wind []upwind.Wind) {
	for _, o := range m.obs {
		if !o.Start.Before(lo) && o.Start.Before(hi) {
			obs = append(obs, o)
		}
	}
	for _, w := range m.wind {
		if !w.Start.Before(lo) && w.Start.Before(hi) {
			wind = append(wind, w)
		}
	}
	return obs, wind
}

// strongest is the event with the greatest excess in a release, cut to it.
func strongest(ts []upwind.Trigger, r release) (best upwind.Trigger, ok bool) {
	top := 0.0
	for _, t := range ts {
		c, some := tracing.Clip(t, r.start, r.end)
		if !some {
			continue
		}
		sum := 0.0
		for _, p := range c.Receptors {
			sum += p.Excess * p.DurationS
		}
		if sum > top {
			best, top, ok = c, sum, true
		}
	}
	return best, ok
}

// The nine single releases of METEC ADED 2022. Windows of the releases are given to pick the event and to
// choose the readings, as in the published comparisons; everything else is as in service.
func TestMETECReleases(t *testing.T) {
	m := readMETEC(t)
	triggers := tracing.Exceedances(m.obs, tracing.ExceedanceOptions{})
	t.Logf("%d events in the record", len(triggers))
	opt := tracing.Options{PressurePa: 85000, TempC: 15}
	var errs []float64
	free, listed, factor2, covered := 0, 0, 0, 0
	for _, r := range m.releases {
		tr, ok := strongest(triggers, r)
		if !ok {
			t.Logf("%s  %-15s missed: no event", r.start.Format("01-02 15:04"), r.group)
			errs = append(errs, math.Inf(1))
			continue
		}
		obs, wind := m.around(r.start.Add(-6*time.Hour), r.end.Add(6*time.Hour))
		began := time.Now()
		got, err := tracing.Run(context.Background(), tracing.Input{Trigger: tr, Wind: wind, Readings: obs, Options: opt}, nil)
		require.NoError(t, err)
		took := time.Since(began)
		require.NotEmpty(t, got.Sources)
		require.InDelta(t, 1, got.UnknownProbability, 1e-9)
		top := got.Sources[0]
		d := geo.Distance(orb.Point{top.Lon, top.Lat}, r.at)
		errs = append(errs, d)
		if m.nearest(orb.Point{top.Lon, top.Lat}) == r.group {
			free++
		}
		q := top.Rate
		require.NotNil(t, q)
		if q.Median > r.gramsPerS/2 && q.Median < r.gramsPerS*2 {
			factor2++
		}
		if q.Lo90 <= r.gramsPerS && r.gramsPerS <= q.Hi90 {
			covered++
		}
		with, err := tracing.Run(context.Background(), tracing.Input{Trigger: tr, Wind: wind, Readings: obs, Sites: m.groups, Options: opt}, nil)
		require.NoError(t, err)
		site := ""
		for _, s := range with.Sources {
			if s.SiteID != "" {
				site = s.SiteID
				break
			}
		}
		if site == r.group {
			listed++
		}
		t.Logf("%s  %-15s event %s-%s  free %5.1f m (%.2f, group %-15s)  listed %-15s %.2f unknown %.2f  rate %.2f [%.2f %.2f] true %.2f g/s  %v",
			r.start.Format("01-02 15:04"), r.group, tr.Start.Format("15:04"), tr.End.Format("15:04"), d, top.Probability,
			m.nearest(orb.Point{top.Lon, top.Lat}), site, with.Sources[0].Probability, with.UnknownProbability,
			q.Median, q.Lo90, q.Hi90, r.gramsPerS, took.Round(time.Millisecond))
		for _, s := range got.Reasons {
			t.Log("    ", s)
		}
	}
	sort.Float64s(errs)
	n := len(errs)
	t.Logf("METEC: location error median %.1f m, mean of found, p90 %.1f m; group by free position %d/%d, by listed sites %d/%d; rate within 2 %d/%d, in 90 %% interval %d/%d",
		errs[n/2], errs[int(math.Ceil(0.9*float64(n)))-1], free, n, listed, n, factor2, n, covered, n)
	require.Less(t, errs[n/2], 30.0, "median location error, m: five groups lie 30 m apart")
	require.GreaterOrEqual(t, listed, 5, "of nine releases, the right group among the five listed")
}
