package tracing

import (
	"sort"
	"time"

	"upwind"
)

func (n *network) trigger(members []int) upwind.Trigger {
	sort.Slice(members, func(a, b int) bool {
		ra, rb := n.readings[members[a]], n.readings[members[b]]
		if ra.excess != rb.excess {
			return ra.excess > rb.excess
		}
		return members[a] < members[b]
	})
	peak := n.readings[members[0]]
	t := upwind.Trigger{Kind: upwind.TriggerExceedance, Species: n.species, Unit: n.unit, Value: peak.excess,
		Lon: peak.Lon, Lat: peak.Lat, HeightM: peak.HeightM, Start: peak.Start, End: peak.end()}
	for k, i := range members {
		r := n.readings[i]
		if r.Start.Before(t.Start) {
			t.Start = r.Start
		}
		if e := r.end(); e.After(t.End) {
			t.End = e
		}
		if k < maxReceptors {
			t.Receptors = append(t.Receptors, upwind.Receptor{StationID: r.StationID, Start: r.Start.UTC(), DurationS: r.DurationS,
				Lon: r.Lon, Lat: r.Lat, HeightM: r.HeightM, Excess: r.excess})
		}
	}
	sort.Slice(t.Receptors, func(i, j int) bool {
		a, b := t.Receptors[i], t.Receptors[j]
		if !a.Start.Equal(b.Start) {
			return a.Start.Before(b.Start)
		}
		return a.StationID < b.StationID
	})
	t.Start, t.End = t.Start.UTC(), t.End.UTC()
	t.ID = upwind.HashID("trigger", t.Kind, t.Species, t.Unit, t.Receptors)
	return t
}

// Clip cuts an exceedance to a time span: what an analyst does who knows when a work began and ended. It
// is false when no receptor is left.
func Clip(t upwind.Trigger, from, to time.Time) (upwind.Trigger, bool) {
	all := t.Receptors
	t.Receptors, t.Value = nil, 0
	for _, r := range all {
		if r.Start.Before(from) || !r.Start.Before(to) {
			continue
		}
		if t.Receptors = append(t.Receptors, r); r.Excess > t.Value {
			t.Value, t.Lon, t.Lat, t.HeightM = r.Excess, r.Lon, r.Lat, r.HeightM
		}
	}
	if len(t.Receptors) == 0 {
		return upwind.Trigger{}, false
	}
	if t.Start.Before(from) {
		t.Start = from.UTC()
	}
	if t.End.After(to) {
		t.End = to.UTC()
	}
	t.ID = upwind.HashID("trigger", t.Kind, t.Species, t.Unit, t.Start, t.End, t.Receptors)
	return t, true
}
