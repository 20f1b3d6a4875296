package tracing

import (
	"math"
	"sort"
)

// splitmix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014): one counter in, 64 well-mixed bits
// out. Random numbers are looked up, not drawn, so no order of work can change them.
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash mixes a key into a number.
func hash(keys ...uint64) uint64 {
	h := uint64(0x243f6a8885a308d3)
	for _, k := range keys {
		h = splitmix(h ^ k)
	}
	return h
}

// normalQuantile is the inverse of the standard normal distribution function.
func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// member is one state of the wind ensemble: errors that stay the same all through an event.
type member struct {
	rotation float64 // rad, clockwise turn of the wind vector
	speed    float64 // factor
	spread   float64 // factor on both spreads
	shift    float64 // s, of the wind's clock; only diagnostics
}

// dispersionSD is the log-normal uncertainty of the spreads: open-field tests scatter by about a factor
// of 1.5 (Chang & Hanna 2004).
const dispersionSD = 0.4

const (
	streamSpeed  = 1
	streamSpread = 2
)

// members is a Latin hypercube: the quantiles of each error are spread evenly and paired by hash, so even
// a dozen members cover each error from end to end.
func members(opt Options) []member {
	n := opt.Members
	out := make([]member, n)
	q := func(i int) float64 { return normalQuantile((float64(i) + 0.5) / float64(n)) }
	sp, sr := shuffled(n, opt.Seed, streamSpeed), shuffled(n, opt.Seed, streamSpread)
	for i := range out {
		out[i] = member{
			rotation: q(i) * opt.DirectionSD * math.Pi / 180,
			speed:    math.Exp(q(sp[i]) * opt.SpeedSD),
			spread:   math.Exp(q(sr[i]) * dispersionSD),
		}
	}
	return out
}

func shuffled(n int, seed, stream uint64) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	key := func(i int) uint64 { return hash(seed, stream, uint64(i)) }
	sort.Slice(idx, func(a, b int) bool {
		if ka, kb := key(idx[a]), key(idx[b]); ka != kb {
			return ka < kb
		}
		return idx[a] < idx[b]
	})
	return idx
}
