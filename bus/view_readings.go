package bus

import (
	"slices"
	"sync"
	"time"

	"upwind"
)

// Observations returns the readings of ambient air of a factor (all when species is empty) whose mean starts in
// [from, to), by start, station, factor: those of files that arrived within a week, and the stations' hours of five
// weeks. Of a reading that was sent twice the later one counts. What the feeds brought from minute to minute is in
// [View.Live], and everything is in the logs.
func (v *View) Observations(species string, from, to time.Time) []upwind.Observation {
	return v.Readings(upwind.Ambient, species, from, to)
}

// Readings is [View.Observations] of any medium.
func (v *View) Readings(medium upwind.Medium, species string, from, to time.Time) []upwind.Observation {
	want := func(s *series) bool {
		return s.Medium == medium && (species == "" || s.Species == species) && (medium != upwind.Ambient || s.Stat == upwind.StatMean)
	}
	out := v.hours.observations(from, to, want)
	out = append(out, v.obs.observations(from, to, want)...)
	sortObservations(out)
	return out
}

// Live returns what the feeds brought in the last three hours, of any medium, whose mean starts in [from, to), by
// start, station, factor.
func (v *View) Live(from, to time.Time) []upwind.Observation {
	out := v.live.observations(from, to, func(*series) bool { return true })
	sortObservations(out)
	return out
}

// EachLive calls fn with what the feeds brought in the last three hours of each factor of each station whose mean starts in
// [from, to), by start. The list is fn's only until it returns.
func (v *View) EachLive(from, to time.Time, fn func(list []upwind.Observation)) {
	var list []upwind.Observation
	var of *series
	flush := func() {
		if len(list) > 0 {
			fn(list)
		}
		list = list[:0]
	}
	v.live.each(from, to, func(*series) bool { return true }, func(s *series, r reading) {
		if s != of {
			flush()
			of = s
		}
		list = append(list, r.of(s))
	})
	flush()
}

// LiveWind is the wind of the feeds in the last three hours.
func (v *View) LiveWind(from, to time.Time) []upwind.Wind { return v.live.winds(from, to) }

// Wind returns the wind readings whose mean starts in [from, to), by start, station, height.
func (v *View) Wind(from, to time.Time) []upwind.Wind {
	out := append(v.hours.winds(from, to), v.obs.winds(from, to)...)
	slices.SortStableFunc(out, func(a, b upwind.Wind) int { return a.Start.Compare(b.Start) })
	return out
}

// ObservationSpan is the earliest and latest start of any reading or wind held; ok is false without any.
func (v *View) ObservationSpan() (first, last time.Time, ok bool) {
	lo, hi, ok := v.obs.span()
	if l, h, more := v.hours.span(); more {
		if !ok {
			lo, hi = l, h
		}
		lo, hi, ok = min(lo, l), max(hi, h), true
	}
	if !ok {
		return first, last, false
	}
	return time.Unix(0, lo).UTC(), time.Unix(0, hi).UTC(), true
}

// HasUpload reports whether a packet of a live feed is stored, as far as the last three hours tell.
func (v *View) HasUpload(id string) bool { return v.uploads.has(id) }

// uploadSet remembers the packets that the feeds brought.
type uploadSet struct {
	mu    sync.RWMutex
	at    map[string]int64
	swept time.Time
}

func (u *uploadSet) add(m message, ids []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.at == nil {
		u.at = map[string]int64{}
	}
	for _, id := range ids {
		u.at[id] = m.at.UnixNano()
	}
	if m.at.Sub(u.swept) >= sweepEvery {
		u.swept = m.at
		before := m.at.Add(-liveWindow).UnixNano()
		for id, at := range u.at {
			if at < before {
				delete(u.at, id)
			}
		}
	}
}

func (u *uploadSet) has(id string) bool {
	u.mu.RLock()
	defer u.mu.RUnlock()
	_, ok := u.at[id]
	return ok
}
