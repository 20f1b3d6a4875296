package season

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"upwind"
)

// Defaults of the bootstrap: weather comes and goes in three to five days.
const (
	defaultResamples = 200
	defaultBlockS    = 5 * 86400.0
	seedStream       = 0x73656173
	lo95, hi95       = 0.025, 0.975
)

// Bootstrap says how intervals are made. The zero value of each field means its default.
type Bootstrap struct {
	Seed      uint64
	Resamples int     // default 200
	BlockS    float64 // length of a block, default 5 days
}

func (b Bootstrap) withDefaults() Bootstrap {
	if b.Resamples <= 0 {
		b.Resamples = defaultResamples
	}
	if !(b.BlockS > 0) {
		b.BlockS = defaultBlockS
	}
	return b
}

// blocks numbers the blocks in which the times lie, from 0 on in order of time, empty ones left out.
func (b Bootstrap) blocks(times []float64) (of []int, n int) {
	keys := make([]int64, len(times))
	for i, t := range times {
		keys[i] = int64(t / b.BlockS)
	}
	distinct := slices.Clone(keys)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	of = make([]int, len(times))
	for i, k := range keys {
		of[i], _ = slices.BinarySearch(distinct, k)
	}
	return of, len(distinct)
}

// draw calls each with how often every block is drawn, for each resample.
func (b Bootstrap) draw(blocks int, each func(times []int)) {
	r := rand.New(rand.NewPCG(b.Seed, seedStream))
	times := make([]int, blocks)
	for range b.Resamples {
		clear(times)
		for range blocks {
			times[r.IntN(blocks)]++
		}
		each(times)
	}
}

// estimate is a value with the interval and sd of its resamples; the resamples are sorted.
func estimate(value float64, resamples []float64) upwind.Estimate {
	slices.Sort(resamples)
	mean, sq := 0.0, 0.0
	for _, x := range resamples {
		mean += x / float64(len(resamples))
	}
	for _, x := range resamples {
		sq += (x - mean) * (x - mean) / float64(len(resamples))
	}
	e := upwind.Estimate{Value: value, Lo95: value, Hi95: value}
	if len(resamples) > 0 {
		e.Sigma = math.Sqrt(sq)
		e.Lo95, e.Hi95 = min(value, sortedQuantile(resamples, lo95)), max(value, sortedQuantile(resamples, hi95))
	}
	return e
}

// share is an estimate of a share p = m/n. The resamples say how many independent readings the n are worth,
// p (1 - p) / variance, and Wilson's interval (1927) for that many follows; it has a width where all or none are bad,
// then with as many as there are blocks. The blocks being few, the normal quantile is Student's for their number.
func share(m, n float64, blocks int, resamples []float64) upwind.Estimate {
	p := m / n
	e := estimate(p, resamples)
	worth := min(n, float64(blocks))
	if v := e.Sigma * e.Sigma; m > 0 && m < n && v > 0 {
		worth = min(max(p*(1-p)/v, 1), n)
	}
	z := distuv.StudentsT{Sigma: 1, Nu: float64(max(blocks-1, 1))}.Quantile(hi95)
	k := z * z / worth
	middle, half := (p+k/2)/(1+k), z/(1+k)*math.Sqrt(p*(1-p)/worth+k/(4*worth))
	e.Lo95, e.Hi95 = max(min(middle-half, p), 0), min(max(middle+half, p), 1)
	return e
}
