package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"upwind"
	"upwind/access"
)

const (
	// cookieName has a prefix by which browsers insist on Secure, the path / and no domain (RFC 6265bis, 4.1.3.2).
	cookieName = "__Host-upwind"
	// sessionLength is a working day with some hours to spare.
	sessionLength = 14 * time.Hour
	// csrfHeader repeats what /api/me said; a form of another site cannot set it.
	csrfHeader = "X-CSRF-Token"
	// maxWrite bounds what a write says.
	maxWrite = 64 << 10
)

// open marks what anybody may see: how to sign in, the files of the pages, and whether the server is well.
const open access.Action = ""

// signIn is who sent a request.
type signIn struct {
	account access.Account
	session access.Session
	key     string // under which the session is stored
}

type signInKey struct{}

// signInOf is who sent a request that passed [server.authorised]; nil where nobody was asked.
func signInOf(r *http.Request) *signIn {
	in, _ := r.Context().Value(signInKey{}).(*signIn)
	return in
}

func withSignIn(r *http.Request, in *signIn) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), signInKey{}, in))
}

// who is the account behind a request that passed [server.authorised].
func who(r *http.Request) access.Account {
	if in := signInOf(r); in != nil {
		return in.account
	}
	return access.Account{}
}

// authorised is the one authoriser of all routes: who is not signed in sees what is open, and who is signed in what a role of
// theirs allows. Whether a place lies in their areas is asked where the place is known, by [access.Scope].
func (s *server) authorised(rt route) http.Handler {
	switch {
	case rt.method == http.MethodPost:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.change(w, r, rt) })
	case rt.action == open:
		return rt.handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := s.permitted(r, rt.action)
		switch {
		case err == nil:
			rt.handler.ServeHTTP(w, withSignIn(r, in))
		case rt.page && status(err) == http.StatusUnauthorized:
			http.Redirect(w, r, "/signin?next="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		default:
			fail(w, r, err)
		}
	})
}

// permitted finds who sent the request, and refuses who may not do this.
func (s *server) permitted(r *http.Request, act access.Action) (*signIn, error) {
	in, err := s.signedIn(r)
	if err != nil {
		return nil, err
	}
	return in, allow(in.account, act)
}

func allow(a access.Account, act access.Action) error {
	if !a.Allowed(act) {
		return denied(act)
	}
	return nil
}

func denied(act access.Action) error {
	return &problem{http.StatusForbidden, fmt.Sprintf("your roles do not include this (%s); ask an administrator", act)}
}

// change lets a request through that changes something: from this server's own pages, by somebody signed in who repeats the
// session's token, and noted in the audit whatever comes of it.
func (s *server) change(w http.ResponseWriter, r *http.Request, rt route) {
	note := Note{Version: upwind.SchemaVersion, ID: access.NewToken(), At: time.Now().UTC(), Address: address(r), Action: "POST " + rt.pattern, Target: clip(r.PathValue("id"))}
	rec := &recorder{ResponseWriter: w, code: http.StatusOK}
	in, err := s.signedIn(r)
	if err == nil {
		note.Account, note.Login = in.account.ID, in.account.Login
		r = withSignIn(r, in)
	} else if rt.action == open && status(err) == http.StatusUnauthorized {
		err = nil
	}
	if err == nil {
		err = s.ownPage(r, rt, in)
	}
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxWrite)
		err = rt.write(rec, r, &note)
	}
	if err != nil {
		s.logFault(r, err)
		note.Reason = err.Error()
		fail(rec, r, err)
	}
	note.Code = rec.code
	if note.Login == "" || rec.code == http.StatusTooManyRequests {
		return // nobody that is known did anything: who only knocks must not fill the log
	}
	// The client may be gone: what was done is noted all the same.
	if err := s.office.Audit(context.WithoutCancel(r.Context()), note); err != nil {
		s.log.Error("web: the audit could not be written", "error", err, "action", note.Action, "account", note.Account, "target", note.Target, "code", note.Code)
	}
}

// ownPage refuses what was not sent by a page of this server, and what the account may not do.
func (s *server) ownPage(r *http.Request, rt route, in *signIn) error {
	switch {
	case s.cross.Check(r) != nil:
		return &problem{http.StatusForbidden, "this request came from another site and was refused"}
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return &problem{http.StatusUnsupportedMediaType, "send JSON, with Content-Type: application/json"}
	case rt.action == open:
		return nil
	case !access.SameToken(r.Header.Get(csrfHeader), in.session.CSRF):
		return &problem{http.StatusForbidden, "the page is older than this sign-in: load it again"}
	}
	return allow(in.account, rt.action)
}

func (s *server) logFault(r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		s.log.Error("web: a request could not be answered", "path", r.URL.Path, "error", err)
	}
}

// signedIn finds who sent the request, or says that nobody known did.
func (s *server) signedIn(r *http.Request) (*signIn, error) {
	nobody := &problem{http.StatusUnauthorized, "sign in first"}
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil, nobody
	}
	key := access.TokenKey(c.Value)
	ses, err := s.office.Session(r.Context(), key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nobody
	}
	if err != nil {
		return nil, err
	}
	a, _, err := s.office.Account(r.Context(), ses.Login)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !ses.Valid(a, time.Now()) {
		return nil, nobody
	}
	if err != nil {
		return nil, err
	}
	return &signIn{a, ses, key}, nil
}

// address is where a request came from, without its port.
func address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// private reports whether nobody on the way can read the request: TLS here or at a proxy, or this machine itself.
func private(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// decodeJSON reads a request's body, which says only what the route knows.
func decodeJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return &problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is longer than %d bytes", large.Limit)}
		}
		return badRequest("the request's JSON cannot be read: " + clip(err.Error()))
	}
	if _, err := dec.Token(); err != io.EOF {
		return badRequest("the request holds more than one JSON document")
	}
	return nil
}

// reply answers a request with a document that nobody keeps.
func reply(w http.ResponseWriter, doc any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(append(raw, '\n')) // the reader has gone: nobody is left to tell
	return nil
}

// status is the code an error is answered with.
func status(err error) int {
	var p *problem
	if errors.As(err, &p) {
		return p.status
	}
	return http.StatusInternalServerError
}
