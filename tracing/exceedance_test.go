package tracing_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing"
)

func TestHazeIsNoEvent(t *testing.T) {
	w := town()
	w.grams = 0
	w.haze = func(h int) float64 { return 60 + 200*math.Exp(-math.Pow(float64(h-12)/4, 2)) }
	obs, _ := w.build()
	require.Empty(t, tracing.Exceedances(obs, tracing.ExceedanceOptions{}))
}

func TestEventIsBoundedAndTheSameInAnyOrder(t *testing.T) {
	w := town()
	w.grams, w.active = 60, nil
	obs, _ := w.build()
	want := tracing.Exceedances(obs, tracing.ExceedanceOptions{})
	require.NotEmpty(t, want)
	for _, e := range want {
		require.LessOrEqual(t, e.End.Sub(e.Start), 6*time.Hour)
		for _, r := range e.Receptors {
			x, y := xy(r.Lon, r.Lat)
			px, py := xy(e.Lon, e.Lat)
			require.Less(t, math.Hypot(x-px, y-py), 25e3)
			require.Positive(t, r.Excess)
		}
		require.True(t, slices.IsSortedFunc(e.Receptors, func(a, b upwind.Receptor) int { return a.Start.Compare(b.Start) }))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(obs), func(i, j int) { obs[i], obs[j] = obs[j], obs[i] })
	require.Equal(t, want, tracing.Exceedances(obs, tracing.ExceedanceOptions{}))
}

func TestHostileReadingsAreLeftOut(t *testing.T) {
	w := town()
	w.grams = 0
	obs, _ := w.build()
	bad := obs[5]
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad.Value = v
		obs = append(obs, bad)
	}
	far := obs[6]
	far.Lon, far.Value = 1e300, 1e300
	path := obs[7]
	path.End, path.Value = &upwind.PathEnd{Lon: 116, Lat: 36}, 1e6
	long := obs[8]
	long.DurationS, long.Start = 1e300, long.Start.Add(time.Minute)
	obs = append(obs, far, path, long, upwind.Observation{})
	require.Empty(t, tracing.Exceedances(obs, tracing.ExceedanceOptions{}))
	require.Empty(t, tracing.Exceedances(nil, tracing.ExceedanceOptions{}))
}

func TestClip(t *testing.T) {
	w := town()
	obs, _ := w.build()
	e := biggest(t, obs)
	c, ok := tracing.Clip(e, e.Start, e.Start.Add(time.Hour))
	require.True(t, ok)
	require.Equal(t, e.Start.Add(time.Hour), c.End)
	require.NotEqual(t, e.ID, c.ID)
	_, ok = tracing.Clip(e, e.End, e.End.Add(time.Hour))
	require.False(t, ok)
}
