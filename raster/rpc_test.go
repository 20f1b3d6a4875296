package raster_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
)

// gaofenLike are polynomials of a scene of 32 km over Liaocheng: nearly affine, with the small higher terms that real ones have.
func gaofenLike(rng *rand.Rand) raster.RPC {
	r := raster.RPC{LineOff: 2280, SampOff: 2288, LatOff: 36.5, LonOff: 116, HeightOff: 35, LineScale: 2281, SampScale: 2289, LatScale: 0.16, LonScale: 0.2, HeightScale: 500}
	for i := range 20 {
		r.LineNum[i], r.LineDen[i] = 1e-4*rng.NormFloat64(), 1e-5*rng.NormFloat64()
		r.SampNum[i], r.SampDen[i] = 1e-4*rng.NormFloat64(), 1e-5*rng.NormFloat64()
	}
	r.LineNum[1], r.LineNum[2], r.LineNum[3], r.LineDen[0] = -0.19, -1.05, 0.012, 1 // south is down
	r.SampNum[1], r.SampNum[2], r.SampNum[3], r.SampDen[0] = 1.02, -0.17, -0.02, 1
	return r
}

func TestRationalPolynomials(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for range 20 {
		g := raster.Ground{RPC: gaofenLike(rng), HeightM: 35, SigmaM: 50}
		for range 50 {
			x, y := 4000*rng.Float64()+300, 4000*rng.Float64()+300
			lon, lat, sigma, ok := g.Locate(x, y)
			require.True(t, ok)
			require.Equal(t, 50.0, sigma)
			u, v, ok := g.Pixel(lon, lat)
			require.True(t, ok)
			require.InDelta(t, x, u, 1e-3)
			require.InDelta(t, y, v, 1e-3)
		}
		_, _, ok := g.Pixel(120, 36.5)
		require.False(t, ok, "far outside")
	}
	// One term at a time, by hand: sample = SampOff + SampScale x l at the centre of a pixel, line likewise.
	var r raster.RPC
	r.SampOff, r.SampScale, r.LonOff, r.LonScale = 100, 50, 116, 0.1
	r.LineOff, r.LineScale, r.LatOff, r.LatScale, r.HeightScale = 200, 80, 36, 0.2, 1
	r.SampNum[1], r.SampDen[0], r.LineNum[15], r.LineDen[0] = 1, 1, -1, 1 // l, and the cube of p
	x, y, ok := raster.Ground{RPC: r}.Pixel(116.05, 36.1)
	require.True(t, ok)
	require.InDelta(t, 125.5, x, 1e-9)
	require.InDelta(t, 200.5-80*0.125, y, 1e-9)
}
