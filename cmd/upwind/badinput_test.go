package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/gdal"
)

// Bad input has an exit code and a sentence that says what and where.
func TestBadInputIsToldInASentence(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) string {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, []byte(body), 0o600))
		return p
	}
	scene := writeScenes(t, dir, 1, 128)[0]
	whole, err := os.ReadFile(scene)
	require.NoError(t, err)
	gray := make([]uint16, 64*64)
	bands := []any{gray, gray, gray, gray, gray}
	nowhere := filepath.Join(dir, "nowhere.tif")
	require.NoError(t, gdal.WriteGeoTIFF(nowhere, gdal.Raster{Width: 64, Height: 64, Bands: bands[:3], Descriptions: []string{"red", "green", "blue"}}))
	unknown := filepath.Join(dir, "unknown.tif")
	gt := [6]float64{400000, 10, 0, 4000000, 0, -10}
	require.NoError(t, gdal.WriteGeoTIFF(unknown, gdal.Raster{Width: 64, Height: 64, Bands: bands, GeoTransform: &gt, CRS: "EPSG:32650"}))
	wind := "start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg\n"

	for _, tc := range []struct {
		name, path string
		door       int    // exit code of ingest
		says       string // by ingest, or by run --once
	}{
		{"empty", write("empty.tif", ""), 1, "empty"},
		{"wrong type", write("letter.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a letter"), 1, "letter.doc"},
		{"truncated", write("cut.tif", string(whole[:len(whole)*2/3])), 1, "cut off"},
		{"no georeference", nowhere, 0, "where on the ground"},
		{"no bands known", unknown, 0, "--bands"},
		{"wind without a column", write("wind1.csv", "start_utc,duration_s,id,lon,lat,height_m,from_deg\n2026-01-01T00:00:00Z,60,a,116,36,10,90\n"), 1, "speed_ms"},
		{"wind with a future date", write("wind2.csv", wind+"2126-01-01T00:00:00Z,60,a,116,36,10,2,90\n"), 1, "future"},
		{"wind with a word for a number", write("wind3.csv", wind+"2026-01-01T00:00:00Z,60,a,116,36,10,two,90\n"), 1, "line 2"},
		{"grid with a gap", write("grid.geojson", gapGrid), 0, "belong to no part"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := t.TempDir()
			in := upwindDo(t, "ingest", "--data", data, tc.path)
			require.Equal(t, tc.door, in.code, in.stdout+in.stderr)
			said := in.stdout + in.stderr
			if tc.door == 0 {
				once := must(t, "run", "--once", "--quiet", "--data", data)
				said += once.stdout
			}
			require.Contains(t, said, tc.says)
			t.Log(said)
		})
	}
	t.Run("no such file", func(t *testing.T) {
		o := upwindDo(t, "ingest", "--data", t.TempDir(), filepath.Join(dir, "missing.tif"))
		require.Equal(t, 1, o.code)
		require.Contains(t, o.stdout+o.stderr, "missing.tif")
	})
	t.Run("usage", func(t *testing.T) {
		require.Equal(t, 2, upwindDo(t, "ingest").code)
		require.Equal(t, 2, upwindDo(t, "fly").code)
		require.Equal(t, 2, upwindDo(t, "run", "--sideways").code)
		require.Equal(t, 2, upwindDo(t, "ingest", "--bands", "red", scene).code)
	})
}

// gapGrid is a county whose two towns leave a strip between them.
const gapGrid = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"level":"city","code":"371500","name":"city"},"geometry":{"type":"Polygon","coordinates":[[[116,36],[116.3,36],[116.3,36.1],[116,36.1],[116,36]]]}},
{"type":"Feature","properties":{"level":"county","code":"371502","name":"county","parent":"371500"},"geometry":{"type":"Polygon","coordinates":[[[116,36],[116.3,36],[116.3,36.1],[116,36.1],[116,36]]]}},
{"type":"Feature","properties":{"level":"town","code":"371502001","name":"west","parent":"371502"},"geometry":{"type":"Polygon","coordinates":[[[116,36],[116.1,36],[116.1,36.1],[116,36.1],[116,36]]]}},
{"type":"Feature","properties":{"level":"town","code":"371502002","name":"east","parent":"371502"},"geometry":{"type":"Polygon","coordinates":[[[116.2,36],[116.3,36],[116.3,36.1],[116.2,36.1],[116.2,36]]]}}
]}`

// A data folder on a full disk: the upload is refused in words, nothing of it stays, and with room it goes in.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root: the full disk was not tried")
	}
	disk := smallDisk(t, "24m")
	data := filepath.Join(disk, "data")
	must(t, "candidates", "--data", mustDir(t, data))
	filler := filepath.Join(disk, "filler")
	fill(t, filler, 1<<20)
	scenes := writeScenes(t, t.TempDir(), 1, 1200)
	full := upwindDo(t, "ingest", "--data", data, scenes[0])
	require.Equal(t, 1, full.code, full.stdout)
	require.Contains(t, full.stdout+full.stderr, "no space left")
	t.Log(full.stderr)
	require.NoError(t, os.Remove(filler))
	must(t, "ingest", "--data", data, scenes[0])
	must(t, "run", "--once", "--data", data)
	require.Len(t, candidatesOf(t, data), 1)
}
