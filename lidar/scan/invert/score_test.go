package invert

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
)

// truthDir is the folder of aerosol data; the test is skipped without it.
func truthDir(t testing.TB) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(root, "aerosol")
	if _, err := os.Stat(filepath.Join(dir, "truth")); err != nil {
		t.Skipf("simulated lidar signals with known answers not found under %s: extinction was not compared with them", dir)
	}
	return dir
}

func TestSignalsWithKnownAnswers(t *testing.T) {
	figures, err := ScoreTruth(truthDir(t))
	require.NoError(t, err)
	require.Len(t, figures, 22)
	for _, f := range figures {
		t.Logf("%-66s %12.5g %-2s  %.4g .. %.4g", f.Name, f.Value, f.Unit, f.Low, f.High)
		require.True(t, f.Met(), f.Name)
	}
}

func TestScoreRefusesAFolderWithoutTruth(t *testing.T) {
	_, err := ScoreTruth(t.TempDir())
	require.ErrorContains(t, err, "no such file")
}

func TestCompare(t *testing.T) {
	bias, rms, n := Compare([]float64{1, 3, nan, 5}, []float64{2, 2, 2, nan})
	require.Equal(t, 2, n)
	require.InDelta(t, 0, bias, 1e-15)
	require.InDelta(t, 0.5, rms, 1e-15)
	require.InDelta(t, 0.5, Coverage([]float64{1, 3}, []float64{1, 0.5}, []float64{2, 2}), 1e-15)
}

// The haze under ten and a hundred times more skylight than the brightest published file.
func TestBrightSkylight(t *testing.T) {
	dir := truthDir(t)
	truth, err := readTableFile(filepath.Join(dir, "truth", "355_lalinet_solution.txt"), 7)
	require.NoError(t, err)
	dark, err := readTableFile(filepath.Join(dir, "truth", "holger-poisson-S1k-bg1e0.txt"), 2)
	require.NoError(t, err)
	air, err := NewAir(truth[6], truth[0], kelvin(truth[1]))
	require.NoError(t, err)
	lo, hi := span(dark[0], 300, 1450)
	for _, night := range []struct{ counts, goal float64 }{{1e10, 0.01}, {1e11, 0.03}} {
		const repeats = 20
		mean, met, cover := 0.0, 0, 0.0
		for seed := range uint64(repeats) {
			rng := newRand(seed)
			counts := make([]float64, len(dark[1]))
			for i, v := range dark[1] {
				counts[i] = v + poisson(rng, night.counts)
			}
			f, err := Run(context.Background(), vertical(355, dark[0], counts), poissonOptions(air))
			require.NoError(t, err)
			_, rms, _ := Compare(f.Extinction[lo:hi], truth[3][lo:hi])
			cover += Coverage(f.Extinction[lo:hi], f.ExtinctionSigma[lo:hi], truth[3][lo:hi]) / repeats
			if mean += rms / repeats; rms <= night.goal {
				met++
			}
		}
		t.Logf("background %g a bin: rms %.2f %% on average, %d of %d repeats within %g %%, %.0f %% within one sigma", night.counts, 100*mean, met, repeats, 100*night.goal, 100*cover)
		require.Less(t, mean, night.goal)
		require.InDelta(t, 0.68, cover, 0.12)
	}
}

// The scene of the thirty profiles as it would look at other wavelengths, with its own lidar ratios and inverted
// with the column's: what one record can say of a goal for wavelengths that were not looked at.
func TestTheSceneAtOtherWavelengths(t *testing.T) {
	dir := truthDir(t)
	scene, err := readTableFile(filepath.Join(dir, "truth", "earlinet_355_truth.csv"), 4)
	require.NoError(t, err)
	air, err := sonde(filepath.Join(dir, "truth", "earlinet_pres_temp.txt"), 2, 3, 1)
	require.NoError(t, err)
	const angstrom, repeats, countsAt500m = 1.3, 12, 1e5
	for _, nm := range []float64{355, 532, 1064} {
		mol, err := NewMolecular(nm)
		require.NoError(t, err)
		o := earlinetOptions(air)
		s := newSight(grid{first: scene[0][0], bin: 15, n: len(scene[0])}, 90, scan.Site{}, mol, o.withDefaults(scan.Site{}))
		alpha, all, depth, clean := make([]float64, s.n), make([]float64, s.n), make([]float64, s.n), make([]float64, s.n)
		for i := range alpha {
			alpha[i] = scene[1][i] * math.Pow(nm/355, -angstrom)
			all[i] = alpha[i] + s.alphaM[i]
		}
		cumulative(depth, all, s.bin)
		for i := range clean {
			clean[i] = (alpha[i]/scene[3][i] + s.betaM[i]) * math.Exp(-2*depth[i]) / s.correction[i]
		}
		lo, mid := span(scene[0], 350, 1500)
		_, hi := span(scene[0], 350, 5000)
		var bias, rms, biasAll, rmsAll, cover float64
		for seed := range uint64(repeats) {
			rng := newRand(seed)
			counts := make([]float64, s.n)
			for i := range counts {
				counts[i] = poisson(rng, clean[i]*countsAt500m/clean[33])
			}
			f, err := Run(context.Background(), vertical(nm, scene[0], counts), o)
			require.NoError(t, err)
			b, r, _ := Compare(f.Extinction[lo:mid], alpha[lo:mid])
			ba, ra, _ := Compare(f.Extinction[lo:hi], alpha[lo:hi])
			bias, rms = bias+math.Abs(b)/repeats, rms+r/repeats
			biasAll, rmsAll = biasAll+math.Abs(ba)/repeats, rmsAll+ra/repeats
			cover += Coverage(f.Extinction[lo:hi], f.ExtinctionSigma[lo:hi], alpha[lo:hi]) / repeats
		}
		t.Logf("%4.0f nm: 0.35-1.5 km |bias| %.1f %%, rms %.1f %%; 0.35-5 km |bias| %.1f %%, rms %.1f %%; %.0f %% within one sigma",
			nm, 100*bias, 100*rms, 100*biasAll, 100*rmsAll, 100*cover)
		require.Less(t, rms, 0.05)
		require.Less(t, biasAll, 0.05)
		require.Less(t, rmsAll, 0.15)
	}
}
