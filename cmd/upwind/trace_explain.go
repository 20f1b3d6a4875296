package main

import (
	"context"
	"time"

	"upwind"
	"upwind/tracing"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// traceAnswer is what the engine says of a job.
type traceAnswer struct {
	invert.Answer
	Plane      plane.Plane
	Sites      []upwind.Site // what the sources' Site counts in
	Start, End time.Time     // of the event
	Receptor   plane.Point   // where the air was worst
	Version    int
}

// explain asks the engine.
func explain(ctx context.Context, j *traceJob, progress traceProgress) (*traceAnswer, error) {
	x, err := tracing.Explain(ctx, tracing.Case{Readings: j.Readings, Wind: j.Wind, Grids: j.Grids, Sites: j.Sites, Evidence: j.Evidence,
		From: j.From, To: j.To, Options: tracing.Options{Seed: j.Seed}}, tracing.Progress(progress))
	if err != nil {
		return nil, err
	}
	return &traceAnswer{Answer: x.Answer, Plane: x.Plane, Sites: x.Sites, Start: x.Start, End: x.End, Receptor: x.Receptor, Version: tracing.Version}, nil
}
