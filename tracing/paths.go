package tracing

import (
	"math"
	"sort"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/tracing/air"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	shownPaths  = 12
	shownPoints = 80
	coneSigmas  = 2.0 // 86 % of a two-dimensional normal
	coneCorners = 16

	pathStepS   = 300.0 // of a trajectory, shorter where the box is small
	leastStepS  = 5.0
	boxSteps    = 60 // of a box at the wind's speed
	calmMS      = 0.5
	maxPathLen  = 4000
	lagrangianB = 0.4 // the mean height of a cloud from the ground grows by that times u* (Batchelor 1964)
)

// follower follows air back through a wind field, for people to look at: the inference has kernels of its own.
type follower struct {
	field *wind.Field
	state air.State
	box   plane.Box
	maxS  float64
}

// newFollower settles the air by the middle of what the stations saw.
func newFollower(f *wind.Field, box plane.Box, at time.Time, opt Options, lon, lat float64) follower {
	s := f.Surface(unix(at))
	w := upwind.Wind{U: max(f.MeanSpeed(), calmMS), HeightM: air.ReferenceM, Lon: lon, Lat: lat}
	if finite(s.UStar, s.InvL) && s.UStar > 0 && s.InvL != 0 {
		l := 1 / s.InvL
		w.UStarMS, w.ObukhovM = &s.UStar, &l
	}
	state, _ := air.FromWind(w, opt.RoughnessM, air.Sky{Time: at, Lon: lon, Lat: lat, Cloud: -1, TempC: 15})
	return follower{field: f, state: state, box: box, maxS: opt.MaxAgeS}
}

// step is one node of a path.
type step struct {
	at          plane.Point
	ageS, sigma float64
}

// path goes back by midpoint steps (RK2) with the wind at the height where the air of that age is on average. The spread is
// that of turbulence and of the direction's error along the way.
func (k follower) path(p plane.Point, t, heightM float64) []step {
	u, v := k.field.At(p, t)
	speed := max(math.Hypot(u, v), calmMS)
	dt := min(max(max(k.box.Width(), k.box.Height())/boxSteps/speed, leastStepS), pathStepS)
	turn := k.field.DirectionSD(math.Hypot(u, v))
	lateral := k.state.Lateral(k.field.AveragingS())
	out := []step{{at: p}}
	age, way := 0.0, 0.0
	for age < k.maxS && k.box.Has(p) && len(out) < maxPathLen {
		z := min(max(heightM, lagrangianB*k.state.UStar*age, 1), k.state.MixingM/2)
		f := k.state.Speed(z) / max(k.state.Speed(air.ReferenceM), 1e-3)
		u0, v0 := k.field.At(p, t-age)
		mid := plane.Point{X: p.X - u0*f*dt/2, Y: p.Y - v0*f*dt/2}
		u1, v1 := k.field.At(mid, t-age-dt/2)
		p = plane.Point{X: p.X - u1*f*dt, Y: p.Y - v1*f*dt}
		age += dt
		way += math.Hypot(u1, v1) * f * dt
		out = append(out, step{p, age, math.Sqrt(lateral.Variance(age) + turn*turn*way*way)})
	}
	return out
}

// trajectory is a path as the page draws it, and the rim of circles about it.
func (k follower) trajectory(pl plane.Plane, from plane.Point, at time.Time, heightM float64) (upwind.Trajectory, []plane.Point) {
	steps := k.path(from, unix(at), heightM)
	out := upwind.Trajectory{Start: at.UTC(), Points: []upwind.TrajectoryPoint{}}
	var rim []plane.Point
	stride := max(1, (len(steps)+shownPoints-1)/shownPoints)
	for i := 0; i < len(steps); i += stride {
		s := steps[i]
		lon, lat := pl.LonLat(s.at)
		out.Points = append(out.Points, upwind.TrajectoryPoint{AgeS: s.ageS, Lon: lon, Lat: lat, SigmaM: s.sigma})
		rim = append(rim, circle(s.at, coneSigmas*s.sigma)...)
	}
	return out, rim
}

func circle(at plane.Point, r float64) []plane.Point {
	out := make([]plane.Point, coneCorners)
	for c := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(c) / coneCorners)
		out[c] = plane.Point{X: at.X + r*cos, Y: at.Y + r*sin}
	}
	return out
}

// draw adds the back trajectories of the receptors with the highest excess, and the hull of where that air may have been.
func (k follower) draw(tr *upwind.Trace, pl plane.Plane) {
	hits := append([]upwind.Receptor(nil), tr.Trigger.Receptors...)
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].Excess > hits[j].Excess })
	var hull []plane.Point
	for _, r := range hits[:min(len(hits), shownPaths)] {
		if !validLonLat(r.Lon, r.Lat) || !finite(r.DurationS, r.HeightM) {
			continue
		}
		tj, rim := k.trajectory(pl, pl.XY(r.Lon, r.Lat), r.Start.Add(seconds(r.DurationS/2)), r.HeightM)
		tr.Trajectories = append(tr.Trajectories, tj)
		hull = append(hull, rim...)
	}
	sort.SliceStable(tr.Trajectories, func(i, j int) bool { return tr.Trajectories[i].Start.Before(tr.Trajectories[j].Start) })
	tr.Cone = hullOf(hull, pl)
}

// hullOf is the convex hull (Andrew's monotone chain) as a WGS84 polygon, counter-clockwise; nil for
// fewer than three corners.
func hullOf(pts []plane.Point, pl plane.Plane) *geojson.Geometry {
	sort.Slice(pts, func(i, j int) bool {
		if pts[i].X != pts[j].X {
			return pts[i].X < pts[j].X
		}
		return pts[i].Y < pts[j].Y
	})
	left := func(a, b, c plane.Point) bool { return (b.X-a.X)*(c.Y-a.Y)-(b.Y-a.Y)*(c.X-a.X) > 0 }
	half := func(step, start int) []plane.Point {
		var h []plane.Point
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
		lon, lat := pl.LonLat(p)
		ring = append(ring, orb.Point{lon, lat})
	}
	ring = append(ring, ring[0])
	return geojson.NewGeometry(orb.Polygon{ring})
}
