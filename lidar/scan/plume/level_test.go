package plume_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
)

// shine gives a field the light of its air: haze of 0.2 /km with the field's lidar ratio and a puff with its own.
// Extinction is what light over the field's ratio makes of it without knowing the loss on the way.
func shine(f *scan.Field, ratioSr float64, puff func(e, n float64) float64) {
	const haze, air = 0.2e-3, 1.3e-5
	f.Light, f.LightSigma = make([]float64, len(f.Extinction)), make([]float64, len(f.Extinction))
	for i, r := range f.Rays {
		depth := 0.0
		for k := range f.Bins {
			e, n, _ := scan.ENU(r.AzimuthDeg, r.ElevationDeg, f.RangeM(k))
			p := puff(e, n)
			step := (haze + p + air) * f.BinM / 2
			j := f.At(i, k)
			f.Light[j] = (haze/f.LidarRatioSr + p/ratioSr + air/8.5) * math.Exp(-2*(depth+step))
			f.LightSigma[j] = 0.02 * f.Light[j]
			f.Light[j] *= 1 + 0.02*math.Sqrt2*math.Sin(float64(j)*2.399963)
			depth += 2 * step
		}
	}
}

// A puff of optical depth 1 whose lidar ratio is half as great again as the haze's leaves an inversion with one ratio
// wrong by a factor behind it. Levels of the light before and behind see neither a second plume nor a shadow.
func TestAThickPlumeOfAnotherLidarRatioLeavesNothingBehind(t *testing.T) {
	long(t)
	for _, ratio := range []float64{33, 50, 75} {
		f := turnOf(180, 400, 2, func(_, _, _ float64) float64 { return 0.2e-3 })
		shine(f, ratio, func(e, n float64) float64 {
			return 4e-3 * math.Exp(-((e-1200)*(e-1200)+(n-1600)*(n-1600))/(2*100*100))
		})
		r := find(t, f)
		require.Len(t, r.Plumes, 1, "lidar ratio %g: %v", ratio, r.Rejected)
		require.Empty(t, r.Rejected)
		p := r.Plumes[0]
		require.InDelta(t, 1200, p.CentreE.Value, 15)
		require.InDelta(t, 1600, p.CentreN.Value, 15)
		// Backscatter as the haze's ratio makes extinction of it.
		require.InEpsilon(t, 4e-3*50/ratio, p.Peak.Value, 0.2)
	}
}

// The edge of something hard sends back what dense smoke would, and hides a fifth of the beam.
func TestAnEdgeThatTakesLittleLightIsNoPlume(t *testing.T) {
	f := turnOf(180, 400, 2, func(_, _, _ float64) float64 { return 0.2e-3 })
	shine(f, 50, func(_, _ float64) float64 { return 0 })
	for _, ray := range []int{40, 41} {
		for k := 200; k < f.Bins; k++ {
			j := f.At(ray, k)
			f.Light[j] *= 0.8
			if k < 203 {
				f.Light[j] *= 40
			}
		}
	}
	r := find(t, f)
	require.Empty(t, r.Plumes)
	require.NotEmpty(t, r.Rejected)
	require.Contains(t, r.Rejected[0].Why, "hard")
}
