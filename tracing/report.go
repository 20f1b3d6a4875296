package tracing

import (
	"fmt"
	"math"
	"sort"

	"upwind"
)

// A probability map that is longer than wide by rayRatio, and longer than the receptors are apart, is a ray.
const (
	rayRatio = 2.0
	tellTurn = 5.0 // deg, a wind error worth telling
)

// report turns a posterior into sources and sentences.
type report struct {
	in                Input
	pl                plane
	post              posterior
	toG               float64
	members           []member
	spacing           float64
	outside, unusable int
}

func (r report) best() *layer {
	if r.post.layers[1] != nil {
		return r.post.layers[1]
	}
	return r.post.layers[0]
}

func (r report) fill(tr *upwind.Trace, notes []string, unitNote string) {
	t, best := r.in.Trigger, r.best()
	for i, s := range best.spots {
		if p := r.post.spots[i]; p >= leastWeight {
			site := r.in.Sites[s.index]
			place := best.g.size() + i
			tr.Sources = append(tr.Sources, r.source(s.at, upwind.RankedSource{SiteID: site.ID, SiteName: site.Name, HeightM: s.heightM,
				Probability: p, Rate: best.rate(place, r.toG), Reason: "listed site; " + odds(best.place[place])}))
		}
	}
	for _, m := range r.post.modes() {
		l := r.post.layers[0]
		if m.fine {
			l = best
		}
		tr.Sources = append(tr.Sources, r.source(m.at, upwind.RankedSource{HeightM: freeHeightM, Probability: m.mass, Rate: l.rate(m.place, r.toG),
			Reason: fmt.Sprintf("unlisted place, 1-sigma %.0f m about it; %s", m.sigma, odds(l.place[m.place]))}))
	}
	tr.Sources = rank(tr.Sources, r.in.Options.MaxSources)
	tr.UnknownProbability = r.post.none
	hits, clean := 0, 0
	for _, w := range best.rows {
		if w.z() >= defaultWeakZ {
			hits++
		} else {
			clean++
		}
	}
	tr.Reasons = append(tr.Reasons, fmt.Sprintf("%d means above and %d at their background in the time of the event are explained together", hits, clean))
	long, short, bearing := r.post.shape()
	if long > rayRatio*short && long > r.spacing {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("one direction only: a ray, not a point; the place is uncertain by %.0f m along %.0f/%.0f degrees and by %.0f m across", long, bearing, bearing+180, short))
	}
	if mean, sd := best.rotation(r.members); math.Abs(mean) > tellTurn {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("the readings fit best with the wind turned by %.0f +- %.0f degrees", mean, sd))
	}
	if t.Axis == nil && r.post.null > leastWeight {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("a source outside the searched box, or more than one, keeps %.0f %%", 100*r.post.null))
	}
	tr.Reasons = append(tr.Reasons, notes...)
	tr.Reasons = append(tr.Reasons, siteNotes(len(best.spots), r.outside, r.unusable)...)
	if unitNote != "" {
		tr.Reasons = append(tr.Reasons, unitNote)
	}
}

func siteNotes(inside, outside, unusable int) (notes []string) {
	if inside == 0 {
		notes = append(notes, "no listed site lies in the searched box: every place is an unlisted one")
	}
	if outside > 0 {
		notes = append(notes, fmt.Sprintf("%d listed sites lie outside the searched box", outside))
	}
	if unusable > 0 {
		notes = append(notes, fmt.Sprintf("%d listed sites have no usable place", unusable))
	}
	return notes
}

func odds(logEvidence float64) string {
	if l := logEvidence / math.Ln10; math.Abs(l) >= 0.5 {
		return fmt.Sprintf("a source here explains the readings 10^%.1f times as well as none", l)
	}
	return "the readings say little about a source here"
}

func (r report) source(at point, s upwind.RankedSource) upwind.RankedSource {
	o := r.pl.xy(r.in.Trigger.Lon, r.in.Trigger.Lat)
	s.Lon, s.Lat = r.pl.lonLat(at)
	s.DistanceM = o.to(at)
	s.BearingDeg = o.bearing(at)
	return s
}

// rank sorts by probability, then listed before unlisted, then id and place, and keeps the first n.
func rank(s []upwind.RankedSource, n int) []upwind.RankedSource {
	sort.SliceStable(s, func(i, j int) bool {
		a, b := s[i], s[j]
		switch {
		case a.Probability != b.Probability:
			return a.Probability > b.Probability
		case (a.SiteID == "") != (b.SiteID == ""):
			return a.SiteID != ""
		case a.SiteID != b.SiteID:
			return a.SiteID < b.SiteID
		case a.Lon != b.Lon:
			return a.Lon < b.Lon
		}
		return a.Lat < b.Lat
	})
	s = s[:min(len(s), n)]
	for i := range s {
		s[i].Rank = i + 1
	}
	return s
}
