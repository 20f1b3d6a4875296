package tracing

import (
	"math"
	"sort"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"upwind"
	"upwind/tracing/plane"
)

// spot is a listed site as a plume sees it: a place with the spread of its area.
type spot struct {
	index    int // in Input.Sites
	at       plane.Point
	heightM  float64
	variance float64 // m2 per axis, of a polygon
	odds     float64
}

const (
	freeHeightM = 2.0 // of a site whose height is not stated
	maxSpots    = 5000
	maxOdds     = 1e6
	// A registry's coordinates are those of a gate or an office; a site's own place is no better than this.
	siteSigmaM = 5.0
)

// spotsOf places the sites that lie in the box, by id, and counts those left out: outside the box, or
// without a usable place.
func spotsOf(sites []upwind.Site, pl plane.Plane, box plane.Box) (spots []spot, outside, unusable int) {
	for i, s := range sites {
		at, variance, ok := placeOf(s, pl)
		switch {
		case !ok:
			unusable++
		case !box.Has(at):
			outside++
		default:
			odds := s.PriorOdds
			if !(odds > 0) {
				odds = 1
			}
			h := s.HeightM
			if !(h > 0) {
				h = freeHeightM
			}
			spots = append(spots, spot{index: i, at: at, heightM: min(h, 500), variance: variance, odds: min(odds, maxOdds)})
		}
	}
	sort.SliceStable(spots, func(a, b int) bool { return sites[spots[a].index].ID < sites[spots[b].index].ID })
	if len(spots) > maxSpots {
		sort.SliceStable(spots, func(a, b int) bool { return spots[a].at.To(plane.Point{}) < spots[b].at.To(plane.Point{}) })
		outside += len(spots) - maxSpots
		spots = spots[:maxSpots]
	}
	return spots, outside, unusable
}

// placeOf is a site's centre and, for an area, its spread: that of a disk of the same area, r^2/4 an axis.
func placeOf(s upwind.Site, pl plane.Plane) (at plane.Point, variance float64, ok bool) {
	if s.Geometry == nil {
		return at, 0, false
	}
	g := s.Geometry.Geometry()
	if g == nil {
		return at, 0, false
	}
	b := g.Bound()
	if b.IsEmpty() || !finite(b.Min[0], b.Min[1], b.Max[0], b.Max[1]) || !validLonLat(b.Min[0], b.Min[1]) || !validLonLat(b.Max[0], b.Max[1]) {
		return at, 0, false
	}
	c := b.Center()
	area := 0.0
	if g.Dimensions() == 2 {
		var degrees float64
		var centre orb.Point
		centre, degrees = planar.CentroidArea(g)
		if finite(centre[0], centre[1]) && degrees != 0 {
			c = centre
		}
		m := pl.MetresPerDegree()
		area = math.Abs(degrees) * m * m * math.Cos(c[1]*math.Pi/180)
	}
	return pl.XY(c[0], c[1]), max(area/(4*math.Pi), siteSigmaM*siteSigmaM), true
}
