package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"upwind"
)

// Merge drafts the ledger events that a detection or a trace causes: it strengthens the candidate it coincides with,
// or makes a new one, joins candidates it shows to be one, reopens a closed one, or is set aside with the
// reason. It is pure: the same book, grid, sites and evidence give the same events with the same ids. Drafts lack Prev and Hash,
// and their time is that of the evidence, since this package has no clock.
//
// The drafts of one call belong together and are best appended as one batch. If only the first of them were
// stored, [Book.HasEvidence] stays false and Merge drafts just the missing ones. After [Book.HasEvidence] is true there is
// nothing to draft. To get the same book whatever order evidence arrived in, merge it in the order of [SortDetections], detections
// before traces, applying the drafts of each before the next.
func Merge[E upwind.Detection | upwind.Trace](b *Book, t *Tree, sites []upwind.Site, x E) []Event {
	b.read()
	defer b.mu.RUnlock()
	switch x := any(x).(type) {
	case upwind.Detection:
		return mergeDetection(b, t, x)
	case upwind.Trace:
		return mergeTrace(b, t, sites, x)
	}
	return nil
}

// SortDetections puts detections into canonical order: by time, then id.
func SortDetections(ds []upwind.Detection) {
	slices.SortFunc(ds, func(a, b upwind.Detection) int {
		return cmp.Or(a.ObservedAt.Compare(b.ObservedAt), cmp.Compare(a.ID, b.ID))
	})
}

// SortTraces puts traces into canonical order: by the end of their trigger, then id.
func SortTraces(ts []upwind.Trace) {
	slices.SortFunc(ts, func(a, b upwind.Trace) int {
		return cmp.Or(a.Trigger.End.Compare(b.Trigger.End), cmp.Compare(a.ID, b.ID))
	})
}

// drafts gathers the events of one piece of evidence. The last one says so.
type drafts struct {
	evidence string
	at       time.Time
	items    []draft
}

type draft struct {
	candidate, county, typ string
	other                  string // the other candidate of a merge
	data                   any
	last                   *bool
}

func (d *drafts) add(candidate, county, typ, other string, data any, last *bool) {
	d.items = append(d.items, draft{candidate, county, typ, other, data, last})
}

func (d *drafts) events() []Event {
	out := make([]Event, 0, len(d.items))
	for i, it := range d.items {
		if it.last != nil {
			*it.last = i == len(d.items)-1
		}
		ev := newEvent(it.candidate, it.county, it.typ, it.data)
		ev.At = d.at.UTC()
		ev.ID = upwind.HashID("event", it.typ, it.candidate, d.evidence, it.other)
		out = append(out, ev)
	}
	return out
}

// nothingLeft is the reason to set aside evidence whose first events are stored and whose last one somebody
// made needless meanwhile, as by reopening a target by hand.
const nothingLeft = "its events are stored and nothing is left to do"

// candidateID is the id of a candidate made by evidence; n tells apart the places one trace points to.
func candidateID(evidence string, n int) string {
	if n == 0 {
		return "c" + upwind.HashID("candidate", evidence)
	}
	return "c" + upwind.HashID("candidate", evidence, n)
}

func (d *drafts) observe(id string, code Code, kind upwind.CandidateKind, s Sighting) {
	o := &Observed{Kind: kind, Sighting: s}
	d.add(id, code.County, TypeObserved, "", o, &o.Last)
}

func (d *drafts) strengthen(r *record, s Sighting) {
	o := &Strengthened{Sighting: s}
	d.add(r.c.ID, r.c.County, TypeStrengthened, "", o, &o.Last)
}

// reopen drafts the reopening of a closed target that was seen after its closing.
func (d *drafts) reopen(r *record, s Sighting) {
	if r.st.State == upwind.StateClosed && s.Evidence.ObservedAt.After(r.st.Since) {
		o := &StateChange{From: upwind.StateClosed, To: upwind.StateReopened, Reason: "seen-again", Cause: d.evidence}
		d.add(r.c.ID, r.c.County, TypeState, "", o, &o.Last)
	}
}

// join drafts the pair of events that lets loser end in winner: first the winner takes the evidence, so that no
// evidence is ever without a candidate.
func (d *drafts) join(winner, loser *record) {
	var missing []Sighting
	for _, s := range loser.sights {
		if !slices.ContainsFunc(winner.sights, func(o Sighting) bool { return o.Evidence.ID == s.Evidence.ID }) {
			missing = append(missing, s)
		}
	}
	reason := fmt.Sprintf("one piece of evidence, %.12s, coincides with both", d.evidence)
	if len(missing) > 0 {
		carryGeometry(missing, loser)
		in := &Merged{From: loser.c.ID, Sightings: missing, Reason: reason, Cause: d.evidence}
		d.add(winner.c.ID, winner.c.County, TypeMerged, loser.c.ID, in, &in.Last)
	}
	gone := &Merged{Into: winner.c.ID, Reason: reason, Cause: d.evidence}
	d.add(loser.c.ID, loser.c.County, TypeMerged, winner.c.ID, gone, &gone.Last)
}

// carryGeometry gives a candidate's geometry back to the sighting it came from: the one a candidate is placed by.
func carryGeometry(sights []Sighting, r *record) {
	best := slices.MinFunc(r.sights, placesBetter(r.c.Kind))
	for i := range sights {
		if sights[i].Evidence.ID == best.Evidence.ID {
			sights[i].Place.Geometry = rawGeometry(r.c.Geometry.Geometry())
		}
	}
}

// setAside drafts the note that evidence makes no candidate.
func (d *drafts) setAside(t *Tree, typ string, lon, lat float64, reason string) []Event {
	d.items = nil
	note := &SetAside{EvidenceID: d.evidence, Type: typ, Reason: reason}
	d.add("s"+upwind.HashID("set-aside", d.evidence), t.Code(lon, lat).County, TypeSetAside, "", note, nil)
	return d.events()
}

func mergeDetection(b *Book, t *Tree, det upwind.Detection) []Event {
	d := &drafts{evidence: det.ID, at: det.ObservedAt}
	if tr := b.evidence[det.ID]; det.ID == "" || tr != nil && tr.done {
		return nil
	}
	s, kind, err := sightDetection(det, t)
	if err != nil {
		return d.setAside(t, EvidenceDetection, math.NaN(), math.NaN(), err.Error())
	}
	g := s.geometry
	group := one(b.matches(kind, s.Sighting, g))
	if len(group) == 0 {
		d.observe(candidateID(det.ID, 0), t.Code(s.Place.Lon, s.Place.Lat), kind, s.Sighting)
		return d.events()
	}
	winner := slices.MinFunc(group, precedence)
	if !winner.holds(det.ID) {
		d.strengthen(winner, s.Sighting)
	}
	for _, r := range group {
		if r != winner {
			d.join(winner, r)
		}
	}
	d.reopen(winner, s.Sighting)
	if len(d.items) == 0 {
		return d.setAside(t, EvidenceDetection, s.Place.Lon, s.Place.Lat, nothingLeft)
	}
	return d.events()
}

// one narrows matches, best first, to those that can be one thing: the best, and every other that no look told
// apart from the ones before and that is early enough in its life to end in another. Where something live
// matches, rejected and unfounded targets are left alone; where nothing does, the best of those takes the
// evidence and keeps its verdict.
func one(ms []match) []*record {
	var group, dormant []*record
	for _, m := range ms {
		if m.r.st.State == upwind.StateRejected || m.r.st.State == upwind.StateUnfounded {
			dormant = append(dormant, m.r)
			continue
		}
		fits := true
		for _, o := range group {
			free := Legal(m.r.st.State, upwind.StateMerged) || Legal(o.st.State, upwind.StateMerged)
			fits = fits && free && !toldApart(m.r, o)
		}
		if fits {
			group = append(group, m.r)
		}
	}
	if len(group) == 0 && len(dormant) > 0 {
		return dormant[:1]
	}
	if w := len(group); w > 1 { // every other must be free to end in the winner
		winner := slices.MinFunc(group, precedence)
		group = slices.DeleteFunc(group, func(r *record) bool { return r != winner && !Legal(r.st.State, upwind.StateMerged) })
	}
	return group
}

// progress orders states by how much work a merge would undo.
var progress = map[upwind.State]int{
	upwind.StateCandidate: 1, upwind.StateReopened: 2, upwind.StateConfirmed: 3,
}

// precedence puts first the candidate that stays when several are one: the furthest in its life, then the one seen
// first, then the lowest id.
func precedence(a, b *record) int {
	rank := func(r *record) int {
		if p, ok := progress[r.st.State]; ok {
			return p
		}
		return 4
	}
	return cmp.Or(cmp.Compare(rank(b), rank(a)), a.c.FirstSeen.Compare(b.c.FirstSeen), cmp.Compare(a.c.ID, b.c.ID))
}

func (r *record) holds(evidence string) bool {
	return slices.ContainsFunc(r.sights, func(s Sighting) bool { return s.Evidence.ID == evidence })
}

// toldApart reports whether one look saw both as two things.
func toldApart(a, b *record) bool {
	for _, x := range a.sights {
		for _, y := range b.sights {
			same := x.Evidence.ID == y.Evidence.ID && x.Place.Lon == y.Place.Lon && x.Place.Lat == y.Place.Lat
			if x.Job == y.Job && !same {
				return true
			}
		}
	}
	return false
}
