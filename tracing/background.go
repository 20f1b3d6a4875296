package tracing

import (
	"math"
	"sort"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/quadtree"

	"upwind"
)

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

// reading is an observation with what it says above its background.
type reading struct {
	upwind.Observation
	station int
	slot    int64 // time step, the same for all stations
	base    float64
	excess  float64 // above base, in the reading's unit
	scale   float64 // 1-sigma of clean air
}

func (r reading) z() float64 { return r.excess / r.scale }

// network is the readings of one species in one unit with their backgrounds, by station and time.
type network struct {
	species, unit string
	slotS         float64
	readings      []reading // by station, then time
	first         []int     // first reading of each station, and the end
	near          [][]int32 // stations nearest to each, itself first
	spacingM      float64   // median distance to the nearest other station
	paths         int       // path means left out
	bad           int       // readings left out because a number is missing or absurd
}

type seriesKey struct{ species, unit string }

// networks sorts observations into networks, by species and unit.
func networks(obs []upwind.Observation) []*network {
	by := map[seriesKey]*network{}
	var keys []seriesKey
	for _, o := range obs {
		k := seriesKey{o.Species, o.Unit}
		n := by[k]
		if n == nil {
			n = &network{species: o.Species, unit: o.Unit}
			by[k] = n
			keys = append(keys, k)
		}
		switch {
		case o.End != nil:
			n.paths++
		case !finite(o.Value, o.HeightM, o.DurationS) || !validLonLat(o.Lon, o.Lat) || o.DurationS <= 0 || o.Start.IsZero():
			n.bad++
		default:
			n.readings = append(n.readings, reading{Observation: o})
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].species != keys[j].species {
			return keys[i].species < keys[j].species
		}
		return keys[i].unit < keys[j].unit
	})
	out := make([]*network, 0, len(keys))
	for _, k := range keys {
		n := by[k]
		n.sort()
		n.neighbours()
		n.background()
		out = append(out, n)
	}
	return out
}

// sort orders the readings, drops a second one of the same station and time (the lower stays, whatever
// the order they came in) and numbers stations and time steps.
func (n *network) sort() {
	rs := n.readings
	sort.Slice(rs, func(i, j int) bool {
		a, b := &rs[i], &rs[j]
		switch {
		case a.StationID != b.StationID:
			return a.StationID < b.StationID
		case !a.Start.Equal(b.Start):
			return a.Start.Before(b.Start)
		case a.Value != b.Value:
			return a.Value < b.Value
		case a.Lon != b.Lon:
			return a.Lon < b.Lon
		}
		return a.Lat < b.Lat
	})
	kept := rs[:0]
	for i := range rs {
		if k := len(kept); k > 0 && kept[k-1].StationID == rs[i].StationID && kept[k-1].Start.Equal(rs[i].Start) {
			continue
		}
		kept = append(kept, rs[i])
	}
	n.readings = kept
	var durations []float64
	for i := range kept {
		if i == 0 || kept[i].StationID != kept[i-1].StationID {
			n.first = append(n.first, i)
		}
		kept[i].station = len(n.first) - 1
		durations = append(durations, kept[i].DurationS)
	}
	n.first = append(n.first, len(kept))
	n.slotS = math.Max(1, quantile(durations, 0.5))
	for i := range kept {
		kept[i].slot = int64(math.Floor(float64(kept[i].Start.Unix()) / n.slotS))
	}
}

func (n *network) stations() int { return len(n.first) - 1 }

// placed is a station in the quadtree.
type placed struct {
	at orb.Point
	i  int32
}

func (p placed) Point() orb.Point { return p.at }

// neighbours finds the nearest stations of each station and the network's spacing.
func (n *network) neighbours() {
	ns := n.stations()
	if ns == 0 {
		return
	}
	o := n.readings[0]
	pl := newPlane(o.Lon, o.Lat)
	pts := make([]orb.Point, ns)
	bound := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for s := range pts {
		r := n.readings[n.first[s]]
		p := pl.xy(r.Lon, r.Lat)
		pts[s] = orb.Point{p.x, p.y}
		bound = bound.Extend(pts[s])
	}
	tree := quadtree.New(bound)
	for s, p := range pts {
		if tree.Add(placed{p, int32(s)}) != nil {
			continue // outside its own bound: cannot be
		}
	}
	n.near = make([][]int32, ns)
	var spacing []float64
	var buf []orb.Pointer
	for s, p := range pts {
		buf = tree.KNearest(buf[:0], p, neighbours, neighbourReachM)
		ids := make([]int32, 0, len(buf))
		for _, b := range buf {
			ids = append(ids, b.(placed).i)
		}
		dist := func(i int32) float64 { return math.Hypot(pts[i][0]-p[0], pts[i][1]-p[1]) }
		sort.Slice(ids, func(i, j int) bool {
			if (ids[i] == int32(s)) != (ids[j] == int32(s)) {
				return ids[i] == int32(s)
			}
			if di, dj := dist(ids[i]), dist(ids[j]); di != dj {
				return di < dj
			}
			return ids[i] < ids[j]
		})
		n.near[s] = ids
		if len(ids) > 1 {
			spacing = append(spacing, dist(ids[1]))
		}
	}
	if len(spacing) > 0 {
		n.spacingM = quantile(spacing, 0.5)
	}
}

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
		switch {
		case len(vals) >= fullNeighbours:
			common[i] = quantile(vals, 0.5)
		case len(vals) >= minNeighbours:
			common[i] = quantile(vals, commonPercentile)
		}
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
		noise = math.Hypot(noise, madToSigma*quantile(diff, 0.5)/math.Sqrt2)
	}
	q10, q50 := quantile(ex, lowPercentile), quantile(ex, 0.5)
	mid := min(q50, q10+centreSlackSD*normalQ10*noise)
	own := math.Hypot(noise, (mid-q10)/normalQ10)
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
	sc := math.Hypot(rs[i].scale, n.floor(rs[i].base))
	if len(vals) >= minNeighbours {
		q50 := quantile(vals, 0.5)
		sc = math.Hypot(sc, max(0, q50-quantile(vals, lowPercentile))/normalQ10)
	}
	rs[i].scale = sc
}

// quantile is the p-quantile with linear interpolation; it reorders v.
func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sort.Float64s(v)
	f := p * float64(len(v)-1)
	i := int(f)
	if i+1 >= len(v) {
		return v[len(v)-1]
	}
	return v[i] + (f-float64(i))*(v[i+1]-v[i])
}
