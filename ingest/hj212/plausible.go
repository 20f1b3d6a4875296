package hj212

// Bounds are what a value can be. Beyond, an instrument is broken or speaks in another unit.
type Bounds struct {
	Lo, Hi float64
	Unit   string
}

// Concentrations are those of the air people breathe. Particles: the highest hourly PM10 of a dust storm in China is about
// 10 mg/m3, which is also the widest range that HJ 653 knows of a PM10 monitor. Gases: twice the range that HJ 654 asks of an
// analyser of ambient air, 500 ppb (CO 50 ppm), at 298.15 K and 1013.25 hPa.
var plausibleAir = map[string]Bounds{
	"PM10": {0, 10000, "ug/m3"}, "PM2.5": {0, 5000, "ug/m3"}, "PM1": {0, 5000, "ug/m3"}, "TSP": {0, 20000, "ug/m3"},
	"SO2": {0, 2.6, "mg/m3"}, "NO2": {0, 1.9, "mg/m3"}, "NO": {0, 1.2, "mg/m3"}, "NOx": {0, 1.9, "mg/m3"}, "O3": {0, 2, "mg/m3"},
	"CO": {0, 115, "mg/m3"},
}

var plausibleAnywhere = map[string]Bounds{
	"temperature": {-60, 65, "degC"}, "humidity": {0, 100, "%"}, "pressure": {40, 110, "kPa"},
	"wind_speed": {0, 75, "m/s"}, "wind_from": {0, 360, "deg"},
	"pH": {0, 14, "1"}, "DO": {0, 25, "mg/L"}, "water_temperature": {-2, 60, "degC"}, "O2": {0, 25, "%"},
}

// Plausible are the bounds of a factor; false where there are none, as for concentrations that are not of ambient air.
func (f *Factor) Plausible(ambient bool) (Bounds, bool) {
	if b, ok := plausibleAir[f.Species]; ok {
		return b, ambient
	}
	b, ok := plausibleAnywhere[f.Species]
	return b, ok
}

// massScale is what one of a unit of mass in air is in ug/m3.
var massScale = map[string]float64{"ng/m3": 1e-3, "ug/m3": 1, "mg/m3": 1e3, "g/m3": 1e6}

// from is a value of a unit in that of the bounds; false for a unit that is not compared.
func (b Bounds) from(unit string, v float64) (float64, bool) {
	if unit == b.Unit {
		return v, true
	}
	if a, c := massScale[unit], massScale[b.Unit]; a > 0 && c > 0 {
		return v * a / c, true
	}
	return 0, false
}
