package plume

import (
	"math"
	"slices"
)

const (
	levelWindowM  = 3000.0 // of a ray, whose median is its level; plumes are shorter, haze is smoother
	levelNodes    = 8      // a window
	levelLeastM   = 300.0  // of clear air that a level is taken of
	levelTrust    = 0.2    // relative error of a level above which nothing is judged
	levelHint     = 0.5    // up to which it still says how much light a plume has left
	cellTrust     = 2.0    // relative error of a cell above which it shows nothing, nor do many ...
	plumeTrust    = 10.0   // ... except within a plume, which shines over its own shadow
	thickDepth    = 0.03   // of a plume: the light behind it has a level of its own
	deepest       = 0.05   // of the light before a plume that may be left in it where none is seen behind
	medianPenalty = 1.2533 // sigma of a median over that of a mean of normal numbers
)

// level sets every ray right against the air around by what it shows before, between and behind plumes, and fills
// alpha, residual, their sigmas and common.
//
// In clear air the light of a ray is that of the air around times a constant. With a the extinction of particles +
// S beta_m of the air around, and the molecules' own part taken out of the exponent,
//
//	q = X / a exp(2 int (a - (1 - S_m/S) S beta_m))
//
// has one level along the whole ray, until a plume takes some of the light: then it has a lower one. Within a plume q
// stands above its level by the contrast of the plume. So levels are weighted medians of clear air, of their own in
// each stretch between thick plumes; and across a plume the level falls from the one to the other as the plume's own
// light adds up, because dT^2/dr = -2 S beta T^2, whatever its lidar ratio is. An inversion with one lidar ratio
// errs behind a thick plume by exp(2 tau dS/S); this does not.
func (s *sweep) level(plumes []bool) {
	air, ratio := s.molecules(), s.lidarRatio()
	for _, x := range []*[]float64{&s.common, &s.weight, &s.lit, &s.litSigma} {
		*x = make([]float64, len(s.alpha))
	}
	each(s.n(), func(i int) { s.levelRay(i, air, ratio, plumes) })
}

// leveled is a ray's light over what the air around would send back.
type leveled struct {
	a       []float64 // of the air around, 1/m, with what molecules send back
	q, v    []float64 // and its variance
	sky     []float64 // what one sigma of the ray's background makes of q
	clear   []bool    // seen and no plume
	broken  []bool    // something hard or blinding stands here: what it takes of the light is not known
	at, err []float64 // level and its sigma, NaN where not known
}

func (s *sweep) levelRay(i int, air, ratio float64, plumes []bool) {
	r := s.lightOf(i, air, ratio, plumes)
	var last *stretch
	for _, x := range s.stretches(i, r) {
		if s.rangeM(x.to) > s.blindM() && s.levelStretch(r, x, plumes == nil) {
			s.across(r, last, &x)
			last = &x
		}
	}
	s.across(r, last, nil)
	s.settle(i, r)
}

// lightOf is q along a ray.
func (s *sweep) lightOf(i int, air, ratio float64, plumes []bool) *leveled {
	n := s.cells
	r := &leveled{a: make([]float64, n), q: make([]float64, n), v: make([]float64, n), sky: make([]float64, n),
		clear: make([]bool, n), broken: make([]bool, n), at: make([]float64, n), err: make([]float64, n)}
	depth, sky := 0.0, s.f.Rays[s.rays[i]].BackgroundSigma
	for c := range n {
		j := s.at(i, c)
		_, _, u := s.place(i, c)
		m := air * math.Exp(-u/airScaleM)
		r.a[c] = s.base[j] + m
		r.broken[c] = s.opaque(i, c)
		r.q[c], r.at[c], r.err[c] = math.NaN(), math.NaN(), math.NaN()
		if !(r.a[c] > 0) || r.broken[c] {
			r.a[c] = math.NaN()
			continue
		}
		step := (r.a[c] - m*(1-airRatioSr/ratio)) * s.cellM / 2
		depth += step
		k := math.Exp(2*depth) / r.a[c]
		depth += step
		r.q[c], r.v[c], r.sky[c] = s.light[j]*k, sq(s.lightSigma[j]*k), sky*sq(s.rangeM(c))*k
		if math.IsInf(r.q[c], 0) || math.IsInf(r.v[c], 0) {
			r.q[c], r.v[c] = math.NaN(), math.NaN()
		}
		r.clear[c] = r.v[c] > 0 && r.q[c] == r.q[c] && !(plumes != nil && plumes[j])
	}
	return r
}

// stretch is cells from..to of a ray, to exclusive, between thick plumes.
type stretch struct{ from, to int }

// stretches cuts a ray where a plume or something hard takes light away.
func (s *sweep) stretches(i int, r *leveled) []stretch {
	var out []stretch
	depth, from, to := 0.0, -1, -1
	for c := range s.cells {
		if r.broken[c] && from >= 0 {
			out, from = append(out, stretch{from, to}), -1
		}
		if !r.clear[c] {
			if x := s.residual[s.at(i, c)]; x > 0 {
				depth += x * s.cellM
			}
			continue
		}
		if from >= 0 && depth > thickDepth {
			out, from = append(out, stretch{from, to}), -1
		}
		if depth = 0; from < 0 {
			from = c
		}
		to = c + 1
	}
	if from >= 0 {
		out = append(out, stretch{from, to})
	}
	return out
}

// levelStretch fills the level of a stretch; false when it shows none. While plumes are not known yet, cells count evenly:
// behind a thick plume there is less light, and so less noise.
func (s *sweep) levelStretch(r *leveled, x stretch, evenly bool) bool {
	spacing := levelWindowM / levelNodes / s.cellM
	nodes := max(1, int(math.Round(float64(x.to-x.from)/spacing)))
	step := float64(x.to-x.from) / float64(nodes)
	half := int(levelWindowM / 2 / s.cellM)
	value, sigma := make([]float64, nodes+1), make([]float64, nodes+1)
	votes := make([]vote, 0, 2*half+1)
	known := false
	for k := range value {
		mid := x.from + int(float64(k)*step)
		votes = votes[:0]
		for c := max(x.from, mid-half); c < min(x.to, mid+half+1); c++ {
			if r.clear[c] {
				votes = append(votes, vote{r.q[c], r.v[c]})
			}
		}
		value[k], sigma[k] = math.NaN(), math.NaN()
		if float64(len(votes))*s.cellM < levelLeastM {
			continue
		}
		v, e := levelOf(votes, evenly)
		if v > 0 && e < levelHint*v {
			value[k], sigma[k], known = v, e, true
		}
	}
	if !known {
		return false
	}
	for c := x.from; c < x.to; c++ {
		t := float64(c-x.from) / step
		k := min(int(t), nodes-1)
		t -= float64(k)
		r.at[c], r.err[c] = (1-t)*value[k]+t*value[k+1], (1-t)*sigma[k]+t*sigma[k+1]
	}
	return true
}

// vote is the level that one cell asks for, and its variance, then its weight.
type vote struct{ k, w float64 }

// unevenShare is how much clear air differs from cell to cell of itself: no cell knows the level better.
const unevenShare = 0.05

// levelOf is the median of votes by their variances and its sigma; it overwrites them.
func levelOf(votes []vote, evenly bool) (level, sigma float64) {
	plain := make([]float64, len(votes))
	for i, v := range votes {
		plain[i] = v.k
	}
	least := sq(unevenShare * median(plain))
	weight, inverse := 0.0, 0.0
	for i := range votes {
		w := 1 / (votes[i].w + least)
		inverse += w
		if evenly {
			w = 1
		}
		votes[i].w = w
		weight += w
	}
	return weightedMedian(votes, weight), medianPenalty / math.Sqrt(inverse)
}

func (v vote) compare(o vote) int {
	switch {
	case v.k < o.k:
		return -1
	case v.k > o.k:
		return 1
	}
	return 0
}

// weightedMedian reorders its votes, whose weights sum to weight.
func weightedMedian(votes []vote, weight float64) float64 {
	slices.SortFunc(votes, vote.compare)
	passed := 0.0
	for _, v := range votes {
		if passed += v.w; passed >= weight/2 {
			return v.k
		}
	}
	return 0
}
