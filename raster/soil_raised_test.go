package raster_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
)

// TestRoofsAreNoBareSoil shows four patches of soil's colour of 20 x 20 m: bare ground, a heap, a roof of 3.5 m, and a roof built against a bank.
func TestRoofsAreNoBareSoil(t *testing.T) {
	const w, h, gsd, cell = 800, 600, 0.15, 0.25
	rng := rand.New(rand.NewPCG(6, 6))
	ortho := memory("uint8", w, h, "", "", "")
	for i, c := range []string{"Red", "Green", "Blue"} {
		ortho.SourceInfo.Bands[i].Colour = c
	}
	put(ortho, 0, 0, w, h, []float32{70, 120, 50}) // grass
	patches := [][2]float64{{15, 15}, {60, 15}, {15, 55}, {60, 55}}
	for _, p := range patches {
		put(ortho, int(p[0]/gsd), int(p[1]/gsd), int((p[0]+20)/gsd), int((p[1]+20)/gsd), []float32{190, 160, 120})
	}
	const dw, dh = 480, 360
	dsm := memory("float32", dw, dh, "dsm")
	for i := range dw * dh {
		x, y := (float64(i%dw)+0.5)*cell, (float64(i/dw)+0.5)*cell
		z := 30 + 0.01*rng.NormFloat64()
		if u, v := x-70, y-25; math.Abs(u) < 10 && math.Abs(v) < 10 {
			z += (10 - math.Max(math.Abs(u), math.Abs(v))) * math.Tan(33*math.Pi/180)
		}
		for k, p := range patches[2:] {
			if x >= p[0] && x < p[0]+20 && y >= p[1] && y < p[1]+20 {
				z += 3.5
			} else if k == 1 && y >= p[1]+20 || k == 1 && x >= p[0]+20 && y >= p[1]+6 || k == 1 && x < p[0] && x > p[0]-8 && y >= p[1]+11 { // the bank reaches the eaves on three sides
				z += 3.5
			}
		}
		dsm.Pix[0][i] = float32(z)
	}
	og, dg := ground, ground
	og.GSDM, dg.GSDM = gsd, cell
	look := func(opt raster.SceneOptions) raster.Result {
		opt.Locator = og
		s, err := raster.NewScene(ortho, opt)
		require.NoError(t, err)
		d, _ := raster.Find("bare-soil-colour")
		r, err := d.Detect(context.Background(), s, raster.Options{Mask: newMask(s)}, nil)
		require.NoError(t, err)
		return r
	}
	require.Len(t, look(raster.SceneOptions{}).Detections, 4, "by colour alone")
	r := look(raster.SceneOptions{DSM: &raster.Surface{Source: dsm, Band: 1, Grid: dg}})
	require.Len(t, r.Detections, 2, "%v", r.Notes)
	for _, d := range r.Detections {
		_, lat := d.Geometry.Geometry().Bound().Center()[0], d.Geometry.Geometry().Bound().Center()[1]
		_, y, _ := og.Pixel(116, lat)
		require.Less(t, y*gsd, 40.0, "ground and heap")
		require.InEpsilon(t, 400, d.Measures[upwind.AreaM2].Value, 0.1)
	}
	require.Contains(t, r.Notes, "1 object(s) of the colour of soil were left out as roofs or decks: they end in the air")
	require.Contains(t, r.Notes, "1 object(s) of the colour of soil end partly in the air: too close to call")
}
