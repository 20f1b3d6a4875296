package photo

import (
	"math"

	"github.com/paulmach/orb"
)

// footprintEdge is how many samples an edge of the picture gets: lens distortion and a surface model bend
// the edges on the ground.
const footprintEdge = 16

// Footprint is the outline of the picture on the ground, WGS84, counter-clockwise as GeoJSON has it. Where
// the picture looks too close to the horizon it is cut at [MinDepressionDeg]. It reports false if no part of
// the picture has known ground.
func (c Camera) Footprint() (orb.Polygon, bool) {
	rays := c.border()
	var ring orb.Ring
	put := func(d vec) {
		if lon, lat, ok := c.point(d); ok {
			ring = append(ring, orb.Point{lon, lat})
		}
	}
	low := func(d vec) bool { return math.Asin(-d[2]) >= (MinDepressionDeg+1e-7)*deg }
	n := len(rays)
	var start int
	for start = 0; start < n && low(rays[start]); start++ {
	}
	// Begin behind a ray that is too high, if there is one, so that each cut has its two ends in order.
	var exit vec
	cut := false
	for i := range n {
		d, before := rays[(start+i+1)%n], rays[(start+i)%n]
		switch {
		case low(d) && !low(before):
			entry := crossing(before, d)
			if cut {
				arc(exit, entry, put)
			}
			put(entry)
			put(d)
		case low(d):
			put(d)
		case low(before):
			exit, cut = crossing(d, before), true
			put(exit)
		}
	}
	if cut && len(ring) > 0 && start < n {
		// The ring closes through the cut that began last.
		if first, ok := c.firstEntry(rays, start, low); ok {
			arc(exit, first, put)
		}
	}
	if len(ring) < 3 {
		return nil, false
	}
	ring = append(ring, ring[0])
	if ring.Orientation() == orb.CW {
		ring.Reverse()
	}
	return orb.Polygon{ring}, true
}

// border are the rays along the picture's edge, clockwise in the picture; those the lens cannot see are left
// out.
func (c Camera) border() []vec {
	corners := [][2]float64{{0, 0}, {c.width, 0}, {c.width, c.height}, {0, c.height}}
	var rays []vec
	for i, a := range corners {
		b := corners[(i+1)%4]
		for k := range footprintEdge {
			f := float64(k) / footprintEdge
			if d, ok := c.ray(a[0]+(b[0]-a[0])*f, a[1]+(b[1]-a[1])*f); ok {
				rays = append(rays, d)
			}
		}
	}
	return rays
}

func (c Camera) firstEntry(rays []vec, start int, low func(vec) bool) (vec, bool) {
	n := len(rays)
	for i := range n {
		if d, before := rays[(start+i+1)%n], rays[(start+i)%n]; low(d) && !low(before) {
			return crossing(before, d), true
		}
	}
	return vec{}, false
}

// crossing is the ray between one too high and one low enough that points exactly at the least depression.
func crossing(high, low vec) vec {
	for range 60 {
		mid := vec{(high[0] + low[0]) / 2, (high[1] + low[1]) / 2, (high[2] + low[2]) / 2}.unit()
		if math.Asin(-mid[2]) >= (MinDepressionDeg+1e-7)*deg {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// arc puts rays at the least depression from one azimuth to another, the short way round.
func arc(from, to vec, put func(vec)) {
	a, b := math.Atan2(from[0], from[1]), math.Atan2(to[0], to[1])
	turn := math.Remainder(b-a, 2*math.Pi)
	s, c := math.Sincos((MinDepressionDeg + 1e-7) * deg)
	for k := 1; k < footprintEdge; k++ {
		sa, ca := math.Sincos(a + turn*float64(k)/footprintEdge)
		put(vec{sa * c, ca * c, -s})
	}
}
