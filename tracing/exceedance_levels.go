package tracing

import (
	"math"
	"slices"
)

// settle sets r and sd: what a station shows beyond its level and daily course, and its own noise.
func (h *hours) settle() {
	ns, nt := h.n.stations(), len(h.slots)
	h.r, h.sd, h.memory = make([]float64, ns*nt), make([]float64, ns*nt), make([]float64, ns*nt)
	buf, diff := make([]float64, 0, nt), make([]float64, 0, nt)
	back := int64(levelHours * 3600 / h.n.slotS)
	perDay := int64(math.Round(86400 / h.n.slotS))
	for s := range ns {
		e := h.e[s*nt : (s+1)*nt]
		var level, noise, memory float64
		lo := 0
		for t := range nt {
			for h.slots[lo] < h.slots[t]-back {
				lo++
			}
			if t%knotSlots == 0 {
				buf = buf[:0]
				for i := lo; i < nt && (i < t || len(buf) < aheadReadings); i++ {
					if v := e[i]; v == v {
						buf = append(buf, v)
					}
				}
				diff = diff[:0]
				for i := 1; i < len(buf); i++ {
					diff = append(diff, math.Abs(buf[i]-buf[i-1]))
				}
				level, noise, memory = h.levelOf(buf, diff, s)
			}
			h.r[s*nt+t], h.sd[s*nt+t], h.memory[s*nt+t] = e[t]-level, noise, memory
		}
		h.course(h.r[s*nt:(s+1)*nt], back, perDay)
	}
	h.dry(back)
	h.noise(back)
}

// levelOf is the middle of what a station showed, but no further above its low percentile than its noise explains, so that
// one that sat in a plume most of the time does not take the plume for its level. The noise comes from differences between
// successive readings, which a slow plume hardly touches.
func (h *hours) levelOf(v, diff []float64, s int) (level, noise, memory float64) {
	quick := madToSigma * quantile(diff, 0.5) / math.Sqrt2
	noise = math.Max(dustFloorRel, quick)
	q10, q50 := quantile(v, lowPercentile), quantile(v, 0.5)
	level = min(q50, q10+centreSlackSD*normalQ10*noise)
	if len(h.n.near[s]) > minNeighbours {
		level = max(level, lowestLevel)
	}
	slow := (level - q10) / normalQ10
	noise = math.Max(noise, slow)
	// Half the mean square of successive differences over the variance is 1 less the memory (von Neumann 1941).
	memory = min(max(1-quick*quick/(noise*noise), runMemory), memoryMost)
	return level, noise, memory
}

// course takes the daily course off the residuals of a station: what it showed about that hour on the days before.
func (h *hours) course(r []float64, back, perDay int64) {
	if perDay < 2 {
		return
	}
	raw := slices.Clone(r)
	buf := make([]float64, 0, 3*levelHours/24)
	days := back / perDay
	heads := make([]int, days+1)
	for t := range r {
		buf = buf[:0]
		for d := int64(1); d <= days; d++ {
			want := h.slots[t] - d*perDay - 1
			for heads[d] < t && h.slots[heads[d]] < want {
				heads[d]++
			}
			for i := heads[d]; i < t && h.slots[i] <= want+2; i++ {
				if v := raw[i]; v == v {
					buf = append(buf, v)
				}
			}
		}
		if len(buf) < courseLeast {
			continue
		}
		m := float64(len(buf))
		r[t] -= min(max(quantile(buf, 0.5)*m/(m+courseShrink), -courseMost), courseMost)
	}
}

// noise sets sd and memory anew, from what is left when level, course and damp are off.
func (h *hours) noise(back int64) {
	ns, nt := h.n.stations(), len(h.slots)
	buf, diff := make([]float64, 0, nt), make([]float64, 0, nt)
	for s := range ns {
		r := h.r[s*nt : (s+1)*nt]
		lo := 0
		sd, memory := h.sd[s*nt], h.memory[s*nt]
		for t := range nt {
			for h.slots[lo] < h.slots[t]-back {
				lo++
			}
			if t%knotSlots == 0 {
				buf, diff = buf[:0], diff[:0]
				for i := lo; i < nt && (i < t || len(buf) < aheadReadings); i++ {
					if v := r[i]; v == v {
						if len(buf) > 0 {
							diff = append(diff, math.Abs(v-buf[len(buf)-1]))
						}
						buf = append(buf, v)
					}
				}
				if len(buf) >= recentLeast {
					quick := madToSigma * quantile(diff, 0.5) / math.Sqrt2
					q50 := quantile(buf, 0.5)
					for i := range buf {
						buf[i] = math.Abs(buf[i] - q50)
					}
					sd = max(dustFloorRel, quick, madToSigma*quantile(buf, 0.5))
					memory = min(max(1-quick*quick/(sd*sd), runMemory), memoryMost)
				}
			}
			h.sd[s*nt+t], h.memory[s*nt+t] = sd, memory
		}
	}
}

// dry takes off what damp air makes of small sensors. How damp it is shows in how far all small sensors read above all
// reference stations; how much a sensor minds is learnt from its own past.
func (h *hours) dry(back int64) {
	ns, nt := h.n.stations(), len(h.slots)
	damp := make([]float64, nt)
	var small, reference []float64
	for t := range nt {
		small, reference = small[:0], reference[:0]
		for s := range ns {
			// e and not r: the daily course holds a part of what damp does.
			if y := h.y[s*nt+t] - h.own[s]; y == y {
				if h.peers[s] == 1 {
					small = append(small, y)
				} else {
					reference = append(reference, y)
				}
			}
		}
		if len(small) < fullNeighbours || len(reference) < fullNeighbours {
			damp[t] = math.NaN()
			continue
		}
		damp[t] = quantile(small, 0.5) - quantile(reference, 0.5)
	}
	for s := range ns {
		if h.peers[s] == 1 {
			h.sensitive(h.r[s*nt:(s+1)*nt], h.sd[s*nt:(s+1)*nt], damp, back)
		}
	}
}

// sensitive takes off the part of r that goes with damp, by least squares over the hours before in running sums. What stands out is
// cut to two sigma, so that a plume does not count as damp.
func (h *hours) sensitive(r, sd, damp []float64, back int64) {
	raw := slices.Clone(r)
	var n, x, y, xx, xy float64
	add := func(t int, sign float64) {
		v, d := raw[t], damp[t]
		if v != v || d != d {
			return
		}
		v = min(max(v, -dampCut*sd[t]), dampCut*sd[t])
		n, x, y, xx, xy = n+sign, x+sign*d, y+sign*v, xx+sign*d*d, xy+sign*d*v
	}
	lo := 0
	for t := range r {
		for lo < t && h.slots[lo] < h.slots[t]-back {
			add(lo, -1)
			lo++
		}
		if n >= aheadReadings && damp[t] == damp[t] {
			// The ridge keeps a few dry days from saying anything.
			slope := (xy - x*y/n) / (xx - x*x/n + dampRidge)
			r[t] -= max(0, slope) * (damp[t] - x/n)
		}
		add(t, 1)
	}
}
