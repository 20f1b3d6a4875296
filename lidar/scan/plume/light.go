package plume

import "math"

// Molecular extinction at 532 nm, 15 C and 1 atm, its exponent over wavelength and its lidar ratio (Bodhaine
// et al. 1999); the scale height of air near the ground. An error of a few percent does not matter here.
const (
	airAlpha    = 1.316e-5
	airExponent = 4.08
	airRatioSr  = 8.5
	airScaleM   = 9000.0
	// lidarRatioSr stands in for a field that does not state its own.
	lidarRatioSr = 50.0
)

func (s *sweep) lidarRatio() float64 {
	if s.f.LidarRatioSr > 0 {
		return s.f.LidarRatioSr
	}
	return lidarRatioSr
}

// molecules is S beta_m at the instrument: what molecules send back, as if particles did, 1/m.
func (s *sweep) molecules() float64 {
	return s.lidarRatio() / airRatioSr * airAlpha * math.Pow(532/s.f.WavelengthNM, airExponent) * math.Exp(-s.f.Site.AltitudeM/airScaleM)
}

// lightFromExtinction makes the light of a field that does not state it: Fernald's Z = (alpha + S beta_m) exp(-2 tau)
// with the molecules' part put back, in a unit of its own.
func (s *sweep) lightFromExtinction() {
	air, ratio := s.molecules(), s.lidarRatio()
	each(s.n(), func(i int) {
		depth := 0.0
		for c := range s.cells {
			j := s.at(i, c)
			_, _, u := s.place(i, c)
			m := air * math.Exp(-u/airScaleM)
			a := s.alpha[j]
			if a != a {
				a = s.base[j]
			}
			step := (a + m*airRatioSr/ratio) * s.cellM / 2
			if step != step {
				step = 0
			}
			depth += step
			k := math.Exp(-2 * depth)
			depth += step
			s.light[j], s.lightSigma[j] = (s.alpha[j]+m)*k, s.sigma[j]*k
		}
	})
}

func sq(x float64) float64 { return x * x }
