package main

import (
	"context"
	"encoding/json"
	"image"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/gdal"
)

// TestPlaceADronePictureOnItsSurface lays an oblique picture on the surface model of its site.
func TestPlaceADronePictureOnItsSurface(t *testing.T) {
	dir := t.TempDir()
	picture, dsm := shared(t, "raster/drone_oblique/images/100_0005_0018.tif"), shared(t, "raster/drone_oblique/odm_dem/dsm.tif")
	out, sigma := filepath.Join(dir, "placed.tif"), filepath.Join(dir, "sigma.tif")
	o := must(t, "place", picture, "--dsm", dsm, "--gsd", "0.5", "-o", out, "--sigma", sigma, "--json")
	var doc placeDocument
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &doc))
	require.Equal(t, "EPSG:32651", doc.CRS)
	require.Greater(t, doc.SeenShare, 0.5)
	require.Less(t, doc.SigmaMinM, 2.0)
	require.Less(t, doc.SigmaMaxM, 15.0)
	ds, err := gdal.Open(out)
	require.NoError(t, err)
	defer ds.Close()
	require.Len(t, ds.Info().Bands, 4)
	require.Equal(t, doc.Width, ds.Info().Width)
	errors, err := gdal.Open(sigma)
	require.NoError(t, err)
	defer errors.Close()
	px, alpha := make([][]float32, 1), make([][]float32, 1)
	win := image.Rect(0, 0, doc.Width, doc.Height)
	require.NoError(t, errors.Read(context.Background(), win, []int{1}, px))
	require.NoError(t, ds.Read(context.Background(), win, []int{4}, alpha))
	seen := 0
	for i, v := range px[0] {
		require.Equal(t, alpha[0][i] > 0, v == v, "an error where there is a picture, and only there")
		if v == v {
			seen++
			require.GreaterOrEqual(t, float64(v), doc.SigmaMinM-1e-3)
		}
	}
	require.InDelta(t, doc.SeenShare, float64(seen)/float64(doc.Width*doc.Height), 1e-9)

	o = upwindDo(t, "place", picture)
	require.Contains(t, o.stderr, "say where the picture goes")
	o = upwindDo(t, "place", dsm, "-o", out)
	require.Contains(t, o.stderr, "it is no drone picture with a camera position")
	o = upwindDo(t, "place", picture, "--gsd", "0.00001", "-o", out)
	require.Contains(t, o.stderr, "state a larger --gsd")
}
