package web

import (
	"time"

	"upwind"
)

// CoverageOf is the [Coverage] of readings and winds, for a State that keeps them as lists.
func CoverageOf(readings []upwind.Observation, winds []upwind.Wind) Coverage {
	var c Coverage
	species := map[string]bool{}
	grow := func(start time.Time, durationS float64) {
		if c.From.IsZero() || start.Before(c.From) {
			c.From = start
		}
		if end := start.Add(time.Duration(max(durationS, 1) * float64(time.Second))); end.After(c.To) {
			c.To = end
		}
	}
	for _, o := range readings {
		species[o.Species] = true
		grow(o.Start, o.DurationS)
	}
	for _, w := range winds {
		grow(w.Start, w.DurationS)
	}
	c.Species = sortedKeys(species)
	return c
}
