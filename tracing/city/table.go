package city

import (
	"cmp"
	"context"
	"math"
	"slices"

	"upwind/tracing/footprint"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

const micro = 1e6 // the arithmetic is in ug/m3

// station is one instrument at one place.
type station struct {
	sensor int
	at     invert.Spot
}

// slot is all readings of one span of time; NaN where a station has none. All in ug/m3.
type slot struct {
	*footprint.Slot
	y, noise []float64 // the reading and its stated noise (0: none)
	back     []float64 // its background with the instrument's own error
	sigma2   []float64 // variance of what neither background nor sources explain
	mean     []float64 // what the sources found so far bring, and
	spread   []float64 // the variance of that
}

// table is all readings, by slot in order of time and by station.
type table struct {
	stations []station
	index    map[station]int
	slots    []*slot
}

// add takes new readings: new slots are laid down, readings of known slots are put in their place. It returns the
// number of path means left out, and whether all that was there before still is as it was.
func (t *table) add(ctx context.Context, p *Problem, readings []invert.Reading) (paths int, kept bool, err error) {
	type span struct{ start, end float64 }
	groups := map[span][]invert.Reading{}
	known := len(t.stations)
	kept = true
	for _, r := range readings {
		if r.To != nil {
			paths++
			continue
		}
		s := station{r.Sensor, r.At}
		if _, ok := t.index[s]; !ok {
			t.index[s] = len(t.stations)
			t.stations = append(t.stations, s)
		}
		groups[span{r.Start, r.End}] = append(groups[span{r.Start, r.End}], r)
	}
	if len(t.stations) > known {
		kept = len(t.slots) == 0
		for _, s := range t.slots { // stations that came later see nothing in older slots: lay those again
			if err := t.lay(ctx, p, s); err != nil {
				return paths, false, err
			}
		}
	}
	for g, rs := range groups {
		s := t.find(g.start, g.end)
		if s == nil {
			s = &slot{Slot: &footprint.Slot{Start: g.start, End: g.end}}
			t.slots = append(t.slots, s)
		} else {
			kept = false
		}
		s.grow(len(t.stations))
		for _, r := range rs {
			i := t.index[station{r.Sensor, r.At}]
			if s.y[i], s.noise[i] = r.Value*micro, max(r.Sigma*micro, 0); math.IsInf(s.y[i], 0) {
				s.y[i] = math.NaN()
			}
		}
	}
	slices.SortFunc(t.slots, func(a, b *slot) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	for _, s := range t.slots {
		if s.Size() == 0 && len(s.y) > 0 {
			if err := t.lay(ctx, p, s); err != nil {
				return paths, false, err
			}
		}
	}
	return paths, kept, nil
}

func (t *table) find(start, end float64) *slot {
	for _, s := range t.slots {
		if s.Start == start && s.End == end {
			return s
		}
	}
	return nil
}

func (t *table) lay(ctx context.Context, p *Problem, s *slot) error {
	s.grow(len(t.stations))
	rs := make([]footprint.Receptor, len(t.stations))
	for i, st := range t.stations {
		rs[i] = footprint.Receptor{At: st.at.Point, HeightM: st.at.HeightM}
	}
	o := p.Options
	laid, err := footprint.Lay(ctx, p.Wind, p.Layer, rs, s.Start, s.End,
		footprint.Options{Domain: p.Box.Grow(marginM), MaxAgeS: o.MaxAgeS, DepositionMS: o.DepositionMS, Threads: o.Threads})
	if err == nil {
		s.Slot = laid
	}
	return err
}

// marginM is how far out of the box air is followed: it may come back.
const marginM = 5000

func (s *slot) grow(n int) {
	for len(s.y) < n {
		s.y = append(s.y, math.NaN())
		s.noise, s.back, s.sigma2 = append(s.noise, 0), append(s.back, 0), append(s.sigma2, 1)
		s.mean, s.spread = append(s.mean, 0), append(s.spread, 0)
	}
}

func (s *slot) middle() float64 { return (s.Start + s.End) / 2 }

// seen is a station as a place sees it.
type seen struct {
	station int
	ray     footprint.Ray
}

// around lists the stations within reachM of p.
func (t *table) around(buf []seen, p plane.Point, reachM float64) []seen {
	for i, s := range t.stations {
		dx, dy := s.at.X-p.X, s.at.Y-p.Y
		if dx*dx+dy*dy > reachM*reachM {
			continue
		}
		if ray, ok := footprint.RayTo(s.at.Point, p); ok {
			buf = append(buf, seen{i, ray})
		}
	}
	return buf
}
