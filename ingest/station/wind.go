package station

import (
	"math"

	"upwind"
	"upwind/ingest/hj212"
)

// vane remembers where the wind stands in a packet: of the instant and of the mean over the period.
type vane struct{ instant, mean gusts }

// gusts are places in a packet's readings, from 1; 0 is none.
type gusts struct{ speed, from, temp, press int }

func factor(code string) *hj212.Factor {
	f, ok := hj212.FactorOf(code)
	if !ok {
		panic("station: the code table has no " + code)
	}
	return f
}

var speedFactor, fromFactor, tempFactor, pressFactor = factor("a01007"), factor("a01008"), factor("a01001"), factor("a01006")

func (v *vane) see(x *hj212.Reading, i int) {
	var g *gusts
	switch x.Stat {
	case hj212.StatRtd:
		g = &v.instant
	case hj212.StatAvg:
		g = &v.mean
	default:
		return
	}
	switch x.Factor {
	case speedFactor:
		g.speed = i + 1
	case fromFactor:
		g.from = i + 1
	case tempFactor:
		g.temp = i + 1
	case pressFactor:
		g.press = i + 1
	}
}

// is reports whether an observation is a measurement in a unit.
func is(o *upwind.Observation, unit string) bool { return o.Flag.Usable() && o.Unit == unit }

// wind is the wind of a packet, if speed and direction are there, both marks are those of a measurement, and both can be.
// The mean over a period goes before an instant. Without speed there is no direction: that of a calm counts for nothing.
func (v *vane) wind(obs []upwind.Observation) []upwind.Wind {
	g := v.mean
	if g.speed == 0 || g.from == 0 {
		g = v.instant
	}
	if g.speed == 0 || g.from == 0 {
		return nil
	}
	speed, from := &obs[g.speed-1], &obs[g.from-1]
	calm := speed.Value == 0 && from.Flag == upwind.FlagQuarantine
	if !is(speed, "m/s") || !is(from, "deg") && !calm {
		return nil
	}
	w := upwind.Wind{StationID: speed.StationID, Start: speed.Start, DurationS: speed.DurationS, Lon: speed.Lon, Lat: speed.Lat, HeightM: speed.HeightM}
	if speed.Value > 0 {
		w.U, w.V = upwind.UV(speed.Value, math.Mod(from.Value, 360))
	}
	beside := new([2]float64) // one allocation for both
	if g.temp > 0 && is(&obs[g.temp-1], "degC") {
		beside[0] = obs[g.temp-1].Value
		w.TempC = &beside[0]
	}
	if g.press > 0 && is(&obs[g.press-1], "kPa") {
		beside[1] = obs[g.press-1].Value * 1e3 // of kPa
		w.PressPa = &beside[1]
	}
	return []upwind.Wind{w}
}
