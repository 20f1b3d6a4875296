package near

import (
	"math"

	"upwind/tracing/invert"
)

// coveredCells is about how many cells a source spreads its evidence over.
const coveredCells = 10.0

// seen is the probability that a source of q g/s at each cell would have been noticed, had it emitted all through the
// event and had the readings been as predicted: the posterior odds that its evidence would have given it, over the
// members of the first ensemble.
func (e *engine) seen(s *stage, q float64) []float64 {
	gain := expectedGains(e.scan.noise)
	n := s.f.size()
	spread := math.Log(min(coveredCells/float64(n), 1))
	out := make([]float64, n)
	sums := make([]float64, n)
	for _, m := range s.members {
		clear(sums)
		for r := range e.net.rows {
			if m.pos[r] == nil {
				continue
			}
			off := int(math.Round(math.Log(q)/invert.TableStep + invert.TableOffset(e.scan.back.sigma[r])))
			for i, p := range m.pos[r][:n] {
				if j := int(p) + off; p != nothing && j >= 0 {
					sums[i] += float64(gain[min(j, invert.TableSize-1)])
				}
			}
		}
		for i, g := range sums {
			out[i] += e.probability(e.share/temperCount*g+spread) / float64(len(s.members))
		}
	}
	return out
}

// expectedGains is what a reading that is as predicted gains over no source, by table position.
func expectedGains(n invert.Noise) invert.Table {
	t := make(invert.Table, invert.TableSize)
	const s = 1.0
	for j := range t {
		c := math.Exp((float64(j) - invert.TableOffset(s)) * invert.TableStep)
		t[j] = float32(n.Log(c, c, s) - n.Log(c, 0, s))
	}
	return t
}
