package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
	"upwind/raster/gdal"
)

// TestDetectOverDates follows two parcels over six dates, one of them half cloud: the site of faultScene is bare on all, a field for the last two.
func TestDetectOverDates(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for k, date := range []string{"2023:01:01", "2023:03:20", "2023:04:05", "2023:04:20", "2023:05:05", "2023:05:20"} {
		change := func(r *gdal.Raster, px [][]float32) {
			r.Metadata = map[string]string{"TIFFTAG_DATETIME": date + " 03:00:00"}
			soil := []float32{0.12, 0.16, 0.21, 0.28, 0.35}
			for i := range px[0] {
				x, y := i%600, i/600
				if k >= 4 && x >= 300 && x < 400 && y >= 300 && y < 360 {
					for b := range px {
						px[b][i] = soil[b] * (px[b][i] / []float32{0.04, 0.08, 0.05, 0.40, 0.20}[b])
					}
				}
				if k == 2 && x < 250 { // over the site
					for b := range px {
						px[b][i] = float32(0.5)
					}
				}
			}
		}
		p := filepath.Join(dir, fmt.Sprintf("date%d.tif", 9-k)) // names say nothing of the order
		require.NoError(t, gdal.WriteGeoTIFF(p, faultScene(change)))
		paths = append(paths, p)
	}
	out := filepath.Join(dir, "soil.json")
	chips := mustDir(t, filepath.Join(dir, "chips"))
	o := must(t, append([]string{"detect", "-o", out, "--chips", chips}, paths...)...)
	require.Contains(t, o.stderr, "1 scene(s) are more than 90 days older than the latest")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var doc detectDocument
	require.NoError(t, json.Unmarshal(text, &doc))
	require.Len(t, doc.Detections, 2)
	require.Len(t, doc.Inputs, 6)
	for _, d := range doc.Detections {
		share := d.Measures[upwind.BareShareOfLooks]
		if d.Measures[upwind.AreaM2].Value > 8e5 {
			require.Equal(t, raster.Persistent, d.Class, "%v", d.Reasons)
			require.Equal(t, 1.0, share.Value)
			require.Contains(t, d.Reasons[len(d.Reasons)-1], "bare in 4 of 4 clear looks over 61 days")
		} else {
			require.Equal(t, raster.Passing, d.Class, "%v", d.Reasons)
			require.InDelta(t, 0.4, share.Value, 1e-9)
		}
		require.Less(t, share.Lo95, share.Value)
	}

	pictures, err := filepath.Glob(filepath.Join(chips, "*.jpg"))
	require.NoError(t, err)
	require.Len(t, pictures, 4, "two objects, before and after")
	require.Contains(t, pictures[0], "_after_2023-05-20.jpg")
	require.Contains(t, pictures[1], "_before_2023-01-01.jpg")

	bare := filepath.Join(dir, "undated.tif")
	require.NoError(t, gdal.WriteGeoTIFF(bare, faultScene(nil)))
	o = upwindDo(t, "detect", bare, paths[0])
	require.Contains(t, o.stderr, "undated.tif: it does not say when the sensor looked")
	o = upwindDo(t, "detect", "--kind", "smoke", paths[0], paths[1])
	require.Contains(t, o.stderr, "in which only bare soil is followed")
}
