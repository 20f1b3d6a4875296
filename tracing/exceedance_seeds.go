package tracing

import (
	"cmp"
	"math"
	"slices"
)

const (
	// One hour of one small sensor may be a spike, so an event starts from station-hours that stand out together: a run of up to
	// three hours at a station, or two neighbours in one hour. None of them counts for more than StrongZ.
	runLongest = 3
	raisedZ    = 1.5 // least z within a run
	// More sets of hours are tried than single hours, two neighbours out of six the most.
	runMore        = 0.5
	pairMore       = 1.3
	pairNeighbours = 6
	pairM          = 3000.0 // further apart stations share what the weather does, and are no two witnesses
	// newPart of what stands out must be new beside the recentHours before: a failing fan climbs slowly, a plume comes at once.
	newPart       = 0.65
	minDustExcess = 15.0 // ug/m3: less is not worth a trace, whatever its z
)

// seed is readings that stand out together.
type seed struct {
	readings []int32
	strength float64 // in sigmas
}

// witness is what one reading may say towards a seed; below 0 nothing.
func (h *hours) witness(c int, local map[int32]bool, opt ExceedanceOptions) float64 {
	i := h.index[c]
	if i < 0 || h.faulty[i] {
		return -1
	}
	r := &h.n.readings[i]
	least := 0.0
	if kind, toG := unitScale(h.n.unit); kind == massPerVolume {
		least = minDustExcess * 1e-6 / toG
	}
	switch {
	case r.excess < max(least, opt.MinShare*math.Abs(r.base)):
		return -1
	case local[i]:
		return opt.StrongZ
	}
	return min(h.z[c], opt.StrongZ)
}

// seeds are the runs and pairs that stand out, the strongest first.
func (h *hours) seeds(opt ExceedanceOptions, local map[int32]bool) []seed {
	nt := len(h.slots)
	say := make([]float64, len(h.z))
	for c := range say {
		if say[c] = -1; h.z[c] >= raisedZ || h.index[c] >= 0 && local[h.index[c]] {
			say[c] = h.witness(c, local, opt)
		}
	}
	var out []seed
	for s := range h.n.stations() {
		for t := range nt {
			if c := s*nt + t; say[c] >= raisedZ {
				out = h.runs(out, say, s, t, opt.StrongZ+runMore)
				if say[c] >= opt.WeakZ {
					out = h.pairs(out, say, s, t, opt)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b seed) int {
		return cmp.Or(cmp.Compare(b.strength, a.strength), slices.Compare(a.readings, b.readings))
	})
	return out
}

// runs adds the runs that end at t. The variance of a sum of w hours whose noise fades by m from hour to hour is
// w + 2 sum_k (w-k) m^k.
func (h *hours) runs(out []seed, say []float64, s, t int, enough float64) []seed {
	nt := len(h.slots)
	sum, cells := 0.0, make([]int, 0, runLongest)
	for w := 1; w <= runLongest && t-w+1 >= 0; w++ {
		c := s*nt + t - w + 1
		// One hour may be missing.
		if say[c] < raisedZ || h.slots[t]-h.slots[t-w+1] > int64(w) {
			break
		}
		sum, cells = sum+say[c], append(cells, c)
		variance, fade := float64(w), 1.0
		for k := 1; k < w; k++ {
			fade *= h.memory[s*nt+t]
			variance += 2 * float64(w-k) * fade
		}
		if v := sum / math.Sqrt(variance); w > 1 && v >= enough && h.isNew(cells) {
			out = append(out, h.seedOf(cells, v))
		}
	}
	return out
}

// pairs adds the neighbours that stand out in the same hour.
func (h *hours) pairs(out []seed, say []float64, s, t int, opt ExceedanceOptions) []seed {
	nt := len(h.slots)
	c := s*nt + t
	for k, j := range h.n.near[s] {
		if k > pairNeighbours {
			break
		}
		p := int(j)*nt + t
		if k == 0 || say[p] < opt.WeakZ || h.n.at[j].To(h.n.at[s]) > pairM {
			continue
		}
		if v := (say[c] + say[p]) / math.Sqrt2; v >= opt.StrongZ+pairMore && h.isNew([]int{c}) && h.isNew([]int{p}) {
			out = append(out, h.seedOf([]int{c, p}, v))
		}
	}
	return out
}

func (h *hours) seedOf(cells []int, strength float64) seed {
	s := seed{strength: strength}
	for _, c := range cells {
		s.readings = append(s.readings, h.index[c])
	}
	return s
}

// isNew reports whether what stands out in a run, latest hour first, did not stand out in the hours before it.
func (h *hours) isNew(cells []int) bool {
	nt := len(h.slots)
	sum := 0.0
	for _, c := range cells {
		sum += h.r[c]
	}
	first := cells[len(cells)-1]
	return h.before(first/nt, first%nt) <= (1-newPart)*sum/float64(len(cells))
}

// before is the middle of what a station showed in the hours before t.
func (h *hours) before(s, t int) float64 {
	nt := len(h.slots)
	recent := int64(recentHours * 3600 / h.n.slotS)
	buf := make([]float64, 0, recentHours)
	for i := t - 1; i >= 0 && h.slots[i] >= h.slots[t]-recent; i-- {
		if v := h.r[s*nt+i]; v == v {
			buf = append(buf, v)
		}
	}
	if len(buf) < recentLeast {
		return 0
	}
	return max(0, quantile(buf, 0.5))
}
