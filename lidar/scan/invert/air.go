package invert

import (
	"fmt"
	"math"
	"sort"

	"upwind"
)

// gravityOverGas is g M / R, K/m: the hydrostatic gradient of ln(pressure) times temperature
// (US Standard Atmosphere 1976).
const gravityOverGas = 0.0341631947

// Air is pressure and temperature over height above sea level, from a radiosonde or a model of the
// atmosphere. Between levels temperature is linear and pressure log-linear; outside them the last
// temperature holds and pressure is hydrostatic.
type Air struct {
	heightM, pressureHPa, temperatureK []float64
}

// NewAir makes a profile from levels in any order. Heights are m above sea level, pressures hPa,
// temperatures K. Levels without finite positive pressure and temperature are skipped, repeated heights too;
// fewer than two usable levels, or levels of unequal number, are a [upwind.Refusal].
func NewAir(heightM, pressureHPa, temperatureK []float64) (*Air, error) {
	if len(heightM) != len(pressureHPa) || len(heightM) != len(temperatureK) {
		return nil, upwind.Refuse("air profile", "", fmt.Sprintf("%d heights, %d pressures and %d temperatures do not pair",
			len(heightM), len(pressureHPa), len(temperatureK)), "give one of each a level")
	}
	order := make([]int, 0, len(heightM))
	for i, h := range heightM {
		if finite(h) && pressureHPa[i] > 0 && temperatureK[i] > 0 && finite(pressureHPa[i]) && finite(temperatureK[i]) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return heightM[order[a]] < heightM[order[b]] })
	air := &Air{}
	for _, i := range order {
		if n := len(air.heightM); n > 0 && heightM[i] == air.heightM[n-1] {
			continue
		}
		air.heightM = append(air.heightM, heightM[i])
		air.pressureHPa = append(air.pressureHPa, pressureHPa[i])
		air.temperatureK = append(air.temperatureK, temperatureK[i])
	}
	if len(air.heightM) < 2 {
		return nil, upwind.Refuse("air profile", "", fmt.Sprintf("%d usable levels", len(air.heightM)),
			"give at least two heights with pressure in hPa and temperature in K")
	}
	return air, nil
}

// StandardAir is the US Standard Atmosphere 1976 up to 71 km.
func StandardAir() *Air {
	base := []float64{0, 11000, 20000, 32000, 47000, 51000, 71000}
	kelvin := []float64{288.15, 216.65, 216.65, 228.65, 270.65, 270.65, 214.65}
	// Pressure is log-linear between levels, which needs close ones where temperature changes.
	const stepM = 250.0
	air := &Air{}
	p := standardHPa
	for k := 0; k+1 < len(base); k++ {
		lapse := (kelvin[k+1] - kelvin[k]) / (base[k+1] - base[k])
		for z := base[k]; z < base[k+1]; z += stepM {
			t := kelvin[k] + lapse*(z-base[k])
			air.heightM, air.pressureHPa, air.temperatureK = append(air.heightM, geometric(z)), append(air.pressureHPa, p), append(air.temperatureK, t)
			p *= layerRatio(t, t+lapse*stepM, stepM)
		}
	}
	return air
}

// geometric is the height above sea level of a geopotential height, both m.
func geometric(z float64) float64 {
	const earth = 6356766.0 // m, the standard atmosphere's own radius
	return earth * z / (earth - z)
}

// layerRatio is the ratio of pressures over a layer with a linear temperature.
func layerRatio(t0, t1, dz float64) float64 {
	if t0 == t1 {
		return math.Exp(-gravityOverGas * dz / t0)
	}
	return math.Pow(t1/t0, -gravityOverGas*dz/(t1-t0))
}

// At is pressure (hPa) and temperature (K) at a height above sea level; inside is false where they were
// extrapolated.
func (a *Air) At(heightM float64) (pressureHPa, temperatureK float64, inside bool) {
	n := len(a.heightM)
	switch {
	case heightM < a.heightM[0]:
		t := a.temperatureK[0]
		return a.pressureHPa[0] * math.Exp(-gravityOverGas*(heightM-a.heightM[0])/t), t, false
	case heightM > a.heightM[n-1]:
		t := a.temperatureK[n-1]
		return a.pressureHPa[n-1] * math.Exp(-gravityOverGas*(heightM-a.heightM[n-1])/t), t, false
	}
	k := sort.SearchFloat64s(a.heightM, heightM)
	if a.heightM[k] == heightM {
		return a.pressureHPa[k], a.temperatureK[k], true
	}
	f := (heightM - a.heightM[k-1]) / (a.heightM[k] - a.heightM[k-1])
	t := a.temperatureK[k-1] + f*(a.temperatureK[k]-a.temperatureK[k-1])
	return a.pressureHPa[k-1] * math.Pow(a.pressureHPa[k]/a.pressureHPa[k-1], f), t, true
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
