package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"upwind"
	"upwind/access"
	"upwind/grid"
)

// maxNote is how many characters a note of a change has at most.
const maxNote = 2000

// actionOf says which action moves a candidate from one state to another.
func actionOf(from, to upwind.State) access.Action {
	switch to {
	case upwind.StateConfirmed, upwind.StateRejected, upwind.StateReopened:
		return access.Review
	case upwind.StateDispatched:
		return access.Dispatch
	case upwind.StateHandedOver:
		if from == upwind.StateConfirmed || from == upwind.StateDispatched {
			return access.Dispatch
		}
		return access.Inspect
	case upwind.StateAccepted, upwind.StateInspected, upwind.StateUnfounded, upwind.StateClosingRequested:
		return access.Inspect
	case upwind.StateRectifying:
		if from == upwind.StateClosingRequested {
			return access.Verify
		}
		return access.Inspect
	case upwind.StateVerified, upwind.StateClosed:
		return access.Verify
	}
	return access.Administer // merged: no request leads there
}

// mayMove says whether an account may move a candidate to a state. An inspector moves what was sent to them.
func mayMove(a access.Account, gridCode string, st grid.Standing, to upwind.State) error {
	act := actionOf(st.State, to)
	if a.May(act, gridCode) != nil {
		return denied(act)
	}
	if act == access.Inspect && (a.OfficerID == "" || a.OfficerID != st.OfficerID) {
		return &problem{http.StatusForbidden, "this target was sent to another officer"}
	}
	return nil
}

// overdue reports whether the deadline has passed and the officer's part is not done.
func overdue(st grid.Standing, now time.Time) bool {
	return slices.Contains(phases["sent"], st.State) && st.Deadline != nil && now.After(*st.Deadline)
}

// standingDoc is where a candidate stands, and where who asks may move it.
type standingDoc struct {
	grid.Standing
	Overdue bool           `json:"overdue"`
	Next    []upwind.State `json:"next"` // that the account may bring about
}

func standingOf(a access.Account, c upwind.Candidate, st grid.Standing) standingDoc {
	d := standingDoc{Standing: st, Overdue: overdue(st, time.Now()), Next: []upwind.State{}}
	for _, to := range grid.Next(st.State) {
		if to != upwind.StateMerged && mayMove(a, c.GridCode, st, to) == nil {
			d.Next = append(d.Next, to)
		}
	}
	return d
}

// visible returns a candidate in the areas of who asks. One outside is not there, so that nobody learns by asking.
func (s *server) visible(r *http.Request) (upwind.Candidate, error) {
	id := r.PathValue("id")
	c, ok := s.st.Candidate(id)
	if !ok || !who(r).Scope().Holds(c.GridCode) {
		return c, notFound("there is no candidate target " + clip(id))
	}
	return c, nil
}

// standing is where one candidate stands. It is made fresh: what is overdue depends on the clock, and what may follow on who asks.
func (s *server) standing(w http.ResponseWriter, r *http.Request) {
	c, err := s.visible(r)
	if err != nil {
		fail(w, r, err)
		return
	}
	st, ok := s.st.Standing(c.ID)
	if !ok {
		fail(w, r, notFound("the ledger holds nothing of "+clip(c.ID)))
		return
	}
	_ = reply(w, map[string]any{"version": upwind.SchemaVersion, "id": c.ID, "standing": standingOf(who(r), c, st)})
}

// statePost moves a candidate. events is how many events the page had seen: if there are more, somebody was faster.
func (s *server) statePost(w http.ResponseWriter, r *http.Request, note *Note) error {
	var q struct {
		Events    int          `json:"events"`
		To        upwind.State `json:"to"`
		Reason    string       `json:"reason"`
		Note      string       `json:"note"`
		OfficerID string       `json:"officer_id"`
		Unit      string       `json:"unit"`
		Measure   string       `json:"measure"`
		Deadline  *time.Time   `json:"deadline"`
	}
	if err := decodeJSON(r, &q); err != nil {
		return err
	}
	c, err := s.visible(r)
	if err != nil {
		return err
	}
	st, ok := s.st.Standing(c.ID)
	if !ok {
		return notFound("the ledger holds nothing of " + clip(c.ID))
	}
	stale := &problem{http.StatusConflict, "somebody else has changed this target meanwhile: it is shown as it is now"}
	if q.Events != st.Events {
		return stale
	}
	a := who(r)
	if err := mayMove(a, c.GridCode, st, q.To); err != nil {
		return err
	}
	if utf8.RuneCountInString(q.Note) > maxNote || len(q.Reason) > maxShown || len(q.Measure) > maxShown || len(q.Unit) > maxShown || len(q.OfficerID) > maxShown {
		return badRequest(fmt.Sprintf("a note has at most %d characters, a reason or a measure %d", maxNote, maxShown))
	}
	d := grid.StateChange{To: q.To, Reason: q.Reason}
	if q.To == upwind.StateDispatched {
		d.OfficerID, d.Unit, d.Measure, d.Deadline = q.OfficerID, q.Unit, q.Measure, q.Deadline
		if d.OfficerID == "" {
			d.OfficerID = c.OfficerID
		}
		if d.OfficerID == "" {
			return badRequest("no officer looks after this place: name one with officer_id")
		}
		if d.Deadline != nil && d.Deadline.Before(time.Now()) {
			return badRequest("the deadline has passed already")
		}
	}
	if q.Note != "" { // events name free text by its hash: a person can be forgotten and the chain stays whole
		sum, err := s.office.PutText(r.Context(), q.Note)
		if err != nil {
			return err
		}
		d.Blobs = []string{sum}
	}
	now, err := s.office.Change(r.Context(), c.ID, q.Events, d, a.ID, time.Now().UTC())
	switch {
	case errors.Is(err, ErrStale):
		return stale
	case errors.Is(err, grid.ErrIllegal):
		return &problem{http.StatusUnprocessableEntity, err.Error()}
	case err != nil:
		return err
	}
	note.Reason = string(st.State) + " to " + string(now.State)
	return reply(w, map[string]any{"version": upwind.SchemaVersion, "id": c.ID, "standing": standingOf(a, c, now)})
}

// historyLine is one event for people.
type historyLine struct {
	At       time.Time    `json:"at"`
	Type     string       `json:"type"`
	Actor    string       `json:"actor"`
	Name     string       `json:"name,omitempty"` // of the actor, while there is an account
	From     upwind.State `json:"from,omitempty"`
	To       upwind.State `json:"to,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	Measure  string       `json:"measure,omitempty"`
	Officer  string       `json:"officer_id,omitempty"`
	Deadline *time.Time   `json:"deadline,omitempty"`
	Note     string       `json:"note,omitempty"`
	Hash     string       `json:"hash"`
}

// history is all that happened to one candidate.
func (s *server) history(w http.ResponseWriter, r *http.Request) {
	lines, err := s.historyOf(r)
	if err != nil {
		s.logFault(r, err)
		fail(w, r, err)
		return
	}
	_ = reply(w, map[string]any{"version": upwind.SchemaVersion, "events": lines})
}

func (s *server) historyOf(r *http.Request) ([]historyLine, error) {
	c, err := s.visible(r)
	if err != nil {
		return nil, err
	}
	events, err := s.office.History(r.Context(), c.ID)
	if err != nil {
		return nil, err
	}
	people, err := s.office.Accounts(r.Context())
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, a := range people {
		names[a.ID] = a.Name
	}
	lines := make([]historyLine, 0, len(events))
	for _, ev := range events {
		l := historyLine{At: ev.At.UTC(), Type: ev.Type, Actor: ev.Actor, Name: names[ev.Actor], Hash: ev.Hash}
		if d, ok := ev.StateChange(); ok {
			l.From, l.To, l.Reason, l.Measure, l.Officer, l.Deadline = d.From, d.To, d.Reason, d.Measure, d.OfficerID, d.Deadline
			for _, sum := range d.Blobs {
				if text, err := s.office.Text(sum); err == nil {
					l.Note = text
				}
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}
