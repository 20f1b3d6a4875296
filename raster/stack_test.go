package raster_test

import (
	"context"
	"image"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
)

// TestStackLaysBandsOnOneGrid joins a band of 10 m, one of 20 m whose values are a plane, and a mask of 20 m.
func TestStackLaysBandsOnOneGrid(t *testing.T) {
	fine, coarse, mask := memory("uint16", 60, 40, "a"), memory("uint16", 30, 20, "b"), memory("uint8", 30, 20, "m")
	for i := range 60 * 40 {
		fine.Pix[0][i] = float32(1000 + i)
	}
	for i := range 30 * 20 {
		coarse.Pix[0][i] = float32(2000 + 20*(i%30) + 6*(i/30))
	}
	fine.Pix[0][5*60+7], coarse.Pix[0][9*30+9], mask.Pix[0][15*30+20] = 0, 0, 9
	place := func(src *raster.MemorySource, gsd float64) {
		src.SourceInfo.GeoTransform, src.SourceInfo.CRS, src.SourceInfo.EPSG = &[6]float64{400000, gsd, 0, 4000000, 0, -gsd}, "x", 32650
		src.SourceInfo.Name = src.SourceInfo.Bands[0].Description + ".tif"
	}
	place(fine, 10)
	place(coarse, 20)
	place(mask, 20)
	layers := []raster.Layer{{Source: fine, Band: 1, Role: raster.Red, Scale: 1e-4, Offset: -0.1, NoData: []float64{0}},
		{Source: coarse, Band: 1, Role: raster.SWIR1, Scale: 1e-4, Offset: -0.1, NoData: []float64{0}}}
	screen := &raster.Screen{Source: mask, Bands: []int{1}, Bad: []func(uint32) bool{func(v uint32) bool { return v == 9 }}}
	s, err := raster.NewStack("product", layers, screen)
	require.NoError(t, err)
	require.Equal(t, 60, s.Info().Width)
	scene, err := raster.NewScene(s, raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	require.Equal(t, raster.Reflectance, scene.Info().Radiometry)
	whole, err := scene.Read(context.Background(), image.Rect(0, 0, 60, 40), raster.Red, raster.SWIR1)
	require.NoError(t, err)
	require.InDelta(t, 0.1*(1000+61)/1000-0.1, whole[0][61], 1e-6)
	// A plane stays a plane between the centres of coarse pixels: pixel (20, 21) lies at (9.75, 10.25) of them.
	require.InDelta(t, 1e-4*(2000+20*9.75+6*10.25)-0.1, whole[1][21*60+20], 1e-6)
	nan := func(v float32) bool { return math.IsNaN(float64(v)) }
	require.True(t, nan(whole[0][5*60+7]) && !nan(whole[1][5*60+7]), "no data of one band")
	require.True(t, nan(whole[1][18*60+18]) && nan(whole[1][19*60+19]), "under the void pixel")
	require.False(t, nan(whole[1][17*60+17]), "beside it the nearest counts")
	for _, i := range []int{30*60 + 40, 31*60 + 41} {
		require.True(t, nan(whole[0][i]) && nan(whole[1][i]), "the mask hides all bands")
	}
	require.False(t, nan(whole[0][32*60+42]))
	win := image.Rect(13, 7, 47, 33)
	part, err := scene.Read(context.Background(), win, raster.SWIR1)
	require.NoError(t, err)
	for y := win.Min.Y; y < win.Max.Y; y++ {
		for x := win.Min.X; x < win.Max.X; x++ {
			a, b := whole[1][y*60+x], part[0][(y-win.Min.Y)*win.Dx()+x-win.Min.X]
			require.True(t, a == b || nan(a) && nan(b), "column %d, row %d: %v and %v", x, y, a, b)
		}
	}
	for name, spoil := range map[string]func(si *raster.SourceInfo){
		"b.tif: it lies in another coordinate system than a.tif":    func(si *raster.SourceInfo) { si.CRS, si.EPSG = "y", 32651 },
		"b.tif: its pixels are no whole multiple of those of a.tif": func(si *raster.SourceInfo) { si.GeoTransform = &[6]float64{400000, 15, 0, 4000000, 0, -15} },
		"b.tif: its upper left corner is not that of a.tif":         func(si *raster.SourceInfo) { si.GeoTransform = &[6]float64{400005, 20, 0, 4000000, 0, -20} },
		"b.tif: it does not reach over all of a.tif":                func(si *raster.SourceInfo) { si.Height = 19 },
		"b.tif: one is rotated: a.tif":                              func(si *raster.SourceInfo) { si.GeoTransform = &[6]float64{400000, 20, 1, 4000000, 0, -20} },
		"b.tif: it has other pixels than a.tif":                     func(si *raster.SourceInfo) { si.GeoTransform = nil },
	} {
		bad := *coarse
		spoil(&bad.SourceInfo)
		_, err := raster.NewStack("product", []raster.Layer{layers[0], {Source: &bad, Band: 1, Role: raster.SWIR1}}, nil)
		require.True(t, upwind.IsRefusal(err))
		require.ErrorContains(t, err, name)
	}
}
