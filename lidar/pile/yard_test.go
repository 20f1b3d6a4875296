package pile_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	sim "upwind/fixtures/yard"
	"upwind/lidar/pile"
)

func surface(g *sim.Grid) pile.Surface {
	return pile.Surface{W: g.W, H: g.H, CellM: g.CellM, Z: g.Z, SpreadM: g.SpreadM}
}

// finder makes a survey what the simulator scores.
func finder(o pile.Options) sim.Finder {
	return func(ctx context.Context, g *sim.Grid) ([]sim.Found, error) {
		piles, err := pile.Find(ctx, surface(g), o, nil)
		var out []sim.Found
		for _, p := range piles {
			f := sim.Found{Volume: p.Volume, Probability: p.Probability}
			for _, q := range p.Outline {
				x, y := g.Place(q.X, q.Y)
				f.Outline = append(f.Outline, orb.Point{x, y})
			}
			out = append(out, f)
		}
		return out, err
	}
}

// runs is the number of scenes looked at, UPWIND_RUNS of them when set.
func runs(few int) int {
	if n, err := strconv.Atoi(os.Getenv("UPWIND_RUNS")); err == nil {
		return n
	}
	return few
}

// scoring reports whether the runs and seeds are to be those that only score.
func scoring() bool { return os.Getenv("UPWIND_SCORE") != "" }

func log(t *testing.T, name string, r *sim.Report) {
	t.Logf("%-18s hits %4d missed %3d false %3d F1 %.3f; volume error median %.1f %% p90 %.1f %% bias %+.2f %%; 95 %% interval holds %.1f %%, median sigma %.1f %%, rms z %.2f",
		name, r.Hits, r.Missed, r.False, r.F1(), 100*r.VolumeError(0.5), 100*r.VolumeError(0.9), 100*r.Bias(), 100*r.Coverage(), 100*r.MedianSigma(), r.RMSScore())
}

// The stated interval of a volume holds the truth as often as it says, over families of heaps, noise, ground
// and cells. UPWIND_RUNS=500 looks at that many scenes; with UPWIND_SCORE=1 at those that were never tuned on.
func TestIntervals(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	n, from := (runs(4*len(sim.Families))+len(sim.Families)-1)/len(sim.Families), uint64(0)
	if scoring() {
		from = sim.ScoringRun
	}
	reports, err := sim.Intervals(context.Background(), from, n, finder(pile.Options{}))
	require.NoError(t, err)
	var all sim.Report
	for _, f := range sim.Families {
		r := reports[f]
		log(t, string(f), &r)
		all.Add(r)
	}
	log(t, "all", &all)
	// Four binomial sigmas below 95 % at 44 scenes; the full run is held to the goal's 93 to 97 %.
	lo, hi := 0.85, 1.0
	if n >= 40 {
		lo, hi = 0.93, 0.97
	}
	require.GreaterOrEqual(t, all.Coverage(), lo)
	require.LessOrEqual(t, all.Coverage(), hi)
	require.GreaterOrEqual(t, all.F1(), 0.85)
	require.Less(t, all.MedianSigma(), 0.04, "an interval that says nothing holds everything")
	require.InDelta(t, 0, all.Bias(), 0.01)
}

// Yards with buildings, trees, walls, conveyors, lorries, terraces and dams.
func TestYards(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	seeds := sim.TuningSeeds[:min(len(sim.TuningSeeds), runs(3))]
	if scoring() {
		seeds = sim.ScoringSeeds
	}
	r, err := sim.Yards(context.Background(), seeds, finder(pile.Options{}))
	require.NoError(t, err)
	log(t, "yards", &r)
	require.GreaterOrEqual(t, r.F1(), 0.85)
	everything, err := sim.Yards(context.Background(), seeds, finder(pile.Options{MinProbability: 0.02}))
	require.NoError(t, err)
	bins, ece := sim.Reliability(everything.Probabilities, 5)
	for _, b := range bins {
		t.Logf("stated %.1f-%.1f: %3d mounds, mean %.2f, heaps %.2f", b.Lo, b.Hi, b.N, b.Stated, b.Observed)
	}
	t.Logf("expected calibration error %.3f", ece)
	require.Less(t, ece, 0.15)
}

// The result is the same for any number of processors.
func TestSameForAnyNumberOfProcessors(t *testing.T) {
	s, err := sim.New(2, sim.Options{SizeM: 120})
	require.NoError(t, err)
	g, err := s.Grid(sim.YardGrid(2))
	require.NoError(t, err)
	survey := func(n int) pile.Result {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
		r, err := pile.Survey(context.Background(), surface(&g), pile.Options{MinProbability: 0.1}, nil)
		require.NoError(t, err)
		return r
	}
	one := survey(1)
	require.NotEmpty(t, one.Piles)
	require.Equal(t, one, survey(5))
}
