package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures"
	"upwind/raster/gdal"
	"upwind/tracing"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// inside runs a command in this process, as it runs behind its walls.
func inside(t testing.TB, c *cobra.Command, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Setenv(insideEnv, "1")
	}
	var out, words bytes.Buffer
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&words)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetContext(t.Context())
	err = c.Execute()
	return out.String(), words.String(), err
}

// plainTown is a square of stations, a kilometre apart, of which the two downwind of a fire at 300 m read more.
func plainTown(t testing.TB, dir string) (readings, wind string) {
	var r, w strings.Builder
	r.WriteString("start_utc,duration_s,id,lon,lat,height_m,value,unit,species\n")
	w.WriteString("start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg\n")
	for h := range 24 {
		for i := range 9 {
			lon, lat := 116+0.011*float64(i%3), 36.5+0.009*float64(i/3)
			v := 50 + 3*math.Sin(float64(h)/4+float64(i))
			if h >= 10 && h < 14 && i == 4 {
				v += 400
			}
			if h >= 10 && h < 14 && i == 5 {
				v += 150
			}
			fmt.Fprintf(&r, "2026-04-01T%02d:00:00Z,3600,s%d,%.4f,%.4f,3,%.1f,ug/m3,PM10\n", h, i, lon, lat, v)
		}
		fmt.Fprintf(&w, "2026-04-01T%02d:00:00Z,3600,mast,116.01,36.505,10,3,%d\n", h, 268+h%5)
	}
	readings, wind = filepath.Join(dir, "readings.csv"), filepath.Join(dir, "wind.csv")
	require.NoError(t, os.WriteFile(readings, []byte(r.String()), 0o644))
	require.NoError(t, os.WriteFile(wind, []byte(w.String()), 0o644))
	return readings, wind
}

const plainSites = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"yard","name":"Yard","kind":"stockyard"},"geometry":{"type":"Point","coordinates":[116.0077,36.509]}},
{"type":"Feature","properties":{"id":"mill","name":"Mill","kind":"stack","height_m":20,"prior_odds":2},"geometry":{"type":"Point","coordinates":[116.0165,36.5135]}}]}`

func TestTraceFindsTheYardUpwind(t *testing.T) {
	dir := t.TempDir()
	readings, wind := plainTown(t, dir)
	sites, out := filepath.Join(dir, "sites.geojson"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(sites, []byte(plainSites), 0o644))
	run := func(path string) []byte {
		_, stderr, err := inside(t, traceCommand(), "--readings", readings, "--wind", wind, "--sites", sites, "-o", path, "--seed", "3")
		require.NoError(t, err, stderr)
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		return raw
	}
	raw := run(out)
	var d traceDocument
	require.NoError(t, json.Unmarshal(raw, &d))
	require.Equal(t, upwind.SchemaVersion, d.Version)
	require.NotEmpty(t, d.Sources)
	require.NotNil(t, d.Sources[0].SiteID)
	require.Equal(t, "yard", *d.Sources[0].SiteID)
	require.Equal(t, 1, d.Sources[0].Rank)
	require.InDelta(t, 270, d.Sources[0].BearingDeg, 5)
	require.InDelta(t, 296, d.Sources[0].DistanceM, 30)
	sum := d.Unknown
	for _, s := range d.Sources {
		require.GreaterOrEqual(t, s.Probability, 0.0)
		if s.SiteID != nil {
			sum += s.Probability
		}
	}
	require.InDelta(t, 1, sum, 0.05)
	require.Equal(t, "g/s", d.Sources[0].Rate.Unit)
	require.Less(t, d.Sources[0].Rate.Lo90, d.Sources[0].Rate.Hi90)
	require.InDelta(t, 50, d.Background.Value, 5)
	require.Equal(t, "ug/m3", d.Background.Unit)
	require.Equal(t, uint64(3), d.Diagnostics.Seed)
	require.Len(t, d.Inputs, 3)
	require.Equal(t, raw, run(filepath.Join(dir, "again.json")), "the same input, the same bytes")

	_, _, err := inside(t, traceCommand(), "--readings", readings, "--wind", wind, "-o", out, "--from", "2026-04-01T00:00", "--to", "2026-04-01T08:00")
	require.NoError(t, err)
	raw, err = os.ReadFile(out)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &d))
	require.Empty(t, d.Sources)
	require.Equal(t, 1.0, d.Unknown)
	require.Contains(t, strings.Join(d.Notes, " "), "nothing in these readings stands out")
}

// The same wind from a netCDF field leads to the same yard.
func TestTraceWithAField(t *testing.T) {
	dir := t.TempDir()
	readings, _ := plainTown(t, dir)
	sites, field := filepath.Join(dir, "sites.geojson"), filepath.Join(dir, "wind.nc")
	require.NoError(t, os.WriteFile(sites, []byte(plainSites), 0o644))
	require.NoError(t, os.WriteFile(field, westerly(), 0o644))
	out, stderr, err := inside(t, traceCommand(), "--readings", readings, "--wind", field, "--sites", sites)
	require.NoError(t, err, stderr)
	var d traceDocument
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.NotEmpty(t, d.Sources)
	require.NotNil(t, d.Sources[0].SiteID)
	require.Equal(t, "yard", *d.Sources[0].SiteID)
	require.Equal(t, 1, d.Wind.Fields)
	require.Zero(t, d.Wind.Stations)
}

// westerly is a classic netCDF file (NetCDF Users Guide, appendix B) with 3 m/s from the west at 10 m about the town.
func westerly() []byte {
	var b bytes.Buffer
	u32 := func(x ...int) {
		for _, v := range x {
			_ = binary.Write(&b, binary.BigEndian, uint32(v))
		}
	}
	text := func(s string) {
		u32(len(s))
		b.WriteString(s + strings.Repeat("\x00", (4-len(s)%4)%4))
	}
	dims := []struct {
		name string
		n    int
	}{{"time", 25}, {"lat", 21}, {"lon", 21}}
	b.WriteString("CDF\x01")
	u32(0, 10, len(dims))
	for _, d := range dims {
		text(d.name)
		u32(d.n)
	}
	u32(0, 0, 11, 5)
	vars := []struct {
		name, units string
		dims        []int
		value       func(i int) float64
	}{
		{"time", "hours since 2026-04-01 00:00:00", []int{0}, func(i int) float64 { return float64(i) }},
		{"lat", "degrees_north", []int{1}, func(i int) float64 { return 39 - 0.25*float64(i) }},
		{"lon", "degrees_east", []int{2}, func(i int) float64 { return 113.5 + 0.25*float64(i) }},
		{"u10", "m s-1", []int{0, 1, 2}, func(int) float64 { return 3 }},
		{"v10", "m s-1", []int{0, 1, 2}, func(int) float64 { return 0 }},
	}
	size := func(ds []int) int {
		n := 8
		for _, d := range ds {
			n *= dims[d].n
		}
		return n
	}
	head := b.Len()
	for _, v := range vars {
		head += 4 + (len(v.name)+3)/4*4 + 4 + 4*len(v.dims) + 8 + 12 + 8 + (len(v.units)+3)/4*4 + 12
	}
	at := head
	for _, v := range vars {
		text(v.name)
		u32(len(v.dims))
		u32(v.dims...)
		u32(12, 1)
		text("units")
		u32(2)
		text(v.units)
		u32(6, size(v.dims), at)
		at += size(v.dims)
	}
	for b.Len() < head {
		b.WriteByte(0)
	}
	for _, v := range vars {
		for i := range size(v.dims) / 8 {
			_ = binary.Write(&b, binary.BigEndian, v.value(i))
		}
	}
	return b.Bytes()
}

// A release of METEC: the answer lies nearer to the truth than half the way to the nearest sensor group.
func TestTraceOfARealRelease(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, fixtures.METEC(shared(t), dir))
	out := filepath.Join(dir, "out.json")
	args := []string{"--readings", filepath.Join(dir, "readings.csv"), "--wind", filepath.Join(dir, "wind.csv"), "-o", out,
		"--from", "2022-05-11T18:31:08Z", "--to", "2022-05-11T23:01:24Z"}
	_, stderr, err := inside(t, traceCommand(), args...)
	require.NoError(t, err, stderr)
	require.Contains(t, stderr, "mg/m3 at 846 hPa")
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	var d traceDocument
	require.NoError(t, json.Unmarshal(raw, &d))
	require.NotEmpty(t, d.Sources)
	got := geo.Distance(orb.Point{d.Sources[0].Lon, d.Sources[0].Lat}, orb.Point{-105.1403488, 40.59594067})
	t.Logf("%.1f m from the release, rate %.2f g/s (%.2f to %.2f), truth 0.587", got, d.Sources[0].Rate.Median, d.Sources[0].Rate.Lo90, d.Sources[0].Rate.Hi90)
	require.Less(t, got, 25.0)
}

func TestTraceComplainsInWords(t *testing.T) {
	dir := t.TempDir()
	readings, wind := plainTown(t, dir)
	raw, err := os.ReadFile(readings)
	require.NoError(t, err)
	spoil := func(name, from, to string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(raw), from, to, 1)), 0o644))
		return path
	}
	bad := filepath.Join(dir, "bad.geojson")
	require.NoError(t, os.WriteFile(bad, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"class":"x"},"geometry":{"type":"Point","coordinates":[116,36.5]}}]}`), 0o644))
	for name, c := range map[string]struct {
		want string
		args []string
	}{
		"no readings": {"--readings", []string{"--wind", wind}},
		"no wind":     {"--wind", []string{"--readings", readings}},
		"no file":     {"there is no such file", []string{"--readings", "nowhere.csv", "--wind", wind}},
		"column":      {"column.csv, line 1: missing columns: lat", []string{"--readings", spoil("column.csv", ",lat,", ",latitude,"), "--wind", wind}},
		"NaN":         {"nan.csv, line 2, column value: NaN", []string{"--readings", spoil("nan.csv", "3,50.0,", "3,NaN,"), "--wind", wind}},
		"unit":        {"unit.csv, line 2, column unit: unknown unit", []string{"--readings", spoil("unit.csv", "ug/m3", "grains"), "--wind", wind}},
		"far":         {"far.csv, line 2, column lon: station", []string{"--readings", spoil("far.csv", "116.0000", "16.0000"), "--wind", wind}},
		"domain":      {"readings.csv, line 4, column lon: 116.022 lies outside the domain", []string{"--readings", readings, "--wind", wind, "--domain", "115,36,116.02,37"}},
		"two species": {"two.csv, column species: it holds NO2, PM10; pick one with --species", []string{"--readings", spoil("two.csv", "PM10", "NO2"), "--wind", wind}},
		"two units":   {"PM10 comes in mg/m3 and in ug/m3", []string{"--readings", spoil("units.csv", "ug/m3", "mg/m3"), "--wind", wind}},
		"times":       {"--from is a time", []string{"--readings", readings, "--wind", wind, "--from", "yesterday"}},
		"evidence":    {"bad.geojson, feature 1, kind: it is missing", []string{"--readings", readings, "--wind", wind, "--evidence", bad}},
		"not a field": {"wind.csv", []string{"--readings", readings, "--wind", readings}},
	} {
		if name == "not a field" {
			c.want = "readings.csv, line 1: missing columns: speed_ms, from_deg"
		}
		_, _, err := inside(t, traceCommand(), c.args...)
		require.Error(t, err, name)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestMoleFractionsNeedTheAir(t *testing.T) {
	dir := t.TempDir()
	readings, wind := plainTown(t, dir)
	raw, err := os.ReadFile(readings)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(readings, []byte(strings.ReplaceAll(string(raw), "ug/m3,PM10", "ppb,SO2")), 0o644))
	_, _, err = inside(t, traceCommand(), "--readings", readings, "--wind", wind)
	require.ErrorContains(t, err, "--elevation-m")
	out, stderr, err := inside(t, traceCommand(), "--readings", readings, "--wind", wind, "--elevation-m", "1500")
	require.NoError(t, err)
	require.Contains(t, stderr, "1 ppb SO2 is 0.00234 mg/m3 at 846 hPa and 5.2 degrees Celsius, from the standard atmosphere at 1500 m")
	var d traceDocument
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.Equal(t, "ppb", d.Background.Unit)
	require.InDelta(t, 50, d.Background.Value, 5)
}

func TestTraceMapLiesWhereItSays(t *testing.T) {
	pl := plane.New(116, 36.5)
	m := invert.Map{X0: -500, Y0: -300, CellM: 100, NX: 20, NY: 10, P: make([]float64, 200), Seen: make([]float64, 200)}
	m.P[3*20+7], m.Seen[3*20+7] = 0.5, 0.9
	a := &traceAnswer{Plane: pl}
	a.Map = m
	path := filepath.Join(t.TempDir(), "map.tif")
	require.NoError(t, writeTraceMap(path, a))
	ds, err := gdal.Open(path)
	require.NoError(t, err)
	defer ds.Close()
	g, err := ds.Georef("")
	require.NoError(t, err)
	defer g.Close()
	lon, lat := pl.LonLat(plane.Point{X: 200, Y: 0})
	x, y, ok := g.Pixel(lon, lat)
	require.True(t, ok)
	require.InDelta(t, 7.5, x, 1e-6)
	require.InDelta(t, 6.5, y, 1e-6)
	dst := make([][]float32, 2)
	require.NoError(t, ds.Read(t.Context(), image.Rect(0, 0, 20, 10), []int{1, 2}, dst))
	require.Equal(t, float32(0.5), dst[0][6*20+7])
	require.Equal(t, float32(0.9), dst[1][6*20+7])
	d := newTraceDocument(&traceJob{Plane: pl, PerMG: 1}, a)
	require.InDelta(t, 0.9/200, d.Coverage.Share, 1e-9)
	require.InDelta(t, 116-550/(111194.9*math.Cos(36.5*math.Pi/180)), d.Coverage.Box[0], 1e-5)

	g90 := tracing.CellAreas(pl, []plane.Point{{X: 0, Y: 0}, {X: 100, Y: 0}, {X: 0, Y: 100}}, 100)
	require.Len(t, g90.Geometry().(orb.MultiPolygon), 2, "a run of cells is one rectangle")
	require.InDelta(t, 30000, geo.Area(g90.Geometry()), 300)
}

func TestDetectionsAreRead(t *testing.T) {
	const text = `{"type":"FeatureCollection","features":[
{"type":"Feature","id":"a","properties":{"class":"dust","probability":0.7,"observed_at":"2026-04-01T02:00:00Z","reasons":["r"],"excess_peak_per_km":{"value":1,"sigma":0.1,"lo95":0.8,"hi95":1.2},
 "axis":{"lon":116,"lat":36.5,"sigma_m":20,"toward_deg":90,"sigma_deg":5}},"geometry":{"type":"Point","coordinates":[116,36.5]}},
{"type":"Feature","properties":{"kind":"bare-soil","probability":0.7},"geometry":{"type":"Point","coordinates":[116,36.5]}}]}`
	got, err := readDetections("e.geojson", strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, upwind.LidarPlume, got[0].Kind)
	require.Equal(t, 90.0, got[0].Axis.TowardDeg)
	require.Equal(t, 1.0, got[0].Measures["excess_peak_per_km"].Value)
	require.Equal(t, "e.geojson#2", got[1].ID)
	sites := tracing.GroundSites(got)
	require.Len(t, sites, 1, "a plume is no site")
	require.InDelta(t, 0.7/0.3, sites[0].PriorOdds, 1e-9)
}

func FuzzReadDetections(f *testing.F) {
	f.Add(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"kind":"bare-soil"},"geometry":{"type":"Point","coordinates":[116,36.5]}}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := readDetections("fuzz", strings.NewReader(s))
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
		for _, d := range got {
			if err := d.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
