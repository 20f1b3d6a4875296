package gdal_test

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
	"upwind/raster/gdal"
)

func TestRoundTrip(t *testing.T) {
	nd := -9999.0
	for _, c := range []struct {
		name  string
		bands []any
		want  float32
	}{
		{"uint8", []any{ramp[uint8](300, 270), ramp[uint8](300, 270), ramp[uint8](300, 270)}, 77},
		{"uint16", []any{ramp[uint16](300, 270), ramp[uint16](300, 270)}, 77},
		{"float32", []any{ramp[float32](300, 270)}, 77},
	} {
		path := filepath.Join(t.TempDir(), c.name+".tif")
		gt := [6]float64{500000, 0.5, 0, 4000000, 0, -0.5}
		r := gdal.Raster{Width: 300, Height: 270, Bands: c.bands, Descriptions: []string{"red", "nir", "blue"}[:len(c.bands)], GeoTransform: &gt, CRS: "EPSG:32650", Metadata: map[string]string{"TIFFTAG_DATETIME": "2026:03:01 04:05:06"}}
		if c.name == "float32" {
			r.NoData = &nd
			c.bands[0].([]float32)[5] = float32(nd)
		}
		require.NoError(t, gdal.WriteGeoTIFF(path, r))
		d, err := gdal.Open(path)
		require.NoError(t, err)
		i := d.Info()
		require.Equal(t, c.name, i.Bands[0].Type)
		require.Equal(t, "red", i.Bands[0].Description)
		require.Equal(t, 32650, i.EPSG)
		require.Equal(t, gt, *i.GeoTransform)
		require.InDelta(t, 0.5, i.GSDM, 0.001)
		require.Equal(t, "2026-03-01T04:05:06Z", i.Acquired.Format("2006-01-02T15:04:05Z07:00"))
		px := make([][]float32, 1)
		require.NoError(t, d.Read(context.Background(), image.Rect(70, 7, 90, 9), []int{len(c.bands)}, px))
		require.Equal(t, c.want, px[0][0])
		if c.name == "float32" {
			top := make([][]float32, 1)
			require.NoError(t, d.Read(context.Background(), image.Rect(0, 0, 10, 1), []int{1}, top))
			require.True(t, math.IsNaN(float64(top[0][5])))
		}
		require.Error(t, d.Read(context.Background(), image.Rect(290, 0, 301, 1), []int{1}, make([][]float32, 1)))
		require.NoError(t, d.Close())
		require.NoError(t, d.Close())
		require.Error(t, d.Read(context.Background(), image.Rect(0, 0, 1, 1), []int{1}, make([][]float32, 1)))
	}
}

// ramp has the value column + row, cut to 0..255.
func ramp[T uint8 | uint16 | float32](w, h int) []T {
	v := make([]T, w*h)
	for i := range v {
		v[i] = T((i%w + i/w) % 256)
	}
	return v
}

func TestAlphaIsNoData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tif")
	alpha := make([]uint8, 16)
	for i := 4; i < 16; i++ {
		alpha[i] = 255
	}
	c := func(v uint8) []uint8 {
		b := make([]uint8, 16)
		for i := range b {
			b[i] = v
		}
		return b
	}
	require.NoError(t, gdal.WriteGeoTIFF(path, gdal.Raster{Width: 4, Height: 4, Bands: []any{c(1), c(2), c(3), alpha}, Colours: []string{"Red", "Green", "Blue", "Alpha"}}))
	d, err := gdal.Open(path)
	require.NoError(t, err)
	defer d.Close()
	px := make([][]float32, 2)
	require.NoError(t, d.Read(context.Background(), image.Rect(0, 0, 4, 4), []int{3, 1}, px))
	require.True(t, math.IsNaN(float64(px[0][3])) && math.IsNaN(float64(px[1][0])))
	require.Equal(t, float32(3), px[0][4])
	require.Equal(t, float32(1), px[1][15])
	require.False(t, d.Info().Georeferenced())
	_, err = d.Georef("")
	require.True(t, upwind.IsRefusal(err))
}

func TestTransformsAreLongitudeFirst(t *testing.T) {
	tr, err := gdal.NewTransform("EPSG:4326", "EPSG:32650")
	require.NoError(t, err)
	defer tr.Close()
	e, n, ok := tr.Apply(117, 36) // the central meridian of zone 50
	require.True(t, ok)
	require.InDelta(t, 500000, e, 1e-3)
	require.InDelta(t, 3983948.45, n, 0.1)
	x, y := []float64{117, 1000}, []float64{36, 1000}
	require.Equal(t, 1, tr.ApplyAll(x, y))
	require.True(t, math.IsNaN(x[1]))
	for _, bad := range []string{"EPSG:1", "EPSG:x", "nonsense", ""} {
		_, err := gdal.NewTransform(bad, gdal.WGS84)
		require.True(t, upwind.IsRefusal(err), "%q: %v", bad, err)
	}
	g, err := gdal.NewGeoref([6]float64{500000, 2, 0, 4000000, 0, -2}, "EPSG:32650")
	require.NoError(t, err)
	defer g.Close()
	lon, lat, sigma, ok := g.Locate(120, 340)
	require.True(t, ok)
	require.Positive(t, sigma)
	px, py, ok := g.Pixel(lon, lat)
	require.True(t, ok)
	require.InDelta(t, 120, px, 1e-5)
	require.InDelta(t, 340, py, 1e-5)
}

func TestTruncatedFileNamesItsWindow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut.tif")
	noise := make([]uint8, 512*512)
	for i := range noise {
		noise[i] = uint8(i * i >> 3)
	}
	require.NoError(t, gdal.WriteGeoTIFF(path, gdal.Raster{Width: 512, Height: 512, Bands: []any{noise}}))
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, st.Size()*3/4))
	d, err := gdal.Open(path)
	require.NoError(t, err)
	defer d.Close()
	err = d.Read(context.Background(), image.Rect(0, 256, 512, 512), []int{1}, make([][]float32, 1))
	require.True(t, upwind.IsRefusal(err))
	require.ErrorContains(t, err, "cut.tif, columns 0-511, rows 256-511")
}

func TestOpenRefusesInWords(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"a.tif": "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"></VRTDataset>", "b.tif": "", "c.jpg": "\xff\xd8\xff\xe0\x00\x02\xff\xda\x00\x02", "d.png": "\x89PNG\r\n\x1a\nIHDR", "e.tif": "II*\x00\x08\x00\x00\x00",
	} {
		p := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(p, []byte(body), 0o600))
		_, err := gdal.Open(p)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.NotContains(t, err.Error(), dir, "people know the file by its name")
	}
	_, err := gdal.Open(dir)
	require.True(t, upwind.IsRefusal(err))
	_, err = gdal.Open("/vsicurl/http://localhost/x.tif")
	require.True(t, upwind.IsRefusal(err))
	_, err = gdal.Open(filepath.Join(dir, "absent.tif"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func ExampleOpen() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "one.tif")
	gt := [6]float64{500000, 10, 0, 4000000, 0, -10}
	_ = gdal.WriteGeoTIFF(path, gdal.Raster{Width: 2, Height: 1, Bands: []any{[]uint8{3, 4}}, GeoTransform: &gt, CRS: "EPSG:32650"})
	d, err := gdal.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	px := make([][]float32, 1)
	_ = d.Read(context.Background(), image.Rect(0, 0, 2, 1), []int{1}, px)
	fmt.Println(d.Info().EPSG, px[0])
	// Output: 32650 [3 4]
}

var _ raster.Source = (*gdal.Dataset)(nil)

func TestWriteCOG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dtm.tif")
	gt := [6]float64{500000, 0.5, 0, 4000000, 0, -0.5}
	nd := -9999.0
	z := ramp[float32](900, 700)
	z[5] = float32(nd)
	require.NoError(t, gdal.WriteCOG(path, gdal.Raster{Width: 900, Height: 700, Bands: []any{z}, NoData: &nd, GeoTransform: &gt, CRS: "EPSG:32650"}))
	d, err := gdal.Open(path)
	require.NoError(t, err)
	defer d.Close()
	require.Equal(t, "COG", d.Info().Metadata["IMAGE_STRUCTURE"]["LAYOUT"])
	require.Equal(t, gt, *d.Info().GeoTransform)
	px := make([][]float32, 1)
	require.NoError(t, d.Read(context.Background(), image.Rect(0, 0, 900, 700), []int{1}, px))
	require.True(t, math.IsNaN(float64(px[0][5])))
	require.Equal(t, z[6], px[0][6])
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left, "nothing is left beside it")
}
