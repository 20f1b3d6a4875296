package station

import (
	"upwind"
	"upwind/ingest/hj212"
)

// noValue is what loggers send where an analyser gives nothing.
const noValue = 9999

// Observe turns an upload into an observation a reading, in its order, and the wind of the packet if it has one. Both are nil
// for a device that the registry does not know.
//
// A value gets [upwind.FlagQuarantine] where
//   - the device's clock is off ([hj212.Upload.Late]);
//   - it stands for no value: 9999, or a concentration far below zero (-99, -999);
//   - it is weather or water that cannot be: a humidity of 130 %, a wind from 700 degrees;
//   - it is a concentration that no air has ([hj212.Factor.Plausible]), and the registry states no unit for it: then probably
//     the unit is wrong, by a factor of 1000 as a rule. If a mean or an instant is so, then all particles, or all gases, of
//     the packet that were read in an unstated unit go with it: SO2 3 beside O3 80 is no 3 mg/m3 either. Where the unit is
//     stated a high value is believed, because then it may be what the device is there for.
func (r *Registry) Observe(u hj212.Upload) (obs []upwind.Observation, wind []upwind.Wind) {
	e := r.byMN[u.Packet.MN]
	if e == nil || len(u.Readings) == 0 {
		return nil, nil
	}
	obs = make([]upwind.Observation, len(u.Readings))
	raw := make([]upwind.RawValue, len(u.Readings)) // one allocation for all
	var doubt [families]bool
	var v vane
	s := e.station
	for i := range u.Readings {
		x := &u.Readings[i]
		o := &obs[i]
		*o = upwind.Observation{StationID: s.ID, Start: x.Time, DurationS: x.Period.Seconds(), Lon: s.Lon, Lat: s.Lat, HeightM: s.HeightM,
			Species: x.Factor.Code, Value: x.Value, Medium: e.medium, Stat: statOf(x), Flag: flagOf(x.Mark), Raw: &raw[i], Received: u.Received}
		raw[i] = upwind.RawValue{Code: x.Factor.Code, Value: x.Raw}
		if u.Late || x.Value == noValue && o.Flag.Usable() {
			o.Flag = upwind.FlagQuarantine
		}
		if rule := e.rule(x.Factor); rule != nil {
			rule.apply(o, &doubt)
		}
		v.see(x, i)
	}
	if doubt[particles] || doubt[gases] {
		e.quarantine(obs, u.Readings, doubt)
	}
	if e.medium == upwind.Ambient {
		wind = v.wind(obs)
	}
	return obs, wind
}

// apply gives an observation its name and unit.
func (r *rule) apply(o *upwind.Observation, doubt *[families]bool) {
	o.Species = r.species
	if o.Stat == upwind.StatTotal {
		o.Unit, o.Raw.Unit = r.total, r.total
		return
	}
	o.Unit, o.Raw.Unit = r.unit, r.from
	o.Value = o.Value * r.times / r.by
	if !o.Flag.Usable() || o.Value >= r.lo && o.Value <= r.hi {
		return
	}
	if o.Value > r.hi && r.family != noFamily {
		if r.stated {
			return
		}
		doubt[r.family] = doubt[r.family] || o.Stat == upwind.StatMean
	}
	o.Flag = upwind.FlagQuarantine
}

// quarantine marks the rest of a family one of whose values shows that the unit is wrong.
func (e *entry) quarantine(obs []upwind.Observation, readings []hj212.Reading, doubt [families]bool) {
	for i := range obs {
		r := e.rule(readings[i].Factor)
		if r != nil && doubt[r.family] && !r.stated && obs[i].Stat != upwind.StatTotal && obs[i].Flag.Usable() {
			obs[i].Flag = upwind.FlagQuarantine
		}
	}
}

func statOf(x *hj212.Reading) upwind.Stat {
	switch {
	case x.Stat == hj212.StatMin && x.Converted:
		return upwind.StatConvertedMin
	case x.Stat == hj212.StatMax && x.Converted:
		return upwind.StatConvertedMax
	case x.Stat == hj212.StatMin:
		return upwind.StatMin
	case x.Stat == hj212.StatMax:
		return upwind.StatMax
	case x.Stat == hj212.StatCou:
		return upwind.StatTotal
	case x.Converted:
		return upwind.StatConverted
	}
	return upwind.StatMean
}

// flagOf is the flag of a mark. A letter that the standard does not have is no normal state.
func flagOf(m hj212.Mark) upwind.Flag {
	switch m {
	case hj212.MarkNormal:
		return upwind.FlagNormal
	case hj212.MarkStopped:
		return upwind.FlagStopped
	case hj212.MarkMaintenance:
		return upwind.FlagMaintenance
	case hj212.MarkSet:
		return upwind.FlagSet
	case hj212.MarkCalibration:
		return upwind.FlagCalibration
	case hj212.MarkOverRange:
		return upwind.FlagOverRange
	case hj212.MarkNoLink:
		return upwind.FlagNoLink
	}
	return upwind.FlagFault
}
