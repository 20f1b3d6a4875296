package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"upwind/fixtures/airshed"
	"upwind/tracing/city"
	"upwind/tracing/invert"
)

// benchAirshed times a whole day of the city, cold, and the hour after it.
func benchAirshed(ctx context.Context, _ string) ([]Timing, error) {
	d, err := airshed.New(1, airshed.Options{})
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, _, err := city.FromTables(d.Readings, d.Wind, d.Sites)
	if err != nil {
		return nil, err
	}
	last := 0.0
	for _, r := range p.Readings {
		last = max(last, r.Start)
	}
	var day, hour []invert.Reading
	for _, r := range p.Readings {
		if r.Start < last {
			day = append(day, r)
		} else {
			hour = append(hour, r)
		}
	}
	e, err := city.New(p)
	if err != nil {
		return nil, err
	}
	if _, err := e.Update(ctx, day, nil); err != nil {
		return nil, err
	}
	cold := time.Since(began)
	began = time.Now()
	a, err := e.Update(ctx, hour, nil)
	if err != nil {
		return nil, err
	}
	more := time.Since(began)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(e)
	return []Timing{
		{Name: "a day of 800 stations to ranked sources, cold", Value: cold.Seconds(), Unit: "s", Note: fmt.Sprintf("the goal is 30 s on two processors (%d here); 23 hours of the day, wind field and footprints included; H holds %.1f million values", runtime.GOMAXPROCS(0), float64(a.Values)/1e6)},
		{Name: "an hour more", Value: more.Seconds(), Unit: "s", Note: "the goal is 3 s"},
		{Name: "memory held", Value: float64(m.HeapAlloc) / (1 << 20), Unit: "MB", Note: fmt.Sprintf("the goal is 2 GB; taken from the system in all, the simulation of the day included: %d MB", m.Sys>>20)},
	}, nil
}
