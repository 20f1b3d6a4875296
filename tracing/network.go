package tracing

import (
	"math"
	"sort"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/quadtree"

	"upwind"
	"upwind/tracing/plane"
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
	pl := plane.New(o.Lon, o.Lat)
	pts := make([]orb.Point, ns)
	bound := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for s := range pts {
		r := n.readings[n.first[s]]
		p := pl.XY(r.Lon, r.Lat)
		pts[s] = orb.Point{p.X, p.Y}
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
