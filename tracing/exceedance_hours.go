package tracing

import (
	"cmp"
	"math"
	"slices"

	"upwind"
)

// hours is a live network as a table of stations by time steps. A reading c becomes y = asinh(c / k), which is its logarithm
// where c is well above k and linear below, so that noise in proportion to the reading has one size. It is taken apart as
//
//	y(station, t) = N(station, t) + L(station, t) + D(station, hour of the day) + r
//
// N is what the neighbours show beside what they usually show, L the station's own level, D its daily course.
type hours struct {
	n      *network
	k      float64
	slots  []int64 // time steps that hold anything, in order
	index  []int32 // [station][slot] -> reading, -1 for none
	y      []float64
	e      []float64 // y - N
	r      []float64
	sd     []float64 // own noise
	memory []float64 // of the noise, from one hour to the next
	z      []float64
	faulty []bool    // by reading
	own    []float64 // usual level of each station beside its neighbours
	peers  []int8    // of each station: 1 a small sensor, set beside others of its kind; 0 anything else, set beside all
}

const (
	// levelHours is how far back a station's level and daily course are learnt: five days hold each hour of the day five times.
	levelHours = 5 * 24
	// aheadReadings: where fewer have gone before, later ones are looked at too, so that a table of one day has a background.
	aheadReadings = 24
	knotSlots     = 6  // level and noise are taken so often
	recentHours   = 12 // what a station has shown for so long is no onset of anything: it drifts, or was traced already
	recentLeast   = 4
	// dustLinear and gasLinear: below it noise no longer falls with the reading. 15 ug/m3 is 3 ug/m3 over the 20 % of a small
	// sensor; of gases a tenth of their median.
	dustLinear   = 15.0
	gasLinear    = 0.1
	polishes     = 2    // rounds between neighbours and levels
	lowestLevel  = -0.7 // a clean station reads no less than half of what its neighbours do: it was broken, and was repaired
	courseLeast  = 5    // readings of about that hour on other days
	courseShrink = 6.0
	courseMost   = 0.5
	// spreadNeighbours tell how much stations differ at a time.
	spreadNeighbours = 60
	runMemory        = 0.25 // least memory of the noise: small sensors drift for hours
	memoryMost       = 0.85
	dampCut          = 2.0 // sigma
	dampRidge        = 0.1 // squared logarithm: three hours in which damp doubles what small sensors show outweigh it
	// frontLag is by how many hours a change of the air may reach a station before or after the middle of its neighbours.
	frontLag = 0.5
	maxTable = 64 // cells a reading: beyond, the times of stations have nothing to do with each other
)

func newHours(n *network, opt ExceedanceOptions) *hours {
	h := &hours{n: n}
	for _, r := range n.readings {
		h.slots = append(h.slots, r.slot)
	}
	h.slots = sorted(h.slots)
	ns, nt := n.stations(), len(h.slots)
	if ns*nt > maxTable*len(n.readings)+1<<16 {
		return nil
	}
	h.index = make([]int32, ns*nt)
	for c := range h.index {
		h.index[c] = -1
	}
	t, last := 0, -1
	var values []float64
	for i, r := range n.readings {
		if r.station != last {
			t, last = 0, r.station
		}
		for h.slots[t] < r.slot {
			t++
		}
		h.index[r.station*nt+t] = int32(i)
		values = append(values, math.Abs(r.Value))
	}
	if kind, toG := unitScale(n.unit); kind == massPerVolume {
		h.k = dustLinear * 1e-6 / toG
	} else {
		h.k = math.Max(gasLinear*quantile(values, 0.5), 1e-12)
	}
	h.setAside()
	h.y = make([]float64, ns*nt)
	for c, i := range h.index {
		h.y[c] = math.NaN()
		if i >= 0 && !h.faulty[i] {
			h.y[c] = math.Asinh(n.readings[i].Value / h.k)
		}
	}
	h.peers = make([]int8, ns)
	for s := range h.peers {
		switch opt.Kinds[n.readings[n.first[s]].StationID] {
		case upwind.StationMicro, upwind.StationDust:
			h.peers[s] = 1
		}
	}
	return h
}

// sorted is v in order, each value once.
func sorted(v []int64) []int64 {
	slices.Sort(v)
	return slices.Compact(v)
}

// compare sets e: each reading beside its neighbours. Levels and neighbours are found in turns (Tukey's median polish).
func (h *hours) compare() {
	ns, nt := h.n.stations(), len(h.slots)
	level := make([]float64, ns)
	all, buf := make([]float64, nt), make([]float64, 0, max(ns, nt))
	for t := range all {
		buf = buf[:0]
		for s := range ns {
			if y := h.y[s*nt+t]; y == y {
				buf = append(buf, y)
			}
		}
		all[t] = quantile(buf, 0.5)
	}
	h.e = make([]float64, ns*nt)
	for s := range ns {
		for t := range all {
			h.e[s*nt+t] = h.y[s*nt+t] - all[t]
		}
	}
	for range polishes {
		for s := range ns {
			buf = buf[:0]
			for _, e := range h.e[s*nt : (s+1)*nt] {
				if e == e {
					buf = append(buf, e)
				}
			}
			level[s] = quantile(buf, 0.5)
		}
		h.own = level
		for s := range ns {
			near := h.beside(s)
			for t := range nt {
				c := s*nt + t
				if h.e[c] = h.y[c]; h.y[c] != h.y[c] {
					continue
				}
				buf = buf[:0]
				for _, j := range near {
					if y := h.y[int(j)*nt+t]; y == y {
						if buf = append(buf, y-level[j]); len(buf) == neighbours {
							break
						}
					}
				}
				if len(buf) < minNeighbours && len(near) >= minNeighbours {
					h.e[c] = math.NaN() // all around are silent: haze could not be told from a plume
					continue
				}
				h.e[c] -= middle(buf)
			}
		}
	}
}

// beside are the nearest other stations with which a station is compared: of a small sensor small ones, of any other all.
func (h *hours) beside(s int) []int32 {
	others := h.n.near[s][1:]
	out := make([]int32, 0, len(others))
	for _, j := range others {
		if h.peers[j] >= h.peers[s] {
			out = append(out, j)
		}
	}
	if len(out) < minNeighbours {
		return others
	}
	return out
}

// like are the nearest stations of a station's own kind, of small sensors those among the nearest of all.
func (h *hours) like(s int) []int32 {
	if h.peers[s] == 1 {
		return h.beside(s)
	}
	var out []int32
	for j := range h.n.stations() {
		if j != s && h.peers[j] == h.peers[s] && h.n.at[j].To(h.n.at[s]) <= neighbourReachM {
			out = append(out, int32(j))
		}
	}
	if len(out) < minNeighbours {
		return h.beside(s)
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Or(cmp.Compare(h.n.at[a].To(h.n.at[s]), h.n.at[b].To(h.n.at[s])), cmp.Compare(a, b))
	})
	return out[:min(len(out), neighbours)]
}

// middle is what neighbours share: their median, or less of few, of which a plume may cover a third.
func middle(v []float64) float64 {
	switch {
	case len(v) >= fullNeighbours:
		return quantile(v, 0.5)
	case len(v) >= minNeighbours:
		return quantile(v, commonPercentile)
	}
	return 0
}

// weigh sets z: r over the noise, beside how far others of its kind stand out at that time. Where they all do, haze comes in
// unevenly, or damp air leaves the small sensors among the neighbours.
func (h *hours) weigh() {
	ns, nt := h.n.stations(), len(h.slots)
	h.z = make([]float64, ns*nt)
	buf := make([]float64, 0, spreadNeighbours)
	for s := range ns {
		near := h.like(s)
		for t := range nt {
			c := s*nt + t
			if h.z[c] = h.r[c] / math.Hypot(h.sd[c], frontLag*h.change(s, t)); !(h.z[c] > raisedZ) { // nothing stands out
				continue
			}
			buf = buf[:0]
			for _, j := range near {
				if v := h.r[int(j)*nt+t]; v == v {
					buf = append(buf, v/h.sd[int(j)*nt+t])
				}
			}
			mid, wide := around(buf)
			h.z[c] = (h.z[c] - max(0, mid)) / max(1, wide)
		}
	}
}

// change is how much what the neighbours show has changed within an hour, of this hour and the one before.
func (h *hours) change(s, t int) float64 {
	nt := len(h.slots)
	most := 0.0
	for i := max(1, t-1); i <= t; i++ {
		c := s*nt + i
		if d := math.Abs((h.y[c] - h.e[c]) - (h.y[c-1] - h.e[c-1])); d > most {
			most = d
		}
	}
	return most
}

// around is middle and spread of what the neighbours show; of few the spread is that of the lower half, because a plume may
// cover the other.
func around(v []float64) (mid, wide float64) {
	if len(v) < minNeighbours {
		return 0, 1
	}
	mid = middle(v)
	low := (mid - quantile(v, lowPercentile)) / normalQ10
	if len(v) < spreadNeighbours/2 {
		return mid, low
	}
	return mid, max(low, quantile(v, 0.84)-mid)
}

// put writes base, excess and z into the readings.
func (h *hours) put() {
	for c, i := range h.index {
		if i < 0 {
			continue
		}
		r := &h.n.readings[i]
		if h.faulty[i] || h.r[c] != h.r[c] {
			r.base, r.scale = r.Value, 1
			continue
		}
		r.base = h.k * math.Sinh(h.y[c]-h.r[c])
		r.excess, r.scale, r.z = r.Value-r.base, h.sd[c], h.z[c]
	}
}
