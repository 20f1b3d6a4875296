package air

import "math"

const (
	Karman = 0.4
	// Schmidt is the turbulent Schmidt number K_m/K of a passive tracer in the neutral surface layer: 0.7 to 0.9
	// (Tominaga & Stathopoulos 2007); the constants of Businger et al. (1971), which van Ulden used, amount to 0.85.
	Schmidt = 0.8

	ReferenceM = 10.0 // height of the standard wind (WMO)

	stableSlope   = 5.0  // of phi_m = 1 + 5 z/L, Dyer 1974
	unstableSlope = 16.0 // of phi_m = (1 - 16 z/L)^(-1/4), Dyer & Hicks 1970
	minBackground = 0.01 // m2/s, what mixes above the mixing height
)

// State is the layer of air over a place at a time. The zero SigmaV means Hanna's.
type State struct {
	UStar   float64 // friction velocity, m/s
	InvL    float64 // 1/Obukhov length, 1/m: negative when the ground heats the air
	Z0      float64 // roughness length, m
	MixingM float64 // mixing height, m
	SigmaV  float64 // lateral sd of the wind that the wind averages do not resolve, m/s
}

// holtslagDeBruin is psi_m of very stable air (Holtslag & De Bruin 1988, eq. 12).
func holtslagDeBruin(zeta float64) float64 {
	const a, b, c, d = 0.7, 0.75, 5, 0.35
	return -(a*zeta + b*(zeta-c/d)*math.Exp(-d*zeta) + b*c/d)
}

func phiHoltslagDeBruin(zeta float64) float64 {
	const a, b, c, d = 0.7, 0.75, 5, 0.35
	return 1 + a*zeta + b*zeta*(1+c-d*zeta)*math.Exp(-d*zeta)
}

// PsiM is the stability correction of the wind profile at zeta = z/L, continuous for all zeta.
func PsiM(zeta float64) float64 {
	switch {
	case zeta > 1:
		return holtslagDeBruin(zeta) - holtslagDeBruin(1) - stableSlope
	case zeta >= 0:
		return -stableSlope * zeta
	}
	x := math.Sqrt(math.Sqrt(1 - unstableSlope*zeta))
	return 2*math.Log((1+x)/2) + math.Log((1+x*x)/2) - 2*math.Atan(x) + math.Pi/2
}

// PhiH is the dimensionless gradient of a scalar at zeta = z/L, 1 in neutral air, continuous for all zeta.
func PhiH(zeta float64) float64 {
	switch {
	case zeta > 1:
		return 1 + stableSlope + phiHoltslagDeBruin(zeta) - phiHoltslagDeBruin(1)
	case zeta >= 0:
		return 1 + stableSlope*zeta
	}
	return 1 / math.Sqrt(1-unstableSlope*zeta)
}

// PhiM is the dimensionless gradient of the wind at zeta = z/L.
func PhiM(zeta float64) float64 {
	if zeta >= 0 {
		return PhiH(zeta)
	}
	return 1 / math.Sqrt(math.Sqrt(1-unstableSlope*zeta))
}

// Speed is the mean wind at z m above ground, m/s: zero at z0, constant above the mixing height.
func (s State) Speed(z float64) float64 { return s.UStar * s.shape(z) }

// shape is u(z)/u*.
func (s State) shape(z float64) float64 {
	if s.MixingM > 0 {
		z = min(z, s.MixingM)
	}
	if z <= s.Z0 {
		return 0
	}
	return max(math.Log(z/s.Z0)-PsiM(z*s.InvL)+PsiM(s.Z0*s.InvL), 0) / Karman
}

// surfaceShare is how much of the mixing height the surface layer takes.
const surfaceShare = 0.1

// Diffusivity is K at z in m2/s: similarity in the surface layer, falling to almost nothing at the mixing height.
func (s State) Diffusivity(z float64) float64 {
	power := neutralFall
	if s.InvL < 0 {
		power += 0.5 * s.convective() // to 2, Troen & Mahrt 1986
	}
	return s.diffusivity(z, surfaceShare*s.MixingM, power)
}

// BottomUp is the K in m2/s of material that comes from near the ground. Convection lifts it in plumes that are faster
// than the air that sinks between them, so that well above the surface layer it still grows as in it, and ends as
// z^1.5 (1 - z/h) (Wyngaard & Brost 1984; Moeng & Wyngaard 1989). In other air it is Diffusivity.
func (s State) BottomUp(z float64) float64 {
	power := neutralFall
	if s.InvL < 0 {
		power -= 0.5 * s.convective()
	}
	return s.diffusivity(z, s.MixingM, power)
}

const neutralFall = 1.5 // power of 1 - z/h, Brost & Wyngaard 1978

// convective is 0 in neutral air and tends to 1 in convection.
func (s State) convective() float64 {
	r := -s.MixingM * s.InvL
	return r / (1 + r)
}

// diffusivity is that of the surface layer, whose instability grows up to the height grows, times (1 - z/h)^power.
func (s State) diffusivity(z, grows, power float64) float64 {
	z = max(z, s.Z0)
	h := s.MixingM
	if z >= h {
		return minBackground
	}
	zeta := z * s.InvL
	if s.InvL < 0 {
		zeta = min(z, grows) * s.InvL
	}
	k := Karman * s.UStar * z / (Schmidt * PhiH(zeta)) * math.Pow(1-z/h, power)
	return max(k, min(minBackground, Karman*s.UStar*z/Schmidt))
}
