package raster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster"
)

var ground = raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 10, Sigma: 5}

// memory builds a source of bands with descriptions.
func memory(typ string, w, h int, names ...string) *raster.MemorySource {
	src := &raster.MemorySource{SourceInfo: raster.SourceInfo{Name: "m.tif", Width: w, Height: h}}
	for _, n := range names {
		src.SourceInfo.Bands = append(src.SourceInfo.Bands, raster.Band{Type: typ, Description: n, Scale: 1})
		src.Pix = append(src.Pix, make([]float32, w*h))
	}
	return src
}

var (
	soil   = []float32{0.12, 0.16, 0.21, 0.28, 0.35} // blue, green, red, nir, swir1: dry loam
	grass  = []float32{0.04, 0.08, 0.05, 0.40, 0.20}
	water  = []float32{0.06, 0.06, 0.04, 0.02, 0.01}
	cloud  = []float32{0.60, 0.58, 0.58, 0.62, 0.45}
	kinds5 = []string{"blue", "green", "red", "nir", "swir1"}
)

func newMask(s raster.Scene) *raster.Mask { return raster.NewMask(s.Info().Width, s.Info().Height) }

func put(src *raster.MemorySource, x0, y0, x1, y1 int, v []float32) {
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			for b := range v {
				src.Pix[b][y*src.SourceInfo.Width+x] = v[b]
			}
		}
	}
}

func TestSpectralSoilFindsTheFieldAndItsArea(t *testing.T) {
	src := memory("float32", 100, 80, kinds5...)
	put(src, 0, 0, 100, 80, grass)
	put(src, 10, 10, 40, 30, soil)
	put(src, 20, 15, 22, 17, grass) // a tree in the field: part of it
	put(src, 60, 10, 90, 40, water)
	put(src, 60, 50, 90, 70, cloud)
	put(src, 2, 70, 90, 71, soil) // a farm track
	src.Pix[0][0] = float32(math.NaN())
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	require.Equal(t, raster.Reflectance, s.Info().Radiometry)
	require.InDelta(t, 10, s.Info().GSDM, 1e-3)
	d, _ := raster.Find("bare-soil-spectral")
	calls := 0
	mask := newMask(s)
	r, err := d.Detect(context.Background(), s, raster.Options{Mask: mask, MinAreaM2: 1000}, func(done, total int) { calls++; require.LessOrEqual(t, done, total) })
	require.NoError(t, err)
	require.Positive(t, calls)
	require.Len(t, r.Detections, 1, "%v", r.Notes)
	area := r.Detections[0].Measures[upwind.AreaM2]
	require.InDelta(t, 60000, area.Value, 60)
	require.Positive(t, area.Sigma)
	require.Equal(t, raster.MaskAbstain, mask.Pix[0])
	require.Equal(t, 600+88, mask.Count(raster.MaskYes), "the mask has the track too")
	ring := r.Detections[0].Geometry.Geometry().(orb.Polygon)[0]
	require.Equal(t, orb.CCW, ring.Orientation())
	again, err := d.Detect(context.Background(), s, raster.Options{MinAreaM2: 1000, Mask: newMask(s)}, nil)
	require.NoError(t, err)
	require.Equal(t, r, again, "the same input gives the same answer")
}

// village paints roofs, yards and crowns at random over a square; pixels mix some of them.
func village(src *raster.MemorySource, x0, y0, x1, y1 int, rng *rand.Rand) {
	parts := [][]float32{{0.068, 0.088, 0.165, 0.225, 0.285}, {0.17, 0.195, 0.215, 0.245, 0.275}, {0.026, 0.05, 0.034, 0.36, 0.155}, {0.15, 0.165, 0.178, 0.2, 0.225}, soil}
	const mixed = 5
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum := make([]float32, 5)
			for range mixed {
				for b, v := range parts[rng.IntN(len(parts))] {
					sum[b] += v / mixed
				}
			}
			put(src, x, y, x+1, y+1, sum)
		}
	}
}

func TestSettlementIsNotBareSoil(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	src := memory("float32", 200, 120, kinds5...)
	put(src, 0, 0, 200, 120, grass)
	village(src, 10, 10, 60, 50, rng)
	put(src, 80, 10, 100, 30, soil)  // a parcel
	put(src, 120, 10, 123, 13, soil) // nine pixels: one inside
	village(src, 130, 60, 180, 100, rng)
	put(src, 20, 70, 60, 100, soil) // a parcel with furrows along x and the noise of a sensor
	for y := 70; y < 100; y += 2 {
		put(src, 20, y, 60, y+1, []float32{0.10, 0.13, 0.18, 0.25, 0.32})
	}
	for i := range src.Pix[0] {
		g := float32(1 + 0.012*rng.NormFloat64())
		for b := range src.Pix {
			src.Pix[b][i] *= g
		}
	}
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	d, _ := raster.Find("bare-soil-spectral")
	mask := newMask(s)
	r, err := d.Detect(context.Background(), s, raster.Options{Mask: mask}, nil)
	require.NoError(t, err)
	require.Len(t, r.Detections, 2, "the even parcel and the furrowed one: %v", r.Notes)
	require.InDelta(t, 40000, r.Detections[0].Measures[upwind.AreaM2].Value, 60)
	require.InDelta(t, 120000, r.Detections[1].Measures[upwind.AreaM2].Value, 160)
	require.Contains(t, r.Detections[0].Reasons[2], "from pixel to pixel")
	require.Equal(t, raster.MaskAbstain, mask.Row(11)[121], "too small to have an inside")
	for y := 10; y < 50; y++ {
		require.NotContains(t, mask.Row(y)[10:60], raster.MaskYes)
	}
}

// seriesScenes are the five dates of sentinel2_series as B02 B03 B04 B08 B11, top-of-atmosphere reflectance, 101 rows of 100 pixels of 10 m.
func seriesScenes(t *testing.T) (scenes [5][5][]float32, w, h int) {
	t.Helper()
	raw, err := os.ReadFile(sharedFile(t, "raster/sentinel2_series/REFERENCE_SCENES.npy"))
	require.NoError(t, err)
	const bands, size = 13, 4
	w, h = 100, 101
	body := raw[10+int(binary.LittleEndian.Uint16(raw[8:])):]
	require.Len(t, body, len(scenes)*w*h*bands*size, "32-bit numbers")
	for k := range scenes {
		for j, band := range []int{1, 2, 3, 7, 11} {
			scenes[k][j] = make([]float32, w*h)
			for i := range w * h {
				scenes[k][j][i] = math.Float32frombits(binary.LittleEndian.Uint32(body[((k*h*w+i)*bands+band)*size:]))
			}
		}
	}
	return scenes, w, h
}

// bareOf runs the spectral rules over five bands.
func bareOf(t *testing.T, px [5][]float32, w, h int) (objects int, share float64) {
	t.Helper()
	src := memory("float32", w, h, kinds5...)
	copy(src.Pix, px[:])
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	d, _ := raster.Find("bare-soil-spectral")
	mask := newMask(s)
	r, err := d.Detect(context.Background(), s, raster.Options{Mask: mask}, nil)
	require.NoError(t, err)
	smoke, _ := raster.Find("smoke-depth")
	haze, err := smoke.Detect(context.Background(), s, raster.Options{}, nil)
	require.NoError(t, err)
	require.Zero(t, haze.Objects, "clouds and haze are no plume")
	return r.Objects, float64(mask.Count(raster.MaskYes)) / float64(w*h)
}

func TestSentinel2NegativeControl(t *testing.T) {
	scenes, w, h := seriesScenes(t)
	for k, px := range scenes {
		objects, share := bareOf(t, px, w, h)
		t.Logf("scene %d: %d objects, %.4f of the pixels", k, objects, share)
		require.Less(t, share, 0.02)
		switch k {
		case 0:
			require.Zero(t, objects, "clouds are not bare")
		case 2, 3, 4:
			require.LessOrEqual(t, share, 0.005)
		}
	}
}

// TestCompositedCloudsAreNotBare lays the clouds of scene 0 over the clear scenes as a mixture of the two spectra, thin at the edges and with
// their shadow beside them, and asks for bare soil that was not there without them.
func TestCompositedCloudsAreNotBare(t *testing.T) {
	scenes, w, h := seriesScenes(t)
	found, runs := 0, 0
	for k := 2; k < 5; k++ {
		without, _ := bareOf(t, scenes[k], w, h)
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 13))
			alpha, shadow := blobs(rng, w, h)
			var px [5][]float32
			for b := range px {
				px[b] = make([]float32, w*h)
				for i, a := range alpha {
					px[b][i] = (1-a)*scenes[k][b][i]*(1-0.6*shadow[i]) + a*scenes[0][b][i]
				}
			}
			objects, share := bareOf(t, px, w, h)
			runs++
			if objects > without {
				t.Logf("scene %d, clouds %d: %d objects, %.4f of the pixels; %d without", k, seed, objects, share, without)
				found += objects - without
			}
		}
	}
	t.Logf("%d bare objects made by clouds in %d composited scenes", found, runs)
	require.Zero(t, found)
}

// blobs are three clouds of 100 to 250 m with soft edges, and their shadows 150 m to the north-west, both 0 to 1.
func blobs(rng *rand.Rand, w, h int) (cloud, shadow []float32) {
	cloud, shadow = make([]float32, w*h), make([]float32, w*h)
	for range 3 {
		cx, cy, r := rng.Float64()*float64(w), rng.Float64()*float64(h), 10+15*rng.Float64()
		lay := func(to []float32, cx, cy float64) {
			for y := range h {
				for x := range w {
					d := math.Hypot(float64(x)-cx, 1.3*(float64(y)-cy)) / r
					to[y*w+x] = max(to[y*w+x], float32(min(1, max(0, 1.6*(1-d)))))
				}
			}
		}
		lay(cloud, cx, cy)
		lay(shadow, cx-11, cy-11)
	}
	return cloud, shadow
}

func TestBandsAreNeverGuessed(t *testing.T) {
	src := memory("uint16", 4, 4, "", "", "", "")
	_, err := raster.NewScene(src, raster.SceneOptions{})
	require.True(t, upwind.IsRefusal(err))
	require.ErrorContains(t, err, "--bands")
	_, err = raster.NewScene(src, raster.SceneOptions{Bands: map[string]int{"red": 5}})
	require.True(t, upwind.IsRefusal(err))
	_, err = raster.NewScene(src, raster.SceneOptions{Bands: map[string]int{"rad": 1}})
	require.True(t, upwind.IsRefusal(err))
	s, err := raster.NewScene(src, raster.SceneOptions{Bands: map[string]int{"red": 1, "nir": 4}})
	require.NoError(t, err)
	require.Equal(t, raster.DN, s.Info().Radiometry)
	for _, d := range raster.Detectors {
		require.Error(t, d.Suits(s.Info()), d.Name)
		_, err := d.Detect(context.Background(), s, raster.Options{}, nil)
		require.True(t, upwind.IsRefusal(err), d.Name)
	}
	dsm, err := raster.NewScene(memory("float32", 4, 4, ""), raster.SceneOptions{Locator: ground})
	require.NoError(t, err)
	require.True(t, dsm.Info().HasDSM)
}

// heapScene is an orthophoto of 0.1 m with a surface model of 0.25 m: one cone of 8 m radius and 33 degrees.
func heapScene(t *testing.T, colour []float32) raster.Scene {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	ortho := memory("uint8", 600, 600, "", "", "")
	for i, c := range []string{"Red", "Green", "Blue"} {
		ortho.SourceInfo.Bands[i].Colour = c
	}
	put(ortho, 0, 0, 600, 600, []float32{110, 108, 105})
	dsm := memory("float32", 240, 240, "dsm")
	for i := range 240 * 240 {
		x, y := (float64(i%240)+0.5)*0.25, (float64(i/240)+0.5)*0.25
		r := math.Hypot(x-30, y-30)
		dsm.Pix[0][i] = float32(50 + math.Max(0, (8-r)*math.Tan(33*math.Pi/180)) + rng.NormFloat64()*0.01)
	}
	for i := range 600 * 600 {
		if math.Hypot((float64(i%600)+0.5)*0.1-30, (float64(i/600)+0.5)*0.1-30) < 8 {
			for b := range colour {
				ortho.Pix[b][i] = colour[b]
			}
		}
	}
	og, dg := ground, ground
	og.GSDM, dg.GSDM = 0.1, 0.25
	s, err := raster.NewScene(ortho, raster.SceneOptions{Locator: og, DSM: &raster.Surface{Source: dsm, Band: 1, Grid: dg}})
	require.NoError(t, err)
	return s
}

func TestPilesWithVolumeAndCover(t *testing.T) {
	for class, colour := range map[string][]float32{upwind.PileUncovered: {200, 180, 140}, upwind.PileCovered: {50, 120, 60}} {
		s := heapScene(t, colour)
		d, _ := raster.Find("sand-pile-surface")
		require.NoError(t, d.Suits(s.Info()))
		mask := newMask(s)
		r, err := d.Detect(context.Background(), s, raster.Options{Mask: mask}, nil)
		require.NoError(t, err)
		require.Len(t, r.Detections, 1)
		got := r.Detections[0]
		want := math.Pi * 512 * math.Tan(33*math.Pi/180) / 3
		t.Logf("%s: volume %.1f +- %.1f m3 (exact %.1f), p %.2f, %v", class, got.Measures[upwind.VolumeM3].Value, got.Measures[upwind.VolumeM3].Sigma, want, got.Probability, got.Reasons)
		require.InEpsilon(t, want, got.Measures[upwind.VolumeM3].Value, 0.05)
		require.Equal(t, class, got.Class)
		require.Contains(t, got.Measures, upwind.UncoveredFraction)
		c := got.Geometry.Geometry().Bound().Center()
		x, y, _ := ground.Pixel(c[0], c[1])
		require.InDelta(t, 3, x, 0.1)
		require.InDelta(t, 3, y, 0.1)
		require.InEpsilon(t, math.Pi*80*80, float64(mask.Count(raster.MaskYes)), 0.1)
	}
}

func TestPreviewAndChip(t *testing.T) {
	s := heapScene(t, []float32{200, 180, 140})
	p, err := raster.Preview(context.Background(), s, 128)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(p.Bytes))
	require.NoError(t, err)
	require.LessOrEqual(t, img.Bounds().Dx(), 128)
	require.True(t, p.Placed)
	require.Less(t, p.Corners[0][0], p.Corners[1][0])
	require.Greater(t, p.Corners[0][1], p.Corners[3][1])
	poly, _, ok := raster.ToGround(s, orb.Polygon{{{220, 220}, {380, 220}, {380, 380}, {220, 380}, {220, 220}}})
	require.True(t, ok)
	c, err := raster.Chip(context.Background(), s, poly, 200)
	require.NoError(t, err)
	chip, err := jpeg.Decode(bytes.NewReader(c.Bytes))
	require.NoError(t, err)
	require.LessOrEqual(t, chip.Bounds().Dx(), 200)
	r, g, b, _ := chip.At(50, 100).RGBA() // the western side of the outline
	require.Greater(t, r+g, 3*b, "the outline is yellow")
}
