package air

import "math"

const (
	// Draxler (1976) found T_i of 300 s for horizontal spread from sources near the ground, the larger of day and
	// night; his T_i is T_L/0.61.
	maxDraxlerS  = 300.0
	draxlerRatio = 1 / 0.61
	// broadAverageS is the averaging time of the wind from which on what it leaves unresolved spans eddies of very
	// different age, so that one exponential correlation no longer describes it.
	broadAverageS = 300.0
)

// Lateral is what spreads air sideways about a wind that is known as means of a duration.
type Lateral struct {
	SD    float64 // m/s
	t     float64 // s, Taylor's T_L or Draxler's T_i
	broad bool
}

// Lateral of the state for wind means over averageS. Over minutes the spread is Taylor's with Hanna's T_L, and no more
// than half the mean, since slower eddies are in the wind already; over longer means it is Draxler's. T_L is taken in
// the middle of the layer: the eddies that move air sideways fill it.
func (s State) Lateral(averageS float64) Lateral {
	const atM = 10.0
	l := Lateral{SD: max(s.Turbulence(min(atM, s.MixingM/2)).SV, minSigmaV)}
	t := s.Hanna(s.MixingM / 2).TV
	if averageS < broadAverageS {
		l.t = min(t, averageS/2)
	} else {
		l.t, l.broad = min(t*draxlerRatio, maxDraxlerS), true
	}
	return l
}

// minSigmaV in m/s is what remains of meander in any calm; within an hour it is about 0.5 (Hanna 1990).
const minSigmaV = 0.1

// Variance is the square of the spread in m2 at an age in s: s_v^2 a^2/(1 + a/2T) (Taylor 1921, interpolated), or
// s_v^2 a^2/(1 + 0.9 sqrt(a/T_i))^2 (Draxler 1976).
func (l Lateral) Variance(ageS float64) float64 {
	s := l.SD * ageS
	if !l.broad {
		return s * s / (1 + ageS/(2*l.t))
	}
	f := 1 + 0.9*math.Sqrt(ageS/l.t)
	return s * s / (f * f)
}
