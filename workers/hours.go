package workers

import (
	"cmp"
	"math"
	"slices"
	"time"

	"upwind"
)

const (
	hourLen = time.Hour
	// hourShare of an hour must be measured for its mean to count: 45 minutes, GB 3095-2012, table 4.
	hourShare = 0.75
	// instantS is the longest that an instant stands for: devices send one every 30 s to 5 min (HJ 212-2017, RtdInterval).
	instantS = 300.0
)

// hourOf makes the hour that begins at a time of what a feed brought of it of one factor at one station: the hourly mean
// that the station sent itself, or that of its minutes, or that of its instants; false when too little of the hour was
// measured. Directions are left to [hourWind]: their mean is no number.
func hourOf(hour time.Time, list []upwind.Observation) (upwind.Observation, bool) {
	in := slices.DeleteFunc(slices.Clone(list), func(o upwind.Observation) bool {
		return o.Species == "wind_from" || o.Start.Before(hour) || !o.Start.Before(hour.Add(hourLen)) || o.DurationS > hourLen.Seconds()
	})
	mean, ok := hourMean(in)
	if !ok {
		return upwind.Observation{}, false
	}
	o := in[0]
	o.Start, o.DurationS, o.Value, o.Sigma = hour, hourLen.Seconds(), mean, nil
	return o, true
}

// hourMean is the mean of one station's factor; false when too little of the hour was measured.
func hourMean(list []upwind.Observation) (float64, bool) {
	for _, tier := range tiers(list) {
		var sum, weight float64
		for i, o := range tier {
			w := spanS(tier, i, func(o upwind.Observation) (time.Time, float64) { return o.Start, o.DurationS })
			sum, weight = sum+w*o.Value, weight+w
		}
		if weight >= hourShare*hourLen.Seconds() {
			return sum / weight, true
		}
	}
	return 0, false
}

// tiers parts readings into whole hours, minutes and instants, each by start.
func tiers(list []upwind.Observation) [3][]upwind.Observation {
	var out [3][]upwind.Observation
	for _, o := range list {
		n := tierOf(o.DurationS)
		out[n] = append(out[n], o)
	}
	for _, t := range out {
		slices.SortStableFunc(t, func(a, b upwind.Observation) int { return a.Start.Compare(b.Start) })
	}
	return out
}

func tierOf(durationS float64) int {
	switch {
	case durationS >= hourLen.Seconds():
		return 0
	case durationS > 0:
		return 1
	}
	return 2
}

// spanS is how many seconds of the hour the i-th reading stands for: its own length as far as the next one does not begin
// before its end, and of an instant the time to the next.
func spanS[T any](list []T, i int, times func(T) (time.Time, float64)) float64 {
	at, length := times(list[i])
	instant := length <= 0
	if instant {
		length = instantS
	}
	end := at.Truncate(hourLen).Add(hourLen)
	if i+1 < len(list) {
		end, _ = times(list[i+1])
	} else if instant && i > 0 {
		before, _ := times(list[i-1])
		length = min(length, at.Sub(before).Seconds())
	}
	return min(length, max(end.Sub(at).Seconds(), 0))
}

// hourWind makes the hour's wind of each mast: the vector mean, with the spread of the direction (Yamartino 1984).
func hourWind(hour time.Time, live []upwind.Wind) []upwind.Wind {
	type key struct {
		station          string
		lon, lat, height float64
	}
	groups := map[key][3][]upwind.Wind{}
	for _, w := range live {
		if w.Start.Before(hour) || !w.Start.Before(hour.Add(hourLen)) || w.DurationS > hourLen.Seconds() {
			continue
		}
		k := key{w.StationID, w.Lon, w.Lat, w.HeightM}
		g, n := groups[k], tierOf(w.DurationS)
		g[n] = append(g[n], w)
		groups[k] = g
	}
	var out []upwind.Wind
	for _, g := range groups {
		for _, tier := range g {
			if w, ok := meanWind(tier); ok {
				w.Start, w.DurationS = hour, hourLen.Seconds()
				out = append(out, w)
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b upwind.Wind) int {
		return cmp.Or(cmp.Compare(a.StationID, b.StationID), cmp.Compare(a.HeightM, b.HeightM), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat))
	})
	return out
}

// meanWind needs some speed to speak of a direction's spread.
const stillMS = 0.05

func meanWind(list []upwind.Wind) (upwind.Wind, bool) {
	slices.SortStableFunc(list, func(a, b upwind.Wind) int { return a.Start.Compare(b.Start) })
	var u, v, s, c, weight, moving, temp, tempW, press, pressW float64
	for i, w := range list {
		span := spanS(list, i, func(w upwind.Wind) (time.Time, float64) { return w.Start, w.DurationS })
		u, v, weight = u+span*w.U, v+span*w.V, weight+span
		if speed := math.Hypot(w.U, w.V); speed > stillMS {
			s, c, moving = s+span*w.U/speed, c+span*w.V/speed, moving+span
		}
		if w.TempC != nil {
			temp, tempW = temp+span**w.TempC, tempW+span
		}
		if w.PressPa != nil {
			press, pressW = press+span**w.PressPa, pressW+span
		}
	}
	if weight < hourShare*hourLen.Seconds() {
		return upwind.Wind{}, false
	}
	out := list[0]
	out.U, out.V, out.TempC, out.PressPa = u/weight, v/weight, nil, nil
	if len(list) > 1 && moving > 0 {
		e := math.Sqrt(max(0, 1-(s*s+c*c)/(moving*moving)))
		sd := math.Asin(e) * (1 + 0.1547*e*e*e) * 180 / math.Pi
		out.SDDeg = &sd
	}
	if tempW > 0 {
		t := temp / tempW
		out.TempC = &t
	}
	if pressW > 0 {
		p := press / pressW
		out.PressPa = &p
	}
	return out, true
}
