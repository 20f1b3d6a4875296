package main

import (
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/raster/gdal"
)

// badFrom writes 90 days at one station whose air is bad when the wind comes from 225 degrees.
func badFrom(t testing.TB, dir string) (readings, wind string) {
	var r, w strings.Builder
	r.WriteString("start_utc,duration_s,id,lon,lat,height_m,value,unit,species\n")
	w.WriteString("start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg\n")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for h := range 24 * 90 {
		at := start.Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
		from := (h * 7 / 3) * 15 % 360
		v := 40 + h%7
		if from == 225 {
			v += 150
		}
		fmt.Fprintf(&r, "%s,3600,s1,116,36.5,3,%d,ug/m3,PM10\n%s,3600,s2,116.1,36.5,3,20,ug/m3,PM10\n", at, v, at)
		fmt.Fprintf(&w, "%s,3600,s1,116,36.5,10,%.1f,%d\n", at, 1+float64(h%4), from)
	}
	readings, wind = filepath.Join(dir, "readings.csv"), filepath.Join(dir, "wind.csv")
	require.NoError(t, os.WriteFile(readings, []byte(r.String()), 0o644))
	require.NoError(t, os.WriteFile(wind, []byte(w.String()), 0o644))
	return readings, wind
}

func TestSeasonCPF(t *testing.T) {
	dir := t.TempDir()
	readings, wind := badFrom(t, dir)
	out, pic := filepath.Join(dir, "cpf.json"), filepath.Join(dir, "cpf.png")
	run := func() []byte {
		_, stderr, err := inside(t, seasonCommand(), "cpf", "--readings", readings, "--wind", wind, "--station", "s1", "--sector", "15", "--threshold", "100", "-o", out, "--picture", pic)
		require.NoError(t, err, stderr)
		raw, err := os.ReadFile(out)
		require.NoError(t, err)
		return raw
	}
	raw := run()
	var d struct {
		Version   int
		Peak      cpfSector
		Sectors   []cpfSector
		Threshold float64
		Station   string
	}
	require.NoError(t, json.Unmarshal(raw, &d))
	require.Equal(t, "s1", d.Station)
	require.Equal(t, 225.0, d.Peak.FromDeg)
	require.Equal(t, 1.0, d.Peak.Share.Value)
	require.Greater(t, d.Peak.Share.Lo95, 0.6)
	require.Len(t, d.Sectors, 24)
	require.Equal(t, raw, run(), "the same input, the same bytes")
	f, err := os.Open(pic)
	require.NoError(t, err)
	defer f.Close()
	_, err = png.Decode(f)
	require.NoError(t, err)
}

func TestSeasonMaps(t *testing.T) {
	dir := t.TempDir()
	readings, wind := badFrom(t, dir)
	for _, kind := range []string{"pscf", "cwt"} {
		out, tif, pic := filepath.Join(dir, kind+".json"), filepath.Join(dir, kind+".tif"), filepath.Join(dir, kind+".png")
		_, stderr, err := inside(t, seasonCommand(), kind, "--readings", readings, "--wind", wind, "--station", "s1", "--threshold", "q90", "-o", out, "--map", tif, "--picture", pic)
		require.NoError(t, err, stderr)
		raw, err := os.ReadFile(out)
		require.NoError(t, err)
		var d seasonMapDocument
		require.NoError(t, json.Unmarshal(raw, &d))
		require.Equal(t, kind, d.Kind)
		require.NotEmpty(t, d.Cells)
		require.FileExists(t, pic)
		ds, err := gdal.Open(tif)
		require.NoError(t, err)
		require.Len(t, ds.Info().Bands, 4)
		require.NoError(t, ds.Close())
	}
}

func TestSeasonWithTrajectoriesOfHYSPLIT(t *testing.T) {
	dir := t.TempDir()
	trajectories := filepath.Join(dir, "tdump")
	require.NoError(t, os.Mkdir(trajectories, 0o755))
	raw, err := os.ReadFile(filepath.Join(shared(t, "tracing", "hysplit_tdump"), "tdump_1.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(trajectories, "tdump_1.txt"), raw, 0o644))
	readings := filepath.Join(dir, "r.csv")
	require.NoError(t, os.WriteFile(readings, []byte("start_utc,duration_s,id,lon,lat,height_m,value,unit,species\n"+
		"2026-02-14T07:00:00Z,3600,tokyo,139.7,35.7,3,20,ug/m3,PM2.5\n2026-02-14T08:00:00Z,3600,tokyo,139.7,35.7,3,55,ug/m3,PM2.5\n"), 0o644))
	out, stderr, err := inside(t, seasonCommand(), "cwt", "--readings", readings, "--trajectories", trajectories, "--cell", "0.5", "--least", "1", "--unweighted")
	require.NoError(t, err, stderr)
	var d seasonMapDocument
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.Equal(t, 1, d.Trajectories)
	require.Equal(t, 55.0, d.Cells[0].Value)
}

func TestSeasonComplainsInWords(t *testing.T) {
	dir := t.TempDir()
	readings, wind := badFrom(t, dir)
	for want, args := range map[string][]string{
		"name the readings":                        {"cpf", "--wind", wind},
		"name the wind with --wind":                {"cpf", "--readings", readings},
		"or a folder of trajectories":              {"pscf", "--readings", readings},
		"give one of --wind and --trajectories":    {"cwt", "--readings", readings, "--wind", wind, "--trajectories", dir},
		"it holds s1, s2; pick one with --station": {"cpf", "--readings", readings, "--wind", wind},
		`it holds no station "x"`:                  {"cpf", "--readings", readings, "--wind", wind, "--station", "x"},
		"--threshold is a quantile":                {"cpf", "--readings", readings, "--wind", wind, "--threshold", "high"},
		"do not fill the circle":                   {"cpf", "--readings", readings, "--wind", wind, "--station", "s1", "--sector", "7"},
		"readings.csv, line 1":                     {"pscf", "--readings", readings, "--trajectories", dir, "--station", "s1"},
		"there is no such file":                    {"pscf", "--readings", readings, "--trajectories", filepath.Join(dir, "none"), "--station", "s1"},
	} {
		_, _, err := inside(t, seasonCommand(), args...)
		require.Error(t, err, want)
		require.ErrorContains(t, err, want)
	}
}

func TestSeasonFiguresOfMaryleboneRoad(t *testing.T) {
	figures, err := scoreSeason(t.Context(), shared(t))
	require.NoError(t, err)
	for _, f := range figures {
		t.Logf("%s: %.4g %s (goal %s) %s", f.Name, f.Value, f.Unit, f.Goal, f.Note)
	}
	require.Equal(t, 100.0, figures[2].Value)
	require.InDelta(t, 225, figures[0].Value, 45)
	require.InDelta(t, 100, figures[4].Value, 30)
}
