package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/gdal"
)

// writeScenes writes n small satellite scenes, each of its own square kilometre and each with one field of
// bare soil among grass, so that n candidates must come of them whatever happens on the way.
func writeScenes(t testing.TB, dir string, n, size int) []string {
	t.Helper()
	names := []string{"blue", "green", "red", "nir", "swir1", "swir2"}
	// Reflectance x 10,000 of green grass and of dry loam (USGS spectral library, rounded).
	grass := [6]float64{400, 700, 500, 4200, 2200, 1100}
	soil := [6]float64{1000, 1400, 1900, 2600, 3400, 3000}
	var paths []string
	for k := range n {
		rnd := rand.New(rand.NewPCG(7, uint64(k)))
		bands := make([]any, len(names))
		for b := range names {
			px := make([]uint16, size*size)
			for i := range px {
				v := grass[b]
				if x, y := i%size, i/size; x > size/4 && x < size/2 && y > size/3 && y < 2*size/3 {
					v = soil[b]
				}
				px[i] = uint16(v * (1 + 0.03*rnd.NormFloat64()))
			}
			bands[b] = px
		}
		path := filepath.Join(dir, fmt.Sprintf("scene_%03d.tif", k))
		gt := [6]float64{400000 + 20000*float64(k%10), 10, 0, 4000000 + 20000*float64(k/10), 0, -10}
		require.NoError(t, gdal.WriteGeoTIFF(path, gdal.Raster{Width: size, Height: size, Bands: bands, Descriptions: names,
			GeoTransform: &gt, CRS: "EPSG:32650", Metadata: map[string]string{"REFLECTANCE_SCALE": "10000", "TIFFTAG_DATETIME": "2026:04:01 03:00:00"}}))
		paths = append(paths, path)
	}
	return paths
}
