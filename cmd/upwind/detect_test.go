package main

import (
	"context"
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster/gdal"
)

// patchPicture is a green picture of 200 x 200 pixels of 0.5 m with 80 x 60 brown ones, placed or not.
func patchPicture(t *testing.T, placed bool) string {
	t.Helper()
	const n = 200
	bands := []any{make([]uint8, n*n), make([]uint8, n*n), make([]uint8, n*n)}
	for i := range n * n {
		x, y := i%n, i/n
		c := [3]uint8{60, 120, 50}
		if x >= 50 && x < 130 && y >= 70 && y < 130 {
			c = [3]uint8{170, 130, 95}
		}
		for b := range c {
			bands[b].([]uint8)[i] = c[b] + uint8(i*2654435761>>9&7)
		}
	}
	r := gdal.Raster{Width: n, Height: n, Bands: bands, Colours: []string{"Red", "Green", "Blue"}}
	if placed {
		r.GeoTransform, r.CRS = &[6]float64{500000, 0.5, 0, 4035000, 0, -0.5}, "EPSG:32650"
	}
	path := filepath.Join(t.TempDir(), "patch.tif")
	require.NoError(t, gdal.WriteGeoTIFF(path, r))
	return path
}

func TestDetectOnAFile(t *testing.T) {
	path, dir := patchPicture(t, true), t.TempDir()
	out, mask := filepath.Join(dir, "found.geojson"), filepath.Join(dir, "mask.tif")
	must(t, "detect", path, "--kind", "bare-soil", "-o", out, "--mask", mask)
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	fc, err := geojson.UnmarshalFeatureCollection(raw)
	require.NoError(t, err)
	require.Len(t, fc.Features, 1)
	require.Equal(t, string(upwind.BareSoil), fc.Features[0].Properties["kind"])
	area := fc.Features[0].Properties[upwind.AreaM2].(map[string]any)["value"].(float64)
	require.InEpsilon(t, 80*60*0.25, area, 0.06)

	ds, err := gdal.Open(mask)
	require.NoError(t, err)
	defer func() { require.NoError(t, ds.Close()) }()
	require.NotNil(t, ds.Info().GeoTransform)
	require.Equal(t, 32650, ds.Info().EPSG)
	px := make([][]float32, 1)
	require.NoError(t, ds.Read(context.Background(), image.Rect(0, 0, 200, 200), []int{1}, px))
	yes := 0
	for _, v := range px[0] {
		if v == 1 {
			yes++
		}
	}
	require.InEpsilon(t, 80*60, yes, 0.06)

	var doc struct {
		Inputs, Detectors []string
		Detections        []upwind.Detection
	}
	first := must(t, "detect", path, "--kind", "bare-soil", "--json").stdout
	require.NoError(t, json.Unmarshal([]byte(first), &doc))
	require.Len(t, doc.Detections, 1)
	require.Equal(t, doc.Inputs, doc.Detections[0].Provenance.Inputs)
	require.Equal(t, first, must(t, "detect", path, "--kind", "bare-soil", "--json").stdout)

	pkg := filepath.Join(dir, "found.gpkg")
	must(t, "detect", path, "--kind", "bare-soil", "-o", pkg)
	raw, err = os.ReadFile(pkg)
	require.NoError(t, err)
	require.Contains(t, string(raw), doc.Detections[0].ID)
	require.Contains(t, string(raw), "area_m2_lo95")
}

func TestDetectWithoutAPlaceGivesTheMask(t *testing.T) {
	mask := filepath.Join(t.TempDir(), "mask.tif")
	o := must(t, "detect", patchPicture(t, false), "--kind", "bare-soil", "--mask", mask, "--json")
	require.Contains(t, o.stderr, "it does not say where on the ground it lies")
	require.Contains(t, o.stdout, `"detections":[]`)
	require.FileExists(t, mask)
}

func TestDetectComplainsInWords(t *testing.T) {
	path := patchPicture(t, true)
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"name one scene", exitUsage, []string{"detect"}},
		{"none of bare-soil, sand-pile, smoke", exitUsage, []string{"detect", path, "--kind", "gold"}},
		{"the classes of one kind", exitUsage, []string{"detect", path, "--mask", "m.tif"}},
		{"is not ROLE=NUMBER", exitUsage, []string{"detect", path, "--bands", "red"}},
		{"no such file", exitFailed, []string{"detect", "nowhere.tif"}},
		{"needs a surface model", exitFailed, []string{"detect", path, "--kind", "sand-pile"}},
	} {
		o := upwindDo(t, c.args...)
		require.Equal(t, c.code, o.code, "%v: %s", c.args, o.stderr)
		require.Contains(t, o.stderr, c.want, "%v", c.args)
	}
}
