package city_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/city"
	"upwind/tracing/footprint"
	"upwind/tracing/plane"
)

// amiss is a wind that is read wrongly.
type amiss struct {
	footprint.Wind
	sign, lateS float64
}

func (a amiss) At(p plane.Point, unix float64) (u, v float64) {
	u, v = a.Wind.At(p, unix+a.lateS)
	return a.sign * u, a.sign * v
}

func TestFitNoticesAWrongWind(t *testing.T) {
	var right, reversed, early, late float64
	for _, seed := range []uint64{3, 5, 11} {
		p := seen(seed, 2).problem(40)
		fit := func(sign, lateS float64) float64 {
			q := p
			q.Wind = amiss{p.Wind, sign, lateS}
			v, err := city.Fit(context.Background(), q)
			require.NoError(t, err)
			return v
		}
		a, b, c, d := fit(1, 0), fit(-1, 0), fit(1, -3600), fit(1, 3600)
		t.Logf("seed %d: as given %.1f, reversed %.1f, an hour early %.1f and late %.1f", seed, a, b, c, d)
		require.Less(t, b, 0.7*a, "seed %d", seed)
		right, reversed, early, late = right+a, reversed+b, early+c, late+d
	}
	require.Less(t, reversed, 0.6*right)
	require.Less(t, early, 0.96*right)
	require.Less(t, late, 0.96*right)
}
