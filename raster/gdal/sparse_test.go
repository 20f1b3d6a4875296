package gdal_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"

	"upwind/raster"
	"upwind/raster/gdal"
)

// TestSparseFileGivesNoDataWhereNothingIsStored writes two tiles of a raster of 100,000 x 100,000.
func TestSparseFileGivesNoDataWhereNothingIsStored(t *testing.T) {
	const size = 100_000
	path := filepath.Join(t.TempDir(), "sparse.tif")
	gt := [6]float64{300000, 1, 0, 4_100_000, 0, -1}
	w, err := gdal.Create(path, gdal.Raster{Width: size, Height: size, Sparse: true, GeoTransform: &gt, CRS: "EPSG:32650"}, "uint16", 4)
	require.NoError(t, err)
	px := make([]uint16, 300*200)
	for i := range px {
		px[i] = 7
	}
	stored := image.Rect(70_000, 50_000, 70_300, 50_200) // across tiles
	require.NoError(t, w.Write(stored, []any{px, px, px, px}))
	require.NoError(t, w.Close())
	st, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, st.Size(), int64(4<<20))

	d, err := gdal.Open(path)
	require.NoError(t, err)
	defer d.Close()
	require.Equal(t, 256, d.Info().BlockWidth)
	require.True(t, d.Empty(image.Rect(0, 0, size, 1000)))
	require.False(t, d.Empty(stored))
	require.False(t, d.Empty(image.Rect(69_000, 49_000, 71_000, 51_000)))
	win := image.Rect(69_800, 49_900, 70_001, 50_001)
	dst := make([][]float32, 2)
	require.NoError(t, d.Read(context.Background(), win, []int{1, 4}, dst))
	at := func(x, y int) float32 { return dst[1][(y-win.Min.Y)*win.Dx()+x-win.Min.X] }
	require.Equal(t, float32(7), at(70_000, 50_000))
	require.Zero(t, at(69_999, 50_000), "in a tile that is stored")
	require.NotEqual(t, at(69_800, 49_910), at(69_800, 49_910), "left of the tiles that are stored is no data")
	require.Zero(t, at(69_990, 49_990))

	s, err := raster.NewScene(d, raster.SceneOptions{Bands: map[string]int{"red": 1, "green": 2, "blue": 3}})
	require.NoError(t, err)
	pic, err := raster.Preview(context.Background(), s, 500)
	require.NoError(t, err)
	require.Equal(t, 500, pic.Width)
}

// TestOverviewsOfClassesHoldClasses writes classes 0, 1 and 255 as a COG: no overview has a number between.
func TestOverviewsOfClassesHoldClasses(t *testing.T) {
	const size = 1100
	px := make([]uint8, size*size)
	for i := range px {
		px[i] = []uint8{0, 1, 1, 255}[(i/3+i/size)%4]
	}
	path, nodata := filepath.Join(t.TempDir(), "classes.tif"), 255.0
	require.NoError(t, gdal.WriteCOG(path, gdal.Raster{Width: size, Height: size, Bands: []any{px}, NoData: &nodata, Classes: true}))
	ds, err := godal.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, ds.Close()) }()
	overviews := ds.Bands()[0].Overviews()
	require.NotEmpty(t, overviews)
	for _, o := range overviews {
		s := o.Structure()
		buf := make([]uint8, s.SizeX*s.SizeY)
		require.NoError(t, o.Read(0, 0, buf, s.SizeX, s.SizeY))
		for _, v := range buf {
			require.Contains(t, []uint8{0, 1, 255}, v)
		}
	}
}
