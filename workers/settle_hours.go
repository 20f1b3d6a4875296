package workers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"upwind"
	"upwind/bus"
)

const (
	// hourGrace is how long after its end an hour waits for the stations' own means, which they send in the first minutes.
	hourGrace = 4 * time.Minute
	// correctEvery is how often an hour is made anew because readings came late.
	correctEvery = 10 * time.Minute
	// hoursBack is how far back late minutes still change an hour: the view holds what came in three hours, so of the last
	// two it has everything. The hours that stations send themselves are taken however late they come.
	hoursBack = 2
)

// hoursSource is the name of the batches that hold the stations' hours.
const hoursSource = "hours"

// makeHours turns what the feeds brought of each finished hour into the stations' hour, and corrects it when readings
// come late. What is stored already is not stored again.
func (s *Settler) makeHours(ctx context.Context) (int, error) {
	now := time.Now().UTC()
	last := now.Add(-hourGrace).Truncate(hourLen)
	if now.Sub(s.hoursMade) < correctEvery && last.Equal(s.hoursMade.Add(-hourGrace).Truncate(hourLen)) {
		return 0, nil
	}
	if err := s.View.WaitReady(ctx); err != nil {
		return 0, err
	}
	made := 0
	oldest := last.Add(-hoursBack * hourLen)
	for hour, obs := range s.lateHours(oldest) {
		n, err := s.storeHour(ctx, hour, now, obs, nil)
		if made += n; err != nil {
			return made, err
		}
	}
	for hour := oldest; hour.Before(last); hour = hour.Add(hourLen) {
		end := hour.Add(hourLen)
		var obs []upwind.Observation
		s.View.EachLive(hour, end, func(list []upwind.Observation) {
			if o, ok := hourOf(hour, list); ok {
				obs = append(obs, o)
			}
		})
		n, err := s.storeHour(ctx, hour, now, obs, hourWind(hour, s.View.LiveWind(hour, end)))
		if made += n; err != nil {
			return made, err
		}
	}
	s.hoursMade = now
	return made, nil
}

// lateHours are the hours before a time that stations have sent themselves.
func (s *Settler) lateHours(before time.Time) map[time.Time][]upwind.Observation {
	out := map[time.Time][]upwind.Observation{}
	s.View.EachLive(time.Time{}, before, func(list []upwind.Observation) {
		for _, o := range list {
			if o.DurationS == hourLen.Seconds() && o.Start.Equal(o.Start.Truncate(hourLen)) {
				out[o.Start] = append(out[o.Start], o)
			}
		}
	})
	return out
}

// storeHour stores what is new of an hour, in a fixed order.
func (s *Settler) storeHour(ctx context.Context, hour, now time.Time, obs []upwind.Observation, wind []upwind.Wind) (int, error) {
	obs, wind = newReadings(obs, s.hourlyReadings(hour)), newWind(wind, s.View.Wind(hour, hour.Add(hourLen)))
	slices.SortFunc(obs, func(a, b upwind.Observation) int {
		return cmp.Or(cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.Medium, b.Medium), cmp.Compare(a.Species, b.Species), cmp.Compare(a.Stat, b.Stat), cmp.Compare(a.Unit, b.Unit))
	})
	stored := 0
	for n := 0; len(obs)+len(wind) > 0; n++ {
		batch := bus.ObservationBatch{Source: hoursSource, Processed: now}
		k, w := min(len(obs), feedReadings), 0
		if k == 0 {
			w = min(len(wind), feedReadings)
		}
		batch.Observations, batch.Wind = obs[:k], wind[:w]
		created, err := s.Bus.ObserveHours(ctx, hour, n, batch)
		if err != nil {
			return stored, err
		}
		// Where a number is taken, this program took it before it was started anew, or another one did.
		if created {
			obs, wind, stored = obs[k:], wind[w:], stored+1
		}
	}
	return stored, nil
}

func (s *Settler) hourlyReadings(hour time.Time) []upwind.Observation {
	var out []upwind.Observation
	for _, medium := range []upwind.Medium{upwind.Ambient, upwind.InStack, upwind.InWater} {
		out = append(out, s.View.Readings(medium, "", hour, hour.Add(hourLen))...)
	}
	return out
}

// newReadings leaves out what is known with the same value.
func newReadings(hour, known []upwind.Observation) []upwind.Observation {
	type key struct {
		station, species, unit string
		medium                 upwind.Medium
		stat                   upwind.Stat
	}
	have := map[key]float64{}
	for _, o := range known {
		if o.DurationS == hourLen.Seconds() {
			have[key{o.StationID, o.Species, o.Unit, o.Medium, o.Stat}] = o.Value
		}
	}
	var out []upwind.Observation
	for _, o := range hour {
		if v, ok := have[key{o.StationID, o.Species, o.Unit, o.Medium, o.Stat}]; !ok || v != o.Value {
			out = append(out, o)
		}
	}
	return out
}

func newWind(hour, known []upwind.Wind) []upwind.Wind {
	type key struct {
		station string
		height  float64
	}
	have := map[key]upwind.Wind{}
	for _, w := range known {
		if w.DurationS == hourLen.Seconds() {
			have[key{w.StationID, w.HeightM}] = w
		}
	}
	var out []upwind.Wind
	for _, w := range hour {
		if o, ok := have[key{w.StationID, w.HeightM}]; !ok || o.U != w.U || o.V != w.V {
			out = append(out, w)
		}
	}
	return out
}
