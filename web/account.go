package web

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"upwind"
	"upwind/access"
)

const (
	// Five wrong passwords of an account, or a hundred from an address, are free: a whole office may sit behind one address.
	freeOfLogin, freeOfAddress = 5, 100
	firstPause, longestPause   = time.Second, 15 * time.Minute
	// hashers is how many passwords are looked at together: each takes 19 MiB and some 30 ms.
	hashers = 2
)

// door is what signing in needs.
type door struct {
	byLogin, byAddress *access.Throttle
	hashing            chan struct{}
	nobody             string                 // hash that unknown logins are compared with, so that they take as long
	first              atomic.Pointer[string] // token of the first administrator's link
}

func newDoor(first string) *door {
	nobody, _ := access.HashPassword(access.NewToken()) // its length is right
	d := &door{byLogin: access.NewThrottle(freeOfLogin, firstPause, longestPause), byAddress: access.NewThrottle(freeOfAddress, firstPause, longestPause),
		hashing: make(chan struct{}, hashers), nobody: nobody}
	if first != "" {
		d.first.Store(&first)
	}
	return d
}

// matches compares a password, a few at a time.
func (d *door) matches(r *http.Request, phc, password string) bool {
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
		return access.CheckPassword(phc, password)
	case <-r.Context().Done():
		return false
	}
}

// slow turns away who guesses too fast.
func (d *door) slow(w http.ResponseWriter, address, login string) error {
	now := time.Now()
	wait := max(d.byAddress.Wait(address, now), d.byLogin.Wait(login, now))
	if wait == 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &problem{http.StatusTooManyRequests, fmt.Sprintf("too many wrong passwords; try again in %d s", seconds)}
}

var (
	errWrong = &problem{http.StatusUnauthorized, "the login name or the password is wrong"}
	errClear = &problem{http.StatusForbidden, "passwords are not sent in the clear: open this page by https"}
)

// signInPost opens a session, under a new token whatever cookie came.
func (s *server) signInPost(w http.ResponseWriter, r *http.Request, note *Note) error {
	var q struct{ Login, Password string }
	if err := decodeJSON(r, &q); err != nil {
		return err
	}
	login := access.Normal(q.Login)
	note.Login = clip(login)
	if !private(r) {
		return errClear
	}
	if err := s.door.slow(w, note.Address, login); err != nil {
		return err
	}
	now := time.Now()
	a, _, err := s.office.Account(r.Context(), login)
	known := err == nil && !a.Disabled
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	phc := s.door.nobody
	if known {
		phc = a.Password
	}
	if !s.door.matches(r, phc, q.Password) || !known {
		s.door.byLogin.Failed(login, now)
		s.door.byAddress.Failed(note.Address, now)
		return errWrong
	}
	s.door.byLogin.Passed(login)
	return s.begin(w, r, a, note)
}

// begin opens a session for an account.
func (s *server) begin(w http.ResponseWriter, r *http.Request, a access.Account, note *Note) error {
	note.Account, note.Login = a.ID, a.Login
	token := access.NewToken()
	ses := access.Session{Login: a.Login, Epoch: a.Epoch, CSRF: access.NewToken(), Until: time.Now().Add(sessionLength).UTC()}
	if err := s.office.PutSession(r.Context(), access.TokenKey(token), ses); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Path: "/", Expires: ses.Until, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return reply(w, s.meOf(&signIn{account: a, session: ses}))
}

func (s *server) signOutPost(w http.ResponseWriter, r *http.Request, _ *Note) error {
	if err := s.office.EndSession(r.Context(), signInOf(r).key); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return reply(w, map[string]any{"version": upwind.SchemaVersion})
}

// firstPost makes the first administrator, for who holds the link that the server printed, once.
func (s *server) firstPost(w http.ResponseWriter, r *http.Request, note *Note) error {
	var q struct{ Token, Login, Name, Password string }
	if err := decodeJSON(r, &q); err != nil {
		return err
	}
	if err := s.door.slow(w, note.Address, ""); err != nil {
		return err
	}
	used := &problem{http.StatusForbidden, "this link was used already, or is not the one that the server printed last"}
	first := s.door.first.Load()
	if first == nil || !access.SameToken(q.Token, *first) {
		s.door.byAddress.Failed(note.Address, time.Now())
		return used
	}
	if !private(r) {
		return errClear
	}
	a := access.NewAccount(q.Login, time.Now())
	a.Name, a.Roles, a.Areas = q.Name, []access.Role{access.Administrator, access.Analyst}, []string{access.WholeCity}
	if err := a.Validate(); err != nil {
		return badRequest(err.Error())
	}
	var err error
	if a.Password, err = access.HashPassword(q.Password); err != nil {
		return badRequest(err.Error())
	}
	people, err := s.office.Accounts(r.Context())
	if err != nil {
		return err
	}
	// Somebody may have become administrator by the command line meanwhile: the link, which stands in a log, then is worth nothing.
	if access.Administered(people) || !s.door.first.CompareAndSwap(first, nil) {
		return used
	}
	if err := s.office.PutAccount(r.Context(), a, 0); err != nil {
		s.door.first.Store(first)
		if errors.Is(err, ErrStale) {
			return &problem{http.StatusConflict, "the login name " + clip(a.Login) + " is taken"}
		}
		return err
	}
	return s.begin(w, r, a, note)
}

// meDoc is what a page knows of who looks at it.
type meDoc struct {
	Version  int             `json:"version"`
	SignedIn bool            `json:"signed_in"`
	ID       string          `json:"id,omitempty"`
	Login    string          `json:"login,omitempty"`
	Name     string          `json:"name,omitempty"`
	Roles    []access.Role   `json:"roles,omitempty"`
	Actions  []access.Action `json:"actions,omitempty"`
	Areas    []string        `json:"areas,omitempty"`
	Officer  string          `json:"officer_id,omitempty"`
	CSRF     string          `json:"csrf,omitempty"`
}

func (s *server) meOf(in *signIn) meDoc {
	if in == nil {
		return meDoc{Version: upwind.SchemaVersion}
	}
	a := in.account
	d := meDoc{Version: upwind.SchemaVersion, SignedIn: true, ID: a.ID, Login: a.Login, Name: a.Name, Roles: a.Roles, Areas: a.Areas, Officer: a.OfficerID, CSRF: in.session.CSRF}
	for _, act := range access.Actions() {
		if a.Allowed(act) {
			d.Actions = append(d.Actions, act)
		}
	}
	return d
}

// me says who is signed in; it answers everybody.
func (s *server) me(w http.ResponseWriter, r *http.Request) {
	in, err := s.signedIn(r)
	if err != nil && status(err) != http.StatusUnauthorized {
		s.logFault(r, err)
		fail(w, r, err)
		return
	}
	_ = reply(w, s.meOf(in)) // strings always have a JSON form
}

// accountDoc is an account without its password.
type accountDoc struct {
	Login     string        `json:"login"`
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Roles     []access.Role `json:"roles"`
	Areas     []string      `json:"areas"`
	OfficerID string        `json:"officer_id"`
	Disabled  bool          `json:"disabled"`
	CreatedAt time.Time     `json:"created_at"`
	Revision  uint64        `json:"revision"`
}

// accounts lists everybody who may sign in.
func (s *server) accounts(w http.ResponseWriter, r *http.Request) {
	list, err := s.office.Accounts(r.Context())
	if err != nil {
		s.logFault(r, err)
		fail(w, r, err)
		return
	}
	docs := make([]accountDoc, 0, len(list))
	for _, a := range list {
		_, rev, err := s.office.Account(r.Context(), a.Login)
		if err != nil {
			s.logFault(r, err)
			fail(w, r, err)
			return
		}
		docs = append(docs, accountDoc{a.Login, a.ID, a.Name, a.Roles, a.Areas, a.OfficerID, a.Disabled, a.CreatedAt, rev})
	}
	_ = reply(w, map[string]any{"version": upwind.SchemaVersion, "accounts": docs})
}

// accountPost makes or changes an account: revision 0 is a new one. A new password, other roles or areas, or closing it end the
// account's sessions. The last administrator stays one.
func (s *server) accountPost(w http.ResponseWriter, r *http.Request, note *Note) error {
	var q struct {
		accountDoc
		Password string `json:"password"`
	}
	if err := decodeJSON(r, &q); err != nil {
		return err
	}
	login := access.Normal(r.PathValue("id"))
	a := access.NewAccount(login, time.Now())
	old, rev, err := s.office.Account(r.Context(), login)
	switch {
	case err == nil:
		a = old
		a.Epoch++
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	stale := &problem{http.StatusConflict, "the account " + clip(login) + " was changed by somebody else, or the login name is taken: read it again"}
	if rev != q.Revision {
		return stale
	}
	a.Name, a.Roles, a.Areas, a.OfficerID, a.Disabled = q.Name, q.Roles, q.Areas, q.OfficerID, q.Disabled
	if err := a.Validate(); err != nil {
		return badRequest(err.Error())
	}
	if q.Password != "" || rev == 0 {
		if a.Password, err = access.HashPassword(q.Password); err != nil {
			return badRequest(err.Error())
		}
	}
	if old.Allowed(access.Administer) && !a.Allowed(access.Administer) {
		all, err := s.office.Accounts(r.Context())
		if err != nil {
			return err
		}
		if !access.Administered(slices.DeleteFunc(all, func(o access.Account) bool { return o.Login == login })) {
			return &problem{http.StatusConflict, "this is the last administrator: make another one first"}
		}
	}
	if err := s.office.PutAccount(r.Context(), a, rev); err != nil {
		if errors.Is(err, ErrStale) {
			return stale
		}
		return err
	}
	note.Target = login
	return reply(w, map[string]any{"version": upwind.SchemaVersion, "login": login})
}
