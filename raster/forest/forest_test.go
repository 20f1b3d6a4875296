package forest_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster/forest"
)

// rings are three classes in the plane that no straight cut parts, and a feature of nothing but noise.
func rings(n int, seed uint64) forest.Samples {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := forest.Samples{Features: 3, Classes: 3}
	for range n {
		x, y := 2*rng.Float64()-1, 2*rng.Float64()-1
		c := uint8(min(2, 2.2*math.Hypot(x, y)))
		s.X = append(s.X, float32(x), float32(y), float32(rng.NormFloat64()))
		s.Class = append(s.Class, c)
	}
	return s
}

func accuracy(t *testing.T, f *forest.Forest, s forest.Samples) float64 {
	t.Helper()
	p, right := make([]float64, f.Classes), 0
	for i := range s.Len() {
		f.Predict(p, s.Row(i))
		sum := 0.0
		for _, v := range p {
			require.True(t, v >= 0 && v <= 1)
			sum += v
		}
		require.InDelta(t, 1, sum, 1e-5)
		if k, _ := forest.Best(p); k == int(s.Class[i]) {
			right++
		}
	}
	return float64(right) / float64(s.Len())
}

func TestForestLearnsWhatNoCutParts(t *testing.T) {
	f, err := forest.Train(context.Background(), rings(3000, 1), forest.Options{Trees: 40, Seed: 7}, nil)
	require.NoError(t, err)
	require.Greater(t, accuracy(t, f, rings(2000, 2)), 0.95)
}

func TestSameForestForAnyNumberOfThreads(t *testing.T) {
	s := rings(500, 3)
	one, err := forest.Train(context.Background(), s, forest.Options{Trees: 12, Seed: 5, Threads: 1}, nil)
	require.NoError(t, err)
	told := 0
	four, err := forest.Train(context.Background(), s, forest.Options{Trees: 12, Seed: 5, Threads: 4}, func(done, total int) { told = done })
	require.NoError(t, err)
	require.Equal(t, one, four)
	require.Equal(t, 12, told)
	other, err := forest.Train(context.Background(), s, forest.Options{Trees: 12, Seed: 6}, nil)
	require.NoError(t, err)
	require.NotEqual(t, one, other)
}

func TestBalanceRaisesTheRareClass(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	s := forest.Samples{Features: 1, Classes: 2}
	for i := range 2000 {
		c := uint8(0)
		if i%20 == 0 {
			c = 1
		}
		s.X, s.Class = append(s.X, float32(rng.NormFloat64()+float64(c))), append(s.Class, c)
	}
	recall := func(balanced bool) float64 {
		f, err := forest.Train(context.Background(), s, forest.Options{Trees: 30, MinLeaf: 40, Balanced: balanced}, nil)
		require.NoError(t, err)
		tally, p := forest.NewTally(2), make([]float64, 2)
		for i := range s.Len() {
			f.Predict(p, s.Row(i))
			k, _ := forest.Best(p)
			tally.N[s.Class[i]][k]++
		}
		return tally.Recall(1, 1)
	}
	require.Greater(t, recall(true), recall(false)+0.3)
}

func TestMissingValuesAreAnswered(t *testing.T) {
	s := rings(400, 4)
	for i := range s.Len() {
		if i%3 == 0 {
			s.X[3*i+2] = float32(math.NaN())
		}
	}
	f, err := forest.Train(context.Background(), s, forest.Options{Trees: 10}, nil)
	require.NoError(t, err)
	p := make([]float64, 3)
	f.Predict(p, []float32{float32(math.NaN()), float32(math.Inf(1)), 0})
	require.InDelta(t, 1, p[0]+p[1]+p[2], 1e-5)
}

func TestBadSamplesAreRefused(t *testing.T) {
	for _, s := range []forest.Samples{{}, {Features: 1, Classes: 2}, {Features: 1, Classes: 1, X: []float32{1}, Class: []uint8{0}},
		{Features: 2, Classes: 2, X: []float32{1}, Class: []uint8{0}}, {Features: 1, Classes: 2, X: []float32{1}, Class: []uint8{2}}} {
		_, err := forest.Train(context.Background(), s, forest.Options{}, nil)
		require.Error(t, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := forest.Train(ctx, rings(100, 1), forest.Options{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFoldsAreStratified(t *testing.T) {
	class := make([]uint8, 0, 36)
	for c, n := range []int{12, 8, 12, 4} {
		for range n {
			class = append(class, uint8(c))
		}
	}
	folds := forest.Folds(class, 4, 11)
	count := map[[2]int]int{}
	for g, f := range folds {
		count[[2]int{int(class[g]), f}]++
	}
	for c, n := range []int{3, 2, 3, 1} {
		for f := range 4 {
			require.Equal(t, n, count[[2]int{c, f}])
		}
	}
	require.Equal(t, folds, forest.Folds(class, 4, 11))
	require.NotEqual(t, folds, forest.Folds(class, 4, 12))
}

func TestTally(t *testing.T) {
	y := forest.NewTally(3)
	y.N = [][]int{{8, 1, 1}, {2, 6, 0}, {1, 0, 9}}
	require.InDelta(t, 0.8, y.Recall(0, 0), 1e-12)
	require.InDelta(t, 0.9, y.Recall(0, 0, 1), 1e-12)
	require.InDelta(t, 2*17.0/(34+1+1), y.F1(0, 1), 1e-12)
}
