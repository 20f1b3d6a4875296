package invert_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"upwind/tracing/invert"
)

// autoregression draws n values of correlation phi, by counter.
func autoregression(n int, phi float64, seed uint64) []float64 {
	out := make([]float64, n)
	for i := range out {
		u := (float64(invert.Hash(seed, uint64(i))>>11) + 0.5) / (1 << 53)
		e := invert.NormalQuantile(u)
		if i == 0 {
			out[i] = e
			continue
		}
		out[i] = phi*out[i-1] + math.Sqrt(1-phi*phi)*e
	}
	return out
}

func TestLag1FindsTheCorrelation(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.8} {
		var series [][]float64
		for s := range 20 {
			z := autoregression(500, phi, uint64(s))
			z[100] = 1e9 // a spike must not matter
			series = append(series, z)
		}
		require.InDelta(t, phi, invert.Lag1(series), 0.03)
	}
	require.True(t, math.IsNaN(invert.Lag1([][]float64{{1}})))
	require.InDelta(t, 1.0/3, invert.EffectiveShare(0.5), 1e-12)
	require.Equal(t, 1.0, invert.EffectiveShare(-0.5), "rows are never worth more than they are")
}

// The smoother must agree with the joint Gaussian of all states, solved directly.
func TestBackgroundIsTheJointGaussian(t *testing.T) {
	const sensors, steps = 3, 5
	model := invert.Background{CommonSD: 0.7, OffsetSD: 0.2, StartSD: 1.5}
	prior := []float64{1, 2, 3}
	rows := []invert.Row{{0, 0, 1.2, 0.1}, {1, 0, 2.5, 0.2}, {2, 1, 3.9, 0.1}, {0, 2, 2, 0.3}, {1, 3, 1, 0.1}, {2, 4, 5, 0.5}, {0, 4, 2.2, 0.1}}
	const d = sensors + 1
	n := d * steps
	// Prior covariance of state i at step s with itself at step t: the walk up to the earlier of both.
	cov := mat.NewSymDense(n, nil)
	mean := mat.NewVecDense(n, nil)
	for s := range steps {
		for i := range d {
			q := model.CommonSD
			if i > 0 {
				q = model.OffsetSD
				mean.SetVec(s*d+i, prior[i-1])
			}
			for u := s; u < steps; u++ {
				cov.SetSym(s*d+i, u*d+i, model.StartSD*model.StartSD+float64(s)*q*q)
			}
		}
	}
	a := mat.NewDense(len(rows), n, nil)
	y := mat.NewVecDense(len(rows), nil)
	for r, w := range rows {
		a.Set(r, w.T*d, 1)
		a.Set(r, w.T*d+1+w.Sensor, 1)
		y.SetVec(r, w.Y)
	}
	var ac, s, gain mat.Dense
	ac.Mul(a, cov)
	s.Mul(&ac, a.T())
	for r, w := range rows {
		s.Set(r, r, s.At(r, r)+w.Var)
	}
	require.NoError(t, gain.Solve(&s, &ac)) // S^-1 A P
	var innovation, shift, post, mean2 mat.Dense
	innovation.Mul(a, mean)
	innovation.Sub(y, &innovation)
	shift.Mul(gain.T(), &innovation)
	mean2.Add(mean, &shift)
	post.Mul(ac.T(), &gain)
	post.Sub(cov, &post)
	got, variance := model.Smooth(rows, sensors, steps, prior)
	for r, w := range rows {
		c, o := w.T*d, w.T*d+1+w.Sensor
		require.InDelta(t, mean2.At(c, 0)+mean2.At(o, 0), got[r], 1e-9)
		require.InDelta(t, post.At(c, c)+post.At(o, o)+2*post.At(c, o), variance[r], 1e-9)
	}
}

func TestNoiseIsAbsoluteOutsideAndRelativeInside(t *testing.T) {
	n := invert.DefaultNoise
	z, scale := n.Scaled(0.01, 0, 1)
	require.InDelta(t, 0.01, z, 1e-4, "near the noise the residual is in noises")
	require.InDelta(t, 0.5, scale, 1e-12)
	a, _ := n.Scaled(2e4, 1e4, 1)
	b, _ := n.Scaled(2e6, 1e6, 1)
	require.InDelta(t, a, b, 1e-2, "far above it a factor of two is the same everywhere")
	require.Greater(t, n.Log(5, 5, 1), n.Log(5, 0, 1))
	require.Greater(t, n.Log(0, 0, 1), n.Log(0, 50, 1))
}

func TestTableIsTheLikelihood(t *testing.T) {
	n := invert.DefaultNoise
	const y, base, s = 4.0, 1.5, 0.7
	table := make(invert.Table, invert.TableSize)
	n.Fill(table, y, base, s)
	for _, x := range []float64{0.2, 1, 3, 40} {
		j := int(math.Round(math.Log(x)/invert.TableStep + invert.TableOffset(s)))
		there := math.Exp((float64(j) - invert.TableOffset(s)) * invert.TableStep)
		require.InDelta(t, n.Log(y, base+there, s)-n.Log(y, base, s), float64(table[j]), 1e-5)
	}
}

func TestHPDIsTheSmallestRegion(t *testing.T) {
	mass := []float64{0.1, 0.4, 0, 0.3, 0.2}
	require.Equal(t, []int{1, 3}, invert.HPD(mass, 0.7))
	require.Equal(t, []int{1, 3, 4}, invert.HPD(mass, 0.71))
	require.Equal(t, []int{1, 3, 4, 0}, invert.HPD(mass, 1))
	require.Empty(t, invert.HPD([]float64{0, 0}, 0.9))
}

func TestHypercubeCoversEachDimension(t *testing.T) {
	const n = 16
	h := invert.Hypercube(n, 3, 7)
	for d := range 3 {
		seen := make([]bool, n)
		for _, p := range h {
			k := int(0.5 * math.Erfc(-p[d]/math.Sqrt2) * n)
			require.False(t, seen[k], "one point in each of %d slices", n)
			seen[k] = true
		}
	}
	require.Equal(t, h, invert.Hypercube(n, 3, 7))
	require.NotEqual(t, h, invert.Hypercube(n, 3, 8))
}

func TestLogSumExp(t *testing.T) {
	v := []float64{-1000, -1001, -2000}
	require.InDelta(t, -1000+math.Log(1+math.Exp(-1)), invert.LogSumExp(3, func(i int) float64 { return v[i] }), 1e-12)
	require.True(t, math.IsInf(invert.LogSumExp(0, nil), -1))
}
