package invert

import (
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestMolecularScattering(t *testing.T) {
	for _, c := range []struct{ nm, alpha, ratio float64 }{
		{355, 7.0268e-5, 8.506}, {532, 1.31613e-5, 8.497}, {1064, 7.964e-7, 8.492},
	} {
		m, err := NewMolecular(c.nm)
		require.NoError(t, err)
		alpha := m.Extinction(1013.25, 288.15)
		t.Logf("%4.0f nm: %.5g 1/m (%.5g), %.4f sr (%.3f)", c.nm, alpha, c.alpha, m.RatioSr, c.ratio)
		require.InEpsilon(t, c.alpha, alpha, 1e-3)
		require.InEpsilon(t, c.ratio, m.RatioSr, 1e-3)
		require.InEpsilon(t, alpha/2, m.Extinction(1013.25/2, 288.15), 1e-12)
	}
	for _, nm := range []float64{0, -1, 100, 5000, nan} {
		_, err := NewMolecular(nm)
		require.True(t, upwind.IsRefusal(err), "%g nm", nm)
	}
}

// US Standard Atmosphere 1976, table I.
func TestStandardAir(t *testing.T) {
	air := StandardAir()
	for _, c := range []struct{ h, p, k float64 }{
		{0, 1013.25, 288.150}, {1000, 898.76, 281.651}, {5000, 540.48, 255.676}, {11000, 226.99, 216.774}, {20000, 55.293, 216.650}, {30000, 11.970, 226.509},
	} {
		p, k, inside := air.At(c.h)
		require.True(t, inside)
		require.InEpsilon(t, c.p, p, 5e-4, "%g m", c.h)
		require.InEpsilon(t, c.k, k, 1e-4, "%g m", c.h)
	}
	_, _, inside := air.At(1e5)
	require.False(t, inside)
}

func TestAirBetweenAndBeyondLevels(t *testing.T) {
	air, err := NewAir([]float64{1000, 0, 500, nan}, []float64{900, 1000, 0, 5}, []float64{280, 290, 285, 285})
	require.NoError(t, err)
	p, k, inside := air.At(500)
	require.True(t, inside)
	require.InDelta(t, 285, k, 1e-9)
	require.InDelta(t, 948.683298, p, 1e-6, "the level without pressure is skipped: log-linear between the others")
	below, _, inside := air.At(-100)
	require.False(t, inside)
	require.InDelta(t, 1011.85, below, 0.01, "hydrostatic below the lowest level")

	for _, bad := range [][3][]float64{{{0}, {1000}, {290}}, {{0, 1}, {1000}, {290, 290}}, {{0, nan}, {1000, 990}, {290, 290}}, {{5, 5}, {1000, 990}, {290, 290}}} {
		_, err := NewAir(bad[0], bad[1], bad[2])
		require.True(t, upwind.IsRefusal(err))
	}
}
