package city

import (
	"context"
	"fmt"
	"runtime"

	"upwind"
	"upwind/tracing/invert"
)

// Engine holds a span of time that grows: the matrix of what has been read so far, and what follows from it.
type Engine struct {
	p      Problem
	given  Options
	t      table
	paths  int
	latest *search
}

// New is an engine without readings; p.Readings are not looked at.
func New(p Problem) (*Engine, error) {
	if p.Wind == nil || p.Layer == nil || !(p.Box.Width() > 0) || !(p.Box.Height() > 0) {
		return nil, upwind.Refuse("trace", "", "a city's problem lacks its wind, its air or its box", "fill in Wind, Layer and Box")
	}
	if cells := p.Box.Width() / scanM * p.Box.Height() / scanM; !(cells <= mostCells) {
		return nil, upwind.Refuse("trace", "", fmt.Sprintf("the box is %.0f x %.0f km", p.Box.Width()/1e3, p.Box.Height()/1e3), "look at a city or a region at a time, up to 600 km on a side")
	}
	return &Engine{p: p, given: p.Options, t: table{index: map[station]int{}}}, nil
}

const (
	mostCells = 600_000 // of the first look
	// A table of stations by times must be filled to a part at least: what is handed in bounds what is held.
	mostEmpty, anyTable = 200, 100_000
)

// check refuses readings that have no time or place, and tables that would be all but empty.
func (e *Engine) check(readings []invert.Reading) error {
	places, times := map[station]bool{}, map[[2]float64]bool{}
	for n, r := range readings {
		if sum := r.Start + r.End + r.At.X + r.At.Y + r.At.HeightM; sum-sum != 0 || r.End <= r.Start {
			return upwind.Refuse("readings", fmt.Sprintf("reading %d", n+1), "it has no usable time or place", "give a start before the end, and finite coordinates")
		}
		places[station{r.Sensor, r.At}], times[[2]float64{r.Start, r.End}] = true, true
	}
	if cells := (len(places) + len(e.t.stations)) * (len(times) + len(e.t.slots)); cells > mostEmpty*len(readings)+anyTable+4*len(e.t.stations)*len(e.t.slots) {
		return upwind.Refuse("readings", "", fmt.Sprintf("%d places and %d times are nearly all without a reading", len(places), len(times)), "give means over the same hours for all stations")
	}
	return nil
}

// Run answers one problem.
func Run(ctx context.Context, p Problem, progress func(done, total int)) (Answer, error) {
	e, err := New(p)
	if err != nil {
		return Answer{}, err
	}
	return e.Update(ctx, p.Readings, progress)
}

// Update takes more readings and infers anew. Rows are computed for new times only; where nothing old has changed, only
// what the new times bear on is looked at again.
func (e *Engine) Update(ctx context.Context, readings []invert.Reading, progress func(done, total int)) (Answer, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := e.take(ctx, readings); err != nil {
		return Answer{}, err
	}
	s := newSearch(&e.p, &e.t)
	if err := s.run(ctx, e.latest, progress); err != nil {
		e.latest = nil
		return Answer{}, err
	}
	e.latest = s
	a, err := s.report(ctx)
	if e.paths > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d path means were left out: the far tier takes points only", e.paths))
	}
	return a, err
}

// take lays down new readings and leaves all slots without sources.
func (e *Engine) take(ctx context.Context, readings []invert.Reading) error {
	if err := e.check(readings); err != nil {
		return err
	}
	e.p.Options = e.given.withDefaults(24 * 3600)
	paths, kept, err := e.t.add(ctx, &e.p, readings)
	if !kept {
		e.latest = nil
	}
	if err != nil {
		return err
	}
	e.paths += paths
	if len(e.t.slots) == 0 {
		return upwind.Refuse("trace", "", "there is no reading of a point", "hand in readings of stations")
	}
	start, end := e.t.slots[0].Start, e.t.slots[0].End
	for _, s := range e.t.slots {
		start, end = min(start, s.Start), max(end, s.End)
		clear(s.mean)
		clear(s.spread)
	}
	e.p.Options = e.given.withDefaults(end - start)
	return nil
}

func (s *search) threads() int {
	if s.o.Threads > 0 {
		return s.o.Threads
	}
	return runtime.GOMAXPROCS(0)
}
