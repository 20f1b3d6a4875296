package pile

import (
	"context"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	sim "upwind/fixtures/yard"
)

// The seeds that fitted the weights of the evidence; none of them scores.
const fitFrom = 1001

// Fitting pulls every weight towards the prior; bushes are as common as the simulator makes them, so what
// they teach about height is bounded.
const (
	fitPrior     = 3.0
	fitPull      = 0.002
	fitMaxHeight = 3.0
	fitSteps     = 20000
	fitRate      = 5.0
)

// outcomes are the losses 1 - v of every mound in the yards, and which mounds are heaps.
func outcomes(t *testing.T, yards int) (loss [][]float64, heap []bool) {
	for seed := uint64(fitFrom); seed < fitFrom+uint64(yards); seed++ {
		s, err := sim.New(seed, sim.Options{})
		require.NoError(t, err)
		g, err := s.Grid(sim.YardGrid(seed))
		require.NoError(t, err)
		r, err := Survey(context.Background(), Surface{W: g.W, H: g.H, CellM: g.CellM, Z: g.Z, SpreadM: g.SpreadM}, Options{MinProbability: 1e-9}, nil)
		require.NoError(t, err)
		var found []sim.Found
		for _, p := range r.Piles {
			f := sim.Found{Volume: p.Volume}
			for _, q := range p.Outline {
				x, y := g.Place(q.X, q.Y)
				f.Outline = append(f.Outline, orb.Point{x, y})
			}
			found = append(found, f)
		}
		for _, m := range sim.Score(s.Piles, found).Matches {
			if m.Found < 0 {
				continue
			}
			var row []float64
			for _, e := range r.Piles[m.Found].evidence {
				row = append(row, 1-e.value)
			}
			loss, heap = append(loss, row), append(heap, m.Pile >= 0)
		}
	}
	return loss, heap
}

// TestFitEvidence fits the weights anew on UPWIND_FIT yards and prints them; 60 gave those in score.go.
func TestFitEvidence(t *testing.T) {
	yards, err := strconv.Atoi(os.Getenv("UPWIND_FIT"))
	if err != nil {
		t.Skip("fits the weights of the evidence; UPWIND_FIT=60 does")
	}
	loss, heap := outcomes(t, yards)
	k := len(weights)
	w := make([]float64, k+1) // the last is the bias
	for range fitSteps {
		grad := make([]float64, k+1)
		for n, row := range loss {
			odds, want := w[k], 0.0
			for i, x := range row {
				odds -= w[i] * x
			}
			if heap[n] {
				want = 1
			}
			d := (1/(1+math.Exp(-odds)) - want) / float64(len(loss))
			for i, x := range row {
				grad[i] -= d * x
			}
			grad[k] += d
		}
		w[k] -= fitRate * grad[k]
		for i := range k {
			w[i] = math.Max(0, w[i]-fitRate*(grad[i]+fitPull*(w[i]-fitPrior)))
		}
		w[heightEvidence] = math.Min(w[heightEvidence], fitMaxHeight)
	}
	t.Logf("%d mounds; bias %.2f, weights %.1f", len(loss), w[k], w[:k])
	for i := range weights {
		require.InDelta(t, weights[i], w[i], 1, "weight %d drifted from what the survey uses", i)
	}
}
