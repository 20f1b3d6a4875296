package weather

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestAMoleFractionNeedsTheAir(t *testing.T) {
	f, err := StandardAir(0).MGPerM3("r.csv", "CH4", "ppm")
	require.NoError(t, err)
	require.InDelta(t, 0.6785, f, 1e-4, "16.043 g over 23.645 l a mol at 15 degrees")
	f, err = StandardAir(1500).MGPerM3("r.csv", "CH4", "ppm")
	require.NoError(t, err)
	require.InDelta(t, 0.586, f, 2e-3, "84.56 kPa, 5.25 degrees")
	f, err = StandardAir(1500).MGPerM3("r.csv", "CH4", "ug/m3")
	require.NoError(t, err)
	require.Equal(t, 1e-3, f)
	_, err = StandardAir(0).MGPerM3("r.csv", "PM10", "ppm")
	require.ErrorContains(t, err, "molar mass")
	_, err = StandardAir(0).MGPerM3("r.csv", "PM10", "grains")
	require.True(t, upwind.IsRefusal(err))
}

func TestAirOfTheWindReadings(t *testing.T) {
	p, c := 84000.0, 22.0
	_, ok := AirOf(nil, math.NaN())
	require.False(t, ok)
	a, ok := AirOf([]upwind.Wind{{PressPa: &p, TempC: &c}}, math.NaN())
	require.True(t, ok)
	require.Equal(t, Air{p, c, "the wind readings"}, a)
	f, err := a.MGPerM3("", "CH4", "ppm")
	require.NoError(t, err)
	require.InDelta(t, 0.549, f, 1e-3)
	a, ok = AirOf([]upwind.Wind{{PressPa: &p}}, math.NaN())
	require.True(t, ok)
	require.InDelta(t, 5, a.TempC, 0.6, "1.55 km up")
	a, ok = AirOf([]upwind.Wind{{TempC: &c}}, 1500)
	require.True(t, ok)
	require.InDelta(t, 84556, a.PressurePa, 50)
	require.Equal(t, c, a.TempC)
	require.Contains(t, a.From, "1500 m")
}
