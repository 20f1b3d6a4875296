package tracing

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVonMisesIntegratesToOne(t *testing.T) {
	for _, k := range []float64{0.3, 5, 49, 51, 400} {
		sum := 0.0
		for i := range 36000 {
			sum += vonMises((float64(i)-18000)*math.Pi/18000, k) * math.Pi / 18000
		}
		require.InDelta(t, 1, sum, 0.01, "kappa %v", k)
	}
}

func TestUnits(t *testing.T) {
	f, note := gramsPerM3("CH4", "ppm", nil, Options{PressurePa: 85000, TempC: 15})
	require.InDelta(t, 0.569e-3, f, 1e-6)
	require.Contains(t, note, "as stated")
	f, _ = gramsPerM3("PM10", "\u00b5g/m\u00b3", nil, Options{})
	require.InDelta(t, 1e-6, f, 1e-12)
	f, note = gramsPerM3("PM10", "AQI", nil, Options{})
	require.Zero(t, f)
	require.Contains(t, note, "no rate")
}
