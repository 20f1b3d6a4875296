package raster_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
)

// plumeScene paints grainy grassland with a plume I = J t + A (1-t) whose head is at (hx, hy) and which goes
// along angle (radians from east, clockwise on the picture); tau0 is its optical thickness at the head,
// which falls as the plume widens because the amount of smoke stays.
func plumeScene(t *testing.T, hx, hy, angle, tau0 float64) raster.Scene {
	t.Helper()
	return plumeOver(t, hx, hy, angle, tau0, func(x, y int) []float64 { return []float64{95, 110, 62} })
}

// plumeOver paints it over any ground.
func plumeOver(t *testing.T, hx, hy, angle, tau0 float64, ground func(x, y int) []float64) raster.Scene {
	t.Helper()
	const w, h, length = 600, 500, 300.0
	rng := rand.New(rand.NewPCG(1, 2))
	pix := make([][]float32, 3)
	for k := range pix {
		pix[k] = make([]float32, w*h)
	}
	for i := range w * h {
		dx, dy := float64(i%w)-hx, float64(i/w)-hy
		along, across := dx*math.Cos(angle)+dy*math.Sin(angle), -dx*math.Sin(angle)+dy*math.Cos(angle)
		tau := 0.0
		if along > -10 {
			sigma := 4 + 0.09*math.Max(0, along)
			tau = tau0 * 4 / sigma * math.Exp(-across*across/(2*sigma*sigma)) / (1 + math.Exp((along-length)/30)) / (1 + math.Exp(-(along)/3))
		}
		g := rng.NormFloat64() * 12
		for k, base := range ground(i%w, i/w) {
			j := base + g + rng.NormFloat64()*4
			tr := math.Exp(-tau * []float64{0.82, 1, 1.15}[k]) // red, green, blue: an Angstrom exponent of 1.4
			pix[k][i] = float32(math.Min(255, math.Max(0, j*tr+225*(1-tr))))
		}
	}
	b := func(c string) raster.Band { return raster.Band{Type: "uint8", Colour: c, Scale: 1} }
	src := &raster.MemorySource{SourceInfo: raster.SourceInfo{Name: "plume.tif", Width: w, Height: h, Bands: []raster.Band{b("Red"), b("Green"), b("Blue")}}, Pix: pix}
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 0.5, Sigma: 2}})
	require.NoError(t, err)
	return s
}

func TestSmokePlumeIsFoundWithItsOriginAndAxis(t *testing.T) {
	for _, c := range []struct{ x, y, deg, tau float64 }{{120, 250, 0, 5}, {450, 380, 215, 6}, {150, 120, 30, 4}} {
		s := plumeScene(t, c.x, c.y, c.deg*math.Pi/180, c.tau)
		d, _ := raster.Find("smoke-veil")
		r, err := d.Detect(context.Background(), s, raster.Options{}, nil)
		require.NoError(t, err)
		require.Len(t, r.Detections, 1, "%v: %v", c, r.Notes)
		got := r.Detections[0]
		x, y, _ := raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 0.5}.Pixel(got.Axis.Lon, got.Axis.Lat)
		t.Logf("%v: head off by %.1f px (sigma %.1f m), toward %.0f +- %.0f, %s, p %.2f, %v", c, math.Hypot(x-c.x, y-c.y), got.Axis.SigmaM, got.Axis.TowardDeg, got.Axis.SigmaDeg, got.Class, got.Probability, got.Reasons)
		require.Less(t, math.Hypot(x-c.x, y-c.y)*0.5, 3*got.Axis.SigmaM)
		want := math.Mod(90+c.deg, 360)
		require.Less(t, math.Abs(math.Remainder(got.Axis.TowardDeg-want, 360)), 2*got.Axis.SigmaDeg)
	}
}

func TestNoPlumeOnPlainGround(t *testing.T) {
	s := plumeScene(t, 100, 100, 0, 0)
	d, _ := raster.Find("smoke-veil")
	r, err := d.Detect(context.Background(), s, raster.Options{}, nil)
	require.NoError(t, err)
	require.Zero(t, r.Objects)
	require.NotEmpty(t, r.Notes)
}

// yardAndFields is what a stack stands in: a concrete yard with roofs in it, then fields with a tramline.
func yardAndFields(x, y int) []float64 {
	switch {
	case x > 30 && x < 90 && y > 150 && y < 230:
		return []float64{238, 236, 230} // a white roof beside the stack
	case x > 40 && x < 240 && y > 130 && y < 340:
		return []float64{176, 168, 156}
	case x%60 < 2:
		return []float64{60, 80, 50}
	case y > 300:
		return []float64{128, 146, 84}
	}
	return []float64{72, 106, 72}
}

func TestSmokeOverYardAndFields(t *testing.T) {
	d, _ := raster.Find("smoke-veil")
	r, err := d.Detect(context.Background(), plumeOver(t, 120, 240, -0.1, 7, yardAndFields), raster.Options{}, nil)
	require.NoError(t, err)
	require.Len(t, r.Detections, 1, "%v", r.Notes)
	got := r.Detections[0]
	x, y, _ := raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 0.5}.Pixel(got.Axis.Lon, got.Axis.Lat)
	require.Less(t, math.Hypot(x-120, y-240)*0.5, 3*got.Axis.SigmaM, "%v", got.Reasons)
	require.Less(t, math.Abs(math.Remainder(got.Axis.TowardDeg-84.3, 360)), 2*got.Axis.SigmaDeg)
	r, err = d.Detect(context.Background(), plumeOver(t, 120, 240, -0.1, 0, yardAndFields), raster.Options{}, nil)
	require.NoError(t, err)
	require.Zero(t, r.Objects, "the same ground without smoke: a yard and a white roof are no plume")
}
