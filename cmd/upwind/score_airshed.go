package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"upwind"
	"upwind/fixtures/airshed"
	"upwind/tracing/city"
)

const (
	airshedDays    = 6                     // scored by default: each takes a quarter of a minute to simulate
	airshedDaysEnv = "UPWIND_AIRSHED_DAYS" // how many are scored instead
)

// airshedDay is one scored day: the city engine with the wind as given and as it was, and plain overlap.
type airshedDay struct{ given, exact, overlap, overlapExact airshed.Result }

// scoreAirshed runs the city engine on simulated days, as many at a time as there are processors.
func scoreAirshed(ctx context.Context, _ string) ([]Figure, error) {
	n := airshedDays
	if s := os.Getenv(airshedDaysEnv); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 {
			return nil, upwind.Refuse(airshedDaysEnv, "", fmt.Sprintf("%q is no number of days", s), "give a whole number from 1 on")
		}
		n = v
	}
	days := make([]airshedDay, n)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for k := range days {
		g.Go(func() (err error) {
			days[k], err = scoreDay(ctx, airshed.ScoreSeed+uint64(k))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return airshedFigures(days), nil
}

func scoreDay(ctx context.Context, seed uint64) (out airshedDay, err error) {
	if err := ctx.Err(); err != nil {
		return out, err
	}
	d, err := airshed.New(seed, airshed.Options{})
	if err != nil {
		return out, err
	}
	out.overlap, out.overlapExact = airshed.Score(d, airshed.Overlap(d, d.Wind)), airshed.Score(d, airshed.Overlap(d, d.TrueWind))
	if out.given, err = traceDay(ctx, d, d.Wind); err != nil {
		return out, err
	}
	out.exact, err = traceDay(ctx, d, d.TrueWind)
	return out, err
}

func traceDay(ctx context.Context, d airshed.Day, wind []upwind.Wind) (airshed.Result, error) {
	p, pl, err := city.FromTables(d.Readings, wind, d.Sites)
	if err != nil {
		return airshed.Result{}, err
	}
	p.Options.Threads = 1
	a, err := city.Run(ctx, p, nil)
	if err != nil {
		return airshed.Result{}, err
	}
	var found []airshed.Found
	for _, f := range a.Places(pl, d.Sites) {
		found = append(found, airshed.Found(f))
	}
	return airshed.Score(d, found), nil
}

// airshedFigures pools the days.
func airshedFigures(days []airshedDay) []Figure {
	pool := func(pick func(airshedDay) airshed.Result) airshed.Result {
		var all []airshed.Result
		for _, d := range days {
			all = append(all, pick(d))
		}
		return airshed.Pool(all)
	}
	given, exact := pool(func(d airshedDay) airshed.Result { return d.given }), pool(func(d airshedDay) airshed.Result { return d.exact })
	rival, rivalExact := pool(func(d airshedDay) airshed.Result { return d.overlap }), pool(func(d airshedDay) airshed.Result { return d.overlapExact })
	n := float64(len(days))
	const group = "simulated"
	share := func(a, of int) float64 { return float64(a) / math.Max(float64(of), 1) }
	both := func(f func(airshed.Result) float64, unit string) string {
		return fmt.Sprintf("with the true wind %.3g%s; overlap of back trajectories %.3g%s, with the true wind %.3g%s", f(exact), unit, f(rival), unit, f(rivalExact), unit)
	}
	hits := func(r airshed.Result) float64 { return share(r.Hits, r.Observable) }
	top := func(r airshed.Result) float64 { return share(r.TopHits, r.Observable) }
	miss := func(r airshed.Result) float64 { return median(r.ErrorM) }
	wrong := func(r airshed.Result) float64 { return float64(r.FalseTargets) / n }
	_, off := airshed.Reliability(given.Pairs, 10)
	return []Figure{
		{group, "airshed: share of sources that stations could see", share(given.Observable, given.Sources), "", "", fmt.Sprintf("%d of %d sources on %d days, seeds from %d", given.Observable, given.Sources, len(days), airshed.ScoreSeed)},
		{group, "airshed: observable sources among the three best", hits(given), "", "0.80", both(hits, "")},
		{group, "airshed: and the best", top(given), "", "", both(top, "")},
		{group, "airshed: median distance of those found", miss(given), "m", "400, stretch 300", both(miss, " m")},
		{group, "airshed: false targets a day", wrong(given), "", "1", both(wrong, "")},
		{group, "airshed: stated against true probability", off, "", "", fmt.Sprintf("mean difference over ten bins, %d places", len(given.Pairs))},
		{group, "airshed: rate over the true one, median", median(given.RateFactor), "", "", fmt.Sprintf("90 %% intervals hold %.2f", share(given.RatesInside, given.Hits))},
		{group, "airshed: sources found beyond the observable", float64(given.OtherHits), "", "", fmt.Sprintf("of %d", given.Sources-given.Observable)},
	}
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
