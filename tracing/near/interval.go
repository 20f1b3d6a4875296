package near

import (
	"math"

	"upwind/tracing/invert"
)

// interval is the slots [lo, hi) in which a source emits.
type interval struct{ lo, hi int }

// bestInterval is the run of slots with the greatest sum, and what not knowing it costs: the ln mean over all runs
// against that of the best one (Kadane's scan, then all pairs by prefix sums).
func bestInterval(gain []float64) (best interval, cost float64) {
	n := len(gain)
	prefix := make([]float64, n+1)
	for i, g := range gain {
		prefix[i+1] = prefix[i] + g
	}
	low, top := 0, math.Inf(-1)
	for hi := 1; hi <= n; hi++ {
		if prefix[hi-1] < prefix[low] {
			low = hi - 1
		}
		if s := prefix[hi] - prefix[low]; s > top {
			top, best = s, interval{low, hi}
		}
	}
	sum := 0.0
	for lo := range n {
		for hi := lo + 1; hi <= n; hi++ {
			if d := prefix[hi] - prefix[lo] - top; d > -40 {
				sum += math.Exp(d)
			}
		}
	}
	return best, math.Log(sum / (float64(n) * float64(n+1) / 2))
}

// slotGains are what a source at a place gains in each slot of the event, over members by weight, at the rate that
// each member likes best.
func (e *engine) slotGains(s *stage, place int, tables [][]invert.Table) []float64 {
	out := make([]float64, e.net.slots-e.first)
	for m, w := range s.memberWeights(e, place) {
		if w < 1e-3 {
			continue
		}
		mem := s.members[m]
		k := int(math.Round(s.bestRate(e, m, place)))
		low := math.Log(e.scan.q.q0)/invert.TableStep + float64(k*e.scan.q.step)
		for r, row := range e.net.rows {
			if mem.pos[r] == nil || mem.pos[r][place] == nothing {
				continue
			}
			j := int(mem.pos[r][place]) + int(math.Round(low+invert.TableOffset(e.scan.back.sigma[r])))
			if j >= 0 {
				out[row.slot-e.first] += w * float64(tables[m][r][min(j, invert.TableSize-1)])
			}
		}
	}
	k := e.share / temperPlace
	for i := range out {
		out[i] *= k
	}
	return out
}
