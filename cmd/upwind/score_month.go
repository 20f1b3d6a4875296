package main

import (
	"context"
	"fmt"

	"upwind"
	"upwind/fixtures/month"
	"upwind/tracing"
)

// scoredMonths are how many months are judged: 300 days of 827 stations.
const scoredMonths = 10

// scoreMonth judges what starts traces: simulated months of a city's stations, on seeds that nothing was tuned on.
func scoreMonth(ctx context.Context, _ string) ([]Figure, error) {
	var all []month.Result
	for seed := uint64(month.FirstScoreSeed); seed < month.FirstScoreSeed+scoredMonths; seed++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := month.New(seed, month.Options{})
		if err != nil {
			return nil, err
		}
		opt := tracing.ExceedanceOptions{Kinds: map[string]upwind.StationKind{}}
		for _, s := range m.Stations {
			opt.Kinds[s.ID] = s.Kind
		}
		all = append(all, month.Score(m, tracing.Exceedances(m.Readings(0, m.Hours), opt)))
	}
	p := month.Pool(all)
	name := "month: "
	return []Figure{
		{"simulated", name + "precision of what starts a trace", float64(p.Right) / float64(p.Events), "", "", fmt.Sprintf("%d of %d; of the others %d at faulty devices", p.Right, p.Events, p.Faulty)},
		{"simulated", name + "recall of observable releases", float64(p.Found) / float64(p.Observable), "", "", fmt.Sprintf("%d of %d, in %.0f days; an ideal observer knows each station's true air", p.Found, p.Observable, p.Days)},
		{"simulated", name + "traces that haze starts, a month", float64(p.Hazy) / scoredMonths, "", "0", "in three episodes a month, neither at a release nor at a faulty device"},
		{"simulated", name + "traces a day", float64(p.Events) / p.Days, "", "", ""},
	}, nil
}
