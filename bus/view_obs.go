package bus

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"upwind"
)

// obsTable holds the readings of the window. What repeats from minute to minute (the station, its place, the
// factor and its unit) is kept once as a series, so a reading takes 40 bytes: 827 stations a minute for a
// week are 330 MB a factor.
type obsTable struct {
	mu      sync.RWMutex
	series  []upwind.Observation // without times and values
	index   map[seriesKey]int32
	batches []obsBatch // by arrival
}

type seriesKey struct {
	station, species, unit string
	lon, lat, height       float64
	end                    upwind.PathEnd
	path                   bool
}

type reading struct {
	start     int64 // Unix nanoseconds
	durationS float64
	value     float64
	sigma     float64 // NaN when not stated
	series    int32
}

type obsBatch struct {
	arrived  time.Time
	from, to int64 // earliest start, latest start
	obs      []reading
	wind     []upwind.Wind
}

func (t *obsTable) add(m message, b ObservationBatch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	nb := obsBatch{arrived: m.at, from: math.MaxInt64, to: math.MinInt64, wind: b.Wind, obs: make([]reading, len(b.Observations))}
	span := func(start time.Time) int64 {
		ns := start.UnixNano()
		nb.from, nb.to = min(nb.from, ns), max(nb.to, ns)
		return ns
	}
	for i, o := range b.Observations {
		sigma := math.NaN()
		if o.Sigma != nil {
			sigma = *o.Sigma
		}
		nb.obs[i] = reading{span(o.Start), o.DurationS, o.Value, sigma, t.seriesOf(o)}
	}
	for _, w := range b.Wind {
		span(w.Start)
	}
	t.insert(nb)
	t.forget(m.at.Add(-viewWindow))
}

func (t *obsTable) seriesOf(o upwind.Observation) int32 {
	k := seriesKey{station: o.StationID, species: o.Species, unit: o.Unit, lon: o.Lon, lat: o.Lat, height: o.HeightM}
	if o.End != nil {
		k.end, k.path = *o.End, true
	}
	if i, ok := t.index[k]; ok {
		return i
	}
	if t.index == nil {
		t.index = map[seriesKey]int32{}
	}
	s := o
	s.Start, s.DurationS, s.Value, s.Sigma = time.Time{}, 0, 0, nil
	t.series = append(t.series, s)
	i := int32(len(t.series) - 1)
	t.index[k] = i
	return i
}

// insert keeps the batches by arrival whichever of the two logs was read first, so that which of two equal
// readings is the later one does not depend on timing.
func (t *obsTable) insert(b obsBatch) {
	i := len(t.batches)
	for i > 0 && t.batches[i-1].arrived.After(b.arrived) {
		i--
	}
	t.batches = slices.Insert(t.batches, i, b)
}

// forget drops what arrived before the window.
func (t *obsTable) forget(before time.Time) {
	n := 0
	for n < len(t.batches) && t.batches[n].arrived.Before(before) {
		n++
	}
	if n > 0 {
		t.batches = slices.Delete(t.batches, 0, n)
	}
}

// Observations returns the readings of a factor (all when species is empty) whose mean starts in
// [from, to), by start, station, factor. Of a reading that was sent twice the later one counts. The view
// holds what arrived within 7 days; older batches are in the logs.
func (v *View) Observations(species string, from, to time.Time) []upwind.Observation {
	t := &v.obs
	t.mu.RLock()
	defer t.mu.RUnlock()
	lo, hi := clampNano(from), clampNano(to)
	var out []upwind.Observation
	for _, b := range t.batches {
		if b.to < lo || b.from >= hi {
			continue
		}
		for _, r := range b.obs {
			s := &t.series[r.series]
			if r.start < lo || r.start >= hi || species != "" && s.Species != species {
				continue
			}
			o := *s
			o.Start, o.DurationS, o.Value = time.Unix(0, r.start).UTC(), r.durationS, r.value
			if !math.IsNaN(r.sigma) {
				sigma := r.sigma
				o.Sigma = &sigma
			}
			out = append(out, o)
		}
	}
	return latest(out, func(a, b upwind.Observation) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.Species, b.Species), cmp.Compare(a.DurationS, b.DurationS),
			cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.HeightM, b.HeightM), comparePaths(a.End, b.End))
	})
}

func comparePaths(a, b *upwind.PathEnd) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.HeightM, b.HeightM))
}

// Wind returns the wind readings whose mean starts in [from, to), by start, station, height.
func (v *View) Wind(from, to time.Time) []upwind.Wind {
	t := &v.obs
	t.mu.RLock()
	defer t.mu.RUnlock()
	lo, hi := clampNano(from), clampNano(to)
	var out []upwind.Wind
	for _, b := range t.batches {
		if b.to < lo || b.from >= hi {
			continue
		}
		for _, w := range b.wind {
			if ns := w.Start.UnixNano(); ns >= lo && ns < hi {
				out = append(out, w)
			}
		}
	}
	return latest(out, func(a, b upwind.Wind) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.HeightM, b.HeightM), cmp.Compare(a.DurationS, b.DurationS))
	})
}

// ObservationSpan is the earliest and latest start of any reading or wind held; ok is false without any.
func (v *View) ObservationSpan() (first, last time.Time, ok bool) {
	t := &v.obs
	t.mu.RLock()
	defer t.mu.RUnlock()
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, b := range t.batches {
		lo, hi = min(lo, b.from), max(hi, b.to)
	}
	if lo > hi {
		return first, last, false
	}
	return time.Unix(0, lo).UTC(), time.Unix(0, hi).UTC(), true
}

// clampNano keeps the zero time and far futures within what nanoseconds can say (1678 to 2262).
func clampNano(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// latest sorts what arrived in order and keeps the last of equals.
func latest[T any](list []T, order func(a, b T) int) []T {
	slices.SortStableFunc(list, order)
	out := list[:0]
	for i, x := range list {
		if i+1 < len(list) && order(x, list[i+1]) == 0 {
			continue
		}
		out = append(out, x)
	}
	return slices.Clip(out)
}
