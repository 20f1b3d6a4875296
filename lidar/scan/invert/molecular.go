package invert

import (
	"fmt"
	"math"

	"upwind"
)

// Constants of dry air at 288.15 K and 1013.25 hPa, the state in which its refractive index is tabulated.
const (
	standardDensity = 2.546899e25 // molecules/m3 at 288.15 K and 1013.25 hPa (Bodhaine et al. 1999)
	standardK       = 288.15
	standardHPa     = 1013.25
	co2Fraction     = 360e-6 // by volume (Bodhaine et al. 1999, their reference value)
)

// Range of wavelengths, nm, for which molecular scattering is given: the dispersion formula was fitted to
// 230..1690 nm and is nearly flat beyond, which serves Doppler lidars at 2 um.
const (
	minWavelengthNM = 230
	maxWavelengthNM = 2200
)

// Molecular is Rayleigh scattering by air at one wavelength.
type Molecular struct {
	WavelengthNM   float64
	CrossSectionM2 float64 // total, per molecule
	RatioSr        float64 // extinction-to-backscatter ratio S_m, about 8 pi / 3
}

// NewMolecular computes scattering by air after Bodhaine et al. (1999). A wavelength outside 230..2200 nm is
// a [upwind.Refusal].
func NewMolecular(wavelengthNM float64) (Molecular, error) {
	if !(wavelengthNM >= minWavelengthNM && wavelengthNM <= maxWavelengthNM) {
		return Molecular{}, upwind.Refuse("scan", fmt.Sprintf("wavelength %g nm", wavelengthNM),
			"scattering by air is known from 230 to 2200 nm only", "state the channel's wavelength in nm")
	}
	um := wavelengthNM / 1000
	n2 := math.Pow(refractiveIndex(um), 2)
	king := kingFactor(um)
	m := wavelengthNM * 1e-9
	lorentz := (n2 - 1) / (n2 + 2)
	section := 24 * math.Pow(math.Pi, 3) * lorentz * lorentz * king / (math.Pow(m, 4) * standardDensity * standardDensity)

	// Depolarisation factor rho of unpolarised light, F = (6 + 3 rho)/(6 - 7 rho), and Chandrasekhar's phase
	// function at 180 deg, with gamma = rho/(2 - rho).
	rho := 6 * (king - 1) / (3 + 7*king)
	gamma := rho / (2 - rho)
	return Molecular{
		WavelengthNM:   wavelengthNM,
		CrossSectionM2: section,
		RatioSr:        8 * math.Pi / 3 * (1 + 2*gamma) / (1 + gamma),
	}, nil
}

// Extinction of air by molecules, 1/m.
func (m Molecular) Extinction(pressureHPa, temperatureK float64) float64 {
	return m.CrossSectionM2 * standardDensity * (pressureHPa / standardHPa) * (standardK / temperatureK)
}

// refractiveIndex of dry standard air: Peck & Reeder (1972), scaled to the content of CO2.
func refractiveIndex(um float64) float64 {
	k := 1 / (um * um)
	at300 := 1e-8 * (8060.51 + 2480990/(132.274-k) + 17455.7/(39.32957-k))
	return 1 + at300*(1+0.54*(co2Fraction-300e-6))
}

// kingFactor of air from those of its gases, weighted by volume (Bodhaine et al. 1999, eqs. 5, 6, 23).
func kingFactor(um float64) float64 {
	const nitrogen, oxygen, argon, co2 = 78.084, 20.946, 0.934, 100 * co2Fraction // per cent
	k := 1 / (um * um)
	fN2 := 1.034 + 3.17e-4*k
	fO2 := 1.096 + 1.385e-3*k + 1.448e-4*k*k
	return (nitrogen*fN2 + oxygen*fO2 + argon*1 + co2*1.15) / (nitrogen + oxygen + argon + co2)
}
