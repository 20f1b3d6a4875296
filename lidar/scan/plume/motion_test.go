package plume_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

func TestMotionOfSimulatedPlumes(t *testing.T) {
	long(t)
	followed := 0
	for _, seed := range []uint64{scanner.TuneSeed} {
		w := scanner.New(scanner.Moving(seed))
		fa, _ := w.Field(0)
		fb, truth := w.Field(1)
		motions, _ := plume.Track(find(t, fa), find(t, fb))
		for _, m := range motions {
			var want scanner.TruePlume
			best := math.Inf(1)
			for _, p := range truth.Plumes {
				if d := math.Hypot(p.CentreE-m.E, p.CentreN-m.N); d < best {
					best, want = d, p
				}
			}
			require.InDelta(t, want.WindU, m.U.Value, 0.4, "seed %d", seed)
			require.InDelta(t, want.WindV, m.V.Value, 0.4, "seed %d", seed)
			followed++
			wind := m.Wind(fb.Site)
			_, from := upwind.SpeedFrom(wind.U, wind.V)
			require.InDelta(t, 180, math.Abs(math.Mod(from-m.Toward.Value+360, 360)), 1e-6)
			require.InDelta(t, fb.Site.Lon, wind.Lon, 0.1)
			require.Positive(t, wind.DurationS)
		}
		all, ok := plume.Together(motions)
		require.True(t, ok)
		require.LessOrEqual(t, all.U.Sigma, 1.0)
	}
	require.GreaterOrEqual(t, followed, 2)
}

func TestAPlumeThatStandsStillSaysNothingOfTheWind(t *testing.T) {
	long(t)
	held := func(e, n, _ float64) float64 {
		return 0.2e-3 + 1e-3*math.Exp(-((e-1500)*(e-1500)/(2*250*250)+(n-700)*(n-700)/(2*50*50)))
	}
	a, b := turnOf(180, 270, 2, held), turnOf(180, 270, 2, held)
	later(b, 4*time.Minute)
	motions, notes := plume.Track(find(t, a), find(t, b))
	require.Empty(t, motions)
	require.Contains(t, notes[0], "stands still")
}

func TestMotionRefusesWhatIsAmbiguous(t *testing.T) {
	long(t)
	two := func(e, n, u float64) float64 {
		return puffAt(1000, 800, 80)(e, n, u) + puffAt(1000, -800, 80)(e, n, u) - 0.2e-3
	}
	a, b := turnOf(180, 270, 2, two), turnOf(180, 270, 2, puffAt(1000, 0, 80))
	later(b, 5*time.Minute)
	motions, notes := plume.Track(find(t, a), find(t, b))
	require.Empty(t, motions)
	require.Contains(t, notes[0], "more than one")
	_, notes = plume.Track(find(t, b), find(t, a))
	require.Contains(t, notes[0], "apart", "the order of time is checked")
}

func later(f *scan.Field, by time.Duration) {
	for i := range f.Rays {
		f.Rays[i].Start, f.Rays[i].Stop = f.Rays[i].Start.Add(by), f.Rays[i].Stop.Add(by)
	}
}
