package tracing

import (
	"context"
	"fmt"
	"math"
	"time"

	"upwind"
)

const (
	clockShift = time.Hour
	// tellLog is how much better the readings must fit under another reading of the wind to be told, in natural logarithms of
	// tempered evidence: a hundred times.
	tellLog = 4.6
)

// mistakes are the ways to misread a wind that no error message ever tells.
var mistakes = []struct {
	text  string
	apply func(w *upwind.Wind)
}{
	{"with the wind reversed: check that its direction is where it comes FROM", func(w *upwind.Wind) { w.U, w.V = -w.U, -w.V }},
	{"with the wind an hour later: check the clocks and time zones", func(w *upwind.Wind) { w.Start = w.Start.Add(clockShift) }},
	{"with the wind an hour earlier: check the clocks and time zones", func(w *upwind.Wind) { w.Start = w.Start.Add(-clockShift) }},
}

// fit gives the evidence for sources under a wind, in natural logarithms.
type fit func(ctx context.Context, wind []upwind.Wind) (float64, error)

// diagnose asks whether another reading of the wind explains the readings better than the one at hand.
func (c *Case) diagnose(ctx context.Context, of fit) ([]string, error) {
	asRead, err := of(ctx, c.Wind)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range mistakes {
		wind := append([]upwind.Wind(nil), c.Wind...)
		for i := range wind {
			m.apply(&wind[i])
		}
		got, err := of(ctx, wind)
		if upwind.IsRefusal(err) { // shifted, the wind may no longer cover the event
			continue
		}
		if err != nil {
			return nil, err
		}
		if gain := got - asRead; gain > tellLog {
			out = append(out, fmt.Sprintf("warning: the readings fit 10^%.1f times better %s", gain/math.Ln10, m.text))
		}
	}
	return out, nil
}
