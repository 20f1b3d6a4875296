package grid

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"upwind"
)

const (
	// MinTraced is the probability from which a ranked source makes a candidate of its own. Below it the trace
	// itself holds every place for less than half as likely as the rest together, and an officer's way is dearer than a look.
	MinTraced = 0.3
	// MinStrengthen is the probability from which a trace strengthens a candidate that exists already: below it
	// the trace says no more than "not excluded".
	MinStrengthen = 0.1
	// SiteSigmaM is the position sigma of a site from a registry: entries are put on the gate or the roof.
	SiteSigmaM = 15.0
	// TracedSigmaPart is the position sigma of a free place in parts of its distance from the receptor: 6 degrees,
	// between the 3 degrees of wind measured on the site and the 10 to 20 of a forecast.
	TracedSigmaPart = 0.1
	// MinTracedSigmaM is the least sigma of a free place: published methods reach 7 to 10 m in the best of conditions, with
	// eight sensors around the release.
	MinTracedSigmaM = 15.0
	// detectorTracing is the sensor family of every trace.
	detectorTracing = "tracing"
)

// dustySites are kinds of registry sites whose dust comes from the ground, so that bare earth and piles there are
// what a trace to the site speaks for. A stack beside a bare field is not.
var dustySites = map[string]bool{
	"construction": true, "stockyard": true, "bare-soil": true, "sand-pile": true, "quarry": true, "demolition": true,
}

func mergeTrace(b *Book, t *Tree, sites []upwind.Site, tr upwind.Trace) []Event {
	if done := b.evidence[tr.ID]; tr.ID == "" || done != nil && done.done {
		return nil
	}
	d := &drafts{evidence: tr.ID, at: tr.Trigger.End}
	if d.at.IsZero() {
		d.at = tr.Trigger.Start
	}
	if by := b.replacement(tr); by != "" {
		return d.setAside(t, EvidenceTrace, tr.Trigger.Lon, tr.Trigger.Lat, fmt.Sprintf("trace %.12s has more hours of the same event", by))
	}
	taken := map[*record]bool{}
	made := map[string]bool{}
	var top float64
	for _, src := range ranked(tr) {
		top = math.Max(top, src.Probability)
		s, site := b.sightSource(tr, src, sites, t)
		r := b.target(tr, src, s.Sighting, site)
		switch {
		case r != nil && (taken[r] || r.holds(tr.ID)):
		case r != nil:
			taken[r] = true
			d.strengthen(r, s.Sighting)
			if src.Probability >= MinTraced {
				d.reopen(r, s.Sighting)
			}
		case src.Probability >= MinTraced:
			id := candidateID(tr.ID, max(0, src.Rank-1))
			if b.recs[id] == nil && !made[id] {
				made[id] = true
				d.observe(id, t.Code(s.Place.Lon, s.Place.Lat), upwind.TargetEmission, s.Sighting)
			}
		}
	}
	b.lower(d, tr, t, taken)
	if len(d.items) == 0 && b.evidence[tr.ID] != nil {
		return d.setAside(t, EvidenceTrace, tr.Trigger.Lon, tr.Trigger.Lat, nothingLeft)
	}
	if len(d.items) == 0 {
		return d.setAside(t, EvidenceTrace, tr.Trigger.Lon, tr.Trigger.Lat,
			fmt.Sprintf("no source is likely enough: the best has probability %.2f, none of them %.2f", top, tr.UnknownProbability))
	}
	return d.events()
}

// replacement is a trace in the book that has more hours of the event of tr; empty when there is none.
func (b *Book) replacement(tr upwind.Trace) string {
	if tr.Trigger.Event == "" {
		return ""
	}
	for _, id := range slices.Sorted(slices.Values(b.events[tr.Trigger.Event])) {
		for _, s := range b.recs[id].sights {
			if s.Event == tr.Trigger.Event && s.Evidence.ObservedAt.After(tr.Trigger.End) {
				return s.Evidence.ID
			}
		}
	}
	return ""
}

// lower tells the candidates that earlier traces of the event pointed to, and this one does not, how likely they still are.
func (b *Book) lower(d *drafts, tr upwind.Trace, t *Tree, taken map[*record]bool) {
	if tr.Trigger.Event == "" {
		return
	}
	for _, id := range slices.Sorted(slices.Values(b.events[tr.Trigger.Event])) {
		r := b.resolve(id)
		if r == nil || taken[r] || r.holds(tr.ID) {
			continue
		}
		taken[r] = true
		s := Sighting{
			Evidence: upwind.Evidence{ID: tr.ID, Type: EvidenceTrace, Kind: string(tr.Trigger.Kind), ObservedAt: tr.Trigger.End.UTC(),
				Probability: 1 - ProbabilityCap, PositionSigmaM: MaxMergeM, Inputs: traceInputs(tr), Reason: "with more hours of the event, its trace no longer points here"},
			Job: tr.ID, Detector: detectorTracing, Event: tr.Trigger.Event,
			Place: placeAt(t, orb.Point{r.c.Lon, r.c.Lat}, MaxMergeM, orb.Point{r.c.Lon, r.c.Lat}),
		}
		d.strengthen(r, s)
	}
}

// ranked returns the sources of a trace that can say something, by rank.
func ranked(tr upwind.Trace) []upwind.RankedSource {
	var out []upwind.RankedSource
	for _, s := range tr.Sources {
		if s.Probability >= MinStrengthen && s.Probability <= 1 && onEarth(s.Lon, s.Lat) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b upwind.RankedSource) int { return a.Rank - b.Rank })
	return out
}

// sightSource turns a ranked source into a sighting. A site that stands for a detection is no entry of the registry,
// even where the caller lists it.
func (b *Book) sightSource(tr upwind.Trace, src upwind.RankedSource, sites []upwind.Site, t *Tree) (seen, *upwind.Site) {
	at := orb.Point{src.Lon, src.Lat}
	var g orb.Geometry = at
	sigma := math.Max(MinTracedSigmaM, TracedSigmaPart*src.DistanceM)
	var site *upwind.Site
	if b.evidence[src.SiteID] == nil {
		site = findSite(sites, src.SiteID)
	}
	if src.SiteID != "" {
		sigma = SiteSigmaM
	}
	if site != nil && site.Geometry != nil && site.Geometry.Geometry() != nil {
		rs := rings(site.Geometry.Geometry())
		bd := boundOf(rs)
		_, err := json.Marshal(site.Geometry) // a NaN has no JSON form
		if len(rs) > 0 && err == nil && onEarth(bd.Min[0], bd.Min[1]) && onEarth(bd.Max[0], bd.Max[1]) {
			g, at = site.Geometry.Geometry(), pointIn(rs)
		}
	}
	if math.IsNaN(sigma) || math.IsInf(sigma, 0) {
		sigma = MaxMergeM
	}
	observed := tr.Trigger.End
	if observed.IsZero() {
		observed = tr.Trigger.Start
	}
	s := Sighting{
		Evidence: upwind.Evidence{
			ID: tr.ID, Type: EvidenceTrace, Kind: string(tr.Trigger.Kind), ObservedAt: observed.UTC(), Probability: src.Probability,
			PositionSigmaM: sigma, Inputs: traceInputs(tr), Reason: traceReason(tr, src),
		},
		Job: tr.ID, Detector: detectorTracing, Place: placeAt(t, at, sigma, g),
	}
	if tr.Trigger.DetectionID != "" {
		s.Shares = []string{tr.Trigger.DetectionID}
	}
	s.Event = tr.Trigger.Event
	if site != nil {
		s.SiteID, s.SiteName = src.SiteID, cmp.Or(src.SiteName, site.Name)
	}
	return seen{s, g}, site
}

func traceInputs(tr upwind.Trace) []string {
	in := slices.Clone(tr.Provenance.Inputs)
	if id := tr.Trigger.DetectionID; id != "" && !slices.Contains(in, id) {
		in = append(in, id)
	}
	return in
}

func traceReason(tr upwind.Trace, src upwind.RankedSource) string {
	parts := []string{fmt.Sprintf("rank %d of %d traced from %s", src.Rank, len(tr.Sources), tr.Trigger.Kind)}
	if tr.Trigger.Species != "" {
		parts = append(parts, tr.Trigger.Species)
	}
	if r := src.Rate; r != nil {
		parts = append(parts, fmt.Sprintf("about %.3g %s (90 %%: %.3g to %.3g)", r.Median, r.Unit, r.Lo90, r.Hi90))
	}
	if src.Reason != "" {
		parts = append(parts, src.Reason)
	}
	return strings.Join(parts, "; ")
}

// findSite returns the registry entry with an id.
func findSite(sites []upwind.Site, id string) *upwind.Site {
	if id == "" {
		return nil
	}
	if i := slices.IndexFunc(sites, func(s upwind.Site) bool { return s.ID == id }); i >= 0 {
		return &sites[i]
	}
	return nil
}

// target finds the candidate that a ranked source coincides with: the one that holds the detection it names, the one
// of the same registry site, or the nearest whose place is the same within sigma. Smoke is traced to emissions only;
// an exceedance also to bare earth and piles, since that is where a city's dust lies.
func (b *Book) target(tr upwind.Trace, src upwind.RankedSource, s Sighting, site *upwind.Site) *record {
	if held := b.evidence[src.SiteID]; src.SiteID != "" && held != nil {
		for _, id := range slices.Sorted(slices.Values(held.cands)) {
			if r := b.resolve(id); r != nil && (r.c.Kind == upwind.TargetEmission || tr.Trigger.Kind == upwind.TriggerExceedance) {
				return r
			}
		}
	}
	ground := tr.Trigger.Kind == upwind.TriggerExceedance && (src.SiteID == "" || site == nil || dustySites[site.Kind])
	at := orb.Point{s.Place.Lon, s.Place.Lat}
	var best *record
	cost := math.Inf(1)
	for _, r := range b.within(padded(orb.Bound{Min: at, Max: at}, MaxMergeM)) {
		d := distanceTo(r.c.Geometry.Geometry(), at)
		limit := math.Min(MaxMergeM, MergeSigmas*math.Hypot(s.Place.SigmaM, r.c.SigmaM))
		score := d / math.Max(limit, 1e-9)
		switch {
		case r.c.Kind == upwind.TargetEmission && s.SiteID != "" && r.c.SiteID == s.SiteID:
			score = -1
		case r.c.Kind != upwind.TargetEmission && !ground, d > limit:
			continue
		}
		if score < cost { // records come by id: the lowest wins among equals
			best, cost = r, score
		}
	}
	return best
}

// resolve follows merges; the caller holds the lock.
func (b *Book) resolve(id string) *record {
	for range len(b.recs) + 1 {
		r := b.recs[id]
		if r == nil || r.st.MergedInto == "" {
			return r
		}
		id = r.st.MergedInto
	}
	return nil
}
