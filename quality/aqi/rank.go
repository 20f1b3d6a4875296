package aqi

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Place is one town or county with what its stations measured: one value a station and day.
type Place struct {
	Code, Name string               // codes are unique
	Days       map[string][]float64 // by day, the values of its stations
	StationErr float64              // relative 1-sigma of its stations' calibration; 0 is that of the options
}

// Ranked is a place with its mean, its interval and its rank. Places of equal rank cannot be told apart.
type Ranked struct {
	Code  string  `json:"code"`
	Name  string  `json:"name"`
	Mean  float64 `json:"mean"`
	Lo95  float64 `json:"lo95"`
	Hi95  float64 `json:"hi95"`
	Days  int     `json:"days"`
	Rank  int     `json:"rank"`  // 0: not ranked
	Equal int     `json:"equal"` // how many share the rank
}

// RankOptions steer [Rank].
type RankOptions struct {
	Seed       uint64
	Resamples  int     // default 500
	BlockDays  int     // days that follow each other hang together, default 3: the passage of a weather system
	StationErr float64 // relative 1-sigma of a station's calibration, default 0.1
	MinDays    int     // places with fewer days get no rank: their interval would be made of too little
}

// Rank orders places from the cleanest. Intervals come from a bootstrap that draws blocks of days, the same for all
// places (weather is shared and does not tell towns apart), and for each place a calibration error of its stations.
// Places without a rank come last. The order of the input, and that of the values of a day, make no difference.
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
	places = slices.SortedFunc(slices.Values(places), func(a, b Place) int { return cmp.Compare(a.Code, b.Code) })
	t := tabulate(places)
	draws := blocks(len(t.city), opt)
	out := make([]Ranked, len(places))
	for i, p := range places {
		out[i] = t.summarise(p, i, draws, opt)
	}
	ranked := func(r Ranked) bool { return r.Days > 0 && r.Days >= opt.MinDays }
	slices.SortFunc(out, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(b2i(!ranked(a)), b2i(!ranked(b))), cmp.Compare(b2i(a.Days == 0), b2i(b.Days == 0)), cmp.Compare(a.Mean, b.Mean), cmp.Compare(a.Code, b.Code))
	})
	n := 0
	for n < len(out) && ranked(out[n]) {
		n++
	}
	number(out[:n])
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// placeDays is what was measured, by place and day; NaN where nothing was.
type placeDays struct {
	means    [][]float64
	stations []int     // most stations of a place on a day
	city     []float64 // mean of all places on each day: the weather that they share
}

func tabulate(places []Place) placeDays {
	var days []string
	for _, p := range places {
		for d, vs := range p.Days {
			if len(finite(vs)) > 0 {
				days = append(days, d)
			}
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	t := placeDays{means: make([][]float64, len(places)), stations: make([]int, len(places)), city: make([]float64, len(days))}
	for i, p := range places {
		t.means[i] = make([]float64, len(days))
		for k, d := range days {
			vs := finite(p.Days[d])
			t.means[i][k] = mean(vs) // NaN of none
			t.stations[i] = max(t.stations[i], len(vs))
		}
	}
	for k := range days {
		sum, n := 0.0, 0
		for i := range places {
			if v := t.means[i][k]; !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		t.city[k] = sum / float64(n)
	}
	return t
}

// finite are the numbers among values, sorted, so that their sum does not hang on their order.
func finite(vs []float64) []float64 {
	out := slices.DeleteFunc(slices.Clone(vs), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	slices.Sort(out)
	return out
}

// blocks draws the days of each resample, in blocks.
func blocks(days int, opt RankOptions) [][]int {
	if days == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(opt.Seed, 0xa91))
	out := make([][]int, opt.Resamples)
	for i := range out {
		for len(out[i]) < days {
			from := rng.IntN(days)
			for k := range min(opt.BlockDays, days-len(out[i])) {
				out[i] = append(out[i], (from+k)%days)
			}
		}
	}
	return out
}

// summarise takes a place's mean as what it has above the city on the days it was measured, so that days
// it missed do no harm, and what all share does not widen its interval.
func (t placeDays) summarise(p Place, i int, draws [][]int, opt RankOptions) Ranked {
	r := Ranked{Code: p.Code, Name: p.Name}
	above := make([]float64, len(t.city))
	own, level := 0.0, mean(t.city)
	for k, v := range t.means[i] {
		if above[k] = v - t.city[k]; !math.IsNaN(v) {
			own += above[k]
			r.Days++
		}
	}
	if r.Days == 0 {
		return r
	}
	r.Mean = level + own/float64(r.Days)
	rng := rand.New(rand.NewPCG(opt.Seed, hash(p.Code)))
	spread := opt.StationErr
	if p.StationErr > 0 {
		spread = p.StationErr
	}
	spread /= math.Sqrt(float64(t.stations[i]))
	means := make([]float64, 0, len(draws))
	for _, draw := range draws {
		gain := 1 + spread*rng.NormFloat64()
		sum, n := 0.0, 0
		for _, k := range draw {
			if v := above[k]; !math.IsNaN(v) {
				sum += v
				n++
			}
		}
		if n > 0 {
			means = append(means, (level+sum/float64(n))*gain)
		}
	}
	slices.Sort(means)
	r.Lo95, r.Hi95 = r.Mean, r.Mean
	if n := len(means); n > 0 {
		at := func(q float64) float64 { return means[min(n-1, int(q*float64(n)))] }
		r.Lo95, r.Hi95 = min(at(0.025), r.Mean), max(at(0.975), r.Mean)
	}
	return r
}

// mean of values; NaN of none.
func mean(vs []float64) float64 {
	sum := 0.0
	for _, v := range vs {
		sum += v
	}
	return sum / float64(len(vs))
}

// number gives a new rank only where the intervals of all places before lie below those of all that follow.
func number(rs []Ranked) {
	lowest := make([]float64, len(rs)+1) // of the places from i on
	lowest[len(rs)] = math.Inf(1)
	for i := len(rs) - 1; i >= 0; i-- {
		lowest[i] = min(lowest[i+1], rs[i].Lo95)
	}
	for i := 0; i < len(rs); {
		j, top := i+1, rs[i].Hi95
		for j < len(rs) && lowest[j] <= top {
			top = max(top, rs[j].Hi95)
			j++
		}
		for k := i; k < j; k++ {
			rs[k].Rank, rs[k].Equal = i+1, j-i
		}
		i = j
	}
}

// hash is FNV-1a, to give each place random numbers of its own.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
