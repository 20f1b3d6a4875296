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

// events groups the hits of one network: the strongest hit first takes all that hangs together with it
// within the bounds of an event, then the strongest of the rest.
func (n *network) events(opt ExceedanceOptions) []event {
	var hits []int
	strong := func(i int) bool {
		r := n.readings[i]
		return r.z >= opt.StrongZ && r.excess >= opt.MinShare*math.Abs(r.base)
	}
	for i := range n.readings {
		if n.readings[i].z >= opt.WeakZ {
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
		if za, zb := n.readings[seeds[a]].z, n.readings[seeds[b]].z; za != zb {
			return za > zb
		}
		return seeds[a] < seeds[b]
	})
	taken := make([]bool, len(n.readings))
	var out []event
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
			out = append(out, event{n.trigger(members), n.readings[s].z})
		}
	}
	return out
}

// grow takes the hits that hang together with the seed.
func (n *network) grow(seed int, bySlot map[int64][]int, taken []bool, pl plane.Plane, opt ExceedanceOptions) []int {
	at := func(i int) plane.Point { return pl.XY(n.readings[i].Lon, n.readings[i].Lat) }
	linkM := min(max(linkSpacings*n.spacingM, minLinkM), maxLinkM)
	gap := int64(math.Ceil(max(linkReadings*n.slotS, minLinkS) / n.slotS))
	lo, hi := n.readings[seed].Start, n.readings[seed].end()
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
				if e := n.readings[i].end(); e.After(h) {
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

func (r reading) end() time.Time { return end(*r.Observation) }

func end(o upwind.Observation) time.Time { return o.Start.Add(seconds(o.DurationS)) }

// seconds is a duration, kept within what time.Duration holds.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, -1e9), 1e9) * float64(time.Second))
}
