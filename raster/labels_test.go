package raster_test

import (
	"context"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	"upwind/raster"
)

func square(x0, y0, x1, y1 float64) orb.MultiPolygon {
	return orb.MultiPolygon{{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}}
}

func TestLabelledPixelsAreThoseWhoseCentresLieInside(t *testing.T) {
	const w, h = 8, 6
	nan := float32(math.NaN())
	m := &raster.MemorySource{SourceInfo: raster.SourceInfo{Width: w, Height: h, Bands: make([]raster.Band, 2)}}
	for b := range 2 {
		p := make([]float32, w*h)
		for i := range p {
			p[i] = float32(100*b + i)
		}
		p[0] = nan
		m.Pix = append(m.Pix, p)
	}
	m.Pix[1][1] = nan
	labels := []raster.Label{
		{Class: "a", Outline: square(-5, -5, 2.4, 1.6)},   // columns 0 and 1, rows 0 and 1
		{Class: "b", Outline: square(1.2, 1.2, 3.6, 2.4)}, // columns 1 to 3, row 1
		{Class: "a", Outline: square(7, 5, 100, 100)},
	}
	got, disputed, empty, err := raster.Labelled(context.Background(), m, labels)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{disputed, empty}, "(1, 1) is claimed twice, (0, 0) is empty")
	var at [][3]int
	for _, p := range got {
		at = append(at, [3]int{p.X, p.Y, p.Label})
		require.Equal(t, m.Pix[0][p.Y*w+p.X], p.Values[0])
	}
	require.Equal(t, [][3]int{{1, 0, 0}, {0, 1, 0}, {2, 1, 1}, {3, 1, 1}, {7, 5, 2}}, at)
	require.True(t, got[0].Values[1] != got[0].Values[1], "one band of two is missing")
}
