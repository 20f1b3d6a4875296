package tracing

import (
	"math"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/plane"
)

const (
	minStrongS = 300.0 // an event needs strong hits for that long: one bad minute is a spike, one bad hour is news
	// Hits belong together within two readings or half an hour, and within three spacings of the network.
	linkReadings = 2
	minLinkS     = 1800.0
	linkSpacings = 3
	minLinkM     = 50.0
	maxLinkM     = 10e3
	maxReceptors = 240 // strongest kept; the trace reads the readings themselves
)

// Exceedances finds the events in a set of readings: station-times whose excess over their background is
// out of all proportion, grouped where they are close in time and place. The background is the station's
// own running low percentile plus what rises at its neighbours too, so regional haze is no event; z is the
// excess over the noise of clean air. Path means are left out, because a path has no single place to look
// back from. The result does not depend on the order of obs and is sorted by time, species and id.
func Exceedances(obs []upwind.Observation, opt ExceedanceOptions) []upwind.Trigger {
	opt = opt.withDefaults()
	var out []upwind.Trigger
	for _, n := range networks(obs) {
		out = append(out, n.events(opt)...)
	}
	sort.Slice(out, func(i, j int) bool {
		switch {
		case !out[i].Start.Equal(out[j].Start):
			return out[i].Start.Before(out[j].Start)
		case out[i].Species != out[j].Species:
			return out[i].Species < out[j].Species
		}
		return out[i].ID < out[j].ID
	})
	return out
}

// events groups the hits of one network: the strongest hit first takes all that hangs together with it
// within the bounds of an event, then the strongest of the rest.
func (n *network) events(opt ExceedanceOptions) []upwind.Trigger {
	var hits []int
	strong := func(i int) bool {
		r := n.readings[i]
		return r.z() >= opt.StrongZ && r.excess >= opt.MinShare*math.Abs(r.base)
	}
	for i := range n.readings {
		if n.readings[i].z() >= opt.WeakZ {
			hits = append(hits, i)
		}
	}
	if len(hits) == 0 {
		return nil
	}
	pl := plane.New(n.readings[0].Lon, n.readings[0].Lat)
	bySlot := map[int64][]int{}
	var seeds []int
	for _, i := range hits {
		bySlot[n.readings[i].slot] = append(bySlot[n.readings[i].slot], i)
		if strong(i) {
			seeds = append(seeds, i)
		}
	}
	sort.Slice(seeds, func(a, b int) bool {
		if za, zb := n.readings[seeds[a]].z(), n.readings[seeds[b]].z(); za != zb {
			return za > zb
		}
		return seeds[a] < seeds[b]
	})
	taken := make([]bool, len(n.readings))
	var out []upwind.Trigger
	for _, s := range seeds {
		if taken[s] {
			continue
		}
		members := n.grow(s, bySlot, taken, pl, opt)
		total := 0.0
		for _, i := range members {
			if strong(i) {
				total += n.readings[i].DurationS
			}
		}
		if total >= minStrongS {
			out = append(out, n.trigger(members))
		}
	}
	return out
}

// grow takes the hits that hang together with the seed.
func (n *network) grow(seed int, bySlot map[int64][]int, taken []bool, pl plane.Plane, opt ExceedanceOptions) []int {
	at := func(i int) plane.Point { return pl.XY(n.readings[i].Lon, n.readings[i].Lat) }
	linkM := min(max(linkSpacings*n.spacingM, minLinkM), maxLinkM)
	gap := int64(math.Ceil(max(linkReadings*n.slotS, minLinkS) / n.slotS))
	lo, hi := n.readings[seed].Start, end(n.readings[seed].Observation)
	span := time.Duration(opt.MaxSpanS * float64(time.Second))
	taken[seed] = true
	members := []int{seed}
	for k := 0; k < len(members); k++ {
		from := members[k]
		for slot := n.readings[from].slot - gap; slot <= n.readings[from].slot+gap; slot++ {
			for _, i := range bySlot[slot] {
				if taken[i] || at(i).To(at(from)) > linkM || at(i).To(at(seed)) > opt.MaxWidthM/2 {
					continue
				}
				l, h := lo, hi
				if n.readings[i].Start.Before(l) {
					l = n.readings[i].Start
				}
				if e := end(n.readings[i].Observation); e.After(h) {
					h = e
				}
				if h.Sub(l) > span {
					continue
				}
				lo, hi, taken[i] = l, h, true
				members = append(members, i)
			}
		}
	}
	return members
}

func end(o upwind.Observation) time.Time { return o.Start.Add(seconds(o.DurationS)) }

// seconds is a duration, kept within what time.Duration holds.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, -1e9), 1e9) * float64(time.Second))
}

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
		Lon: peak.Lon, Lat: peak.Lat, HeightM: peak.HeightM, Start: peak.Start, End: end(peak.Observation)}
	for k, i := range members {
		r := n.readings[i]
		if r.Start.Before(t.Start) {
			t.Start = r.Start
		}
		if e := end(r.Observation); e.After(t.End) {
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
