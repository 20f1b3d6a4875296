package wind

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/plane"
)

// Series is one station's wind, by time.
type Series struct {
	ID      string
	At      plane.Point
	HeightM float64   // of the instrument
	Factor  float64   // speed at 10 m over speed at the instrument; U and V hold it
	T       []float64 // Unix seconds, middles of the means
	U, V    []float64 // m/s at 10 m, towards the east and the north
	StepS   float64   // median averaging time
}

// usable keeps the readings that count, in an order that the table's does not change.
func usable(wind []upwind.Wind, pl plane.Plane, box plane.Box, from, to time.Time, without []string) (kept []upwind.Wind, note string) {
	lo, hi := unix(from)-holdS, unix(to)+holdS
	near := box.Grow(reachM)
	broken := 0
	for _, w := range wind {
		if slices.Contains(without, w.StationID) {
			continue
		}
		if !finite(w.U, w.V, w.HeightM, w.DurationS, w.Lon, w.Lat) || math.Hypot(w.U, w.V) > maxWindMS || w.DurationS < 0 {
			broken++
			continue
		}
		start := unix(w.Start)
		if start+w.DurationS < lo || start > hi || !near.Has(pl.XY(w.Lon, w.Lat)) {
			continue
		}
		kept = append(kept, w)
	}
	if broken > 0 {
		note = fmt.Sprintf("%d wind readings are not finite or beyond %g m/s and were left out", broken, maxWindMS)
	}
	slices.SortStableFunc(kept, func(a, b upwind.Wind) int {
		return cmp.Or(cmp.Compare(a.StationID, b.StationID), a.Start.Compare(b.Start), cmp.Compare(a.DurationS, b.DurationS),
			cmp.Compare(a.U, b.U), cmp.Compare(a.V, b.V), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat))
	})
	return kept, note
}

func medianDuration(wind []upwind.Wind) float64 {
	durs := make([]float64, len(wind))
	for i, w := range wind {
		durs[i] = max(w.DurationS, 1)
	}
	return median(durs)
}

// bySeries makes a series of each station at each height, nearest to the middle of the box first.
func bySeries(wind []upwind.Wind, pl plane.Plane, box plane.Box, p profile) []Series {
	var out []Series
	var durs []float64
	end := func() {
		if n := len(out); n > 0 {
			out[n-1].StepS = median(durs)
		}
		durs = durs[:0]
	}
	for _, w := range wind {
		if k := len(out); k == 0 || out[k-1].ID != w.StationID {
			end()
			out = append(out, Series{ID: w.StationID, At: pl.XY(w.Lon, w.Lat), HeightM: w.HeightM, Factor: p.factor(w.HeightM)})
		}
		s := &out[len(out)-1]
		mid := unix(w.Start) + w.DurationS/2
		if k := len(s.T); k > 0 && s.T[k-1] >= mid {
			continue
		}
		f := p.factor(w.HeightM)
		durs = append(durs, max(w.DurationS, 1))
		s.T, s.U, s.V = append(s.T, mid), append(s.U, w.U*f), append(s.V, w.V*f)
	}
	end()
	middle := plane.Point{X: (box.X0 + box.X1) / 2, Y: (box.Y0 + box.Y1) / 2}
	slices.SortStableFunc(out, func(a, b Series) int {
		return cmp.Or(cmp.Compare(a.At.To(middle), b.At.To(middle)), cmp.Compare(a.ID, b.ID))
	})
	return spread(out, box)
}

// spread keeps at most maxStations: the nearest, or, where more than that lie in and about the box, those that
// cover it best, each the one farthest from those before.
func spread(all []Series, box plane.Box) []Series {
	if len(all) <= maxStations {
		return all
	}
	about := box.Grow(aboutM)
	slices.SortStableFunc(all, func(a, b Series) int { return cmp.Compare(outside(about, a.At), outside(about, b.At)) })
	n := 0
	for n < len(all) && about.Has(all[n].At) {
		n++
	}
	if n <= maxStations {
		return all[:maxStations]
	}
	far := make([]float64, n)
	for i := range far {
		far[i] = math.Inf(1)
	}
	kept := make([]Series, 0, maxStations)
	for next := 0; len(kept) < maxStations; {
		last := all[next]
		kept = append(kept, last)
		next = 0
		for i := range far {
			far[i] = min(far[i], last.At.To(all[i].At))
			if far[i] > far[next] {
				next = i
			}
		}
		if far[next] == 0 {
			break
		}
	}
	return kept
}

// outside is the distance from a box, 0 inside.
func outside(b plane.Box, p plane.Point) float64 {
	return math.Hypot(max(b.X0-p.X, 0, p.X-b.X1), max(b.Y0-p.Y, 0, p.Y-b.Y1))
}

// Value is the station's wind at a Unix time: linear between the middles of its means, held at gaps and ends for
// up to 3 h. gapS is the time to the nearer of the two means beyond half their length; ok is false where the
// station says nothing.
func (s Series) Value(t float64) (u, v, gapS float64, ok bool) {
	j := sort.SearchFloat64s(s.T, t)
	hold := holdS + s.StepS/2
	beyond := func(i int) float64 { return max(math.Abs(t-s.T[i])-s.StepS/2, 0) }
	if j == len(s.T) || j > 0 && t-s.T[j-1] < s.T[j]-t {
		j--
	}
	if j < 0 || math.Abs(t-s.T[j]) > hold {
		return 0, 0, 0, false
	}
	u, v, gapS = s.U[j], s.V[j], beyond(j)
	other := j + 1
	if t < s.T[j] {
		other = j - 1
	}
	if other < 0 || other >= len(s.T) || t == s.T[j] || math.Abs(s.T[other]-s.T[j]) > 2*hold {
		return u, v, gapS, true
	}
	w := (t - s.T[j]) / (s.T[other] - s.T[j])
	return u + (s.U[other]-u)*w, v + (s.V[other]-v)*w, gapS, true
}

// Bins is the station's wind over n bins of stepS seconds from a Unix time on: the mean of the readings whose
// middle lies in the bin, else, as far as [Series.Value] goes, interpolated. gapS is how far the nearest reading
// lies beyond; NaN, with u and v zero, where the station says nothing.
func (s Series) Bins(from, stepS float64, n int) (u, v, gapS []float64) {
	u, v, gapS = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		lo := from + float64(i)*stepS
		a, b := sort.SearchFloat64s(s.T, lo), sort.SearchFloat64s(s.T, lo+stepS)
		if b > a {
			u[i], v[i] = mean(s.U[a:b]), mean(s.V[a:b])
			continue
		}
		var ok bool
		if u[i], v[i], gapS[i], ok = s.Value(lo + stepS/2); !ok {
			gapS[i] = math.NaN()
		}
	}
	return u, v, gapS
}

// Series is the series of a station; ok is false when the field has none of that name.
func (f *Field) Series(id string) (Series, bool) {
	for _, s := range f.series {
		if s.ID == id {
			return s, true
		}
	}
	return Series{}, false
}

// All are the series of the field, nearest to the middle of the box first. They are not to be changed.
func (f *Field) All() []Series { return f.series }

// Nearest is the series of the station nearest to p; ok is false when the field has no stations.
func (f *Field) Nearest(p plane.Point) (best Series, ok bool) {
	d := math.Inf(1)
	for _, s := range f.series {
		if x := s.At.To(p); x < d {
			best, d, ok = s, x, true
		}
	}
	return best, ok
}

// nearest is the distance from p to the nearest station, infinite without any.
func (f *Field) nearest(p plane.Point) float64 {
	s, ok := f.Nearest(p)
	if !ok {
		return math.Inf(1)
	}
	return s.At.To(p)
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// median of v, 0 of nothing; v is left as it is.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
