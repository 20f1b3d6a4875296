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
	"upwind/tracing/invert"
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

// The nine single releases of METEC ADED 2022, their windows given, as in the published comparisons.
func TestMETECReleases(t *testing.T) {
	if raceDetector {
		t.Skip("skipped METEC: the race detector is on")
	}
	m := readMETEC(t)
	var errs []float64
	free, listed := 0, 0
	for _, r := range m.releases {
		x := m.explain(t, r, func(*upwind.Wind) {})
		place, site := bestOf(x)
		lon, lat := x.Plane.LonLat(place.At.Point)
		at := orb.Point{lon, lat}
		errs = append(errs, geo.Distance(at, r.at))
		if m.nearest(at) == r.group {
			free++
		}
		if site.Site >= 0 && m.groups[site.Site].ID == r.group {
			listed++
		}
		t.Logf("%s %-14s free %5.1f m, %-14s %.2f g/s [%.2f %.2f], true %.2f; none of the listed %.2f", r.start.Format("01-02 15:04"), r.group,
			errs[len(errs)-1], m.nearest(at), place.Rate.Median, place.Rate.Lo90, place.Rate.Hi90, r.gramsPerS, x.None)
	}
	sort.Float64s(errs)
	n := len(errs)
	t.Logf("METEC: location error median %.1f m, p90 %.1f m; right group by free position %d/%d, by listed sites %d/%d", errs[n/2],
		errs[int(math.Ceil(0.9*float64(n)))-1], free, n, listed, n)
	require.Less(t, errs[n/2], 12.0, "median location error, m: the groups lie 33 m apart and more")
	require.GreaterOrEqual(t, free, 8, "of nine, the right group by free position")
	require.GreaterOrEqual(t, listed, 8, "of nine, the right group among those listed")
}

// Reading "comes from" as "blows to", or a clock an hour off, must be noticed, and nothing when all is well.
func TestMETECMisreadWind(t *testing.T) {
	if raceDetector {
		t.Skip("skipped METEC with its wind misread: the race detector is on")
	}
	m := readMETEC(t)
	count := func(text string, change func(*upwind.Wind)) (warned int) {
		for i, r := range m.releases {
			if i%2 == 0 && strings.Contains(strings.Join(m.explain(t, r, change).Notes, "\n"), text) {
				warned++
			}
		}
		t.Logf("%q noticed in %d of 5", text, warned)
		return warned
	}
	require.LessOrEqual(t, count("warning", func(*upwind.Wind) {}), 1)
	require.GreaterOrEqual(t, count("with the wind reversed", func(w *upwind.Wind) { w.U, w.V = -w.U, -w.V }), 3)
	require.GreaterOrEqual(t, count("with the wind an hour earlier", func(w *upwind.Wind) { w.Start = w.Start.Add(time.Hour) }), 2)
}

// explain gives a release its window, and the hours around it with the wind changed.
func (m metec) explain(t testing.TB, r release, change func(*upwind.Wind)) tracing.Explanation {
	t.Helper()
	obs, wind := m.around(r.start.Add(-2*time.Hour), r.end.Add(2*time.Hour))
	for i := range wind {
		change(&wind[i])
	}
	x, err := tracing.Explain(context.Background(), tracing.Case{Readings: obs, Wind: wind, Sites: m.groups, From: r.start, To: r.end, Whole: true,
		Options: tracing.Options{PressurePa: 85000, TempC: 15}}, nil)
	require.NoError(t, err)
	return x
}

// bestOf is the best unlisted place and the best listed site of an explanation.
func bestOf(x tracing.Explanation) (place, site invert.Source) {
	place.Site, site.Site = -1, -1
	for i := len(x.Sources) - 1; i >= 0; i-- {
		if s := x.Sources[i]; s.Site < 0 {
			place = s
		} else {
			site = s
		}
	}
	return place, site
}
