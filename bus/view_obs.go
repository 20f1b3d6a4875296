package bus

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"upwind"
)

// obsTable holds readings by series: what repeats from minute to minute (the station, its place, the factor and its
// unit) is kept once, so a reading takes 40 bytes.
type obsTable struct {
	mu     sync.RWMutex
	window time.Duration // how long a reading is held, from its arrival
	index  map[seriesKey]*series
	list   []*series // in order of their first reading
	wind   map[windKey]*windSeries
	swept  time.Time
	news   News
}

type seriesKey struct {
	station, species, unit string
	medium                 upwind.Medium
	stat                   upwind.Stat
	lon, lat, height       float64
	end                    upwind.PathEnd
	path                   bool
}

// series is the readings of one factor at one station, by start.
type series struct {
	upwind.Observation // without times and values
	readings           []reading
}

type reading struct {
	start     int64 // Unix nanoseconds
	arrived   int64
	durationS float64
	value     float64
	sigma     float64 // NaN when not stated
}

type windKey struct {
	station          string
	lon, lat, height float64
}

type windSeries struct{ readings []windReading }

type windReading struct {
	upwind.Wind
	arrived int64
}

// sweepEvery is how often what has left the window is dropped.
const sweepEvery = 10 * time.Minute

// add takes a batch in. What is no measurement (an instrument in calibration, a value in quarantine, the extremes of a
// period) stays in the log alone.
func (t *obsTable) add(m message, b ObservationBatch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	arrived := m.at.UnixNano()
	for i := range b.Observations {
		o := &b.Observations[i]
		if !o.Flag.Usable() || o.Stat != upwind.StatMean && o.Stat != upwind.StatConverted || outsideNano(o.Start) {
			continue
		}
		r := reading{start: o.Start.UnixNano(), arrived: arrived, durationS: o.DurationS, value: o.Value, sigma: math.NaN()}
		if o.Sigma != nil {
			r.sigma = *o.Sigma
		}
		t.news = t.news.with(o.Start, end(o))
		s := t.seriesOf(o)
		s.readings = put(s.readings, r, func(a, b *reading) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.durationS, b.durationS))
		},
			func(r *reading) int64 { return r.arrived })
	}
	for _, w := range b.Wind {
		if outsideNano(w.Start) {
			continue
		}
		k := windKey{w.StationID, w.Lon, w.Lat, w.HeightM}
		s := t.wind[k]
		if s == nil {
			if t.wind == nil {
				t.wind = map[windKey]*windSeries{}
			}
			s = &windSeries{}
			t.wind[k] = s
		}
		s.readings = put(s.readings, windReading{w, arrived}, func(a, b *windReading) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.DurationS, b.DurationS))
		}, func(r *windReading) int64 { return r.arrived })
	}
	if m.at.Sub(t.swept) >= sweepEvery {
		t.swept = m.at
		t.forget(m.at.Add(-t.window).UnixNano())
	}
}

// put inserts a reading into a sorted list. Of two of the same time the one that arrived later stays, whichever of the
// logs was read first.
func put[T any](list []T, r T, order func(a, b *T) int, arrived func(*T) int64) []T {
	i, found := len(list), false
	if i > 0 && order(&list[i-1], &r) >= 0 {
		i, found = slices.BinarySearchFunc(list, r, func(a, b T) int { return order(&a, &b) })
	}
	if !found {
		return slices.Insert(list, i, r)
	}
	if arrived(&r) >= arrived(&list[i]) {
		list[i] = r
	}
	return list
}

func (t *obsTable) seriesOf(o *upwind.Observation) *series {
	k := seriesKey{station: o.StationID, species: o.Species, unit: o.Unit, medium: o.Medium, stat: o.Stat, lon: o.Lon, lat: o.Lat, height: o.HeightM}
	if o.End != nil {
		k.end, k.path = *o.End, true
	}
	if s, ok := t.index[k]; ok {
		return s
	}
	if t.index == nil {
		t.index = map[seriesKey]*series{}
	}
	s := &series{Observation: upwind.Observation{StationID: o.StationID, Species: o.Species, Unit: o.Unit, Medium: o.Medium, Stat: o.Stat,
		Lon: o.Lon, Lat: o.Lat, HeightM: o.HeightM, End: o.End}}
	t.index[k] = s
	t.list = append(t.list, s)
	return s
}

// forget drops what arrived before a time.
func (t *obsTable) forget(before int64) {
	for _, s := range t.list {
		s.readings = slices.DeleteFunc(s.readings, func(r reading) bool { return r.arrived < before })
	}
	for _, s := range t.wind {
		s.readings = slices.DeleteFunc(s.readings, func(r windReading) bool { return r.arrived < before })
	}
}

// each calls fn with the readings whose mean starts in [from, to), series by series.
func (t *obsTable) each(from, to time.Time, want func(*series) bool, fn func(s *series, r reading)) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	lo, hi := clampNano(from), clampNano(to)
	for _, s := range t.list {
		if !want(s) {
			continue
		}
		i, _ := slices.BinarySearchFunc(s.readings, lo, func(r reading, at int64) int { return cmp.Compare(r.start, at) })
		for ; i < len(s.readings) && s.readings[i].start < hi; i++ {
			fn(s, s.readings[i])
		}
	}
}

func (t *obsTable) observations(from, to time.Time, want func(*series) bool) []upwind.Observation {
	var out []upwind.Observation
	t.each(from, to, want, func(s *series, r reading) {
		out = append(out, r.of(s))
	})
	return out
}

// of is a reading of a series as the vocabulary has it.
func (r reading) of(s *series) upwind.Observation {
	o := s.Observation
	o.Start, o.DurationS, o.Value = time.Unix(0, r.start).UTC(), r.durationS, r.value
	if !math.IsNaN(r.sigma) {
		sigma := r.sigma
		o.Sigma = &sigma
	}
	return o
}

func (t *obsTable) winds(from, to time.Time) []upwind.Wind {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var out []upwind.Wind
	for _, s := range t.wind {
		i, _ := slices.BinarySearchFunc(s.readings, from, func(r windReading, at time.Time) int { return r.Start.Compare(at) })
		for ; i < len(s.readings) && s.readings[i].Start.Before(to); i++ {
			out = append(out, s.readings[i].Wind)
		}
	}
	slices.SortFunc(out, func(a, b upwind.Wind) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.HeightM, b.HeightM), cmp.Compare(a.DurationS, b.DurationS),
			cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat))
	})
	return out
}

func (t *obsTable) span() (first, last int64, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	first, last = math.MaxInt64, math.MinInt64
	for _, s := range t.list {
		if n := len(s.readings); n > 0 {
			first, last = min(first, s.readings[0].start), max(last, s.readings[n-1].start)
		}
	}
	for _, s := range t.wind {
		if n := len(s.readings); n > 0 {
			first, last = min(first, s.readings[0].Start.UnixNano()), max(last, s.readings[n-1].Start.UnixNano())
		}
	}
	return first, last, first <= last
}

func sortObservations(list []upwind.Observation) {
	slices.SortFunc(list, func(a, b upwind.Observation) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.Species, b.Species), cmp.Compare(a.DurationS, b.DurationS),
			cmp.Compare(a.Stat, b.Stat), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.HeightM, b.HeightM),
			comparePaths(a.End, b.End), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Medium, b.Medium))
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

func outsideNano(t time.Time) bool {
	return t.Before(time.Unix(0, math.MinInt64)) || t.After(time.Unix(0, math.MaxInt64))
}
