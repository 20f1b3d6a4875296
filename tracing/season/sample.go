package season

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"upwind"
)

// Sample is one reading with the wind of its time.
type Sample struct {
	Unix      float64 // start, s
	DurationS float64
	Value     float64
	U, V      float64 // m/s, towards the east and the north
	Wind      bool    // there is wind for its time
}

// SpeedFrom is the speed in m/s and the direction that the wind comes from in degrees.
func (s Sample) SpeedFrom() (speedMS, fromDeg float64) { return upwind.SpeedFrom(s.U, s.V) }

// leastCover is the share of a reading's time for which there must be wind.
const leastCover = 0.5

// Join pairs the readings of one station and species with the wind of the nearest wind station: the vector mean over
// the reading's time, weighted by the overlap, where half of it is covered. Readings are sorted; several for one
// start are collapsed to the first, values that are not finite are left out, and both are said in the notes.
func Join(readings []upwind.Observation, wind []upwind.Wind) (out []Sample, notes []string, err error) {
	if len(readings) == 0 {
		return nil, nil, upwind.Refuse("season", "", "there are no readings", "name a station and a species that the table holds")
	}
	id := nearestStation(readings[0], wind)
	var own []upwind.Wind
	for _, w := range wind {
		if w.StationID == id && finite(w.U, w.V, w.DurationS) && w.DurationS > 0 {
			own = append(own, w)
		}
	}
	slices.SortStableFunc(own, func(a, b upwind.Wind) int { return a.Start.Compare(b.Start) })
	sorted := slices.Clone(readings)
	slices.SortStableFunc(sorted, func(a, b upwind.Observation) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Value, b.Value))
	})
	twice, broken, bare, first := 0, 0, 0, 0
	for i, o := range sorted {
		if i > 0 && o.Start.Equal(sorted[i-1].Start) {
			twice++
			continue
		}
		if !finite(o.Value, o.DurationS) || o.DurationS <= 0 {
			broken++
			continue
		}
		s := Sample{Unix: float64(o.Start.Unix()), DurationS: o.DurationS, Value: o.Value}
		first = s.mean(own, first)
		if !s.Wind {
			bare++
		}
		out = append(out, s)
	}
	for _, n := range []struct {
		n    int
		what string
	}{{twice, "readings repeat a time and were left out"}, {broken, "readings are no numbers and were left out"}, {bare, "readings have no wind at their time"}} {
		if n.n > 0 {
			notes = append(notes, fmt.Sprintf("%d of %d %s", n.n, len(readings), n.what))
		}
	}
	if bare == len(out) {
		return nil, nil, upwind.Refuse("season", "", "no reading has wind at its time", "hand in wind of the same time; are both in UTC?")
	}
	return out, notes, nil
}

// mean takes the wind over the sample's time from rows sorted by start; first is where to begin, and the next
// sample may begin where it says.
func (s *Sample) mean(wind []upwind.Wind, first int) (next int) {
	end := s.Unix + s.DurationS
	for first < len(wind) && float64(wind[first].Start.Unix())+wind[first].DurationS <= s.Unix {
		first++
	}
	var u, v, cover float64
	for _, w := range wind[first:] {
		start := float64(w.Start.Unix())
		if start >= end {
			break
		}
		if part := min(end, start+w.DurationS) - max(s.Unix, start); part > 0 {
			u, v, cover = u+w.U*part, v+w.V*part, cover+part
		}
	}
	if cover >= leastCover*s.DurationS {
		s.U, s.V, s.Wind = u/cover, v/cover, true
	}
	return first
}

func nearestStation(o upwind.Observation, wind []upwind.Wind) (id string) {
	best := math.Inf(1)
	for _, w := range wind {
		d := math.Hypot((math.Mod(w.Lon-o.Lon+540, 360)-180)*math.Cos(o.Lat*math.Pi/180), w.Lat-o.Lat)
		if d < best || d == best && w.StationID < id {
			best, id = d, w.StationID
		}
	}
	return id
}

// Quantile is the p-quantile of the values, linear between order statistics (type 7 of Hyndman & Fan 1996, R's).
func Quantile(values []float64, p float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	return sortedQuantile(v, p)
}

func sortedQuantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	x := min(max(p, 0), 1) * float64(len(v)-1)
	i := min(int(x), len(v)-1)
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (x-float64(i))*(v[i+1]-v[i])
}

func finite(v ...float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
