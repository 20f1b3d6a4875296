package tracing

import "math"

const (
	// lowPercentile of a station's own running history is its local background: the 10th to 20th is
	// usual for upwind backgrounds, a little biased low, which the centring below takes back.
	lowPercentile = 0.10
	// A window holds 180 readings, but at least 6 h, so that a release of some hours leaves clean air in
	// it, and at most a day, so that it follows the weather.
	windowReadings = 180
	minHalfWindowS = 3 * 3600
	maxHalfWindowS = 12 * 3600
	// knotsPerWindow: the running percentile is taken that often and held in between.
	knotsPerWindow = 24

	// What rises at most of the 25 nearest stations at once is regional haze and no event.
	neighbours       = 25
	neighbourReachM  = 60e3
	minNeighbours    = 5
	commonPercentile = 0.35 // with few stations a plume may cover a third of them
	fullNeighbours   = 10   // from here on the median

	// Noise floors: fine-dust stations max(3 ug/m3, 8 %), gas sensors 2 % of the background.
	dustFloorUg   = 3.0
	dustFloorRel  = 0.08
	gasFloorRel   = 0.02
	normalQ10     = 1.2815515655446004 // z of the 90 % quantile
	madToSigma    = 1.4826022185056018
	centreSlackSD = 1.5 // a station's clean level may lie that far above its low percentile, in units of what noise makes
)

// background sets base, excess and scale of each reading: own low percentile, then what the neighbours
// share, then the station's own clean level and noise.
func (n *network) background() {
	rs := n.readings
	slots := map[int64]map[int32]int32{} // time step -> station -> reading
	for s := 0; s < n.stations(); s++ {
		n.runningLow(n.first[s], n.first[s+1])
		for i := n.first[s]; i < n.first[s+1]; i++ {
			m := slots[rs[i].slot]
			if m == nil {
				m = map[int32]int32{}
				slots[rs[i].slot] = m
			}
			m[int32(s)] = int32(i)
		}
	}
	var vals []float64
	common := make([]float64, len(rs))
	for i := range rs {
		vals = vals[:0]
		m := slots[rs[i].slot]
		for _, s := range n.near[rs[i].station] {
			if j, ok := m[s]; ok {
				vals = append(vals, rs[j].Value-rs[j].base)
			}
		}
		common[i] = middle(vals)
	}
	for i := range rs {
		rs[i].base += common[i]
		rs[i].excess = rs[i].Value - rs[i].base
	}
	for s := 0; s < n.stations(); s++ {
		n.centre(rs[n.first[s]:n.first[s+1]])
	}
	for i := range rs {
		n.spread(i, slots[rs[i].slot], &vals)
		rs[i].z = rs[i].excess / rs[i].scale
	}
}

// runningLow sets base of one station's readings to the running low percentile.
func (n *network) runningLow(lo, hi int) {
	rs := n.readings[lo:hi]
	half := min(max(windowReadings*n.slotS/2, minHalfWindowS), maxHalfWindowS)
	step := 2 * half / knotsPerWindow
	a, b := 0, 0
	var vals []float64
	var nextKnot, low float64 = math.Inf(-1), 0
	for i := range rs {
		t := rs[i].Start.Sub(rs[0].Start).Seconds()
		if t >= nextKnot {
			nextKnot = t + step
			mid := t + step/2
			for a < len(rs) && rs[a].Start.Sub(rs[0].Start).Seconds() < mid-half {
				a++
			}
			b = max(b, a)
			for b < len(rs) && rs[b].Start.Sub(rs[0].Start).Seconds() <= mid+half {
				b++
			}
			vals = vals[:0]
			for _, r := range rs[min(a, i):max(b, i+1)] {
				vals = append(vals, r.Value)
			}
			low = quantile(vals, lowPercentile)
		}
		rs[i].base = low
	}
}

// floor is the noise a clean reading has at least.
func (n *network) floor(base float64) float64 {
	switch k, _ := unitScale(n.unit); k {
	case massPerVolume:
		_, toG := unitScale(n.unit)
		return math.Max(dustFloorUg*1e-6/toG, dustFloorRel*math.Abs(base))
	default:
		return math.Max(1e-9, gasFloorRel*math.Abs(base))
	}
}

// centre moves a station's base to its clean level: the middle of its excess, but no further above the
// low percentile than its noise explains, so that a station that sat in a plume most of the time does not
// take the plume for its background. The noise comes from differences between successive readings, which
// a slow plume hardly touches.
func (n *network) centre(rs []reading) {
	ex, diff := make([]float64, len(rs)), make([]float64, 0, len(rs))
	for i := range rs {
		ex[i] = rs[i].excess
		if i > 0 {
			diff = append(diff, math.Abs(rs[i].excess-rs[i-1].excess))
		}
	}
	noise := n.floor(rs[0].base)
	if len(diff) > 0 {
		noise = math.Max(noise, madToSigma*quantile(diff, 0.5)/math.Sqrt2)
	}
	q10, q50 := quantile(ex, lowPercentile), quantile(ex, 0.5)
	mid := min(q50, q10+centreSlackSD*normalQ10*noise)
	own := math.Max(noise, (mid-q10)/normalQ10)
	for i := range rs {
		rs[i].base += mid
		rs[i].excess -= mid
		rs[i].scale = own
	}
}

// spread widens the scale of reading i by how much its neighbours differ at that time: haze that is not
// the same everywhere.
func (n *network) spread(i int, at map[int32]int32, buf *[]float64) {
	rs := n.readings
	vals := (*buf)[:0]
	for _, s := range n.near[rs[i].station] {
		if j, ok := at[s]; ok {
			vals = append(vals, rs[j].excess)
		}
	}
	*buf = vals
	sc := math.Max(rs[i].scale, n.floor(rs[i].base))
	if len(vals) >= minNeighbours {
		q50 := quantile(vals, 0.5)
		sc = math.Max(sc, (q50-quantile(vals, lowPercentile))/normalQ10)
	}
	rs[i].scale = sc
}
