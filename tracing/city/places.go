package city

import (
	"slices"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// Place is one alternative of one trace on the map.
type Place struct {
	Lon, Lat    float64
	SiteID      string // "" for a free place
	Probability float64
	Group       int     // index in Answer.Traces: alternatives of one trace explain one source
	Rank        int     // in its trace, 1 is the best
	RateGPerS   float64 // median
	Lo90, Hi90  float64 // g/s
}

// Places lists all alternatives of all traces, of a problem made by [FromTables] from these sites.
func (a Answer) Places(pl plane.Plane, sites []upwind.Site) []Place {
	var out []Place
	for k, t := range a.Traces {
		for n, r := range t.Ranked {
			p := Place{Probability: r.Probability, Group: k, Rank: n + 1, RateGPerS: r.Rate.Median, Lo90: r.Rate.Lo90, Hi90: r.Rate.Hi90}
			p.Lon, p.Lat = pl.LonLat(r.At.Point)
			if r.Site >= 0 {
				p.SiteID = sites[r.Site].ID
			}
			out = append(out, p)
		}
	}
	return out
}

// Event is the answer as that of one event: all alternatives of all traces, by probability.
func (a Answer) Event() invert.Answer {
	out := invert.Answer{None: 1, Map: a.Map, Background: a.Background, Residual: a.Residual, Notes: a.Notes}
	for _, t := range a.Traces {
		out.Sources = append(out.Sources, t.Ranked...)
		out.None *= t.None
	}
	slices.SortStableFunc(out.Sources, func(a, b invert.Source) int { return -compare(a.Probability, b.Probability) })
	return out
}
