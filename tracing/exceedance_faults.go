package tracing

import "math"

const (
	// frozenReadings: hourly means of real air are not the same to the last digit so many times in a row at a level that matters.
	frozenReadings = 3
	// absurdFactor: a mean that is so many times what its neighbours show, or so small a part, has another unit; the usual
	// mistakes are factors of 1000, and the worst clean gain seen in humid air is 4.
	absurdFactor = 200.0
)

// setAside marks the readings of devices that cannot be believed: frozen, or in another unit.
func (h *hours) setAside() {
	rs := h.n.readings
	h.faulty = make([]bool, len(rs))
	for s := range h.n.stations() {
		lo, hi := h.n.first[s], h.n.first[s+1]
		for i := lo; i < hi; {
			j := i + 1
			for j < hi && rs[j].Value == rs[i].Value {
				j++
			}
			if j-i >= frozenReadings && rs[i].Value > h.k/2 {
				for k := i; k < j; k++ {
					h.faulty[k] = true
				}
			}
			i = j
		}
	}
	all := make([]float64, 0, h.n.stations())
	for t := range h.slots {
		all = all[:0]
		for s := range h.n.stations() {
			if i := h.index[s*len(h.slots)+t]; i >= 0 && !h.faulty[i] {
				all = append(all, rs[i].Value)
			}
		}
		if len(all) < minNeighbours {
			continue
		}
		usual := math.Max(quantile(all, 0.5), h.k/2)
		for s := range h.n.stations() {
			if i := h.index[s*len(h.slots)+t]; i >= 0 && (rs[i].Value > absurdFactor*usual || rs[i].Value < usual/absurdFactor) {
				h.faulty[i] = true
			}
		}
	}
}
