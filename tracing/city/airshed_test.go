package city_test

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"upwind"
	"upwind/fixtures/airshed"
	"upwind/tracing/city"
)

// traced is a simulated day through the engine, with one wind or the other.
func traced(d airshed.Day, wind []upwind.Wind, threads int) (airshed.Result, time.Duration, error) {
	began := time.Now()
	p, pl, err := city.FromTables(d.Readings, wind, d.Sites)
	if err != nil {
		return airshed.Result{}, 0, err
	}
	p.Options.Threads = threads
	a, err := city.Run(context.Background(), p, nil)
	if err != nil {
		return airshed.Result{}, 0, err
	}
	var found []airshed.Found
	for _, f := range a.Places(pl, d.Sites) {
		found = append(found, airshed.Found(f))
	}
	return airshed.Score(d, found), time.Since(began), nil
}

// TestAirshedDays is the benchmark on as many scoring days as UPWIND_AIRSHED_DAYS says, all processors at once. It
// reports, and fails only where plain overlap does better.
func TestAirshedDays(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("UPWIND_AIRSHED_DAYS"))
	if n < 1 {
		t.Skip("skipped the city benchmark: UPWIND_AIRSHED_DAYS is not set")
	}
	names := []string{"given wind", "true wind", "overlap, given wind", "overlap, true wind"}
	results, took := make([][]airshed.Result, len(names)), make([]time.Duration, n)
	for k := range results {
		results[k] = make([]airshed.Result, n)
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			d, err := airshed.New(airshed.ScoreSeed+uint64(i), airshed.Options{})
			if err != nil {
				return err
			}
			results[2][i], results[3][i] = airshed.Score(d, airshed.Overlap(d, d.Wind)), airshed.Score(d, airshed.Overlap(d, d.TrueWind))
			if results[0][i], took[i], err = traced(d, d.Wind, 1); err != nil {
				return err
			}
			results[1][i], _, err = traced(d, d.TrueWind, 1)
			return err
		})
	}
	require.NoError(t, g.Wait())
	slices.Sort(took)
	t.Logf("%d days; one thread takes %v a day (median), %v at most", n, took[n/2].Round(time.Millisecond), took[n-1].Round(time.Millisecond))
	var hits [4]float64
	for k, name := range names {
		r := airshed.Pool(results[k])
		bins, off := airshed.Reliability(r.Pairs, 10)
		hits[k] = float64(r.Hits) / float64(max(r.Observable, 1))
		t.Logf("%s: of %d sources %d observable; top three %.3f, best %.3f, median %.0f m, false targets a day %.2f, stated against true %.3f, rate over true %.2f, rates inside %.2f, others found %d",
			name, r.Sources, r.Observable, hits[k], float64(r.TopHits)/float64(max(r.Observable, 1)), middle(r.ErrorM), float64(r.FalseTargets)/float64(n), off, middle(r.RateFactor), float64(r.RatesInside)/float64(max(r.Hits, 1)), r.OtherHits)
		for _, b := range bins {
			if b.Count > 0 {
				t.Logf("   stated %.2f, observed %.2f of %d", b.Stated, b.Observed, b.Count)
			}
		}
	}
	require.Greater(t, hits[0], hits[2])
}

func middle(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[len(v)/2]
}
