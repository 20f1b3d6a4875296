package raster_test

import (
	"context"
	"image"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
)

func TestDerivedBands(t *testing.T) {
	const w, h = 40, 30
	src := memory("float32", w, h, kinds5...)
	for i := range w * h {
		for b := range src.Pix {
			src.Pix[b][i] = float32(0.1 + 0.05*float64(b) + 0.01*float64((i*7919)%13))
		}
	}
	src.Pix[2][5*w+5] = float32(math.NaN())
	roles, err := raster.FindBands(src.Info(), nil)
	require.NoError(t, err)
	d, err := raster.Derive(src, roles, []string{raster.Indices, raster.Texture})
	require.NoError(t, err)
	names := raster.BandNames(d.Info())
	require.Equal(t, []string{"blue", "green", "red", "nir", "swir1", "index NDVI", "index BSI", "index MNDWI", "index ExG", "index RI", "texture 3 px", "texture 9 px"}, names, "no NBR2 without swir2")
	all := make([]int, len(names))
	for i := range all {
		all[i] = i + 1
	}
	whole := make([][]float32, len(all))
	require.NoError(t, d.Read(context.Background(), image.Rect(0, 0, w, h), all, whole))
	p := raster.Spectrum{B: float64(src.Pix[0][99]), G: float64(src.Pix[1][99]), R: float64(src.Pix[2][99]), N: float64(src.Pix[3][99]), S1: float64(src.Pix[4][99])}
	require.InDelta(t, p.NDVI(), whole[5][99], 1e-6)
	require.InDelta(t, p.BSI(), whole[6][99], 1e-6)
	require.True(t, whole[5][5*w+5] != whole[5][5*w+5] && whole[10][5*w+5] != whole[10][5*w+5], "no data stays no data")
	// By hand: brightness is the mean of all bands, over three by three pixels.
	var sum, sq float64
	for y := 14; y <= 16; y++ {
		for x := 19; x <= 21; x++ {
			v := 0.0
			for b := range src.Pix {
				v += float64(src.Pix[b][y*w+x]) / 5
			}
			sum, sq = sum+v, sq+v*v
		}
	}
	require.InDelta(t, math.Sqrt(sq/9-sum*sum/81)/(sum/9), whole[10][15*w+20], 1e-4)
	// A window has the values of the whole.
	win := image.Rect(7, 9, 23, 20)
	part := make([][]float32, 3)
	require.NoError(t, d.Read(context.Background(), win, []int{12, 3, 6}, part))
	for y := win.Min.Y; y < win.Max.Y; y++ {
		for x := win.Min.X; x < win.Max.X; x++ {
			k, i := (y-win.Min.Y)*win.Dx()+x-win.Min.X, y*w+x
			require.InDelta(t, whole[11][i], part[0][k], 1e-5)
			require.Equal(t, whole[2][i], part[1][k])
			require.Equal(t, whole[5][i], part[2][k])
		}
	}
	again, err := raster.DeriveFor(src, roles, names)
	require.NoError(t, err)
	require.Equal(t, names, raster.BandNames(again.Info()))
	_, err = raster.DeriveFor(src, map[raster.Role]int{raster.Red: 3}, names)
	require.ErrorContains(t, err, "the model learnt from the index NDVI, which needs nir")
	_, err = raster.Derive(src, roles, []string{"colour"})
	require.ErrorContains(t, err, `"colour" is no group of features`)
}
