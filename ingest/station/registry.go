package station

import (
	"slices"

	"upwind"
	"upwind/ingest/hj212"
)

// Registry is the stations, found by their devices. It does not change: a new list makes a new registry. It is safe for
// concurrent use.
type Registry struct {
	list   []upwind.Station
	byMN   map[string]*entry
	shared map[upwind.Medium]map[*hj212.Factor]*rule
}

// entry is a station with a device.
type entry struct {
	station *upwind.Station
	medium  upwind.Medium
	own     map[*hj212.Factor]*rule // where the device departs from the usual unit
	shared  map[*hj212.Factor]*rule
}

// New makes a registry of stations, which it copies. Of two with one device number, which [Read] refuses, the first has it.
func New(stations []upwind.Station) *Registry {
	r := &Registry{list: slices.Clone(stations), byMN: make(map[string]*entry, len(stations)), shared: map[upwind.Medium]map[*hj212.Factor]*rule{}}
	for i := range r.list {
		s := &r.list[i]
		if s.Device == nil || r.byMN[s.Device.MN] != nil {
			continue
		}
		e := &entry{station: s, medium: s.Kind.Medium()}
		e.shared = r.rules(e.medium)
		if len(s.Device.Units) > 0 {
			e.own = map[*hj212.Factor]*rule{}
			for name := range s.Device.Units {
				for _, f := range factorsNamed(name) {
					if u, ok := hj212.UnitStated(s.Device, f); ok {
						e.own[f] = ruleOf(f, e.medium, unitName(u))
					}
				}
			}
		}
		r.byMN[s.Device.MN] = e
	}
	return r
}

// rules are those of all factors in a medium.
func (r *Registry) rules(m upwind.Medium) map[*hj212.Factor]*rule {
	all := r.shared[m]
	if all == nil {
		all = map[*hj212.Factor]*rule{}
		for f := range hj212.Factors() {
			all[f] = ruleOf(f, m, "")
		}
		r.shared[m] = all
	}
	return all
}

// rule is that of a factor, or nil where no table has its code.
func (e *entry) rule(f *hj212.Factor) *rule {
	if r := e.own[f]; r != nil {
		return r
	}
	return e.shared[f]
}

// All are the stations in the order they were given. The list is the registry's own.
func (r *Registry) All() []upwind.Station { return r.list }

// Station is the station whose device has a number.
func (r *Registry) Station(mn string) (upwind.Station, bool) {
	e := r.byMN[mn]
	if e == nil {
		return upwind.Station{}, false
	}
	return *e.station, true
}

// Device is the device with a number, as [hj212.Server.Lookup] asks for it.
func (r *Registry) Device(mn string) (upwind.Device, bool) {
	e := r.byMN[mn]
	if e == nil {
		return upwind.Device{}, false
	}
	return *e.station.Device, true
}
