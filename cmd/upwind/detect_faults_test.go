package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster/gdal"
)

// faultScene is a parcel of bare soil of 1 km2 among fields, in reflectance, 10 m, UTM zone 50; change spoils it.
func faultScene(change func(r *gdal.Raster, px [][]float32)) gdal.Raster {
	const w, h = 600, 500
	gt := [6]float64{400000, 10, 0, 4050000, 0, -10}
	r := gdal.Raster{Width: w, Height: h, Descriptions: []string{"blue", "green", "red", "nir", "swir1"}, GeoTransform: &gt, CRS: "EPSG:32650"}
	soil, field := []float32{0.12, 0.16, 0.21, 0.28, 0.35}, []float32{0.04, 0.08, 0.05, 0.40, 0.20}
	rng := rand.New(rand.NewPCG(1, 1))
	px := make([][]float32, len(soil))
	for i := range w * h {
		light := 1 + 0.01*float32(rng.NormFloat64())
		for b := range px {
			v := field[b]
			if x, y := i%w, i/w; x >= 100 && x < 200 && y >= 100 && y < 200 {
				v = soil[b]
			}
			px[b] = append(px[b], v*light)
		}
	}
	if change != nil {
		change(&r, px)
	}
	if r.Bands == nil {
		for b := range px {
			r.Bands = append(r.Bands, px[b])
		}
	}
	return r
}

func each(px [][]float32, fn func(i int, v float32) float32) {
	for b := range px {
		for i, v := range px[b] {
			px[b][i] = fn(i, v)
		}
	}
}

// integers makes 16-bit numbers of the bands.
func integers(r *gdal.Raster, px [][]float32, scale float32) {
	for b := range px {
		out := make([]uint16, len(px[b]))
		for i, v := range px[b] {
			out[i] = uint16(v * scale)
		}
		r.Bands = append(r.Bands, out)
	}
}

// TestDetectNamesWhatIsWrongWithAScene spoils a scene in the ways scenes are spoilt: each is refused or found with a sentence that says why.
func TestDetectNamesWhatIsWrongWithAScene(t *testing.T) {
	nodata, nan := -9999.0, float32(math.NaN())
	place := func(crs string, gt ...float64) func(*gdal.Raster, [][]float32) {
		return func(r *gdal.Raster, _ [][]float32) {
			r.CRS = crs
			copy(r.GeoTransform[:], gt)
		}
	}
	for _, c := range []struct {
		name   string
		args   []string
		change func(r *gdal.Raster, px [][]float32)
		code   int
		says   string
	}{
		{name: "plain"},
		{name: "rotated", change: place("EPSG:32650", 400000, 8, 6, 4050000, 6, -8)},
		{name: "half of it NaN", change: func(_ *gdal.Raster, px [][]float32) {
			each(px, func(i int, v float32) float32 {
				if i/600 >= 220 {
					return nan
				}
				return v
			})
		}, says: "56.0 % of its pixels hold no data"},
		{name: "band that is not there", args: []string{"--bands", "blue=1,green=2,red=3,nir=4,swir1=9"}, code: exitFailed, says: "--bands says swir1 is band 9, but the file has 5"},
		{name: "band named twice", args: []string{"--bands", "blue=1,green=2,red=3,nir=3,swir1=5"}, code: exitFailed, says: "band 3 is both nir and red"},
		{name: "bands unnamed", change: func(r *gdal.Raster, px [][]float32) { r.Descriptions = nil }, code: exitFailed, says: "nothing says what its 5 band(s) mean"},
		{name: "bands renamed", args: []string{"--bands", "blue=4,green=2,red=3,nir=1,swir1=5"}, says: "--bands says band 4 is blue, the file calls it nir"},
		{name: "nodata everywhere", change: func(r *gdal.Raster, px [][]float32) {
			r.NoData = &nodata
			each(px, func(int, float32) float32 { return -9999 })
		}, code: exitFailed, says: "no pixel of it holds data"},
		{name: "NaN everywhere", change: func(_ *gdal.Raster, px [][]float32) { each(px, func(int, float32) float32 { return nan }) }, code: exitFailed, says: "no pixel of it holds data"},
		{name: "no CRS", change: func(r *gdal.Raster, _ [][]float32) { r.CRS = "" }, says: "hand it in again with --crs EPSG:n"},
		{name: "metres called degrees", change: place("EPSG:4326"), code: exitFailed, says: "no corner of it lies on the earth"},
		{name: "degrees called metres", change: place("EPSG:32650", 115.9, 0.0001, 0, 36.5, 0, -0.0001), code: exitFailed, says: "its coordinates look like degrees"},
		{name: "across longitude 180", change: place("EPSG:4326", 179.97, 0.0001, 0, 37, 0, -0.0001), code: exitFailed, says: "reaches across longitude 180"},
		{name: "across longitude 180 in metres", change: place("EPSG:32660", 764500), code: exitFailed, says: "reaches across longitude 180"},
		{name: "16 bit without scale", change: func(r *gdal.Raster, px [][]float32) { integers(r, px, 10000) }, says: "the numbers are unscaled DN"},
		{name: "scale that cannot be", change: func(r *gdal.Raster, px [][]float32) {
			integers(r, px, 60000)
			r.Metadata = map[string]string{"REFLECTANCE_SCALE": "10000"}
		}, says: "its numbers cannot be the reflectance that it says they are (median 2.4 in nir)"},
		{name: "percent", change: func(_ *gdal.Raster, px [][]float32) {
			each(px, func(_ int, v float32) float32 { return 100 * v })
		}, says: "cannot be the reflectance"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path, out := filepath.Join(dir, "scene.tif"), filepath.Join(dir, "soil.json")
			require.NoError(t, gdal.WriteGeoTIFF(path, faultScene(c.change)))
			o := upwindDo(t, append([]string{"detect", "--kind", "bare-soil", "-o", out, path}, c.args...)...)
			require.Equal(t, c.code, o.code, o.stderr)
			require.Contains(t, o.stderr, c.says)
			if c.code != 0 {
				require.Contains(t, o.stderr, "scene.tif", "the file is named")
				return
			}
			if c.says == "" || c.name == "half of it NaN" {
				var doc detectDocument
				text, err := os.ReadFile(out)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, &doc))
				require.Len(t, doc.Detections, 1)
				require.InEpsilon(t, 1e6, doc.Detections[0].Measures[upwind.AreaM2].Value, 0.01)
			}
		})
	}
}
