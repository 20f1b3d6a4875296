package tracing

import (
	"fmt"
	"math"
)

const (
	clockShiftS = 3600.0
	// A wrong reading of the wind must explain the readings a hundred times as well, tempered, to be told.
	tellLog = 4.6
)

// diagnose asks whether another reading of the wind explains the readings better: blowing the other way,
// or with the clock an hour off. Neither mistake gives an error message anywhere else.
func (s *search) diagnose() []string {
	fit := func(m member) float64 {
		ev := s.member(m)
		return logSumExp(len(ev), func(i int) float64 { return ev[i] / temperPlace })
	}
	central := member{speed: 1, spread: 1}
	asRead := fit(central)
	var out []string
	for _, c := range []struct {
		m    member
		text string
	}{
		{member{speed: 1, spread: 1, rotation: math.Pi}, "with the wind reversed: check that its direction is where it comes FROM"},
		{member{speed: 1, spread: 1, shift: clockShiftS}, "with the wind an hour later: check the clocks and time zones"},
		{member{speed: 1, spread: 1, shift: -clockShiftS}, "with the wind an hour earlier: check the clocks and time zones"},
	} {
		if gain := fit(c.m) - asRead; gain > tellLog {
			out = append(out, fmt.Sprintf("warning: the readings fit 10^%.1f times better %s", gain/math.Ln10, c.text))
		}
	}
	return out
}
