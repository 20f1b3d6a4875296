package invert

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
)

// exactRay is a noise-free signal of known air, with the optical depth integrated a hundred times finer than
// bins.
func exactRay(n int, alpha, ratio func(r float64) float64, mol Molecular) (x, beta, betaM, s []float64) {
	const h, fine = 7.5, 100
	p, k, _ := StandardAir().At(0)
	am := mol.Extinction(p, k)
	depth, r := 0.0, 0.0
	for i := range n {
		centre := (float64(i) + 0.5) * h
		for step := h / fine; r < centre-step/2; r += step {
			depth += step * (alpha(r+step/2) + am)
		}
		b := alpha(centre)/ratio(centre) + am/mol.RatioSr
		x = append(x, b*math.Exp(-2*depth))
		beta, betaM, s = append(beta, b), append(betaM, am/mol.RatioSr), append(s, ratio(centre))
	}
	return x, beta, betaM, s
}

func TestFernaldBothWaysWithALidarRatioThatVaries(t *testing.T) {
	mol, _ := NewMolecular(532)
	alpha := func(r float64) float64 { return 1e-4 + 1e-3*math.Exp(-sq((r-1500)/100)/2) }
	ratio := func(r float64) float64 { return 40 + 20/(1+math.Exp((r-1500)/50)) }
	x, beta, betaM, s := exactRay(400, alpha, ratio, mol)
	for _, at := range []int{0, 100, 399} {
		got := Fernald(x, betaM, s, mol.RatioSr, 7.5, at, beta[at])
		worst := 0.0
		for i := range got {
			worst = math.Max(worst, math.Abs(got[i]/beta[i]-1))
		}
		t.Logf("boundary at bin %d: largest relative error %.2g", at, worst)
		require.Less(t, worst, 2e-4)
	}
	require.Nil(t, Fernald(x, betaM[1:], s, 8.5, 7.5, 0, 1))
	require.Nil(t, Fernald(x, betaM, s, 8.5, 7.5, 400, 1))
}

func TestFernaldCrossesShortGapsOnly(t *testing.T) {
	mol, _ := NewMolecular(532)
	x, beta, betaM, s := exactRay(200, func(float64) float64 { return 2e-4 }, func(float64) float64 { return 50 }, mol)
	x[100], x[101] = nan, nan
	for i := 20; i < 20+bridgeBins+1; i++ {
		x[i] = nan
	}
	got := Fernald(x, betaM, s, mol.RatioSr, 7.5, 199, beta[199])
	require.True(t, math.IsNaN(got[100]), "a gap stays a gap")
	require.InEpsilon(t, beta[50], got[50], 1e-4, "it is crossed")
	require.True(t, math.IsNaN(got[10]), "a long one is not")
}

func TestSlope(t *testing.T) {
	require.InDelta(t, 0, slopeError(), 1e-12)

	// Homogeneous but for a plume: the stretch is taken beside it.
	mol, _ := NewMolecular(532)
	x, _, betaM, _ := exactRay(800, func(r float64) float64 { return 2e-4 + 2e-3*math.Exp(-sq((r-3000)/60)/2) }, func(float64) float64 { return 50 }, mol)
	s, ok := FitSlope(x, make([]float64, len(x)), 3.75, 7.5)
	require.True(t, ok)
	require.InEpsilon(t, 2e-4+betaM[0]*mol.RatioSr, s.Alpha, 1e-6)
	require.True(t, s.ToM < 2800 || s.FromM > 3200, "%g..%g m", s.FromM, s.ToM)

	for i := range x {
		x[i] = nan
	}
	_, ok = FitSlope(x, make([]float64, len(x)), 3.75, 7.5)
	require.False(t, ok)
	_, ok = FitSlope(nil, nil, 3.75, 7.5)
	require.False(t, ok)
}

func TestSlopeKnowsItsError(t *testing.T) {
	const alpha, trials = 3e-4, 400
	rng := rand.New(rand.NewPCG(5, 1))
	in, bias := 0, 0.0
	x, v := make([]float64, 700), make([]float64, 700)
	for range trials {
		for i := range x {
			r := (float64(i) + 0.5) * 7.5
			signal := math.Exp(-2*alpha*r) / (r * r)
			n := signal*1e10 + 20
			x[i] = (poisson(rng, n) - 20) * r * r
			v[i] = n * r * r * r * r
		}
		s, ok := FitSlope(x, v, 3.75, 7.5)
		require.True(t, ok)
		bias += (s.Alpha/alpha - 1) / trials
		if math.Abs(s.Alpha-alpha) < s.Sigma {
			in++
		}
	}
	t.Logf("bias %.2f %%, %.0f %% within one sigma", 100*bias, 100*float64(in)/trials)
	require.InDelta(t, 0, bias, 0.01)
	require.InDelta(t, 0.68, float64(in)/trials, 0.10)
}

func TestOpaqueTarget(t *testing.T) {
	x, v, q := make([]float64, 300), make([]float64, 300), make([]scan.Quality, 300)
	for i := range x {
		x[i], v[i] = 100, 1
	}
	require.Equal(t, 300, opaqueTarget(x, v, q))
	x[150] = 5000 // a wire: light goes on behind
	require.Equal(t, 300, opaqueTarget(x, v, q))
	for i := 151; i < 300; i++ {
		x[i] = 0.5
	}
	require.Equal(t, 150, opaqueTarget(x, v, q))
	x[150], q[150] = nan, scan.Saturated
	require.Equal(t, 150, opaqueTarget(x, v, q), "saturated")
	markTarget(q, 150)
	require.Equal(t, scan.HardTarget, q[149]&scan.HardTarget)
	require.Equal(t, scan.BehindTarget, q[299])
}
