package main

import (
	"hash/fnv"
	"math"
	"strconv"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// deviceKind is how a kind of station speaks and what it measures.
type deviceKind struct {
	st      string
	factors []string
}

var deviceKinds = map[upwind.StationKind]deviceKind{
	upwind.StationStandard: {"22", []string{"a34004", "a34002", "a21026", "a21004", "a21005", "a05024", "a01001", "a01002", "a01006", "a01007", "a01008"}},
	upwind.StationMicro:    {"22", []string{"a34004", "a34002", "a01001", "a01002", "a01007", "a01008"}},
	upwind.StationDust:     {"39", []string{"a34001", "a34002", "a34004", "LA", "a01001", "a01002", "a01006", "a01007", "a01008"}},
	upwind.StationStack:    {"31", []string{"a34013", "a21026", "a21002", "a19001", "a01011", "a01012", "a01013", "a01014"}},
	upwind.StationRiver:    {"21", []string{"w01001", "w01009", "w01010", "w01014", "w01003", "w01019", "w21003", "w21011", "w21001"}},
	upwind.StationWeather:  {"22", []string{"a01001", "a01002", "a01006", "a01007", "a01008"}},
}

// level is what a factor is about, how much it varies, and the decimals that an instrument shows.
type level struct {
	mean, swing float64
	unit        string
	decimals    int
}

// levels are of an ordinary day in a northern Chinese city, a coal-fired stack, a slow river: plausible, and no more than that.
var levels = map[string]level{
	"a34004": {45, 25, "ug/m3", 0}, "a34002": {90, 50, "ug/m3", 0}, "a34001": {160, 90, "ug/m3", 0}, "a21026": {12, 8, "ug/m3", 1}, "a21004": {35, 20, "ug/m3", 1},
	"a21005": {0.8, 0.4, "mg/m3", 2}, "a05024": {95, 60, "ug/m3", 0}, "a01001": {14, 7, "degC", 1}, "a01002": {55, 20, "%", 1}, "a01006": {101.2, 0.6, "kPa", 2},
	"a01007": {2.6, 1.9, "m/s", 1}, "a01008": {180, 170, "deg", 0}, "LA": {58, 9, "dB", 1},
	"a34013": {6, 3, "mg/m3", 2}, "a21002": {38, 10, "mg/m3", 1}, "a19001": {7, 1.5, "%", 2}, "a01011": {11, 3, "m/s", 1}, "a01012": {52, 4, "degC", 1},
	"a01013": {-0.15, 0.05, "kPa", 2}, "a01014": {11, 2, "%", 1},
	"w01001": {8.1, 0.4, "1", 2}, "w01009": {8.4, 2, "mg/L", 2}, "w01010": {15, 4, "degC", 1}, "w01014": {950, 250, "uS/cm", 0}, "w01003": {18, 12, "NTU", 1},
	"w01019": {4.6, 1.2, "mg/L", 2}, "w21003": {0.5, 0.3, "mg/L", 3}, "w21011": {0.12, 0.06, "mg/L", 3}, "w21001": {3.1, 1.1, "mg/L", 2},
}

// otherLevel is of a factor that levels has not.
var otherLevel = level{10, 5, "", 2}

// grams are mass units in micrograms.
var grams = map[string]float64{"ng/m3": 1e-3, "ug/m3": 1, "mg/m3": 1e3}

// valueAt is what a device measures at a time, in the unit it sends, and the decimals it shows: half a wave of the day, half
// chance. The same seed, device, factor and time give the same.
func valueAt(seed uint64, s *upwind.Station, code string, at time.Time) (v float64, decimals int) {
	l, ok := levels[code]
	if !ok {
		l = otherLevel
	}
	h := fnv.New64a()
	h.Write([]byte(s.ID + code + strconv.FormatUint(seed, 10) + strconv.FormatInt(at.Unix(), 10)))
	chance := float64(h.Sum64()%10_000)/5_000 - 1
	day := math.Sin(2 * math.Pi * at.Sub(at.Truncate(24*time.Hour)).Hours() / 24)
	v = l.mean + l.swing*(day+chance)/2
	if f, ok := hj212.FactorOf(code); ok {
		unit := hj212.UnitOf(s.Device, f)
		if from, to := grams[l.unit], grams[unit]; from > 0 && to > 0 && from != to {
			v *= from / to
			l.decimals = max(0, l.decimals+int(math.Round(math.Log10(to/from))))
		}
	}
	return v, l.decimals
}
