package gdal_test

import (
	"context"
	"fmt"
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
	"upwind/raster/gdal"
)

// TestColourThresholdByLeavingOneOut chooses the redness threshold on two labelled pictures and scores the
// third, pixel by pixel, without objects: the held-out figures that the colour prior rests on.
func TestColourThresholdByLeavingOneOut(t *testing.T) {
	if underRace {
		t.Skip("arithmetic over whole pictures in one goroutine: it runs without the race detector")
	}
	names := [][2]string{{"drone_oblique/images/100_0005_0018.tif", "100_0005_0018.tif"}, {"drone_oblique/images/100_0005_0136.tif", "100_0005_0136.tif"}, {"drone_earthworks/caliterra_ortho.png", "caliterra_ortho.png"}}
	thresholds := []float64{0, 0.01, 0.02, 0.03, 0.04}
	var f1, precision [3][5]float64
	for k, n := range names {
		px, w, h := bands(t, "raster/"+n[0], 3)
		lab, _, _ := bands(t, "raster/labels/"+n[1]+".bare.png", 1)
		for b := range px {
			px[b] = raster.BoxMean(px[b], w, h, 2)
		}
		for j, ri := range thresholds {
			var tp, fp, fn float64
			for i, l := range lab[0] {
				p := raster.Spectrum{R: float64(px[0][i]), G: float64(px[1][i]), B: float64(px[2][i])}
				yes := p.ExG() < 0.05 && p.RI() > ri && p.Saturation() > 0.08 && p.R+p.G+p.B > 3*255*0.12
				switch {
				case l == 255:
				case yes && l == 1:
					tp++
				case yes:
					fp++
				case l == 1:
					fn++
				}
			}
			f1[k][j], precision[k][j] = 2*tp/(2*tp+fp+fn), tp/(tp+fp)
		}
		t.Log(n[1], fmt.Sprintf("F1 %.3f P %.3f", f1[k], precision[k]))
	}
	for k := range names {
		best, at := -1.0, 0
		for j := range thresholds {
			if s := f1[(k+1)%3][j] + f1[(k+2)%3][j]; s > best {
				best, at = s, j
			}
		}
		t.Logf("held out %s: RI > %.2f chosen on the others, F1 %.3f, precision %.3f", names[k][1], thresholds[at], f1[k][at], precision[k][at])
		if k != 1 {
			require.Greater(t, precision[k][at], 0.85)
		}
	}
}

func bands(t *testing.T, name string, n int) ([][]float32, int, int) {
	t.Helper()
	d, err := gdal.Open(shared(t, name))
	require.NoError(t, err)
	defer d.Close()
	i := d.Info()
	idx := make([]int, n)
	for k := range idx {
		idx[k] = k + 1
	}
	px := make([][]float32, n)
	require.NoError(t, d.Read(context.Background(), image.Rect(0, 0, i.Width, i.Height), idx, px))
	return px, i.Width, i.Height
}
