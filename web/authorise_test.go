package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/access"
	"upwind/grid"
	"upwind/web"
)

// desk is a server with people.
type desk struct {
	t      *testing.T
	h      http.Handler
	st     *web.Memory
	office *web.MemoryOffice
}

func newDesk(t *testing.T, n int) *desk {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	st := web.TestCity(n)
	o := web.NewMemoryOffice(st)
	return &desk{t, web.Handler(ctx, st, o, web.Options{First: firstToken}), st, o}
}

// caller is one person's browser.
type caller struct {
	d      *desk
	cookie *http.Cookie
	csrf   string
}

func (d *desk) as(a access.Account) *caller {
	c, csrf := d.office.SignIn(a)
	return &caller{d, c, csrf}
}

func (d *desk) role(r access.Role, areas ...string) *caller {
	return d.as(access.Account{ID: "acc-" + string(r) + strings.Join(areas, ""), Login: string(r) + strings.Join(areas, ""), Name: string(r), Roles: []access.Role{r}, Areas: areas, OfficerID: "officer-" + string(r)})
}

func (c *caller) send(method, path string, doc any, header ...string) *httptest.ResponseRecorder {
	raw, err := json.Marshal(doc)
	require.NoError(c.d.t, err)
	r := httptest.NewRequest(method, "http://localhost"+path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-CSRF-Token", c.csrf)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	w := httptest.NewRecorder()
	c.d.h.ServeHTTP(w, r)
	return w
}

func (c *caller) get(path string) *httptest.ResponseRecorder { return c.send("GET", path, nil) }

// wanted is what each route asks, written out again beside the server's own table: a route that is added has to be added here.
var wanted = map[string]access.Action{
	"GET /": access.Read, "GET /devices": access.Read, "GET /air": access.Read, "GET /report/air": access.Read,
	"GET /signin": "", "GET /static/app.css": "", "GET /favicon.ico": "", "GET /healthz": "", "GET /readyz": "", "GET /api/me": "",
	"GET /ledger": access.Ledger, "GET /api/ledger": access.Ledger, "GET /accounts": access.Administer,
	"GET /api/accounts": access.Administer, "POST /api/accounts/{id}": access.Administer, "POST /api/signout": access.Read,
	"GET /api/candidates": access.Read, "GET /api/candidates.json": access.Read, "GET /api/candidates.geojson": access.Read,
	"GET /api/candidates/{id}": access.Read, "GET /api/candidates/{id}/standing": access.Read, "GET /api/candidates/{id}/history": access.Read,
	"POST /api/candidates/{id}/state": access.Review, // the move that the test asks for: confirm
	"GET /api/detections":             access.Read, "GET /api/traces": access.Read, "GET /api/traces/{id}": access.Read, "GET /api/traces/{id}/map.png": access.Read,
	"GET /api/overlays": access.Read, "GET /api/blobs/{id}": access.Read, "GET /api/stations": access.Read, "GET /api/wind": access.Read, "GET /api/sites": access.Read,
	"GET /api/devices": access.Read, "GET /api/air": access.Read, "GET /api/air/ranking": access.Read, "GET /api/grid": access.Read, "GET /api/status": access.Read,
	"GET /api/events": access.Read,
}

func TestTheMatrixNamesEveryRoute(t *testing.T) {
	src, err := os.ReadFile("handler.go")
	require.NoError(t, err)
	n := 0
	for _, m := range regexp.MustCompile(`\b(page|fresh|post|own|doc|get)\("(/[^"]*)"`).FindAllStringSubmatch(string(src), -1) {
		pattern := strings.NewReplacer("{$}", "", "{sha256}", "{id}").Replace(m[2])
		if pattern == "/static/" {
			pattern += "app.css"
		}
		method := map[bool]string{true: "POST ", false: "GET "}[m[1] == "post"]
		n++
		switch method + pattern {
		case "GET /api/", "POST /api/signin", "POST /api/first", "GET /metrics": // each has a test of its own
		default:
			require.Contains(t, wanted, method+pattern)
		}
	}
	require.Equal(t, len(wanted)+5, n) // "/" stands twice: the map, and what is unknown
}

// Every route, every role, and a target inside and outside of the role's area.
func TestEveryRouteForEveryRoleInsideAndOutside(t *testing.T) {
	d := newDesk(t, 60)
	in := d.st.CandidateL[0]
	i := slices.IndexFunc(d.st.CandidateL, func(c upwind.Candidate) bool { return c.County != in.County })
	out := d.st.CandidateL[i]
	nobody := &caller{d: d}
	for route, act := range wanted {
		method, pattern, _ := strings.Cut(route, " ")
		targeted := strings.HasPrefix(pattern, "/api/candidates/{id}")
		for _, r := range append(access.Roles(), "") {
			for _, target := range []upwind.Candidate{in, out} {
				who := nobody
				if r != "" {
					who = d.role(r, in.County)
				}
				var doc any
				path := strings.ReplaceAll(pattern, "{id}", target.ID)
				switch {
				case strings.HasSuffix(pattern, "/state"): // to where it stands already: refused only after who may was asked
					doc = map[string]any{"events": -1, "to": "confirmed"}
				case strings.HasPrefix(pattern, "/api/accounts/"):
					path, doc = "/api/accounts/x", map[string]any{"revision": 99}
				case method == "POST":
					doc = map[string]any{}
				}
				var w *httptest.ResponseRecorder
				if pattern == "/api/events" { // never ends for who may
					if r != "" {
						continue
					}
				}
				w = who.send(method, path, doc)
				name := route + " as " + string(r) + " at " + target.County
				may := act == "" || r != "" && access.Allows(r, act)
				switch {
				case r == "" && act != "" && !strings.HasPrefix(pattern, "/api/") && pattern != "/report/air":
					require.Equal(t, 303, w.Code, name)
					require.True(t, strings.HasPrefix(w.Header().Get("Location"), "/signin?next="), name)
				case r == "" && act != "":
					require.Equal(t, 401, w.Code, name)
				case targeted && target.ID == out.ID:
					require.Equal(t, 404, w.Code, name+": what lies outside is not there")
				case strings.HasSuffix(pattern, "/state"):
					require.Equal(t, 409, w.Code, name+": the page was older than the ledger")
				case !may:
					require.Equal(t, 403, w.Code, name)
				default:
					require.NotContains(t, []int{401, 403, 405, 500}, w.Code, name)
				}
			}
		}
	}
	// The move itself, at the state it may be made from.
	for _, r := range access.Roles() {
		w := d.role(r, in.County).send("POST", "/api/candidates/"+in.ID+"/state", map[string]any{"events": 1, "to": "confirmed"})
		want := 403
		if r == access.Analyst {
			want = 200
		}
		require.Equal(t, want, w.Code, "%s %s", r, w.Body)
		if want == 200 { // as it was
			d.st.Change(web.ChangeCandidates, func(m *web.Memory) { delete(m.StandingL, in.ID) })
		}
	}
}

// What a page lists lies in the areas of who asks: the border between two cells belongs to one of them.
func TestListsHoldWhatLiesInOnesAreas(t *testing.T) {
	d := newDesk(t, 120)
	cell := d.st.CandidateL[0]
	county := cell.County
	for _, area := range []string{county, strings.Split(cell.GridCode, "/")[1], strings.Split(cell.GridCode, "/")[2]} {
		want := map[string]bool{}
		for _, c := range d.st.CandidateL {
			if slices.Contains(strings.Split(c.GridCode, "/"), area) {
				want[c.ID] = true
			}
		}
		who := d.role(access.Inspector, area)
		got := decode[struct {
			Total      int
			Candidates []upwind.Candidate
		}](t, who.get("/api/candidates"))
		require.Equal(t, len(want), got.Total)
		for _, c := range got.Candidates {
			require.True(t, want[c.ID])
		}
		dets := decode[struct {
			Features []struct{ ID string }
		}](t, who.get("/api/detections"))
		require.NotEmpty(t, dets.Features)
		require.Less(t, len(dets.Features), len(d.st.DetectionL))
		shown := map[string]bool{}
		for _, f := range dets.Features {
			shown[f.ID] = true
		}
		for _, det := range d.st.DetectionL {
			at := det.Geometry.Geometry().Bound().Center()
			require.Equal(t, strings.Contains(d.st.Code(at[0], at[1]), area), shown[det.ID], det.ID)
		}
	}
	// Two people of different areas, one after the other, are not shown one another's answers.
	other := d.st.CandidateL[slices.IndexFunc(d.st.CandidateL, func(c upwind.Candidate) bool { return c.County != county })].County
	require.NotEqual(t, d.role(access.Wall, county).get("/api/candidates.geojson").Body.String(), d.role(access.Wall, other).get("/api/candidates.geojson").Body.String())
	for _, tr := range d.st.TraceL {
		code := d.st.Code(tr.Trigger.Lon, tr.Trigger.Lat)
		if !strings.Contains(code, county) && !slices.ContainsFunc(tr.Sources, func(s upwind.RankedSource) bool { return strings.Contains(d.st.Code(s.Lon, s.Lat), county) }) {
			require.Equal(t, 404, d.role(access.Analyst, county).get("/api/traces/"+tr.ID).Code)
			require.Equal(t, 404, d.role(access.Analyst, county).get("/api/traces/"+tr.ID+"/map.png").Code)
		}
	}
}

func TestPicturesAreForWhoMaySeeTheirPlace(t *testing.T) {
	d := newDesk(t, 3)
	chip := d.st.AddBlob("chip", "image/png", []byte("a picture of one place only"))
	det := &d.st.DetectionL[0]
	det.Chips = []upwind.Blob{chip}
	at := det.Geometry.Geometry().Bound().Center()
	county := strings.Split(d.st.Code(at[0], at[1]), "/")[0]
	w := d.role(access.Inspector, county).get("/api/blobs/" + chip.SHA256)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Header().Get("Cache-Control"), "private", "no proxy keeps it for others")
	require.Equal(t, 404, d.role(access.Inspector, "nowhere").get("/api/blobs/"+chip.SHA256).Code)
}

// Every write needs the session's token, comes from this server's own pages, and leaves a line in the audit.
func TestEveryWriteNeedsTheTokenAndIsNoted(t *testing.T) {
	d := newDesk(t, 3)
	id := d.st.CandidateL[0].ID
	writes := map[string]any{
		"/api/candidates/" + id + "/state": map[string]any{"events": 1, "to": "confirmed"},
		"/api/accounts/wang":               map[string]any{"name": "王", "roles": []string{"wall"}, "areas": []string{"*"}, "password": "correct horse"},
		"/api/signout":                     map[string]any{},
	}
	for route := range wanted {
		if strings.HasPrefix(route, "POST ") {
			require.True(t, slices.ContainsFunc(slices.Collect(keys(writes)), func(p string) bool {
				return strings.HasPrefix(p, strings.Split(route[5:], "{")[0])
			}), route)
		}
	}
	for path, doc := range writes {
		for _, c := range []struct {
			name   string
			header []string
			code   int
		}{
			{"no token", []string{"X-CSRF-Token", ""}, 403},
			{"another session's token", []string{"X-CSRF-Token", d.role(access.Wall, "*").csrf}, 403},
			{"another site", []string{"Origin", "https://evil.example"}, 403},
			{"another site, as the browser says", []string{"Sec-Fetch-Site", "cross-site"}, 403},
			{"a form", []string{"Content-Type", "text/plain"}, 415},
			{"its own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost"}, 200},
		} {
			before := len(d.office.Audited())
			w := d.as(everyone).send("POST", path, doc, c.header...)
			require.Equal(t, c.code, w.Code, "%s %s: %s", path, c.name, w.Body)
			notes := d.office.Audited()
			require.Len(t, notes, before+1, "%s %s", path, c.name)
			n := notes[before]
			require.Equal(t, c.code, n.Code)
			require.Equal(t, "192.0.2.1", n.Address)
			require.Equal(t, everyone.ID, n.Account)
			if c.code != 200 {
				require.NotEmpty(t, n.Reason)
			}
		}
	}
	notes := d.office.Audited()
	for range 50 { // who only knocks fills no log
		require.Equal(t, 401, (&caller{d: d}).send("POST", "/api/signout", map[string]any{}).Code)
		require.Equal(t, 403, (&caller{d: d}).send("POST", "/api/signin", map[string]any{"login": "x"}, "Origin", "https://evil.example").Code)
	}
	require.Len(t, d.office.Audited(), len(notes))
	for _, n := range notes {
		raw, err := json.Marshal(n)
		require.NoError(t, err)
		require.NotContains(t, string(raw), "correct horse", "no password in the audit")
	}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestSignInSessionsAndGuessing(t *testing.T) {
	d := newDesk(t, 3)
	nobody := &caller{d: d}
	hash, err := access.HashPassword("dust in the wind")
	require.NoError(t, err)
	d.as(access.Account{ID: "acc-li", Login: "li.wei", Name: "李伟", Roles: []access.Role{access.Analyst}, Areas: []string{"*"}, Password: hash})
	in := map[string]string{"login": " Li.Wei ", "password": "dust in the wind"}

	w := nobody.send("POST", "/api/signin", in)
	require.Equal(t, 200, w.Code, w.Body)
	c := w.Result().Cookies()[0]
	require.Equal(t, "__Host-upwind", c.Name)
	require.True(t, c.Secure && c.HttpOnly && c.Path == "/" && c.Domain == "" && c.SameSite == http.SameSiteLaxMode)
	me := decode[struct {
		SignedIn bool `json:"signed_in"`
		Name     string
		Actions  []string
		CSRF     string
	}](t, (&caller{d: d, cookie: c}).get("/api/me"))
	require.True(t, me.SignedIn)
	require.Equal(t, "李伟", me.Name)
	require.NotContains(t, w.Body.String(), "argon2")

	// A new token each time, whatever cookie came along: nobody can fix somebody's session.
	fixed := &caller{d: d, cookie: &http.Cookie{Name: c.Name, Value: "chosen-by-somebody-else"}}
	w = fixed.send("POST", "/api/signin", in)
	require.NotEqual(t, "chosen-by-somebody-else", w.Result().Cookies()[0].Value)
	require.NotEqual(t, c.Value, w.Result().Cookies()[0].Value)

	// In the clear over the network nothing is asked for.
	r := httptest.NewRequest("POST", "http://upwind.example/api/signin", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	clear := httptest.NewRecorder()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	web.Handler(ctx, d.st, d.office, web.Options{AllowedHosts: []string{"*"}}).ServeHTTP(clear, r)
	require.Equal(t, 403, clear.Code)
	require.Contains(t, clear.Body.String(), "https")

	// Signing out ends the session on the server, not only in the browser.
	gone := &caller{d, c, me.CSRF}
	require.Equal(t, 200, gone.send("POST", "/api/signout", map[string]any{}).Code)
	require.Equal(t, 401, gone.get("/api/candidates").Code)

	// Unknown and known names get the same answer; guessing is slowed down, also for who then guesses right.
	unknown := nobody.send("POST", "/api/signin", map[string]string{"login": "nobody", "password": "x"})
	wrong := nobody.send("POST", "/api/signin", map[string]string{"login": "li.wei", "password": "x"})
	require.Equal(t, unknown.Body.String(), wrong.Body.String())
	require.Equal(t, 401, wrong.Code)
	for range 5 {
		require.Equal(t, 401, nobody.send("POST", "/api/signin", map[string]string{"login": "li.wei", "password": "x"}).Code)
	}
	w = nobody.send("POST", "/api/signin", in)
	require.Equal(t, 429, w.Code)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	failures := 0
	for _, n := range d.office.Audited() {
		if n.Login == "li.wei" && n.Code == 401 {
			failures++
		}
	}
	require.Equal(t, 6, failures, "each is in the audit")
}

func TestFirstLinkIsWorthNothingOnceThereIsAnAdministrator(t *testing.T) {
	d := newDesk(t, 3)
	d.role(access.Administrator, access.WholeCity) // made by the command line while the server ran
	w := (&caller{d: d}).send("POST", "/api/first", map[string]string{"token": firstToken, "login": "eve", "name": "e", "password": "a long enough one"})
	require.Equal(t, 403, w.Code)
	require.Contains(t, w.Body.String(), "used already")
}

func TestFirstAdministratorAndAccounts(t *testing.T) {
	d := newDesk(t, 3)
	nobody := &caller{d: d}
	first := map[string]string{"token": firstToken, "login": "Zhang", "name": "张", "password": "a long enough one"}
	bad := func(key, value, says string) {
		doc := map[string]string{}
		for k, v := range first {
			doc[k] = v
		}
		doc[key] = value
		w := nobody.send("POST", "/api/first", doc)
		require.Contains(t, []int{400, 403}, w.Code)
		require.Contains(t, w.Body.String(), says)
	}
	bad("token", "guessed", "used already")
	bad("token", "", "used already")
	bad("password", "short", "at least 10")
	bad("login", "a b", "login name")
	w := nobody.send("POST", "/api/first", first)
	require.Equal(t, 200, w.Code, w.Body)
	bad("login", "another", "used already")
	me := decode[struct{ CSRF string }](t, w)
	admin := &caller{d, w.Result().Cookies()[0], me.CSRF}

	doc := map[string]any{"name": "李伟", "roles": []string{"inspector"}, "areas": []string{"371502"}, "officer_id": "G-17", "password": "another long one", "revision": 0}
	require.Equal(t, 200, admin.send("POST", "/api/accounts/li.wei", doc).Code)
	require.Equal(t, 409, admin.send("POST", "/api/accounts/li.wei", doc).Code, "the name is taken")
	w = nobody.send("POST", "/api/signin", map[string]string{"login": "li.wei", "password": "another long one"})
	li := &caller{d, w.Result().Cookies()[0], decode[struct{ CSRF string }](t, w).CSRF}
	require.Equal(t, 403, li.get("/api/accounts").Code)
	require.Equal(t, 403, li.send("POST", "/api/accounts/li.wei", doc).Code, "nobody raises themselves")
	list := admin.get("/api/accounts")
	require.Contains(t, list.Body.String(), `"officer_id":"G-17"`)
	require.NotContains(t, list.Body.String(), "argon2")
	doc["revision"], doc["disabled"], doc["password"] = 1, true, ""
	require.Equal(t, 200, admin.send("POST", "/api/accounts/li.wei", doc).Code)
	require.Equal(t, 401, li.get("/api/candidates").Code, "a closed account is out at once")
	require.Equal(t, 401, nobody.send("POST", "/api/signin", map[string]string{"login": "li.wei", "password": "another long one"}).Code)

	w = admin.send("POST", "/api/accounts/zhang", map[string]any{"name": "张", "roles": []string{"wall"}, "areas": []string{"*"}, "revision": 1})
	require.Equal(t, 409, w.Code)
	require.Contains(t, w.Body.String(), "last administrator")
}

// A target from suspicion to closing, each step by who may take it.
func TestAWayThroughTheLedger(t *testing.T) {
	d := newDesk(t, 3)
	c := d.st.CandidateL[0]
	analyst, inspector := d.role(access.Analyst, c.County), d.role(access.Inspector, c.County)
	stranger := d.as(access.Account{ID: "acc-s", Login: "stranger", Name: "s", Roles: []access.Role{access.Inspector}, Areas: []string{"*"}, OfficerID: "somebody-else"})
	events := 1
	step := func(who *caller, code int, to string, more ...any) string {
		doc := map[string]any{"events": events, "to": to}
		for i := 0; i+1 < len(more); i += 2 {
			doc[more[i].(string)] = more[i+1]
		}
		w := who.send("POST", "/api/candidates/"+c.ID+"/state", doc)
		require.Equal(t, code, w.Code, "%s: %s", to, w.Body)
		if code == 200 {
			events++
		}
		return w.Body.String()
	}
	step(inspector, 403, "confirmed")
	step(analyst, 422, "dispatched", "officer_id", "officer-inspector")
	step(analyst, 200, "confirmed")
	require.Contains(t, step(analyst, 400, "dispatched", "deadline", time.Now().Add(-time.Hour)), "passed already")
	require.Contains(t, step(analyst, 400, "dispatched", "note", strings.Repeat("x", 2001)), "2000 characters")
	require.Contains(t, step(analyst, 400, "dispatched", "surprise", 1), "unknown field")
	note := `<script>alert(1)</script> 请先苫盖`
	step(analyst, 200, "dispatched", "officer_id", "officer-inspector", "measure", "苫盖", "note", note, "deadline", time.Now().Add(time.Hour))
	require.Contains(t, step(stranger, 403, "accepted"), "another officer")
	step(inspector, 200, "accepted")
	step(inspector, 200, "inspected")
	step(inspector, 200, "rectifying")
	step(inspector, 200, "closing-requested")
	step(inspector, 403, "verified")
	events--
	require.Contains(t, step(analyst, 409, "verified"), "somebody else")
	events++
	step(analyst, 200, "verified")
	require.Contains(t, analyst.get("/api/candidates/"+c.ID+"/standing").Body.String(), `"next":["closed"]`)
	require.Contains(t, inspector.get("/api/candidates/"+c.ID+"/standing").Body.String(), `"next":[]`)
	step(analyst, 200, "closed")
	h := decode[struct {
		Events []struct {
			To   upwind.State
			Name string
			Note string
		}
	}](t, analyst.get("/api/candidates/"+c.ID+"/history"))
	require.Len(t, h.Events, 8)
	require.Equal(t, note, h.Events[1].Note)
	require.Equal(t, "analyst", h.Events[7].Name)
	require.Equal(t, upwind.StateClosed, h.Events[7].To)

	// Overdue is a flag of the clock.
	past := time.Now().Add(-time.Minute)
	d.st.Change(web.ChangeCandidates, func(m *web.Memory) {
		m.StandingL[c.ID] = grid.Standing{Events: 9, State: upwind.StateDispatched, Deadline: &past}
	})
	require.Contains(t, analyst.get("/api/candidates/"+c.ID+"/standing").Body.String(), `"overdue":true`)
}

func TestMetricsAreForThisMachineAndAdministrators(t *testing.T) {
	d := newDesk(t, 3)
	ask := func(remote string, c *http.Cookie, header ...string) int {
		r := httptest.NewRequest("GET", "http://localhost/metrics", nil)
		r.RemoteAddr = remote
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		if c != nil {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		d.h.ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, 200, ask("127.0.0.1:5", nil))
	require.Equal(t, 401, ask("127.0.0.1:5", nil, "X-Forwarded-For", "203.0.113.5"))
	require.Equal(t, 401, ask("192.0.2.9:5", nil))
	require.Equal(t, 403, ask("192.0.2.9:5", d.role(access.Analyst, "*").cookie))
	require.Equal(t, 200, ask("192.0.2.9:5", d.role(access.Administrator, "*").cookie))
}
