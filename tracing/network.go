package tracing

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/quadtree"

	"upwind"
	"upwind/tracing/plane"
)

// longMeanS parts the means of live networks (hours) from those of close networks (minutes): they are judged in different ways.
const longMeanS = 1800

// reading is an observation with what it says above its background.
type reading struct {
	*upwind.Observation
	station int
	slot    int64 // time step, the same for all stations
	base    float64
	excess  float64 // above base, in the reading's unit
	scale   float64 // 1-sigma of clean air, in the reading's unit or, of long means, of its logarithm
	z       float64
}

// network is the readings of one species in one unit with their backgrounds, by station and time.
type network struct {
	species, unit string
	long          bool // means over half an hour or more
	slotS         float64
	readings      []reading // by station, then time
	first         []int     // first reading of each station, and the end
	near          [][]int32 // stations nearest to each, itself first
	at            []plane.Point
	spacingM      float64 // median distance to the nearest other station
}

type networkKey struct {
	species, unit string
	long          bool
}

// networks sorts observations into networks, by species, unit and length of the means. Only means of outdoor air by
// instruments in order count. A station that has long means of a species is not judged by its short ones too.
func networks(obs []upwind.Observation) []*network {
	by := map[networkKey]*network{}
	for i := range obs {
		o := &obs[i]
		switch {
		case o.End != nil: // a path has no single place to look back from
			continue
		case o.Medium != upwind.Ambient || o.Stat != upwind.StatMean || !o.Flag.Usable():
			continue
		case !finite(o.Value, o.HeightM, o.DurationS) || !validLonLat(o.Lon, o.Lat) || o.DurationS <= 0 || o.Start.IsZero():
			continue
		}
		k := networkKey{o.Species, o.Unit, o.DurationS >= longMeanS}
		n := by[k]
		if n == nil {
			n = &network{species: o.Species, unit: o.Unit, long: k.long}
			by[k] = n
		}
		n.readings = append(n.readings, reading{Observation: o})
	}
	for k, n := range by {
		if other := by[networkKey{k.species, k.unit, true}]; !k.long && other != nil {
			n.leaveOut(other)
		}
	}
	out := make([]*network, 0, len(by))
	for _, n := range by {
		if len(n.readings) > 0 {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b *network) int {
		if c := cmp.Or(cmp.Compare(a.species, b.species), cmp.Compare(a.unit, b.unit)); c != 0 || a.long == b.long {
			return c
		}
		if a.long {
			return 1
		}
		return -1
	})
	for _, n := range out {
		n.sort()
		n.neighbours()
	}
	return out
}

// leaveOut drops the stations that another network has.
func (n *network) leaveOut(other *network) {
	has := map[string]bool{}
	for _, r := range other.readings {
		has[r.StationID] = true
	}
	n.readings = slices.DeleteFunc(n.readings, func(r reading) bool { return has[r.StationID] })
}

// sort orders the readings, drops a second one of the same station and time (the lower stays, whatever
// the order they came in) and numbers stations and time steps.
func (n *network) sort() {
	order := func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.StationID, b.StationID), a.Start.Compare(b.Start), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Lon, b.Lon),
			cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.DurationS, b.DurationS), cmp.Compare(a.HeightM, b.HeightM))
	}
	// Live tables come by time: put each station's readings together first, which leaves little to sort.
	number := map[string]int{}
	var bags [][]reading
	for _, r := range n.readings {
		k, ok := number[r.StationID]
		if !ok {
			k = len(bags)
			number[r.StationID] = k
			bags = append(bags, nil)
		}
		bags[k] = append(bags[k], r)
	}
	slices.SortFunc(bags, func(a, b []reading) int { return cmp.Compare(a[0].StationID, b[0].StationID) })
	kept := n.readings[:0]
	var durations []float64
	for s, bag := range bags {
		if !slices.IsSortedFunc(bag, order) {
			slices.SortFunc(bag, order)
		}
		n.first = append(n.first, len(kept))
		for i, r := range bag {
			if i > 0 && r.Start.Equal(bag[i-1].Start) {
				continue
			}
			r.station = s
			kept = append(kept, r)
			durations = append(durations, r.DurationS)
		}
	}
	n.first = append(n.first, len(kept))
	n.readings = kept
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
	o := n.readings[0]
	pl := plane.New(o.Lon, o.Lat)
	n.at = make([]plane.Point, ns)
	bound := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for s := range n.at {
		r := n.readings[n.first[s]]
		n.at[s] = pl.XY(r.Lon, r.Lat)
		bound = bound.Extend(orb.Point{n.at[s].X, n.at[s].Y})
	}
	tree := quadtree.New(bound)
	for s, p := range n.at {
		if tree.Add(placed{orb.Point{p.X, p.Y}, int32(s)}) != nil {
			continue // outside its own bound: cannot be
		}
	}
	count := neighbours
	if n.long {
		count = spreadNeighbours
	}
	n.near = make([][]int32, ns)
	var spacing []float64
	var buf []orb.Pointer
	for s, p := range n.at {
		buf = tree.KNearest(buf[:0], orb.Point{p.X, p.Y}, count, neighbourReachM)
		ids := make([]int32, 0, len(buf))
		for _, b := range buf {
			ids = append(ids, b.(placed).i)
		}
		sort.Slice(ids, func(i, j int) bool {
			if (ids[i] == int32(s)) != (ids[j] == int32(s)) {
				return ids[i] == int32(s)
			}
			if di, dj := n.at[ids[i]].To(p), n.at[ids[j]].To(p); di != dj {
				return di < dj
			}
			return ids[i] < ids[j]
		})
		n.near[s] = ids
		if len(ids) > 1 {
			spacing = append(spacing, n.at[ids[1]].To(p))
		}
	}
	if len(spacing) > 0 {
		n.spacingM = quantile(spacing, 0.5)
	}
}
