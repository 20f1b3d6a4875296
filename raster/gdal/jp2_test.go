package gdal

import (
	"bytes"
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"

	"upwind"
)

// TestJPEG2000 reads a lossless band as Sentinel-2 has them, in tiles, and refuses spoilt ones.
func TestJPEG2000(t *testing.T) {
	dir := t.TempDir()
	const w, h = 2100, 1300
	px := make([]uint16, w*h)
	for i := range px {
		px[i] = uint16(i%w*7 + i/w*3)
	}
	gt := [6]float64{300000, 10, 0, 4000020, 0, -10}
	plain := filepath.Join(dir, "band.tif")
	require.NoError(t, WriteGeoTIFF(plain, Raster{Width: w, Height: h, Bands: []any{px}, GeoTransform: &gt, CRS: "EPSG:32650"}))
	src, err := godal.Open(plain)
	require.NoError(t, err)
	path := filepath.Join(dir, "band.jp2")
	out, err := src.Translate(path, []string{"-of", "JP2OpenJPEG", "-co", "REVERSIBLE=YES", "-co", "QUALITY=100", "-co", "BLOCKXSIZE=1024", "-co", "BLOCKYSIZE=1024"})
	require.NoError(t, err)
	require.NoError(t, out.Close())
	require.NoError(t, src.Close())

	d, err := Open(path)
	require.NoError(t, err)
	require.Equal(t, 32650, d.Info().EPSG)
	require.Equal(t, gt, *d.Info().GeoTransform)
	require.Equal(t, 1024, d.Info().BlockHeight)
	dst := make([][]float32, 1)
	win := image.Rect(900, 1000, 1100, 1100)
	require.NoError(t, d.Read(context.Background(), win, []int{1}, dst))
	for y := range win.Dy() {
		for x := range win.Dx() {
			require.Equal(t, float32(px[(win.Min.Y+y)*w+win.Min.X+x]), dst[0][y*win.Dx()+x])
		}
	}
	require.NoError(t, d.Close())

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	cut := filepath.Join(dir, "cut.jp2")
	require.NoError(t, os.WriteFile(cut, text[:len(text)/2], 0o644))
	d, err = Open(cut)
	if err == nil {
		err = d.Read(context.Background(), image.Rect(0, 0, w, h), []int{1}, make([][]float32, 1))
		require.NoError(t, d.Close())
	}
	require.True(t, upwind.IsRefusal(err), "%v", err)
	require.NoError(t, os.WriteFile(cut, text[:40], 0o644))
	_, err = Open(cut)
	require.True(t, upwind.IsRefusal(err), "%v", err)
	copy(text[bytes.Index(text, []byte("ihdr"))+4:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	require.NoError(t, os.WriteFile(cut, text, 0o644))
	_, err = Open(cut)
	require.True(t, upwind.IsRefusal(err), "%v", err)
	require.ErrorContains(t, err, "pixels are more than")
}
