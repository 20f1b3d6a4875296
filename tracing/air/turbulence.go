package air

import "math"

// Turbulence is the spread of the wind at a height and how long its parts remember: sd in m/s and Lagrangian time
// scales in s, along the wind (U), across (V) and vertical (W).
type Turbulence struct{ SU, SV, SW, TU, TV, TW float64 }

const (
	coriolis = 1e-4 // 1/s, of the middle latitudes; Hanna's neutral formulas depend on it weakly
	leastSD  = 1e-2 // m/s, keeps the time scales finite at the top of the layer
	// Hanna's borders: neutral below h/|L| = 1. His formulas step there (sigma_v by 1.8), so they are blended over this
	// range of h/|L|.
	blendFrom, blendTo = 0.5, 2.0
)

// Hanna is the turbulence at z after Hanna (1982), "Applications in air pollution modeling", with zeta = z/h.
func (s State) Hanna(z float64) Turbulence {
	h := max(s.MixingM, 1)
	z = min(max(z, s.Z0, 1e-3), h)
	ratio := h * math.Abs(s.InvL)
	n := s.neutral(z)
	if ratio <= blendFrom {
		return n
	}
	other := s.stable(z, h)
	if s.InvL < 0 {
		other = s.unstable(z, h)
	}
	if ratio >= blendTo {
		return other
	}
	w := math.Log(ratio/blendFrom) / math.Log(blendTo/blendFrom)
	mix := func(a, b float64) float64 { return a * math.Pow(b/a, w) }
	return Turbulence{mix(n.SU, other.SU), mix(n.SV, other.SV), mix(n.SW, other.SW),
		mix(n.TU, other.TU), mix(n.TV, other.TV), mix(n.TW, other.TW)}
}

func (s State) neutral(z float64) Turbulence {
	fz := coriolis * z / max(s.UStar, leastSD)
	su := max(2.0*s.UStar*math.Exp(-3*fz), leastSD)
	sw := max(1.3*s.UStar*math.Exp(-2*fz), leastSD)
	tl := 0.5 * z / sw / (1 + 15*fz)
	return Turbulence{su, sw, sw, tl, tl, tl}
}

func (s State) stable(z, h float64) Turbulence {
	zeta := z / h
	su := max(2*s.UStar*(1-zeta), leastSD)
	sw := max(1.3*s.UStar*(1-zeta), leastSD)
	return Turbulence{su, sw, sw, 0.15 * h / su * math.Sqrt(zeta), 0.07 * h / sw * math.Sqrt(zeta), 0.1 * h / sw * math.Pow(zeta, 0.8)}
}

func (s State) unstable(z, h float64) Turbulence {
	length := -1 / s.InvL
	zeta := z / h
	su := max(s.UStar*math.Cbrt(12+0.5*h/length), leastSD)
	wstar := s.UStar * math.Cbrt(h/(Karman*length))
	var sw float64
	low := 0.96 * math.Cbrt(3*zeta+length/h)
	switch {
	case zeta < 0.03:
		sw = low
	case zeta < 0.4:
		sw = min(low, 0.763*math.Pow(zeta, 0.175))
	case zeta < 0.96:
		sw = 0.722 * math.Pow(1-zeta, 0.207)
	default:
		sw = 0.37
	}
	sw = max(sw*wstar, leastSD)
	var tw float64
	switch {
	case zeta < 0.1 && z < length:
		tw = 0.1 * z / (sw * (0.55 - 0.38*z/length))
	case zeta < 0.1:
		tw = 0.59 * z / sw
	default:
		tw = 0.15 * h / sw * (1 - math.Exp(-5*zeta))
	}
	return Turbulence{su, su, sw, 0.15 * h / su, 0.15 * h / su, tw}
}

// Turbulence is Hanna's, with T_Lw = K/sigma_w^2 of the layer's own diffusivity and with the state's SigmaV in place
// of Hanna's where it is given.
func (s State) Turbulence(z float64) Turbulence {
	t := s.Hanna(z)
	t.TW = s.Diffusivity(z) / (t.SW * t.SW)
	if s.SigmaV > 0 {
		t.SV = s.SigmaV
	}
	return t
}
