package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"upwind"
	"upwind/access"
	"upwind/grid"
)

// MemoryOffice is an [Office] over maps that moves the candidates of a [Memory], for tests.
type MemoryOffice struct {
	State    *Memory
	mu       sync.Mutex
	people   map[string]access.Account
	revision map[string]uint64
	sessions map[string]access.Session
	events   map[string][]grid.Event
	texts    map[string]string
	Notes    []Note
}

var _ Office = (*MemoryOffice)(nil)

// NewMemoryOffice returns an office without accounts.
func NewMemoryOffice(st *Memory) *MemoryOffice {
	return &MemoryOffice{State: st, people: map[string]access.Account{}, revision: map[string]uint64{}, sessions: map[string]access.Session{},
		events: map[string][]grid.Event{}, texts: map[string]string{}}
}

// SignIn makes an account with a session and returns what a browser would send: cookie and token.
func (o *MemoryOffice) SignIn(a access.Account) (cookie *http.Cookie, csrf string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.people[a.Login] = a
	o.revision[a.Login]++
	token := access.NewToken()
	ses := access.Session{Login: a.Login, Epoch: a.Epoch, CSRF: access.NewToken(), Until: time.Now().Add(time.Hour)}
	o.sessions[access.TokenKey(token)] = ses
	return &http.Cookie{Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true}, ses.CSRF
}

// Audited is the audit so far.
func (o *MemoryOffice) Audited() []Note {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.Notes)
}

// The methods of Office.

func (o *MemoryOffice) Accounts(context.Context) ([]access.Account, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []access.Account
	for _, login := range slices.Sorted(maps.Keys(o.people)) {
		out = append(out, o.people[login])
	}
	return out, nil
}

func (o *MemoryOffice) Account(_ context.Context, login string) (access.Account, uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a, ok := o.people[login]
	if !ok {
		return a, 0, fmt.Errorf("account %s: %w", login, fs.ErrNotExist)
	}
	return a, o.revision[login], nil
}

func (o *MemoryOffice) PutAccount(_ context.Context, a access.Account, revision uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.revision[a.Login] != revision {
		return ErrStale
	}
	o.people[a.Login] = a
	o.revision[a.Login]++
	return nil
}

func (o *MemoryOffice) Session(_ context.Context, key string) (access.Session, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.sessions[key]
	if !ok {
		return s, fmt.Errorf("session: %w", fs.ErrNotExist)
	}
	return s, nil
}

func (o *MemoryOffice) PutSession(_ context.Context, key string, s access.Session) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sessions[key] = s
	return nil
}

func (o *MemoryOffice) EndSession(_ context.Context, key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.sessions, key)
	return nil
}

func (o *MemoryOffice) Audit(_ context.Context, n Note) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Notes = append(o.Notes, n)
	return nil
}

func (o *MemoryOffice) Change(_ context.Context, id string, seen int, d grid.StateChange, actor string, at time.Time) (grid.Standing, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	st, ok := o.State.Standing(id)
	if !ok || st.Events != seen {
		return st, ErrStale
	}
	if !grid.Legal(st.State, d.To) {
		return st, fmt.Errorf("%w: %s to %s", grid.ErrIllegal, st.State, d.To)
	}
	d.From = st.State
	st.State, st.Actor, st.Since, st.Reason, st.Deadline, st.Measure = d.To, actor, at, d.Reason, d.Deadline, d.Measure
	st.Events++
	if d.OfficerID != "" {
		st.OfficerID = d.OfficerID
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return st, err
	}
	o.events[id] = append(o.events[id], grid.Event{ID: access.NewID(), Candidate: id, Type: grid.TypeState, V: 1, At: at, Actor: actor, Data: raw})
	o.State.Change(ChangeCandidates, func(m *Memory) {
		if m.StandingL == nil {
			m.StandingL = map[string]grid.Standing{}
		}
		m.StandingL[id] = st
		for i := range m.CandidateL {
			if m.CandidateL[i].ID == id {
				m.CandidateL[i].State = d.To
			}
		}
	})
	return st, nil
}

func (o *MemoryOffice) History(_ context.Context, id string) ([]grid.Event, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.events[id]), nil
}

func (o *MemoryOffice) PutText(_ context.Context, text string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	sum := upwind.HashID("text", text)
	o.texts[sum] = text
	return sum, nil
}

func (o *MemoryOffice) Text(sum string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text, ok := o.texts[sum]
	if !ok {
		return "", fs.ErrNotExist
	}
	return text, nil
}
