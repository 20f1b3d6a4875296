package grid

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

// Types of evidence.
const (
	EvidenceDetection = "detection"
	EvidenceTrace     = "trace"
)

// widen adds to r the sightings that it does not hold yet and places it anew; the rest of the candidate is computed by
// [record.assess] when somebody reads it. The result depends on the set of sightings and not on their order:
// every choice among them ends in their ids. On error r stays as it was.
func (r *record) widen(add []Sighting) error {
	sights := slices.Clone(r.sights)
	for _, s := range add {
		if s.Evidence.ID == "" {
			return errors.New("a sighting without an evidence id")
		}
		if !slices.ContainsFunc(sights, func(o Sighting) bool { return o.Evidence.ID == s.Evidence.ID }) {
			sights = append(sights, s)
		}
	}
	if len(sights) == 0 {
		return errors.New("a candidate without evidence")
	}
	slices.SortFunc(sights, func(a, b Sighting) int { return cmp.Compare(a.Evidence.ID, b.Evidence.ID) })
	if err := r.takePlace(slices.MinFunc(sights, placesBetter(r.c.Kind))); err != nil {
		return err
	}
	for i := range sights { // only the candidate keeps a geometry
		sights[i].Place.Geometry = nil
	}
	r.sights = sights
	return nil
}

// assess computes everything about a candidate that its place does not decide.
func (r *record) assess() {
	r.takeFacts()
	c := &r.c
	c.Probability = combine(r.sights)
	c.ScoreParts = scoreParts(*c, r.sights)
	c.Score = 0
	for _, p := range c.ScoreParts {
		c.Score += p.Value
	}
	c.Score = round(c.Score, 3)
}

// placesBetter orders sightings by how well they say where and what a target is: detections before traces for
// things that lie on the ground, then the smaller sigma (none stated counts as unknown), then the id.
func placesBetter(k upwind.CandidateKind) func(a, b Sighting) int {
	rank := func(s Sighting) int {
		if k != upwind.TargetEmission && s.Evidence.Type == EvidenceTrace {
			return 1
		}
		return 0
	}
	return func(a, b Sighting) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(sigmaOf(a), sigmaOf(b)), cmp.Compare(a.Evidence.ID, b.Evidence.ID))
	}
}

func sigmaOf(s Sighting) float64 {
	if s.Place.SigmaM > 0 {
		return s.Place.SigmaM
	}
	return math.MaxFloat64
}

func (r *record) takePlace(best Sighting) error {
	p := best.Place
	if math.IsNaN(p.Lon+p.Lat) || math.Abs(p.Lon) > 180 || math.Abs(p.Lat) > 90 {
		return fmt.Errorf("sighting %s lies at %v, %v, which is not on Earth", best.Evidence.ID, p.Lon, p.Lat)
	}
	switch {
	case len(p.Geometry) > 0:
		g, err := geojson.UnmarshalGeometry(p.Geometry)
		if err != nil {
			return fmt.Errorf("sighting %s has no readable geometry: %w", best.Evidence.ID, err)
		}
		if g.Geometry() == nil {
			return fmt.Errorf("sighting %s has an empty geometry", best.Evidence.ID)
		}
		r.c.Geometry = g
	case r.c.Geometry != nil && r.c.Lon == p.Lon && r.c.Lat == p.Lat: // the best one is still the same
	default:
		r.c.Geometry = geojson.NewGeometry(orb.Point{p.Lon, p.Lat})
	}
	r.c.Lon, r.c.Lat, r.c.SigmaM, r.c.GridCode = p.Lon, p.Lat, p.SigmaM, p.GridCode
	if r.c.OfficerID = p.OfficerID; r.st.OfficerID != "" {
		r.c.OfficerID = r.st.OfficerID
	}
	return nil
}

// takeFacts fills class, measures, site, times and the list of evidence.
func (r *record) takeFacts() {
	c := &r.c
	c.Class, c.Measures, c.SiteID, c.SiteName = "", map[string]upwind.Estimate{}, "", ""
	c.Evidence = make([]upwind.Evidence, 0, len(r.sights))
	c.FirstSeen, c.LastSeen = r.sights[0].Evidence.ObservedAt, r.sights[0].Evidence.ObservedAt
	byTrust := slices.SortedFunc(slices.Values(r.sights), placesBetter(c.Kind))
	siteP := -1.0
	for _, s := range byTrust {
		if c.Class == "" || c.Class == upwind.PileUnknown {
			if s.Class != "" {
				c.Class = s.Class
			}
		}
		for name, e := range s.Measures {
			if _, has := c.Measures[name]; !has {
				c.Measures[name] = e
			}
		}
		if s.SiteID != "" && s.Evidence.Probability > siteP {
			c.SiteID, c.SiteName, siteP = s.SiteID, s.SiteName, s.Evidence.Probability
		}
	}
	if len(c.Measures) == 0 {
		c.Measures = nil
	}
	for _, s := range r.sights {
		c.Evidence = append(c.Evidence, s.Evidence)
		if at := s.Evidence.ObservedAt; !at.IsZero() {
			if c.FirstSeen.IsZero() || at.Before(c.FirstSeen) {
				c.FirstSeen = at
			}
			if at.After(c.LastSeen) {
				c.LastSeen = at
			}
		}
	}
	slices.SortStableFunc(c.Evidence, func(a, b upwind.Evidence) int { return a.ObservedAt.Compare(b.ObservedAt) })
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}
