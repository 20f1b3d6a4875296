package invert

import "math"

// ParticleDepol is the linear depolarisation ratio of particles from that of all light, volume, the ratio of
// total to molecular backscatter R, and that of air (Tesche et al. 2009, eq. 11):
//
//	delta_p = ((1 + d_m) d_v R - (1 + d_v) d_m) / ((1 + d_m) R - (1 + d_v))
//
// sigma follows from those of d_v and R to first order. Where there are no particles both are undefined and
// come out huge or NaN.
func ParticleDepol(volume, volumeSigma, ratio, ratioSigma, molecular float64) (depol, sigma float64) {
	num := (1+molecular)*volume*ratio - (1+volume)*molecular
	den := (1+molecular)*ratio - (1 + volume)
	depol = num / den
	byVolume := ((1+molecular)*ratio - molecular + depol) / den
	byRatio := (1 + molecular) * (volume - depol) / den
	return depol, math.Hypot(byVolume*volumeSigma, byRatio*ratioSigma)
}

// DustShare is the share of backscatter by particles that is dust, from the depolarisation of the mixture, of
// pure dust and of all else (Tesche et al. 2009, eq. 14):
//
//	beta_d / beta_p = (d_p - d_nd)(1 + d_d) / ((d_d - d_nd)(1 + d_p))
//
// cut to 0..1.
func DustShare(depol, dust, other float64) float64 {
	share := (depol - other) * (1 + dust) / ((dust - other) * (1 + depol))
	return math.Min(1, math.Max(0, share))
}
