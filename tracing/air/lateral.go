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
	// shearSigmaV is sigma_v/u* of the neutral surface layer, where shear alone makes it (Panofsky & Dutton 1984).
	shearSigmaV = 1.92
	// kolmogorovC0 of the Lagrangian structure function in the surface layer: 3.0 +- 0.5 (Du 1997).
	kolmogorovC0 = 3.0
	// minSigmaV in m/s is what remains of meander in any calm; within an hour it is about 0.5 (Hanna 1990).
	minSigmaV = 0.1
)

// Lateral is what spreads air sideways about a wind that is known as means of a duration.
type Lateral struct {
	SD    float64 // m/s
	parts [2]eddies
	broad bool
	shear State // the layer without its convection; of zero u* where T_L does not follow the height
}

// eddies are a share of the spread's variance and the time in s over which it remembers itself.
type eddies struct{ share, t float64 }

// Lateral of the state for wind means over averageS. Over minutes the spread is Taylor's with Hanna's T_L, and no more
// than half the mean, since slower eddies are in the wind already. Over longer means a measured sigma_v is that of two
// kinds of eddies (Hojstrup 1982): those that shear makes near the ground, up to 1.92 u*, which forget themselves
// within seconds, and beyond them convection with Hanna's T_L, or in other air a meander as slow as the mean allows.
// Where nothing is measured it is Draxler's. T_L is taken in the middle of the layer: the eddies that move air sideways
// fill it; only those of shear have that of the height of the air ([Lateral.At]).
func (s State) Lateral(averageS float64) Lateral {
	l := Lateral{SD: max(s.Turbulence(min(ReferenceM, s.MixingM/2)).SV, minSigmaV)}
	t := s.Hanna(s.MixingM / 2).TV
	switch {
	case averageS < broadAverageS:
		l.parts[0] = eddies{1, min(t, averageS/2)}
		return l
	case s.SigmaV <= 0 || s.UStar <= 0:
		l.parts[0], l.broad = eddies{1, min(t*draxlerRatio, maxDraxlerS)}, true
		return l
	}
	if s.InvL >= 0 {
		t = averageS
	}
	near := min(shearSigmaV*s.UStar/l.SD, 1)
	l.shear = s
	l.shear.InvL = max(s.InvL, 0)
	l.parts = [2]eddies{{share: near * near}, {1 - near*near, min(t, averageS/2)}}
	return l.At(ReferenceM)
}

// At is the same for air at a height in m. The eddies of shear have T_L = 2 sigma_v^2/(C0 epsilon), where
// epsilon = u*^3 phi_m/(k z) is what shear makes of turbulence (Thomson 1987).
func (l Lateral) At(z float64) Lateral {
	if u := l.shear.UStar; u > 0 {
		z = max(z, l.shear.Z0)
		l.parts[0].t = 2 * shearSigmaV * shearSigmaV / kolmogorovC0 * Karman * z / (u * PhiM(z*l.shear.InvL))
	}
	return l
}

// Variance is the square of the spread in m2 at an age in s: s_v^2 a^2/(1 + a/2T) (Taylor 1921, interpolated), or
// s_v^2 a^2/(1 + 0.9 sqrt(a/T_i))^2 (Draxler 1976).
func (l Lateral) Variance(ageS float64) float64 {
	s := l.SD * ageS
	if l.broad {
		f := 1 + 0.9*math.Sqrt(ageS/l.parts[0].t)
		return s * s / (f * f)
	}
	sum := 0.0
	for _, e := range l.parts {
		if e.share > 0 {
			sum += e.share / (1 + ageS/(2*e.t))
		}
	}
	return s * s * sum
}
