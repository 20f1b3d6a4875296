package tracing

import (
	"math"
	"sort"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

const (
	shownPaths  = 12
	shownPoints = 80
	coneSigmas  = 2.0 // 86 % of a two-dimensional normal
	coneCorners = 16
)

// paths adds the back trajectories of the strongest hits, the spread of the ensemble about them, and the
// hull of it all.
func (s *search) paths(tr *upwind.Trace, pl plane, ms []member) {
	hits := append([]row(nil), s.rows...)
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].y > hits[j].y })
	hits = hits[:min(len(hits), shownPaths)]
	var hull []point
	for k, r := range hits {
		if k > 0 && r.z() < defaultWeakZ {
			break
		}
		tj, rim := s.track.path(pl, r.at, r.releases[len(r.releases)/2], r.heightM, ms)
		tr.Trajectories = append(tr.Trajectories, tj)
		hull = append(hull, rim...)
	}
	sort.SliceStable(tr.Trajectories, func(i, j int) bool { return tr.Trajectories[i].Start.Before(tr.Trajectories[j].Start) })
	tr.Cone = hullOf(hull, pl)
}

// path is the central back trajectory with its uncertainty, and the rim of circles about it.
func (k tracker) path(pl plane, from point, t, receptorM float64, ms []member) (upwind.Trajectory, []point) {
	k.minSigM = max(k.minSigM, 1e-3)
	central := k.puffs(nil, from, t, receptorM, member{speed: 1, spread: 1})
	others := make([][]puff, len(ms))
	for i, m := range ms {
		m.spread = 1
		others[i] = k.puffs(nil, from, t, receptorM, m)
	}
	out := upwind.Trajectory{Start: time.Unix(0, int64(t*1e9)).UTC(), Points: []upwind.TrajectoryPoint{}}
	var rim []point
	put := func(age float64, at point, sigma float64) {
		lon, lat := pl.lonLat(at)
		out.Points = append(out.Points, upwind.TrajectoryPoint{AgeS: age, Lon: lon, Lat: lat, SigmaM: sigma})
		for c := range coneCorners {
			sin, cos := math.Sincos(2 * math.Pi * float64(c) / coneCorners)
			rim = append(rim, point{at.x + coneSigmas*sigma*cos, at.y + coneSigmas*sigma*sin})
		}
	}
	put(0, from, 0)
	stride := max(1, (len(central)+shownPoints-1)/shownPoints)
	for i := stride - 1; i < len(central); i += stride {
		p := central[i]
		ss, n := 0.0, 0
		for _, o := range others {
			if at, ok := atAge(o, p.age); ok {
				d := at.to(p.at)
				ss += d * d / 2
				n++
			}
		}
		put(p.age, p.at, math.Sqrt(p.sigmaH*p.sigmaH+ss/float64(max(n, 1))))
	}
	return out, rim
}

// atAge is where a trajectory was at an age, linear between puffs; false beyond its end.
func atAge(p []puff, age float64) (point, bool) {
	j := sort.Search(len(p), func(i int) bool { return p[i].age >= age })
	if j == len(p) {
		return point{}, false
	}
	if j == 0 {
		return p[0].at, true
	}
	a, b := p[j-1], p[j]
	w := (age - a.age) / (b.age - a.age)
	return point{a.at.x*(1-w) + b.at.x*w, a.at.y*(1-w) + b.at.y*w}, true
}

// hullOf is the convex hull (Andrew's monotone chain) as a WGS84 polygon, counter-clockwise; nil for
// fewer than three corners.
func hullOf(pts []point, pl plane) *geojson.Geometry {
	sort.Slice(pts, func(i, j int) bool {
		if pts[i].x != pts[j].x {
			return pts[i].x < pts[j].x
		}
		return pts[i].y < pts[j].y
	})
	left := func(a, b, c point) bool { return (b.x-a.x)*(c.y-a.y)-(b.y-a.y)*(c.x-a.x) > 0 }
	half := func(step, start int) []point {
		var h []point
		for n, i := 0, start; n < len(pts); n, i = n+1, i+step {
			for len(h) >= 2 && !left(h[len(h)-2], h[len(h)-1], pts[i]) {
				h = h[:len(h)-1]
			}
			h = append(h, pts[i])
		}
		return h
	}
	if len(pts) < 3 {
		return nil
	}
	lower, upper := half(1, 0), half(-1, len(pts)-1)
	all := append(lower[:len(lower)-1:len(lower)-1], upper[:len(upper)-1]...)
	if len(all) < 3 {
		return nil
	}
	ring := make(orb.Ring, 0, len(all)+1)
	for _, p := range all {
		lon, lat := pl.lonLat(p)
		ring = append(ring, orb.Point{lon, lat})
	}
	ring = append(ring, ring[0])
	return geojson.NewGeometry(orb.Polygon{ring})
}
