package tracing

import (
	"math"
	"strings"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// evidenceShare of a source's prior lies where a certain detection points to; the rest is as even as without it.
const evidenceShare = 0.9

// priorOf makes plumes and hot spots a density of free positions, relative to the same chance everywhere in the box: about the
// narrow end of a plume and back along its axis.
func priorOf(ds []upwind.Detection, pl plane.Plane, box plane.Box) invert.Prior {
	type clue struct {
		at   plane.Point
		view plumeView
		p    float64
	}
	var clues []clue
	for _, d := range ds {
		t, ok := PlumeTrigger(d)
		if !ok || !(d.Probability > 0) {
			continue
		}
		a := t.Axis
		clues = append(clues, clue{pl.XY(a.Lon, a.Lat), newPlumeView(*a), min(d.Probability, 1)})
	}
	if len(clues) == 0 {
		return nil
	}
	area := box.Width() * box.Height()
	return func(p plane.Point) float64 {
		w := 1.0
		for _, c := range clues {
			share := evidenceShare * c.p
			w = (1-share)*w + share*area*c.view.density(p.X-c.at.X, p.Y-c.at.Y, 0)
		}
		return w
	}
}

// newPlumeView is what a plume says of a place by its own axis alone.
func newPlumeView(a upwind.PlumeAxis) plumeView {
	v := plumeView{sigma: math.Hypot(a.SigmaM, minOriginM), back: math.Mod(a.TowardDeg+180, 360)}
	v.kappa = kappaOf(math.Hypot(a.SigmaDeg, minAxisDeg))
	return v
}

// kappaOf is the von Mises concentration of an angle known to sd degrees.
func kappaOf(sdDeg float64) float64 { return math.Pow(math.Pi/180*min(sdDeg, 100), -2) }

// GroundSites are detections that stand on the ground (bare soil, piles) as places that may emit, with the odds that
// they are what they are said to be.
func GroundSites(ds []upwind.Detection) []upwind.Site {
	var out []upwind.Site
	for _, d := range ds {
		if _, plume := PlumeTrigger(d); plume || d.Geometry == nil {
			continue
		}
		p := min(max(d.Probability, leastSure), 1-leastSure)
		out = append(out, upwind.Site{ID: d.ID, Name: strings.TrimSpace(d.Class + " " + string(d.Kind)), Kind: string(d.Kind), Geometry: d.Geometry,
			HeightM: max(0, d.Measures[upwind.HeightM].Value), PriorOdds: p / (1 - p)})
	}
	return out
}

// leastSure bounds what a detection's probability may mean.
const leastSure = 0.05
