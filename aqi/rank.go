package aqi

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Place is one town or county with what its stations measured: one value a station and day.
type Place struct {
	Code, Name string
	Days       map[string][]float64 // by day, the values of its stations
}

// Ranked is a place with its mean, its interval and its rank. Places of equal rank cannot be told apart.
type Ranked struct {
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	Mean  float64 `json:"mean"`
	Lo95  float64 `json:"lo95"`
	Hi95  float64 `json:"hi95"`
	Days  int     `json:"days"`
	Rank  int     `json:"rank"`
	Equal int     `json:"equal"` // how many share the rank
}

// RankOptions steer [Rank].
type RankOptions struct {
	Seed       uint64
	Resamples  int     // default 500
	BlockDays  int     // days that follow each other hang together, default 3: the passage of a weather system
	StationErr float64 // relative 1-sigma of a station's calibration, default 0.1
}

// Rank orders places from the cleanest. Intervals come from a bootstrap that draws blocks of days, the same for all
// places (weather is shared and does not tell towns apart), and for each place a calibration error of its stations.
// Places without a value come last, with rank 0.
func Rank(places []Place, opt RankOptions) []Ranked {
	if opt.Resamples <= 0 {
		opt.Resamples = 500
	}
	if opt.BlockDays <= 0 {
		opt.BlockDays = 3
	}
	if opt.StationErr <= 0 {
		opt.StationErr = 0.1
	}
	days := allDays(places)
	draws := blocks(days, opt)
	city := cityDays(places)
	out := make([]Ranked, len(places))
	for i, p := range places {
		out[i] = summarise(p, days, draws, city, opt)
	}
	slices.SortFunc(out, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(b2i(a.Days == 0), b2i(b.Days == 0)), cmp.Compare(a.Mean, b.Mean), cmp.Compare(a.Code, b.Code))
	})
	number(out)
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func allDays(places []Place) []string {
	var days []string
	for _, p := range places {
		for d := range p.Days {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// blocks draws the days of each resample, in blocks.
func blocks(days []string, opt RankOptions) [][]string {
	if len(days) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(opt.Seed, 0xa91))
	out := make([][]string, opt.Resamples)
	for i := range out {
		for len(out[i]) < len(days) {
			from := rng.IntN(len(days))
			for k := range min(opt.BlockDays, len(days)-len(out[i])) {
				out[i] = append(out[i], days[(from+k)%len(days)])
			}
		}
	}
	return out
}

// cityDays is the mean of all places on each day: the weather that they share.
func cityDays(places []Place) map[string]float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for _, p := range places {
		for d, vs := range p.Days {
			if len(vs) > 0 {
				sum[d] += mean(vs)
				n[d]++
			}
		}
	}
	for d := range sum {
		sum[d] /= n[d]
	}
	return sum
}

// summarise takes a place's mean as what it has above the city on the days it was measured, so that days
// it missed do no harm, and what all share does not widen its interval.
func summarise(p Place, days []string, draws [][]string, city map[string]float64, opt RankOptions) Ranked {
	r := Ranked{Code: p.Code, Name: p.Name}
	above := map[string]float64{}
	stations := 1
	for d, vs := range p.Days {
		if len(vs) > 0 {
			above[d] = mean(vs) - city[d]
			stations = max(stations, len(vs))
		}
	}
	if r.Days = len(above); r.Days == 0 {
		return r
	}
	level, _ := meanOn(days, city)
	own, _ := meanOn(days, above)
	r.Mean = level + own
	rng := rand.New(rand.NewPCG(opt.Seed, hash(p.Code)))
	means := make([]float64, 0, len(draws))
	for _, draw := range draws {
		gain := 1 + opt.StationErr/math.Sqrt(float64(stations))*rng.NormFloat64()
		if m, ok := meanOn(draw, above); ok {
			means = append(means, (level+m)*gain)
		}
	}
	slices.Sort(means)
	at := func(q float64) float64 { return means[min(len(means)-1, int(q*float64(len(means))))] }
	r.Lo95, r.Hi95 = min(at(0.025), r.Mean), max(at(0.975), r.Mean)
	return r
}

func mean(vs []float64) float64 {
	sum := 0.0
	for _, v := range vs {
		sum += v
	}
	return sum / float64(len(vs))
}

// meanOn is the mean over those of the days that have a value.
func meanOn(days []string, daily map[string]float64) (float64, bool) {
	sum, n := 0.0, 0
	for _, d := range days {
		if v, ok := daily[d]; ok {
			sum += v
			n++
		}
	}
	return sum / float64(max(n, 1)), n > 0
}

// number gives a new rank only where the intervals of all places before lie below those of all that follow.
func number(rs []Ranked) {
	for i := 0; i < len(rs); {
		if rs[i].Days == 0 {
			break
		}
		j, top := i+1, rs[i].Hi95
		for j < len(rs) && rs[j].Days > 0 && anyBelow(rs[j:], top) {
			top = max(top, rs[j].Hi95)
			j++
		}
		for k := i; k < j; k++ {
			rs[k].Rank, rs[k].Equal = i+1, j-i
		}
		i = j
	}
}

// anyBelow reports whether the interval of one of the places begins at or below top.
func anyBelow(rs []Ranked, top float64) bool {
	for _, r := range rs {
		if r.Days > 0 && r.Lo95 <= top {
			return true
		}
	}
	return false
}

// hash is FNV-1a, to give each place random numbers of its own.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
