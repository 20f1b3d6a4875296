package forest_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/forest"
)

func TestIsotonicByHand(t *testing.T) {
	share := []float64{0.9, 0.1, 0.3, 0.3, 0.5, 0.7}
	yes := []bool{true, false, true, false, false, true}
	// Sorted: 0.1 no; 0.3 yes and no; 0.5 no pools with 0.3; 0.7 and 0.9 yes are one block.
	c := forest.Isotonic(share, yes)
	require.Len(t, c, 3)
	for i, want := range []forest.Knot{{Share: 0.1, Probability: 0.5 / 6}, {Share: 1.1 / 3, Probability: 1. / 3}, {Share: 0.8, Probability: 1 - 0.5/6}} {
		require.InDelta(t, want.Share, c[i].Share, 1e-12)
		require.InDelta(t, want.Probability, c[i].Probability, 1e-12)
	}
	require.InDelta(t, 0.5/6, c.At(0), 1e-12)
	require.InDelta(t, 1-0.5/6, c.At(1), 1e-12)
	require.InDelta(t, (0.5/6+1./3)/2, c.At((0.1+1.1/3)/2), 1e-12)
	require.InDelta(t, 0.4, forest.Curve{}.At(0.4), 0)
}

// TestCurveFindsTheTruth draws shares whose probability is their square.
func TestCurveFindsTheTruth(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	share, yes := make([]float64, 20000), make([]bool, 20000)
	for i := range share {
		share[i] = rng.Float64()
		yes[i] = rng.Float64() < share[i]*share[i]
	}
	c, last := forest.Isotonic(share, yes), 0.0
	for p := 0.0; p <= 1; p += 0.01 {
		q := c.At(p)
		require.GreaterOrEqual(t, q, last)
		require.InDelta(t, p*p, q, 0.06)
		last = q
	}
}

// TestCalibrationMendsAForest: balanced weights overstate a rare class, and the curve takes that back on polygons it has not seen.
func TestCalibrationMendsAForest(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	s := forest.Samples{Features: 1, Classes: 2}
	var group []int
	var groupClass []uint8
	for g := range 60 {
		c := uint8(0)
		if g%10 == 0 {
			c = 1
		}
		groupClass = append(groupClass, c)
		for range 50 {
			s.X, s.Class, group = append(s.X, float32(rng.NormFloat64()+1.5*float64(c))), append(s.Class, c), append(group, g)
		}
	}
	v, err := forest.CrossValidate(context.Background(), s, group, groupClass, 4, 1, forest.Options{Trees: 30, MinLeaf: 40, Balanced: true})
	require.NoError(t, err)
	share, calibrated := v.Brier(1)
	t.Logf("Brier score %.4f as the share of trees, %.4f calibrated", share, calibrated)
	require.Less(t, calibrated, 0.7*share)
	for _, c := range v.Curves() {
		require.False(t, math.IsNaN(c.At(0.5)))
	}
}
