package tracing

import (
	"math"
	"slices"
	"time"

	"upwind"
)

const (
	// Hits of neighbours belong together within three times the distance to the third nearest station, where small sensors
	// stand close at least so far as a plume is wide some kilometres downwind.
	chainNeighbour = 3
	chainSpacings  = 3.0
	minChainM      = 2000.0
	weakBefore     = 2 // time steps before its first strong hour that an event may begin
)

// judgeHours finds the events of a network of long means.
func (n *network) judgeHours(opt ExceedanceOptions, rep *Report) []event {
	h := newHours(n, opt)
	if h == nil {
		n.background()
		return n.events(opt)
	}
	h.compare()
	h.settle()
	h.weigh()
	h.put()
	for _, f := range h.faulty {
		if f {
			rep.Faults++
		}
	}
	local := h.overLimit(opt)
	return h.chains(h.seeds(opt, local), local, opt)
}

// chain gathers the hits that hang together.
type chain struct {
	h      *hours
	opt    ExceedanceOptions
	quiet  int64 // time steps
	bySlot map[int64][]int32
	strong map[int32]bool
	taken  []bool
}

// chains makes events of seeds, the strongest first, each with the hits that hang together with it: at a station while no more
// than the quiet hours lie between them, and from neighbour to neighbour within an hour. What a chain took starts no event of its
// own, so that a place that goes on emitting makes one event until it has been quiet.
func (h *hours) chains(seeds []seed, local map[int32]bool, opt ExceedanceOptions) []event {
	c := chain{h: h, opt: opt, quiet: max(1, int64(math.Round(opt.QuietHours*3600/h.n.slotS))), bySlot: map[int64][]int32{},
		strong: map[int32]bool{}, taken: make([]bool, len(h.n.readings))}
	for _, s := range seeds {
		for _, i := range s.readings {
			c.strong[i] = true
		}
	}
	for i, r := range h.n.readings {
		if r.z >= opt.WeakZ || local[int32(i)] || c.strong[int32(i)] {
			c.bySlot[r.slot] = append(c.bySlot[r.slot], int32(i))
		}
	}
	var out []event
	for _, s := range seeds {
		if c.taken[s.readings[0]] {
			continue
		}
		if t, ok := c.trigger(c.grow(s)); ok {
			out = append(out, event{t, s.strength})
		}
	}
	return out
}

// grow takes what hangs together with a seed.
func (c *chain) grow(s seed) []int32 {
	rs := c.h.n.readings
	var members []int32
	take := func(i int32) {
		if !c.taken[i] {
			c.taken[i] = true
			members = append(members, i)
		}
	}
	for _, i := range s.readings {
		take(i)
	}
	middle := c.h.n.at[rs[s.readings[0]].station]
	for k := 0; k < len(members); k++ {
		a := rs[members[k]]
		for slot := a.slot - c.quiet; slot <= a.slot+c.quiet; slot++ {
			for _, i := range c.bySlot[slot] {
				b := rs[i]
				near := b.station == a.station
				if !near && slot >= a.slot-1 && slot <= a.slot+1 {
					p := c.h.n.at[b.station]
					near = p.To(middle) <= c.opt.MaxWidthM/2 && p.To(c.h.n.at[a.station]) <= max(c.h.link(a.station), c.h.link(b.station))
				}
				if near {
					take(i)
				}
			}
		}
	}
	return members
}

// link is how far from a station a hit still belongs to its own.
func (h *hours) link(s int) float64 {
	near := h.n.near[s]
	if len(near) <= chainNeighbour {
		return maxLinkM
	}
	return min(max(chainSpacings*h.n.at[near[chainNeighbour]].To(h.n.at[s]), minChainM), maxLinkM)
}

// trigger is the beginning of a chain, no longer than an event may be; the rest of the chain is the same event going on.
func (c *chain) trigger(members []int32) (upwind.Trigger, bool) {
	n := c.h.n
	first := int64(math.MaxInt64)
	for _, i := range members {
		if c.strong[i] {
			first = min(first, n.readings[i].slot)
		}
	}
	from := time.Unix(int64(float64(first)*n.slotS), 0)
	var kept []int
	for _, i := range members {
		r := n.readings[i]
		if r.slot >= first-weakBefore && r.excess > 0 && r.end().Sub(from) <= seconds(c.opt.MaxSpanS)-seconds(weakBefore*n.slotS) {
			kept = append(kept, int(i))
		}
	}
	if len(kept) < 2 {
		return upwind.Trigger{}, false
	}
	slices.Sort(kept)
	return n.trigger(kept), true
}
