package raster

import "math"

// Spectrum is one pixel's values by role: reflectance, or DN where only ratios are asked for. For the
// colour indices R, G, B may be 0..255.
type Spectrum struct{ B, G, R, N, S1, S2 float64 }

// ratio is a / b with NaN where b is 0, so that black pixels abstain instead of overflowing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// BSI is the bare soil index of Rikimaru, Roy and Miyatake (2002).
func (p Spectrum) BSI() float64 { return ratio((p.S1+p.R)-(p.N+p.B), (p.S1+p.R)+(p.N+p.B)) }

// NDVI is the normalised difference vegetation index of Rouse et al. (1974).
func (p Spectrum) NDVI() float64 { return ratio(p.N-p.R, p.N+p.R) }

// MNDWI is the modified normalised difference water index of Xu (2006).
func (p Spectrum) MNDWI() float64 { return ratio(p.G-p.S1, p.G+p.S1) }

// NDWI is the normalised difference water index of McFeeters (1996), for sensors without short-wave infrared.
func (p Spectrum) NDWI() float64 { return ratio(p.G-p.N, p.G+p.N) }

// NBR2 is the second normalised burn ratio of Key and Benson (2006); dry plant matter raises it.
func (p Spectrum) NBR2() float64 { return ratio(p.S1-p.S2, p.S1+p.S2) }

// MBI is the modified bare soil index of Nguyen et al. (2021).
func (p Spectrum) MBI() float64 { return ratio(p.S1-p.S2-p.N, p.S1+p.S2+p.N) + 0.5 }

// DBSI is the dry bareness index of Rasul et al. (2018).
func (p Spectrum) DBSI() float64 { return ratio(p.S1-p.G, p.S1+p.G) - p.NDVI() }

// ExG is the excess green index of Woebbecke et al. (1995) on chromatic coordinates (r + g + b = 1).
func (p Spectrum) ExG() float64 { return ratio(2*p.G-p.R-p.B, p.R+p.G+p.B) }

// VARI is the visible atmospherically resistant index of Gitelson et al. (2002).
func (p Spectrum) VARI() float64 { return ratio(p.G-p.R, p.G+p.R-p.B) }

// RI is the redness index of Escadafal and Huete (1991).
func (p Spectrum) RI() float64 { return ratio(p.R-p.G, p.R+p.G) }

// Saturation is that of the HSV model: 1 - min/max.
func (p Spectrum) Saturation() float64 {
	return 1 - ratio(math.Min(p.R, math.Min(p.G, p.B)), math.Max(p.R, math.Max(p.G, p.B)))
}
