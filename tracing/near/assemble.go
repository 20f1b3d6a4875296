package near

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// Given is an event as tables hand it in.
type Given struct {
	Readings []upwind.Observation
	Wind     []upwind.Wind
	Sites    []upwind.Site
	From, To time.Time
	// PerUnit turns the unit of the readings into g/m3.
	PerUnit float64
	// RoughnessM of the ground, default 0.03 (short grass, WMO class 3).
	RoughnessM float64
	// MarginM is how far beyond the sensors free positions are looked for, default a quarter of their extent and at least 20 m.
	MarginM float64
}

const (
	defaultRoughnessM = 0.03
	leastMarginM      = 20.0
	marginShare       = 0.25
	leadS             = 1800.0 // wind before the event that is still in the air
	neutralOdds       = 1.0    // of a site that states none
	siteHeightM       = 2.0    // of a site that states none: equipment, piles and exhausts near the ground
)

// Assemble makes a Problem in the plane about the sensors. It refuses an event without readings or wind.
func Assemble(g Given) (Problem, plane.Plane, error) {
	var p Problem
	bad := func(what, do string) (Problem, plane.Plane, error) {
		return Problem{}, plane.Plane{}, upwind.Refuse("trace", "near field", what, do)
	}
	if len(g.Readings) == 0 {
		return bad("there are no readings", "give readings of the event")
	}
	if !(g.PerUnit > 0) {
		return bad("the unit of the readings is not known", "give ug/m3, mg/m3, or a mole fraction of a known gas")
	}
	lon, lat := 0.0, 0.0
	for _, o := range g.Readings {
		lon, lat = lon+o.Lon/float64(len(g.Readings)), lat+o.Lat/float64(len(g.Readings))
	}
	pl := plane.New(lon, lat)
	p.From, p.To = unix(g.From), unix(g.To)
	p.Readings, p.Box = readingsOf(g, pl)
	margin := g.MarginM
	if !(margin > 0) {
		margin = max(marginShare*max(p.Box.Width(), p.Box.Height()), leastMarginM)
	}
	p.Box = p.Box.Grow(margin)
	for _, s := range g.Sites {
		t, ok := siteOf(s, pl)
		if !ok {
			t = invert.Site{} // keeps the indexes of the list; without odds it explains nothing
		}
		p.Sites = append(p.Sites, t)
	}
	z0 := g.RoughnessM
	if !(z0 > 0) {
		z0 = defaultRoughnessM
	}
	var ok bool
	if p.Wind, ok = SiteWind(g.Wind, p.From-leadS-warmUpS, p.To, z0); !ok {
		return bad("there is no wind in the event", "give wind readings that cover it")
	}
	return p, pl, nil
}

// GramsPerPPM is what 1 ppm of a gas of that molar mass, g/mol, weighs in g/m3 at a pressure, Pa, and temperature, C.
func GramsPerPPM(molarGrams, pa, tempC float64) float64 {
	return 1e-6 * molarGrams * pa / (gasConstant * (tempC + 273.15))
}

const gasConstant = 8.314462618 // J/(mol K), CODATA 2018

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

func readingsOf(g Given, pl plane.Plane) ([]invert.Reading, plane.Box) {
	ids := map[string]int{}
	var names []string
	key := func(o upwind.Observation) string {
		k := fmt.Sprintf("%s %.7f %.7f %.2f", o.StationID, o.Lon, o.Lat, o.HeightM)
		if o.End != nil {
			k += fmt.Sprintf(" %.7f %.7f %.2f", o.End.Lon, o.End.Lat, o.End.HeightM)
		}
		return k
	}
	for _, o := range g.Readings {
		if k := key(o); ids[k] == 0 {
			ids[k] = 1
			names = append(names, k)
		}
	}
	sort.Strings(names)
	for i, n := range names {
		ids[n] = i
	}
	out := make([]invert.Reading, 0, len(g.Readings))
	var box plane.Box
	for i, o := range g.Readings {
		at := invert.Spot{Point: pl.XY(o.Lon, o.Lat), HeightM: o.HeightM}
		r := invert.Reading{Sensor: ids[key(o)], Start: unix(o.Start), At: at, Value: o.Value * g.PerUnit}
		r.End = r.Start + o.DurationS
		if o.Sigma != nil && *o.Sigma > 0 {
			r.Sigma = *o.Sigma * g.PerUnit
		}
		if i == 0 {
			box = plane.Box{X0: at.X, Y0: at.Y, X1: at.X, Y1: at.Y}
		}
		box = box.Add(at.Point)
		if o.End != nil {
			r.To = &invert.Spot{Point: pl.XY(o.End.Lon, o.End.Lat), HeightM: o.End.HeightM}
			box = box.Add(r.To.Point)
		}
		out = append(out, r)
	}
	return out, box
}

func siteOf(s upwind.Site, pl plane.Plane) (invert.Site, bool) {
	if s.Geometry == nil || s.Geometry.Geometry() == nil {
		return invert.Site{}, false
	}
	g := s.Geometry.Geometry()
	c, _ := planar.CentroidArea(g)
	if p, ok := g.(orb.Point); ok {
		c = p
	}
	odds, height := s.PriorOdds, s.HeightM
	if !(odds > 0) || math.IsInf(odds, 0) {
		odds = neutralOdds
	}
	if !(height > 0) || math.IsInf(height, 0) {
		height = siteHeightM
	}
	b := g.Bound()
	at := pl.XY(c[0], c[1])
	lo, hi := pl.XY(b.Min[0], b.Min[1]), pl.XY(b.Max[0], b.Max[1])
	out := invert.Site{Spot: invert.Spot{Point: at, HeightM: height}, Odds: odds}
	// A rectangle of sides a and b has variances a^2/12 and b^2/12 on its axes.
	out.VarianceM2 = ((hi.X-lo.X)*(hi.X-lo.X) + (hi.Y-lo.Y)*(hi.Y-lo.Y)) / 24
	return out, finite(at.X, at.Y)
}
