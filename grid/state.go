package grid

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"upwind"
)

// transitions is the whole state machine. Beyond the straight way of a target it holds the ways back: a closing that
// does not convince the verifier returns to rectifying, and what flares up again, or was judged wrongly, is reopened.
// "merged" is reached only by a [Merged] event. Overdue is a flag computed from the deadline and no state.
var transitions = map[upwind.State][]upwind.State{
	upwind.StateCandidate:        {upwind.StateConfirmed, upwind.StateRejected, upwind.StateMerged},
	upwind.StateConfirmed:        {upwind.StateDispatched, upwind.StateRejected, upwind.StateMerged, upwind.StateHandedOver},
	upwind.StateDispatched:       {upwind.StateAccepted, upwind.StateHandedOver},
	upwind.StateAccepted:         {upwind.StateInspected, upwind.StateHandedOver},
	upwind.StateInspected:        {upwind.StateUnfounded, upwind.StateRectifying, upwind.StateHandedOver},
	upwind.StateRectifying:       {upwind.StateClosingRequested, upwind.StateHandedOver},
	upwind.StateClosingRequested: {upwind.StateVerified, upwind.StateRectifying},
	upwind.StateVerified:         {upwind.StateClosed},
	upwind.StateClosed:           {upwind.StateReopened},
	upwind.StateUnfounded:        {upwind.StateReopened},
	upwind.StateRejected:         {upwind.StateReopened},
	upwind.StateHandedOver:       {upwind.StateClosed, upwind.StateReopened},
	upwind.StateReopened:         {upwind.StateConfirmed, upwind.StateRejected, upwind.StateMerged, upwind.StateDispatched},
	upwind.StateMerged:           {},
}

// needsReason are the states that say no to a suspicion, pass it on or open it again: each must say why.
var needsReason = map[upwind.State]bool{
	upwind.StateRejected: true, upwind.StateUnfounded: true, upwind.StateHandedOver: true, upwind.StateReopened: true,
}

// Legal reports whether the state table leads from one state to the other.
func Legal(from, to upwind.State) bool { return slices.Contains(transitions[from], to) }

// Next lists the states that may follow, in the order of the table.
func Next(from upwind.State) []upwind.State { return slices.Clone(transitions[from]) }

// check says whether actor may make the change on a candidate that stands at st.
func check(st Standing, d StateChange, actor string) error {
	switch {
	case d.From != st.State:
		return fmt.Errorf("%w: it is %s now, not %s", ErrIllegal, st.State, d.From)
	case d.To == upwind.StateMerged:
		return fmt.Errorf("%w: merging takes an event on either candidate", ErrIllegal)
	case !Legal(d.From, d.To):
		return fmt.Errorf("%w: %s to %s", ErrIllegal, d.From, d.To)
	case actor == "":
		return fmt.Errorf("%w: nobody is named who did it", ErrIllegal)
	case needsReason[d.To] && d.Reason == "":
		return fmt.Errorf("%w: %s needs a reason", ErrIllegal, d.To)
	case d.To == upwind.StateVerified && slices.Contains(st.Rectifiers, actor):
		return fmt.Errorf("%w: %s rectified it, so somebody else must verify", ErrIllegal, actor)
	}
	return nil
}

func (b *Book) change(ev Event) error {
	var d StateChange
	if err := json.Unmarshal(ev.Data, &d); err != nil {
		return err
	}
	r := b.recs[ev.Candidate]
	if err := check(r.st, d, ev.Actor); err != nil {
		return err
	}
	st := r.st
	st.State, st.Since, st.Actor, st.Reason = d.To, ev.At, ev.Actor, d.Reason
	at := ev.At
	switch d.To {
	case upwind.StateRectifying:
		st.Rectifiers = including(st.Rectifiers, ev.Actor)
	case upwind.StateClosingRequested:
		st.Rectifiers = including(st.Rectifiers, ev.Actor)
		st.RectifiedAt = &at
	case upwind.StateVerified:
		st.Verifier = ev.Actor
	case upwind.StateReopened:
		st.Rectifiers, st.RectifiedAt, st.Verifier, st.Deadline = nil, nil, "", nil
	}
	if d.OfficerID != "" {
		st.OfficerID = d.OfficerID
	}
	if d.Unit != "" {
		st.Unit = d.Unit
	}
	if d.Measure != "" {
		st.Measure = d.Measure
	}
	if d.Deadline != nil {
		st.Deadline = d.Deadline
	}
	r.st = st
	r.c.State = d.To
	if st.OfficerID != "" {
		r.c.OfficerID = st.OfficerID
	}
	b.seal(d.Cause, d.Last)
	return nil
}

func including(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(slices.Clone(list), s)
}

// Change drafts the event that moves a candidate to d.To, after checking it against the book; d.From is filled.
// The time is the caller's, since this package has no clock.
func Change(b *Book, candidate string, d StateChange, actor string, at time.Time) (Event, error) {
	st, ok := b.Standing(candidate)
	if !ok {
		return Event{}, fmt.Errorf("grid: no candidate %q", candidate)
	}
	c, _ := b.Candidate(candidate)
	d.From = st.State
	if err := check(st, d, actor); err != nil {
		return Event{}, err
	}
	ev := newEvent(candidate, c.County, TypeState, d)
	ev.Actor, ev.At = actor, at.UTC()
	ev.ID = upwind.HashID("event", TypeState, candidate, st.Events, actor, d, ev.At)
	return ev, nil
}
