package city

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"upwind"
	"upwind/tracing/air"
	"upwind/tracing/footprint"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	roughnessM = 0.2    // of a plain with towns, Davenport-Wieringa between "roughly open" and "rough"
	boxMarginM = 3000.0 // sources are looked for so far around the stations
	inletM     = 3.0    // a station's inlet where its height is not stated
	siteM      = 10.0   // a site's height where it is not stated

	// By day the layer has the depth that the heat of the hours before has mixed (Tennekes 1973).
	kelvins, gravity   = 290.0, 9.81
	entrainment, lapse = 0.2, 0.005 // share of the heat that comes from above; K/m of the air above
	leastMixingM       = 150.0
	// Without reported clouds the heat is that of half a sky over moist grass. Haze and evaporation leave less; the share
	// was set on simulated days (seeds below 1000), where plumes by day were three times too thin without it.
	heatShare = 0.35
	// The warmth and roughness of towns keep the air above them from getting as stable as in the open: L is no less than
	// 30 m over cities and large towns (the practice of ADMS).
	mostStable = 1.0 / 30

	dustMS = 0.005  // deposition velocity of PM10
	fineMS = 0.0015 // and of PM2.5
)

// FromTables makes a problem of what the program stores: readings of one species in a mass unit, the wind of stations and of
// gridded fields, and the listed sites. The plane says where its metres are; Sites keep the order of sites, those without a usable place far
// out of reach. It refuses unknown units and readings without any place.
func FromTables(obs []upwind.Observation, w []upwind.Wind, sites []upwind.Site, grids ...wind.Grid) (Problem, plane.Plane, error) {
	pl, err := middle(obs)
	if err != nil {
		return Problem{}, pl, err
	}
	p := Problem{Readings: make([]invert.Reading, 0, len(obs))}
	sensors := map[string]int{}
	first, last := obs[0].Start, obs[0].Start
	for n, o := range obs {
		scale, ok := grams[o.Unit]
		if !ok {
			return p, pl, upwind.Refuse("readings", fmt.Sprintf("reading %d", n+1), fmt.Sprintf("the unit %q is no mass in a volume", o.Unit), "give ug/m3 or mg/m3")
		}
		if _, ok := sensors[o.StationID]; !ok {
			sensors[o.StationID] = len(sensors)
		}
		r := reading(o, pl, scale)
		r.Sensor = sensors[o.StationID]
		if r.Value != r.Value {
			continue
		}
		if len(p.Readings) == 0 {
			p.Box = plane.Box{X0: r.At.X, X1: r.At.X, Y0: r.At.Y, Y1: r.At.Y}
		}
		p.Box = p.Box.Add(r.At.Point)
		p.Readings = append(p.Readings, r)
		if o.Start.Before(first) {
			first = o.Start
		}
		if end := o.Start.Add(time.Duration(o.DurationS * float64(time.Second))); end.After(last) {
			last = end
		}
	}
	p.Box = p.Box.Grow(boxMarginM)
	switch obs[0].Species {
	case "PM10":
		p.Options.DepositionMS = dustMS
	case "PM2.5":
		p.Options.DepositionMS = fineMS
	}
	for _, s := range sites {
		p.Sites = append(p.Sites, place(s, pl))
	}
	p.Wind, err = wind.New(w, pl, p.Box, first, last, wind.Options{RoughnessM: roughnessM, Grids: grids})
	if len(w) == 0 && err == nil {
		w = sampled(p.Wind, pl, first, last)
	}
	p.Layer = Layers(w)
	return p, pl, err
}

// sampled is the wind over the middle of the stations hour by hour, for the state of the air where no station says it.
func sampled(f footprint.Wind, pl plane.Plane, first, last time.Time) []upwind.Wind {
	var out []upwind.Wind
	lon, lat := pl.LonLat(plane.Point{})
	for t := first.Add(-maxAge); t.Before(last); t = t.Add(time.Hour) {
		u, v := f.At(plane.Point{}, float64(t.Unix()))
		out = append(out, upwind.Wind{StationID: "field", Start: t.Add(-30 * time.Minute), DurationS: 3600, Lon: lon, Lat: lat, HeightM: air.ReferenceM, U: u, V: v})
	}
	return out
}

const maxAge = 6 * time.Hour // of air that is followed

var grams = map[string]float64{"ug/m3": 1e-6, "µg/m3": 1e-6, "mg/m3": 1e-3, "g/m3": 1}

func middle(obs []upwind.Observation) (plane.Plane, error) {
	var lon, lat float64
	for _, o := range obs {
		lon, lat = lon+o.Lon/float64(len(obs)), lat+o.Lat/float64(len(obs))
	}
	if len(obs) == 0 || lon-lon != 0 || lat-lat != 0 {
		return plane.Plane{}, upwind.Refuse("readings", "", "there is no reading with a place", "hand in a table of readings")
	}
	return plane.New(lon, lat), nil
}

func reading(o upwind.Observation, pl plane.Plane, scale float64) invert.Reading {
	start := float64(o.Start.UnixMilli()) / 1000
	r := invert.Reading{Start: start, End: start + o.DurationS, Value: o.Value * scale,
		At: invert.Spot{Point: pl.XY(o.Lon, o.Lat), HeightM: o.HeightM}}
	if !(r.At.HeightM > 0) {
		r.At.HeightM = inletM
	}
	if o.Sigma != nil {
		r.Sigma = *o.Sigma * scale
	}
	if o.End != nil {
		r.To = &invert.Spot{Point: pl.XY(o.End.Lon, o.End.Lat), HeightM: o.End.HeightM}
	}
	return r
}

// place is a site's centre with the variance of a disk of its area; one without a place lies where nothing sees it.
func place(s upwind.Site, pl plane.Plane) invert.Site {
	out := invert.Site{Spot: invert.Spot{Point: plane.Point{X: math.Inf(1)}, HeightM: s.HeightM}, Odds: s.PriorOdds}
	if !(out.HeightM > 0) {
		out.HeightM = siteM
	}
	if !(out.Odds > 0) {
		out.Odds = 1
	}
	if s.Geometry == nil || s.Geometry.Geometry() == nil || s.Geometry.Geometry().Bound().IsEmpty() {
		return out
	}
	g := s.Geometry.Geometry()
	c := g.Bound().Center()
	if g.Dimensions() == 2 {
		var centre orb.Point
		var degrees float64
		if centre, degrees = planar.CentroidArea(g); degrees != 0 {
			c = centre
		}
		m := pl.MetresPerDegree()
		out.VarianceM2 = math.Abs(degrees) * m * m * math.Cos(c[1]*math.Pi/180) / (4 * math.Pi)
	}
	if p := pl.XY(c[0], c[1]); p.X-p.X == 0 && p.Y-p.Y == 0 {
		out.Point = p
	}
	return out
}

// Layers is the state of the air over the area from its wind readings and the time of day, linear between the
// middles of their spans.
func Layers(w []upwind.Wind) footprint.Layer {
	type knot struct {
		unix  float64
		state air.State
	}
	groups := map[int64][]upwind.Wind{}
	for _, r := range w {
		if speed := math.Hypot(r.U, r.V); speed-speed == 0 {
			k := r.Start.Unix() + int64(r.DurationS/2)
			groups[k] = append(groups[k], r)
		}
	}
	var knots []knot
	for t, g := range groups {
		knots = append(knots, knot{float64(t), stateOf(g, time.Unix(t, 0))})
	}
	slices.SortFunc(knots, func(a, b knot) int { return compare(a.unix, b.unix) })
	grown := 0.0 // K m: the heat since the ground began to warm the air
	for k := range knots {
		s := &knots[k].state
		if s.InvL >= 0 {
			grown = 0
			continue
		}
		s.InvL *= heatShare
		if k > 0 {
			grown += -s.InvL * s.UStar * s.UStar * s.UStar * kelvins / (air.Karman * gravity) * min(knots[k].unix-knots[k-1].unix, 3*3600)
		}
		s.MixingM = min(s.MixingM, max(math.Sqrt(2*(1+2*entrainment)*grown/lapse), leastMixingM))
	}
	if len(knots) == 0 {
		return func(float64) air.State { return air.State{UStar: 0.3, Z0: roughnessM, MixingM: 500} }
	}
	return func(unix float64) air.State {
		k, _ := slices.BinarySearchFunc(knots, unix, func(a knot, t float64) int { return compare(a.unix, t) })
		if k == 0 {
			return knots[0].state
		}
		if k == len(knots) {
			return knots[k-1].state
		}
		a, b := knots[k-1], knots[k]
		f := (unix - a.unix) / (b.unix - a.unix)
		mix := func(x, y float64) float64 { return x + f*(y-x) }
		return air.State{UStar: mix(a.state.UStar, b.state.UStar), InvL: mix(a.state.InvL, b.state.InvL), Z0: a.state.Z0,
			MixingM: mix(a.state.MixingM, b.state.MixingM), SigmaV: mix(a.state.SigmaV, b.state.SigmaV)}
	}
}

// stateOf is the state by the median speed of one time's readings, and by what a sonic measured where there is one.
func stateOf(g []upwind.Wind, at time.Time) air.State {
	var speeds, stars, lengths []float64
	lon, lat := 0.0, 0.0
	for _, r := range g {
		f := air.State{UStar: 1, Z0: roughnessM}
		up := 1.0
		if r.HeightM > roughnessM*4 {
			up = f.Speed(air.ReferenceM) / f.Speed(r.HeightM)
		}
		speeds = append(speeds, math.Hypot(r.U, r.V)*up)
		lon, lat = lon+r.Lon/float64(len(g)), lat+r.Lat/float64(len(g))
		if r.UStarMS != nil && r.ObukhovM != nil && *r.ObukhovM != 0 {
			stars, lengths = append(stars, *r.UStarMS), append(lengths, 1 / *r.ObukhovM)
		}
	}
	m := upwind.Wind{U: max(quantile(speeds, 0.5), 0.3), HeightM: air.ReferenceM, Lon: lon, Lat: lat}
	if len(stars) > 0 {
		u, l := quantile(stars, 0.5), quantile(lengths, 0.5)
		if l != 0 {
			l = 1 / l
			m.UStarMS, m.ObukhovM = &u, &l
		}
	}
	s, _ := air.FromWind(m, roughnessM, air.Sky{Time: at, Lon: lon, Lat: lat, Cloud: -1, TempC: 15})
	if s.InvL > mostStable {
		s.InvL, s.UStar = mostStable, air.UStar(m.U, air.ReferenceM, roughnessM, mostStable)
		s.MixingM = air.Mixing(s.UStar, s.InvL, lat, 0)
	}
	return s
}
