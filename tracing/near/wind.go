package near

import (
	"math"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/air"
	"upwind/tracing/plume"
)

const (
	airBlockS     = 1200.0 // the state of the air is that of so many seconds
	nearMixingM   = 500.0  // the mixing height hardly matters within 2 km; one value keeps the tables few
	stableMixingM = 150.0
)

// SiteWind is the wind of the station with most readings between two Unix times as a regular series at 10 m, with the
// state of the air. Gaps are bridged in a straight line. False where there is no usable reading.
func SiteWind(wind []upwind.Wind, from, to, z0 float64) (plume.Series, bool) {
	w := stationWind(wind, from, to)
	if len(w) == 0 {
		return plume.Series{}, false
	}
	durations := make([]float64, len(w))
	for i, r := range w {
		durations[i] = r.DurationS
	}
	step := min(max(quantile(durations, 0.5), 10), 3600)
	n := int(math.Ceil((to-from)/step)) + 1
	s := plume.Series{Start: from, StepS: step, U: make([]float64, n), V: make([]float64, n), Air: make([]air.State, n)}
	j := 0
	mid := func(i int) float64 { return unix(w[i].Start) + w[i].DurationS/2 }
	for i := range n {
		t := from + (float64(i)+0.5)*step
		for j+1 < len(w) && mid(j+1) <= t {
			j++
		}
		s.U[i], s.V[i] = w[j].U, w[j].V
		if j+1 < len(w) && t > mid(j) {
			f := (t - mid(j)) / (mid(j+1) - mid(j))
			s.U[i] += f * (w[j+1].U - w[j].U)
			s.V[i] += f * (w[j+1].V - w[j].V)
		}
	}
	fillAir(&s, w, z0)
	return s, true
}

// stationWind is the usable readings of the station that has most of them, by time.
func stationWind(wind []upwind.Wind, from, to float64) []upwind.Wind {
	count := map[string]int{}
	var kept []upwind.Wind
	for _, w := range wind {
		t := unix(w.Start)
		if finite(w.U, w.V, w.DurationS, w.HeightM) && math.Hypot(w.U, w.V) < 100 && w.DurationS > 0 && t < to && t+w.DurationS > from {
			kept = append(kept, w)
			count[w.StationID]++
		}
	}
	best := ""
	for _, w := range kept {
		if c := count[w.StationID] - count[best]; best == "" || c > 0 || c == 0 && w.StationID < best {
			best = w.StationID
		}
	}
	var out []upwind.Wind
	for _, w := range kept {
		if w.StationID == best {
			out = append(out, w)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Start.Before(out[j].Start) })
	n := 0
	for i, w := range out {
		if i == 0 || w.Start.After(out[n-1].Start) {
			out[n] = w
			n++
		}
	}
	return out[:n]
}

// fillAir brings the wind to 10 m and sets the air, from means over airBlockS.
func fillAir(s *plume.Series, w []upwind.Wind, z0 float64) {
	n := len(s.U)
	per := max(int(math.Round(airBlockS/s.StepS)), 1)
	for lo := 0; lo < n; lo += per {
		hi := min(lo+per, n)
		mean := 0.0
		for i := lo; i < hi; i++ {
			mean += math.Hypot(s.U[i], s.V[i]) / float64(hi-lo)
		}
		t := s.Start + float64(lo+hi)/2*s.StepS
		at := nearest(w, t)
		z := at.HeightM
		if z < 0.5 {
			z = air.ReferenceM
		}
		one := at
		one.U, one.V, one.HeightM, one.SDDeg = max(mean, 0.2), 0, z, nil
		sky := air.Sky{Time: time.Unix(int64(t), 0).UTC(), Lon: at.Lon, Lat: at.Lat, Cloud: -1, TempC: 15}
		if at.TempC != nil {
			sky.TempC = *at.TempC
		}
		st, _ := air.FromWind(one, z0, sky)
		st.MixingM = nearMixingM
		if st.InvL > 0.01 {
			st.MixingM = stableMixingM
		}
		up := st.Speed(air.ReferenceM) / max(st.Speed(z), 1e-3)
		unresolved := unresolvedShare(st, s.StepS)
		for i := lo; i < hi; i++ {
			f := min(max(math.Hypot(s.U[i], s.V[i])/max(mean, 0.2), 0.3), 3)
			s.Air[i] = st
			s.Air[i].UStar *= f
			s.Air[i].SigmaV = st.Turbulence(lateralAtM).SV * unresolved * f
			r := nearest(w, s.Start+(float64(i)+0.5)*s.StepS)
			if r.UStarMS != nil && *r.UStarMS > 0 {
				s.Air[i].UStar = *r.UStarMS
			}
			if r.SDDeg != nil && *r.SDDeg > 0 {
				s.Air[i].SigmaV = math.Hypot(s.U[i], s.V[i]) * math.Tan(min(*r.SDDeg, 60)*math.Pi/180)
			}
			s.U[i], s.V[i] = s.U[i]*up, s.V[i]*up
		}
	}
}

const lateralAtM = 5.0 // height at which the lateral turbulence is taken

// unresolvedShare is the share of s_v that means over a time do not show: 1 less what an exponential correlation of the
// Lagrangian time leaves in a mean (Taylor 1921), as standard deviation.
func unresolvedShare(st air.State, meanS float64) float64 {
	x := meanS / max(st.Turbulence(lateralAtM).TV, 1)
	shown := 2 / x * (1 - (1-math.Exp(-x))/x)
	return math.Sqrt(max(1-shown, 0.05))
}

// nearest is the reading whose middle is nearest to a time.
func nearest(w []upwind.Wind, t float64) upwind.Wind {
	i := sort.Search(len(w), func(i int) bool { return unix(w[i].Start)+w[i].DurationS/2 >= t })
	if i == len(w) || i > 0 && t-unix(w[i-1].Start)-w[i-1].DurationS/2 < unix(w[i].Start)+w[i].DurationS/2-t {
		i--
	}
	return w[i]
}
