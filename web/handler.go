package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"upwind/access"
)

// Options of the web room.
type Options struct {
	Version      string        // of the program, shown on the page and in /metrics
	AllowedHosts []string      // host names besides loopback that the server answers to, without port; "*" answers to all
	Heartbeat    time.Duration // between the comments that keep an event stream open; 0 means 15 s
	Log          *slog.Logger  // nil means slog.Default()
	First        string        // token of the link that makes the first administrator; empty when there is one
}

const (
	// defaultHeartbeat is below the 30 s after which common proxies close a silent connection.
	defaultHeartbeat = 15 * time.Second
	// replyTimeout bounds how long a slow reader may hold one answer.
	replyTimeout = 60 * time.Second
)

// server holds what the handlers share.
type server struct {
	st     State
	office Office
	opt    Options
	door   *door
	cross  *http.CrossOriginProtection
	log    *slog.Logger
	hub    *hub
	cache  *cache
	met    *metrics
	scrape http.Handler // of met

	names    memo[map[string]*Cell]
	pictures memo[map[string]shownPicture]
}

// Handler returns the whole web room. It follows the state's changes until ctx ends.
func Handler(ctx context.Context, st State, office Office, opt Options) http.Handler {
	if opt.Heartbeat <= 0 {
		opt.Heartbeat = defaultHeartbeat
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	s := &server{st: st, office: office, opt: opt, log: opt.Log, cache: newCache(), door: newDoor(opt.First), cross: http.NewCrossOriginProtection()}
	s.hub = newHub(ctx, st, s.cache.invalidate)
	s.met = newMetrics(st, opt.Version, s.hub)
	s.scrape = s.met.handler()

	mux := http.NewServeMux()
	for pattern, methods := range byPattern(s.routes()) {
		h := s.byMethod(methods)
		if !methods[0].stream {
			h = limitTime(h)
		}
		mux.Handle(pattern, s.met.measure(pattern, h))
	}
	return s.guard(mux)
}

// route is one thing that the server does. Of handler and write it has the one that suits its method.
type route struct {
	pattern string
	method  string        // GET, which includes HEAD, or POST
	action  access.Action // that a role of the account must include; open for everybody
	handler http.Handler
	write   func(w http.ResponseWriter, r *http.Request, note *Note) error
	page    bool // shown to people: who is not signed in is led to where they can
	stream  bool // never ends, so its answer has no deadline
}

func byPattern(all []route) map[string][]route {
	m := map[string][]route{}
	for _, rt := range all {
		m[rt.pattern] = append(m[rt.pattern], rt)
	}
	return m
}

// byMethod finds the route of a request among those of one pattern.
func (s *server) byMethod(methods []route) http.Handler {
	handlers, allow := map[string]http.Handler{}, ""
	for _, rt := range methods {
		handlers[rt.method] = s.authorised(rt)
		if allow += rt.method; rt.method == http.MethodGet {
			handlers[http.MethodHead] = handlers[rt.method]
			allow += ", HEAD"
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := handlers[r.Method]
		if !ok {
			w.Header().Set("Allow", allow)
			fail(w, r, &problem{http.StatusMethodNotAllowed, clip(r.Method) + " is not allowed here; use " + allow})
			return
		}
		h.ServeHTTP(w, r)
	})
}

// routes is the one table of what the server answers to, and of what each asks of who asks.
func (s *server) routes() []route {
	get := func(pattern string, act access.Action, h http.Handler) route {
		return route{pattern: pattern, method: http.MethodGet, action: act, handler: h}
	}
	// doc is the same for everybody who may see it, own depends on the areas of who asks.
	doc := func(pattern string, b builder, params ...string) route {
		return get(pattern, access.Read, s.document(b, sameForAll, params...))
	}
	own := func(pattern string, b builder, params ...string) route {
		return get(pattern, access.Read, s.document(b, byAreas, params...))
	}
	fresh := func(pattern string, act access.Action, f http.HandlerFunc) route { return get(pattern, act, f) }
	page := func(pattern string, act access.Action, f http.HandlerFunc) route {
		rt := get(pattern, act, f)
		rt.page = true
		return rt
	}
	html := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, name) }
	}
	post := func(pattern string, act access.Action, f func(http.ResponseWriter, *http.Request, *Note) error) route {
		return route{pattern: pattern, method: http.MethodPost, action: act, write: f}
	}
	events := fresh("/api/events", access.Read, s.events)
	events.stream = true
	return []route{
		page("/{$}", access.Read, s.page),
		page("/devices", access.Read, html("static/devices.html")),
		page("/air", access.Read, html("static/air.html")),
		page("/ledger", access.Ledger, html("static/ledger.html")),
		page("/accounts", access.Administer, html("static/accounts.html")),
		page("/signin", open, html("static/signin.html")),
		fresh("/static/", open, s.static),
		fresh("/favicon.ico", open, s.favicon),
		fresh("/api/me", open, s.me),
		post("/api/signin", open, s.signInPost),
		post("/api/first", open, s.firstPost),
		post("/api/signout", access.Read, s.signOutPost),
		fresh("/api/accounts", access.Administer, s.accounts),
		post("/api/accounts/{id}", access.Administer, s.accountPost),
		own("/api/candidates", s.candidates, "kind", "state", "limit", "offset"),
		own("/api/candidates.json", s.candidates, "kind", "state", "limit", "offset"),
		own("/api/candidates.geojson", s.candidateMap, "kind", "state"),
		own("/api/candidates/{id}", s.candidate),
		fresh("/api/candidates/{id}/standing", access.Read, s.standing),
		fresh("/api/candidates/{id}/history", access.Read, s.history),
		post("/api/candidates/{id}/state", access.Read, s.statePost),
		get("/api/ledger", access.Ledger, s.document(s.ledgerTable, byMinute, "phase", "kind", "area", "q", "sort", "format", "limit", "offset")),
		own("/api/detections", s.detections, "kind", "bbox"),
		own("/api/traces", s.traces, "limit"),
		own("/api/traces/{id}", s.trace, "format"),
		fresh("/api/traces/{id}/map.png", access.Read, s.traceMap),
		own("/api/overlays", s.overlays),
		fresh("/api/blobs/{sha256}", access.Read, s.blob),
		doc("/report/air", s.airReport, "day", "month", "lang", "format"),
		doc("/api/stations", s.stations, "species", "at"),
		doc("/api/wind", s.wind, "at"),
		doc("/api/sites", s.sites),
		doc("/api/devices", s.devices, "format"),
		doc("/api/air", s.air, "at", "day"),
		doc("/api/air/ranking", s.airRanking, "month", "by", "level"),
		doc("/api/grid", s.grid, "level"),
		fresh("/api/status", access.Read, s.status),
		events,
		fresh("/api/", open, s.unknown),
		fresh("/", open, s.unknown),
		fresh("/healthz", open, s.healthz),
		fresh("/readyz", open, s.readyz),
		fresh("/metrics", open, s.metrics),
	}
}

// metrics answers who asks on this machine, where a collector runs beside the server, and administrators.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	ip := net.ParseIP(address(r))
	if ip == nil || !ip.IsLoopback() || r.Header.Get("X-Forwarded-For") != "" {
		if _, err := s.permitted(r, access.Administer); err != nil {
			fail(w, r, err)
			return
		}
	}
	s.scrape.ServeHTTP(w, r)
}

func (s *server) unknown(w http.ResponseWriter, r *http.Request) {
	fail(w, r, notFound("there is no page at "+clip(r.URL.Path)))
}

func limitTime(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A recorder in a test has no deadline to set.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(replyTimeout))
		h.ServeHTTP(w, r)
	})
}

// memo keeps one value derived from the state until the state changes.
type memo[T any] struct {
	mu  sync.Mutex
	gen uint64
	ok  bool
	v   T
}

func (m *memo[T]) get(gen uint64, build func() T) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ok || m.gen != gen {
		m.v, m.gen, m.ok = build(), gen, true
	}
	return m.v
}
