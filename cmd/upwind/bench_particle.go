package main

import (
	"context"
	"math"
	"time"

	"upwind/tracing/air"
	"upwind/tracing/particle"
	"upwind/tracing/plume"
)

// benchTransport times what a trace is made of: kernel images of an event of four hours under one-minute winds with 12
// members of an ensemble, which serve all sensors of a height, and the walk that they are checked against.
func benchTransport(ctx context.Context, _ string) ([]Timing, error) {
	const minutes, members, cells, cellM = 240, 12, 60, 5.0
	w := plume.Series{StepS: 60, U: make([]float64, minutes), V: make([]float64, minutes), Air: make([]air.State, minutes)}
	for i := range minutes {
		toward := float64(i)/200 + 0.15*math.Sin(1.3*float64(i))
		w.U[i], w.V[i] = 3*math.Cos(toward), 3*math.Sin(toward)
		w.Air[i] = air.State{UStar: 0.3, InvL: -0.02 * math.Abs(math.Sin(float64(i)/40)), Z0: 0.05, MixingM: 800, SigmaV: 0.3}
	}
	images := func() error {
		m, err := plume.New(w, plume.NewTables(2.4, 1))
		if err != nil {
			return err
		}
		im := plume.NewImage(cellM, cells)
		var puffs []plume.Puff
		for k := range members {
			for i := range minutes {
				from := float64(i) * 60
				puffs = m.Puffs(puffs[:0], from, from+60, plume.Range{ReachM: cells * cellM, WidthM: cellM / 2}, plume.Tweak{RotationRad: 0.02 * float64(k)})
				im.Clear()
				im.Add(puffs, 1)
			}
		}
		return ctx.Err()
	}
	took, _, err := pairs(images, nil)
	if err != nil {
		return nil, err
	}
	const n = 2000
	start := time.Now()
	_, err = particle.Walk(ctx, particle.FromState(w.Air[60]), 2.4, n, 300, particle.Options{Backward: true, Threads: 1},
		func() particle.Tally { return particle.NewCells(-1500, -500, 50, 30, 20, 0, 10) })
	return []Timing{
		{Name: "2,880 kernel images of 121 x 121 offsets", Value: took.Seconds(), Unit: "s", Note: "one core; 240 one-minute means, 12 members"},
		{Name: "particles followed back for 5 minutes", Value: n / time.Since(start).Seconds(), Unit: "1/s", Note: "one core"},
	}, err
}
