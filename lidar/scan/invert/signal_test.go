package invert

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
)

func TestDeadTime(t *testing.T) {
	for true_, measured := range map[float64]float64{1: 0.9960159362549801, 10: 9.615384615384615, 50: 41.66666666666667, 100: 71.42857142857143} {
		require.InEpsilon(t, true_, DeadTime(measured, 4), 1e-12)
	}
	require.True(t, math.IsNaN(DeadTime(250, 4)), "a counter with 4 ns cannot show 250 MHz")
	require.Equal(t, 7.0, DeadTime(7, 0))
}

func testSight(n int, site scan.Site) *sight {
	mol, _ := NewMolecular(532)
	return newSight(grid{first: 3.75, bin: 7.5, n: n}, 0, site, mol, Options{}.withDefaults(site))
}

func TestCorrectKeepsWhatIsBelowZeroAndMarksTheRest(t *testing.T) {
	c := scan.Channel{Mode: scan.Photon, Unit: scan.UnitMHz, BinM: 7.5, FirstM: 3.75, Bins: 8}
	r := reading{channel: c, values: []float64{1, -2, nan, math.Inf(1), 200, 50}, shots: 100, deadNS: 4, after: []float64{0.5}, sight: testSight(8, scan.Site{})}
	got := r.correct()
	require.InDelta(t, 1/(1-0.004)-0.5, got.y[0], 1e-12, "dead time first, then the afterpulse")
	require.InDelta(t, -2/(1+0.008), got.y[1], 1e-12, "below zero is information")
	require.Equal(t, scan.Missing, got.q[2])
	require.Equal(t, scan.Missing, got.q[3])
	require.Equal(t, scan.Saturated, got.q[4], "beyond what the dead time allows")
	require.InDelta(t, 62.5, got.y[5], 1e-12)
	require.Equal(t, scan.Missing, got.q[7], "the record is shorter than the grid")
	require.True(t, math.IsNaN(got.y[2]) && math.IsNaN(got.y[4]))

	analog := scan.Channel{Mode: scan.Analog, Unit: scan.UnitMV, BinM: 7.5, FirstM: 3.75, Bins: 3, ADCBits: 12, ADCRangeMV: 500}
	got = (&reading{channel: analog, values: []float64{499.9, 400, -1}, sight: testSight(3, scan.Site{})}).correct()
	require.Equal(t, []scan.Quality{scan.Saturated, 0, 0}, got.q)

	shifted := (&reading{channel: analog, values: []float64{1, 2, 3}, shift: 1, sight: testSight(3, scan.Site{})}).correct()
	require.Equal(t, []float64{1, 2}, shifted.y[1:])

	snr := scan.Channel{Mode: scan.Derived, Unit: scan.UnitSNR, BinM: 7.5, FirstM: 3.75, Bins: 1}
	got = (&reading{channel: snr, values: []float64{1.25}, sight: testSight(1, scan.Site{})}).correct()
	require.InDelta(t, 0.25, got.y[0], 1e-12)

	rcs := scan.Channel{Mode: scan.Derived, Unit: scan.UnitRCS, BinM: 7.5, FirstM: 3.75, Bins: 2}
	got = (&reading{channel: rcs, values: []float64{5, 5}, sight: testSight(2, scan.Site{})}).correct()
	require.InDelta(t, 5/(11.25*11.25), got.y[1], 1e-12)
}

func TestOverlap(t *testing.T) {
	table := []scan.OverlapPoint{{RangeM: 0, Share: 0}, {RangeM: 100, Share: 0.5}, {RangeM: 200, Share: 1}}
	s := testSight(40, scan.Site{Overlap: table, FullOverlapM: 200})
	require.True(t, math.IsNaN(s.correction[0]), "nothing is seen")
	i := 13 // 101.25 m
	require.InEpsilon(t, s.rangeM(i)*s.rangeM(i)/0.50625, s.correction[i], 1e-12)
	require.Equal(t, scan.BelowOverlap, s.quality[i])
	require.Zero(t, s.quality[30])

	s = testSight(40, scan.Site{FullOverlapM: 200})
	require.True(t, math.IsNaN(s.correction[i]), "without a table what is near is not known")
}

// The fit must find the level under a tail that still holds signal, where the tail's mean does not, and know
// how well.
func TestBackgroundIsFittedNotAveraged(t *testing.T) {
	const level, trials = 50.0, 300
	s := testSight(1000, scan.Site{})
	rng := rand.New(rand.NewPCG(1, 1))
	in, sum, mean := 0, 0.0, 0.0
	for range trials {
		y := make([]float64, s.n)
		for i := range y {
			y[i] = poisson(rng, level+2e8*s.haze[i])
		}
		b := fitBackground(y, s.haze, noise{perSignal: 1}, 600, 0)
		sum += b.level
		if math.Abs(b.level-level) < math.Sqrt(b.variance) {
			in++
		}
		for _, v := range y[900:] {
			mean += v / 100
		}
	}
	t.Logf("fitted %.3f, mean of the last tenth %.3f, true %g; %.0f %% within one sigma", sum/trials, mean/trials, level, 100*float64(in)/trials)
	require.InDelta(t, level, sum/trials, 0.06)
	require.Greater(t, mean/trials, level+0.15)
	require.InDelta(t, 0.68, float64(in)/trials, 0.08)
}

func TestBackgroundLeavesCloudsOut(t *testing.T) {
	s := testSight(1000, scan.Site{})
	rng := rand.New(rand.NewPCG(2, 1))
	y := make([]float64, s.n)
	for i := range y {
		y[i] = poisson(rng, 50+2e8*s.haze[i])
		if i > 800 && i < 830 {
			y[i] += 60
		}
	}
	b := fitBackground(y, s.haze, noise{perSignal: 1}, 600, 0)
	require.InDelta(t, 50, b.level, 4*math.Sqrt(b.variance))
}

func TestNoiseOfADigitiserIsMeasured(t *testing.T) {
	s := testSight(2000, scan.Site{})
	rng := rand.New(rand.NewPCG(3, 1))
	const floor, gain = 0.02, 0.003
	y := make([]float64, s.n)
	for i := range y {
		signal := 3e6 * s.haze[i]
		y[i] = 5 + signal + rng.NormFloat64()*math.Sqrt(floor*floor+gain*signal)
	}
	n := measureNoise(y, s.grid)
	t.Logf("floor %.4g of %.4g, per signal %.4g of %.4g", math.Sqrt(n.floor), floor, n.perSignal, gain)
	require.InEpsilon(t, floor*floor, n.floor, 0.3)
	require.InEpsilon(t, gain, n.perSignal, 0.3)
	require.InDelta(t, 5, n.dark, 0.01)
}

func TestBaselineThatWandersWidensTheBackground(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	s := testSight(4000, scan.Site{})
	y, still := make([]float64, s.n), make([]float64, s.n)
	for i := range y {
		still[i] = 5 + 0.01*rng.NormFloat64()
		y[i] = still[i] + 0.02*math.Sin(float64(i)/100)
	}
	n := noise{floor: 1e-4}
	require.Less(t, math.Sqrt(fitBackground(still, s.haze, n, 3000, 0).variance), 1e-3)
	require.InEpsilon(t, 0.02/math.Sqrt2, math.Sqrt(fitBackground(y, s.haze, n, 3000, 0).variance), 0.3)
}
