package main

import (
	"encoding/json"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster/gdal"
)

// TestDetectInASparseRasterOfTenGigapixels lays three parcels of bare soil among fields into a raster of 100,000 x 100,000 that stores nothing else:
// one across the windows in which it is read, one across its right edge's last tile, one in its last row. All are found, in flat memory.
func TestDetectInASparseRasterOfTenGigapixels(t *testing.T) {
	const size = 100_000
	dir := t.TempDir()
	path := filepath.Join(dir, "province.tif")
	gt := [6]float64{300000, 1, 0, 4_100_000, 0, -1}
	w, err := gdal.Create(path, gdal.Raster{Width: size, Height: size, Sparse: true, GeoTransform: &gt, CRS: "EPSG:32650",
		Descriptions: []string{"blue", "green", "red", "nir"}, Metadata: map[string]string{"REFLECTANCE_SCALE": "10000"}}, "uint16", 4)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	soil, field := [4]uint16{1200, 1700, 2200, 2800}, [4]uint16{400, 800, 500, 4000}
	for _, at := range []image.Point{{34*2048 - 200, 195*256 - 150}, {size - 400, 512}, {7000, size - 400}} {
		win := image.Rect(at.X, at.Y, at.X+400, at.Y+400)
		bands := make([]any, 4)
		for b := range bands {
			px := make([]uint16, 400*400)
			for i := range px {
				mean := field
				if x, y := i%400, i/400; x >= 100 && x < 300 && y >= 100 { // 200 x 300 m, to the lower edge
					mean = soil
				}
				px[i] = mean[b] + uint16(rng.IntN(60))
			}
			bands[b] = px
		}
		require.NoError(t, w.Write(win, bands))
	}
	require.NoError(t, w.Close())

	out := filepath.Join(dir, "soil.json")
	exe, err := program()
	require.NoError(t, err)
	took, err := usageOf(t.Context(), exe, "detect", "--kind", "bare-soil", "-o", out, path)
	require.NoError(t, err)
	t.Logf("%v of processor time, largest resident %d MB", took.cpu, took.peakMB)
	require.Less(t, took.peakMB, int64(256))
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var doc detectDocument
	require.NoError(t, json.Unmarshal(text, &doc))
	require.Len(t, doc.Detections, 3)
	for _, d := range doc.Detections {
		require.InEpsilon(t, 200*300, d.Measures[upwind.AreaM2].Value, 0.02)
	}
}
