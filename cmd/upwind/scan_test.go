package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
	"upwind/lidar/scan/plume"
	"upwind/raster/gdal"
)

// turnFiles writes turns of a simulated scene as polar tables.
func turnFiles(t testing.TB, s scanner.Scene, turns int) (paths []string, truth []*scanner.Truth) {
	w := scanner.New(s)
	dir := t.TempDir()
	for n := range turns {
		turn, known := w.Scan(n)
		var b bytes.Buffer
		require.NoError(t, format.WritePolar(&b, turn, format.PolarJSONLines))
		path := filepath.Join(dir, string(rune('a'+n))+".jsonl")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
		paths, truth = append(paths, path), append(truth, known)
	}
	return paths, truth
}

func TestScanPlumes(t *testing.T) {
	scene := scanner.Moving(scanner.TuneSeed)
	paths, truth := turnFiles(t, scene, 2)
	var doc struct {
		Plumes []upwind.Detection
		Wind   []upwind.Wind
		Inputs []string
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, append([]string{"scan", "plumes", "--json"}, paths...)...).stdout), &doc))
	require.Len(t, doc.Inputs, 2)
	require.NotEmpty(t, doc.Plumes)
	lon, lat := plume.Place(scene.Site, truth[0].Plumes[0].CentreE, truth[0].Plumes[0].CentreN, 0)
	nearest := math.Inf(1)
	for _, p := range doc.Plumes {
		require.Equal(t, upwind.LidarPlume, p.Kind)
		c := p.Geometry.Geometry().Bound().Center()
		nearest = math.Min(nearest, math.Hypot((c[0]-lon)*math.Cos(lat*math.Pi/180), c[1]-lat)*111e3)
	}
	require.Less(t, nearest, 150.0, "m from a true plume")
	require.NotEmpty(t, doc.Wind, "what moved is a wind reading")
	u, v := scene.Wind.At(doc.Wind[0].HeightM)
	require.InDelta(t, u, doc.Wind[0].U, 1)
	require.InDelta(t, v, doc.Wind[0].V, 1)

	out, memory := filepath.Join(t.TempDir(), "p.geojson"), filepath.Join(t.TempDir(), "targets.json")
	must(t, append([]string{"scan", "plumes", "-o", out, "--memory", memory}, paths...)...)
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	fc, err := geojson.UnmarshalFeatureCollection(raw)
	require.NoError(t, err)
	require.Len(t, fc.Features, len(doc.Plumes))
	for _, f := range fc.Features {
		require.EqualValues(t, upwind.LidarPlume, f.Properties["kind"])
	}
	require.FileExists(t, memory)
	must(t, append([]string{"scan", "plumes", "--memory", memory}, paths...)...)
}

func TestScanInvertAndInfo(t *testing.T) {
	paths, _ := turnFiles(t, scanner.City(scanner.TuneSeed), 1)
	info := must(t, "scan", "info", paths[0])
	require.Contains(t, info.stdout, "polar-jsonl")
	require.Contains(t, info.stdout, "ppi")
	dir := t.TempDir()
	for _, ending := range []string{".csv", ".json", ".tif", ".png"} {
		must(t, "scan", "invert", paths[0], "-o", filepath.Join(dir, "field"+ending))
	}
	table, err := os.ReadFile(filepath.Join(dir, "field.csv"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(table), fieldColumns))
	var doc struct {
		Rays []struct {
			Extinction []*float64     `json:"extinction_per_m"`
			Quality    []scan.Quality `json:"quality"`
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "field.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &doc))
	require.Equal(t, strings.Count(string(table), "\n")-1, len(doc.Rays)*len(doc.Rays[0].Extinction))
	require.Len(t, doc.Rays[0].Quality, len(doc.Rays[0].Extinction))
	ds, err := gdal.Open(filepath.Join(dir, "field.tif"))
	require.NoError(t, err)
	require.NotEmpty(t, ds.Info().CRS)
	require.NoError(t, ds.Close())
	picture, err := os.Open(filepath.Join(dir, "field.png"))
	require.NoError(t, err)
	defer picture.Close()
	_, err = png.Decode(picture)
	require.NoError(t, err)
}

// Scans handed in become a picture on the map, candidate targets with traces, and wind.
func TestScansBecomeTargets(t *testing.T) {
	paths, _ := turnFiles(t, scanner.Moving(scanner.TuneSeed), 2)
	data := t.TempDir()
	must(t, append([]string{"ingest", "--data", data}, paths...)...)
	once := must(t, "run", "--once", "--data", data)
	require.Contains(t, once.stdout, "; 0 jobs given up")
	found := candidatesOf(t, data)
	require.NotEmpty(t, found)
	kinds := map[string]bool{}
	for _, c := range found {
		for _, e := range c.Evidence {
			kinds[e.Kind] = true
		}
	}
	require.True(t, kinds[string(upwind.LidarPlume)], "%v", kinds)
}

func TestScanComplainsInWords(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "site.json")
	require.NoError(t, os.WriteFile(site, []byte(`{"type":"LidarSite","lon":116.2}`), 0o644))
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("nothing a lidar wrote"), 0o644))
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"no such file", exitFailed, []string{"scan", "info", "nowhere"}},
		{"no lidar format", exitFailed, []string{"scan", "info", text}},
		{"one of lon and lat", exitFailed, []string{"scan", "plumes", "--site", site, text}},
		{".csv, .json, .tif or .png", exitUsage, []string{"scan", "invert", text, "-o", "x.doc"}},
		{"molecular, slope or calibrated", exitUsage, []string{"scan", "plumes", "--boundary", "guess", text}},
	} {
		o := upwindDo(t, c.args...)
		require.Equal(t, c.code, o.code, "%v: %s", c.args, o.stderr)
		require.Contains(t, o.stderr, c.want, "%v", c.args)
	}
}
