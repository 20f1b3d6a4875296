package tracing

import (
	"math"
	"sort"
	"time"

	"upwind"
)

// windSeries is one station's wind at the reference height, by time.
type windSeries struct {
	id   string
	at   point
	t    []float64 // mid times, s
	u, v []float64
	hold float64 // s, how far from a mid time it counts
}

func noWind(from time.Time) error {
	return upwind.Refuse("trace", "", "no wind reading within 150 km and 3 h of "+from.UTC().Format(time.RFC3339),
		"hand in a wind table that covers the event")
}

func usableWind(wind []upwind.Wind, pl plane, from, to time.Time) ([]upwind.Wind, float64) {
	var kept []upwind.Wind
	var durs []float64
	lo, hi := from.Add(-seconds(windHoldS)), to.Add(seconds(windHoldS))
	for _, w := range wind {
		if !finite(w.U, w.V, w.HeightM, w.DurationS) || math.Hypot(w.U, w.V) > maxWindMS || !validLonLat(w.Lon, w.Lat) || w.DurationS < 0 {
			continue
		}
		if w.Start.Before(lo.Add(-seconds(w.DurationS))) || w.Start.After(hi) || pl.xy(w.Lon, w.Lat).to(point{}) > windReachM {
			continue
		}
		kept = append(kept, w)
		durs = append(durs, max(w.DurationS, 1))
	}
	sort.SliceStable(kept, func(i, j int) bool {
		a, b := kept[i], kept[j]
		switch {
		case a.StationID != b.StationID:
			return a.StationID < b.StationID
		case !a.Start.Equal(b.Start):
			return a.Start.Before(b.Start)
		case a.U != b.U:
			return a.U < b.U
		}
		return a.V < b.V
	})
	return kept, quantile(durs, 0.5)
}

// surface is the surface layer: from the sonic's u* and L where there is one, else neutral.
func surface(wind []upwind.Wind, dur float64, opt Options) turbulence {
	var invL, ratio, sd []float64
	for _, w := range wind {
		if w.ObukhovM != nil && finite(*w.ObukhovM) && math.Abs(*w.ObukhovM) > 1 {
			invL = append(invL, 1 / *w.ObukhovM)
		}
		if u := math.Hypot(w.U, w.V); w.UStarMS != nil && *w.UStarMS > 0 && u > 0.5 {
			ratio = append(ratio, *w.UStarMS/u)
		}
		if w.SDDeg != nil && *w.SDDeg > 0 && *w.SDDeg < 60 {
			sd = append(sd, *w.SDDeg)
		}
	}
	k := turbulence{profile: profile{z0: opt.RoughnessM, invL: quantile(invL, 0.5)}, mixingM: opt.MixingM, factor: 1}
	k.ustarU = karman / k.shape(referenceM)
	if len(ratio) > 0 {
		k.ustarU = min(max(quantile(ratio, 0.5), 0.01), 0.5)
	}
	share := min(max(math.Log(max(dur, 1)/60)/math.Log(60), 0), 1)
	k.lateral = lateralMinute + share*(lateralHour-lateralMinute)
	if len(sd) > 0 {
		k.lateral = min(math.Tan(quantile(sd, 0.5)*math.Pi/180), 0.6)
	}
	return k
}

func bySeries(wind []upwind.Wind, pl plane, p profile) []windSeries {
	var out []windSeries
	for _, w := range wind {
		if k := len(out); k == 0 || out[k-1].id != w.StationID {
			out = append(out, windSeries{id: w.StationID, at: pl.xy(w.Lon, w.Lat)})
		}
		s := &out[len(out)-1]
		s.hold = max(s.hold, windHoldS+min(w.DurationS, 86400)/2)
		mid := float64(w.Start.Unix()) + w.DurationS/2
		if k := len(s.t); k > 0 && s.t[k-1] >= mid {
			continue
		}
		f := 1.0
		if w.HeightM >= minWindHeightM {
			f = 1 / p.ratio(w.HeightM)
		}
		s.t, s.u, s.v = append(s.t, mid), append(s.u, w.U*f), append(s.v, w.V*f)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].at.to(point{}) < out[j].at.to(point{}) })
	return out[:min(len(out), maxStations)]
}

// value is the station's wind at time t, linear between mid times, held for a while at gaps and ends.
func (s windSeries) value(t float64) (u, v float64, ok bool) {
	j := sort.SearchFloat64s(s.t, t)
	switch {
	case j == 0:
		return s.u[0], s.v[0], s.t[0]-t <= s.hold
	case j == len(s.t):
		return s.u[j-1], s.v[j-1], t-s.t[j-1] <= s.hold
	}
	a, b := s.t[j-1], s.t[j]
	if b-a > 2*s.hold {
		if t-a <= s.hold {
			return s.u[j-1], s.v[j-1], true
		}
		return s.u[j], s.v[j], b-t <= s.hold
	}
	w := (t - a) / (b - a)
	return s.u[j-1]*(1-w) + s.u[j]*w, s.v[j-1]*(1-w) + s.v[j]*w, true
}
