package main

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/yard"
	"upwind/lidar/las"
	"upwind/raster/gdal"
)

// Every compressed file at hand has LASzip's hash; the broken ones are named, and do not stop the others.
func TestCloudHash(t *testing.T) {
	dir := shared(t, "pointcloud")
	table, err := os.ReadFile(filepath.Join(dir, "laszip_reference.tsv"))
	require.NoError(t, err)
	want, paths := map[string]string{}, []string{}
	for line := range strings.Lines(string(table)) {
		column := strings.Split(strings.TrimSpace(line), "\t")
		path := filepath.Join(dir, filepath.FromSlash(column[0]))
		if sum := column[len(column)-1]; len(sum) == 64 && !strings.HasPrefix(line, "#") && !strings.Contains(path, "broken_") {
			want[path] = sum
			paths = append(paths, path)
		}
	}
	require.Greater(t, len(paths), 100)
	broken, err := filepath.Glob(filepath.Join(dir, "formats/laszip/broken_*.laz"))
	require.NoError(t, err)
	require.Len(t, broken, 5)
	o := upwindDo(t, append([]string{"cloud", "hash", "--json"}, append(broken, paths...)...)...)
	require.Equal(t, exitFailed, o.code)
	var doc struct{ Files []cloudDigest }
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &doc), o.stderr)
	require.Equal(t, len(paths), len(doc.Files))
	for _, f := range doc.Files {
		require.Equal(t, want[f.Name], f.SHA256, f.Name)
	}
	for _, p := range broken {
		require.Contains(t, o.stderr, filepath.Base(p)+", ", "named, with the place")
	}
	require.NotContains(t, o.stderr, "panic")
}

// yardFile writes a simulated yard as LAS and gives it with its truth.
func yardFile(t testing.TB, seed uint64, o yard.CloudOptions) (string, *yard.Scene) {
	s, err := yard.New(seed, yard.Options{})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "yard.las")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, s.WriteLAS(context.Background(), f, o))
	require.NoError(t, f.Close())
	return path, s
}

func TestCloudPiles(t *testing.T) {
	path, s := yardFile(t, yard.TuningSeeds[2], yard.CloudOptions{Density: 6, NoiseM: 0.02})
	out := filepath.Join(t.TempDir(), "piles.geojson")
	var doc struct {
		Piles []struct {
			Geometry *geojson.Geometry
			Volume   upwind.Estimate `json:"volume_m3"`
			Class    string
		}
		Inputs []string
	}
	o := must(t, "cloud", "piles", "--json", path)
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &doc))
	require.Len(t, doc.Inputs, 1)
	require.Greater(t, len(doc.Piles), len(s.Piles)/2)
	for _, p := range doc.Piles {
		require.Positive(t, p.Volume.Sigma)
		require.Contains(t, []string{upwind.PileCovered, upwind.PileUncovered, upwind.PileUnknown}, p.Class)
		lon, lat := p.Geometry.Geometry().Bound().Center()[0], p.Geometry.Geometry().Bound().Center()[1]
		require.InDelta(t, 117, lon, 0.1)
		require.InDelta(t, 36.46, lat, 0.1)
	}
	must(t, "cloud", "piles", "-o", out, path)
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	fc, err := geojson.UnmarshalFeatureCollection(raw)
	require.NoError(t, err)
	require.Len(t, fc.Features, len(doc.Piles))
	require.Contains(t, must(t, "cloud", "piles", path).stdout, "volume m3")
}

// hill is a cloud without a reference system: a rough slope, a hall, and a heap of the given radius.
func hill(t testing.TB, seed uint64, radius float64) string {
	path := filepath.Join(t.TempDir(), "hill.las")
	f, err := os.Create(path)
	require.NoError(t, err)
	w, err := las.Create(f, las.Spec{Format: 1, Offset: [3]float64{1000, 2000, 0}})
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(seed, 1))
	pts := make([]las.Point, 40_000)
	for i := range pts {
		x, y := 100*rng.Float64(), 100*rng.Float64()
		z := 0.05*x + 0.3*math.Sin(x/9)*math.Cos(y/7)
		if math.Abs(x-70) < 10 && math.Abs(y-30) < 7 {
			z += 8
		}
		z += math.Max(0, radius-math.Hypot(x-30, y-60)) * math.Tan(33*math.Pi/180)
		pts[i] = las.Point{X: 1000 + x, Y: 2000 + y, Z: 50 + z + 0.03*rng.NormFloat64(), Return: 1, Returns: 1, Class: las.ClassUnclassified}
	}
	require.NoError(t, w.Write(pts))
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return path
}

func TestCloudGroundKeepsThePoints(t *testing.T) {
	in := hill(t, 1, 0)
	out := filepath.Join(t.TempDir(), "ground.las")
	require.Contains(t, must(t, "cloud", "ground", in, "-o", out).stdout, "are ground")
	a, err := openCloudFile(in)
	require.NoError(t, err)
	defer a.Close()
	b, err := openCloudFile(out)
	require.NoError(t, err)
	defer b.Close()
	require.Equal(t, a.Count(), b.Count())
	var right, n int
	before := a.Points()
	next := map[int]las.Point{}
	for p, err := range b.Points() {
		require.NoError(t, err)
		next[n] = p
		n++
	}
	n = 0
	for p, err := range before {
		require.NoError(t, err)
		q := next[n]
		hall := math.Abs(p.X-1070) < 10 && math.Abs(p.Y-2030) < 7
		if (q.Class == las.ClassGround) != hall {
			right++
		}
		q.Class = p.Class
		require.Equal(t, p, q)
		n++
	}
	require.Greater(t, float64(right)/float64(n), 0.98)
}

func TestCloudSurfaceAndChange(t *testing.T) {
	before, after := hill(t, 1, 0), hill(t, 2, 8)
	out := filepath.Join(t.TempDir(), "dtm.tif")
	must(t, "cloud", "surface", before, "-o", out)
	ds, err := gdal.Open(out)
	require.NoError(t, err)
	require.Equal(t, "COG", ds.Info().Metadata["IMAGE_STRUCTURE"]["LAYOUT"])
	require.Len(t, ds.Info().Bands, 2)
	require.NoError(t, ds.Close())

	var doc struct {
		Gained upwind.Estimate `json:"gained_m3"`
		Lost   upwind.Estimate `json:"lost_m3"`
		Places []changedPlace  `json:"changes"`
	}
	tif := filepath.Join(t.TempDir(), "change.tif")
	require.NoError(t, json.Unmarshal([]byte(must(t, "cloud", "change", "--json", "-o", tif, before, after).stdout), &doc))
	truth := math.Pi * 8 * 8 * 8 * math.Tan(33*math.Pi/180) / 3
	require.Len(t, doc.Places, 1)
	require.InDelta(t, 1030, doc.Places[0].X, 1)
	require.InDelta(t, 2060, doc.Places[0].Y, 1)
	require.InDelta(t, truth, doc.Gained.Value, math.Max(3*doc.Gained.Sigma, 0.05*truth))
	require.FileExists(t, tif)
}

func TestCloudWithoutPlaceIsMeasuredInItsOwnFrame(t *testing.T) {
	path := hill(t, 3, 8)
	o := must(t, "cloud", "piles", "--json", path)
	var doc struct {
		Piles []struct {
			Geometry  any
			OutlineXY [][][2]float64  `json:"outline_xy"`
			Volume    upwind.Estimate `json:"volume_m3"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &doc))
	require.Contains(t, o.stderr, "--crs")
	require.Len(t, doc.Piles, 1)
	require.Nil(t, doc.Piles[0].Geometry)
	require.InDelta(t, 1030, doc.Piles[0].OutlineXY[0][0][0], 9)
	require.InDelta(t, math.Pi*8*8*8*math.Tan(33*math.Pi/180)/3, doc.Piles[0].Volume.Value, 3*doc.Piles[0].Volume.Sigma)
	bad := upwindDo(t, "cloud", "piles", "-o", filepath.Join(t.TempDir(), "p.geojson"), path)
	require.Equal(t, exitFailed, bad.code)
	require.Contains(t, bad.stderr, "no place on the map")
}

func TestCloudComplainsInWords(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.las")
	require.NoError(t, os.WriteFile(text, []byte("not a cloud at all, but long enough to look at"), 0o644))
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"no such file", exitFailed, []string{"cloud", "info", "nowhere.laz"}},
		{"LASF", exitFailed, []string{"cloud", "hash", text}},
		{"this is no file", exitFailed, []string{"cloud", "info", t.TempDir()}},
		{"-o", exitUsage, []string{"cloud", "ground", text}},
		{"make it first", exitUsage, []string{"cloud", "ground", text, "-o", filepath.Join(t.TempDir(), "none", "x.las")}},
		{"dtm, dsm, mean or height", exitUsage, []string{"cloud", "surface", text, "-o", "x.tif", "--kind", "best"}},
		{"two files", exitUsage, []string{"cloud", "change", text, text, text}},
		{"there is no 'cloud melt'", exitUsage, []string{"cloud", "melt"}},
		{"name the files", exitUsage, []string{"cloud", "piles"}},
	} {
		o := upwindDo(t, c.args...)
		require.Equal(t, c.code, o.code, "%v: %s", c.args, o.stderr)
		require.Contains(t, o.stderr, c.want, "%v", c.args)
	}
}
