package invert

import (
	"math"
	"sort"
)

// splitmix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014): one counter in, 64 well-mixed bits out.
// Random numbers are looked up, not drawn, so no order of work can change them.
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Hash mixes a key into 64 bits.
func Hash(keys ...uint64) uint64 {
	h := uint64(0x243f6a8885a308d3)
	for _, k := range keys {
		h = splitmix(h ^ k)
	}
	return h
}

// NormalQuantile is the inverse of the standard normal distribution function.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// Hypercube is a Latin hypercube of n standard normals in d dimensions, [point][dimension] (McKay, Beckman &
// Conover 1979): each dimension is covered from end to end, and pairings are by hash.
func Hypercube(n, d int, seed uint64) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, d)
	}
	for k := range d {
		for i, j := range shuffled(n, seed, uint64(k)) {
			out[i][k] = NormalQuantile((float64(j) + 0.5) / float64(n))
		}
	}
	return out
}

func shuffled(n int, seed, stream uint64) []int {
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	key := func(i int) uint64 { return Hash(seed, stream, uint64(i)) }
	sort.Slice(idx, func(a, b int) bool {
		ka, kb := key(idx[a]), key(idx[b])
		return ka < kb || ka == kb && idx[a] < idx[b]
	})
	return idx
}

// LogSumExp is ln of the sum of e^(f(i)), i < n; -Inf for an empty or impossible sum.
func LogSumExp(n int, f func(int) float64) float64 {
	top := math.Inf(-1)
	for i := range n {
		top = math.Max(top, f(i))
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for i := range n {
		sum += math.Exp(f(i) - top)
	}
	return top + math.Log(sum)
}
