package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/fixtures"
)

func prairieRuns(t *testing.T) []prairieRun {
	t.Helper()
	shared, ok := fixtures.SharedData()
	if !ok {
		t.Skip("Project Prairie Grass (shared data) is not here")
	}
	runs, err := readPrairie(shared)
	require.NoError(t, err)
	return runs
}

func TestPrairieIsReadAsItIsMeant(t *testing.T) {
	runs := prairieRuns(t)
	require.Len(t, runs, 35)
	for _, r := range runs {
		require.Len(t, r.arcs, 5)
		for _, a := range r.arcs {
			require.NotEmpty(t, a.gramsM3)
			for i, c := range a.gramsM3 {
				require.GreaterOrEqual(t, c, 0.0, "-9 is no sample, run %d", r.number)
				if i > 0 {
					require.Less(t, math.Abs(a.bearing[i]-a.bearing[i-1]), 0.7, "no jump at north, run %d at %v m", r.number, a.distanceM)
				}
			}
		}
	}
	require.InDelta(t, 0.94, evaporation([]float64{0.95, 0.95, 0.09, 0.93, 0.92}, 2), 1e-9, "run 12 at 200 m is a misprint")
	require.Equal(t, 0.93, evaporation([]float64{0.95, 0.95, 0.09, 0.93, 0.92}, 3))
}

// The plume is far from tuned to these runs; a change that breaks it shows here.
func TestPrairieArcMaxima(t *testing.T) {
	pairs, err := prairieForward(prairieRuns(t), prairieLiterature)
	require.NoError(t, err)
	s := judge(pairs, arcMaximum)
	require.Greater(t, s.fac2, 0.92)
	require.Less(t, math.Abs(s.fb), 0.15)
	require.Less(t, s.vg, 1.16)
}

// A source is found in a plume that the model itself made.
func TestHiddenSourceIsFoundInItsOwnPlume(t *testing.T) {
	runs := prairieRuns(t)
	for _, r := range []prairieRun{runs[0], runs[len(runs)/2]} {
		puffs, err := r.puffs(2000, prairieLiterature)
		require.NoError(t, err)
		for i, a := range r.arcs {
			for k, b := range a.bearing {
				off := b - (r.fromRad + math.Pi)
				x, y := a.distanceM*math.Cos(off), -a.distanceM*math.Sin(off)
				r.arcs[i].gramsM3[k] = downwind(puffs, x, y) * r.gramsPerS
			}
		}
		found, err := r.locate()
		require.NoError(t, err)
		require.Less(t, math.Hypot(found.alongM, found.acrossM), 3.0, "run %d", r.number)
		require.InEpsilon(t, 1, found.rate, 0.1)
	}
}
