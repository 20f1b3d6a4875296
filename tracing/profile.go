package tracing

import "math"

const (
	karman     = 0.4
	referenceM = 10.0 // height of the wind field, the WMO standard
	// Without a height a wind reading is taken to be at the standard one.
	minWindHeightM = 0.5

	// Spread of the direction that the mean leaves out, as sigma_v/U: about 0.1 inside one minute, 0.2
	// inside an hour over open land by day (sigma_theta 6 and 12 degrees; Hanna, Briggs & Hosker 1982).
	// The meander between one-minute means is in the wind already and must not count twice.
	lateralMinute   = 0.10
	lateralHour     = 0.20
	minSigmaV       = 0.15 // m/s, also in a calm: what keeps a puff growing when nothing moves
	minSigmaW       = 0.05
	sigmaWOverUStar = 1.3   // neutral surface layer, Hanna 1982
	lagrangianV     = 120.0 // s, lateral Lagrangian time scale in the surface layer, order of 0.15 h/s_u (Hanna 1982)
	minLagrangianW  = 10.0  // s
	effectiveShare  = 0.6   // mean height of the material over sigma_z, near (2/pi)^0.5 of a half Gaussian, less what drag removes
	maxTransportM   = 200.0
)

// psiM is the stability correction of the wind profile for z/L: Businger-Dyer when unstable, -5 z/L when
// stable and held from z/L = 1.
func psiM(zOverL float64) float64 {
	if zOverL >= 0 {
		return -5 * min(zOverL, 1)
	}
	x := math.Pow(1-16*max(zOverL, -10), 0.25)
	return 2*math.Log((1+x)/2) + math.Log((1+x*x)/2) - 2*math.Atan(x) + math.Pi/2
}

// profile is the shape u(z)/(u*/k) of the surface layer.
type profile struct{ z0, invL float64 }

func (p profile) shape(z float64) float64 {
	z = max(z, 2*p.z0, 0.2)
	return max(math.Log(z/p.z0)-psiM(z*p.invL)+psiM(p.z0*p.invL), 0.3)
}

// ratio is the wind speed at height z over that at the reference height.
func (p profile) ratio(z float64) float64 { return p.shape(z) / p.shape(referenceM) }

// turbulence is what spreads a puff about its centre line.
type turbulence struct {
	profile
	lateral float64 // sigma_v / U at the reference height
	ustarU  float64 // u* / U at the reference height
	mixingM float64
	factor  float64 // of the member: both spreads are this much wider
}

// sigmaH is the horizontal spread in m after age s in a wind of u m/s: Taylor 1921 in its usual
// interpolation s_v t / sqrt(1 + t/(2 T_L)).
func (k turbulence) sigmaH(u, age float64) float64 {
	sv := math.Max(k.lateral*u, minSigmaV) * k.factor
	return sv * age / math.Sqrt(1+age/(2*lagrangianV))
}

// sigmaZ is the vertical spread. The vertical time scale grows with the height of the material,
// T_L = 0.5 z / s_w (Hanna 1982), which makes the growth near the ground almost linear.
func (k turbulence) sigmaZ(u, age, receptorM float64) float64 {
	sw := math.Max(sigmaWOverUStar*k.ustarU*u, minSigmaW) * k.factor
	s := 0.0
	for range 2 {
		tl := max(minLagrangianW, 0.5*max(receptorM, effectiveShare*s)/sw)
		s = sw * age / math.Sqrt(1+age/(2*tl))
	}
	return min(s, 0.8*k.mixingM)
}

// transport is the factor on the reference wind at the height where the material of that spread is.
func (k turbulence) transport(sigmaZ, receptorM float64) float64 {
	return k.ratio(min(max(effectiveShare*sigmaZ, receptorM, 1), maxTransportM))
}

// vertical is the Gaussian vertical kernel in 1/m with reflection at the ground, and never less than the
// well-mixed layer.
func vertical(zr, zs, sigmaZ, mixingM float64) float64 {
	s := max(sigmaZ, 0.3)
	a, b := (zr-zs)/s, (zr+zs)/s
	g := (math.Exp(-a*a/2) + math.Exp(-b*b/2)) / (s * math.Sqrt(2*math.Pi))
	if sigmaZ >= 0.79*mixingM {
		g = max(g, 1/mixingM)
	}
	return g
}
