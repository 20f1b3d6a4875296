package tracing

import (
	"sort"
	"time"

	"upwind"
)

const (
	// sharedPart of the smaller one's station-times makes two exceedances one event: backgrounds move a little while
	// hours come in, and a station-time near the threshold may come or go.
	sharedPart = 0.5
	// An event is traced again when it has grown by this much, and by a quarter of what it was: a minute more says nothing
	// new, an hour does, and after six hours the seventh says little.
	grownBy   = 50 * time.Minute
	grownPart = 0.25
)

// Pending picks from the exceedances of the readings at hand those that want a trace: new events, and events that
// have grown by an hour since they were traced last. Each gets the name of its event, which later traces of it keep.
func Pending(now, traced []upwind.Trigger) []upwind.Trigger {
	traced = append([]upwind.Trigger(nil), traced...)
	sort.Slice(traced, func(i, j int) bool {
		if !traced[i].End.Equal(traced[j].End) {
			return traced[i].End.After(traced[j].End)
		}
		return traced[i].ID < traced[j].ID
	})
	var out []upwind.Trigger
	for _, t := range now {
		t.Event = t.ID
		want := true
		for _, o := range traced {
			if !sameEvent(t, o) {
				continue
			}
			t.Event, want = o.Event, t.End.Sub(o.End) >= max(grownBy, seconds(grownPart*o.End.Sub(o.Start).Seconds()))
			if t.Event == "" {
				t.Event = o.ID
			}
			break
		}
		if want {
			out = append(out, t)
		}
	}
	return out
}

// sameEvent reports whether two exceedances share half of the station-times of the smaller one.
func sameEvent(a, b upwind.Trigger) bool {
	if a.Kind != upwind.TriggerExceedance || b.Kind != a.Kind || a.Species != b.Species || a.Unit != b.Unit ||
		a.End.Before(b.Start) || b.End.Before(a.Start) {
		return false
	}
	type key struct {
		station string
		start   int64
	}
	seen := map[key]bool{}
	for _, r := range a.Receptors {
		seen[key{r.StationID, r.Start.UnixNano()}] = true
	}
	shared := 0
	for _, r := range b.Receptors {
		if seen[key{r.StationID, r.Start.UnixNano()}] {
			shared++
		}
	}
	return shared > 0 && float64(shared) >= sharedPart*float64(min(len(a.Receptors), len(b.Receptors)))
}
