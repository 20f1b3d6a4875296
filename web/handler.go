package web

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options of the web room.
type Options struct {
	Version      string        // of the program, shown on the page and in /metrics
	AllowedHosts []string      // host names besides loopback that the server answers to, without port; "*" answers to all
	Heartbeat    time.Duration // between the comments that keep an event stream open; 0 means 15 s
	Log          *slog.Logger  // nil means slog.Default()
}

const (
	// defaultHeartbeat is below the 30 s after which common proxies close a silent connection.
	defaultHeartbeat = 15 * time.Second
	// replyTimeout bounds how long a slow reader may hold one answer.
	replyTimeout = 60 * time.Second
)

// server holds what the handlers share.
type server struct {
	st    State
	opt   Options
	log   *slog.Logger
	hub   *hub
	cache *cache
	met   *metrics

	names    memo[map[string]*Cell]
	pictures memo[map[string]string]
}

// Handler returns the whole web room. It follows the state's changes until ctx ends.
func Handler(ctx context.Context, st State, opt Options) http.Handler {
	if opt.Heartbeat <= 0 {
		opt.Heartbeat = defaultHeartbeat
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	s := &server{st: st, opt: opt, log: opt.Log, cache: newCache()}
	s.hub = newHub(ctx, st, s.cache.invalidate)
	s.met = newMetrics(st, opt.Version, s.hub)

	mux := http.NewServeMux()
	for _, r := range s.routes() {
		h := s.met.measure(r.pattern, limitTime(r.handler))
		if r.pattern == "/api/events" {
			h = s.met.measure(r.pattern, r.handler)
		}
		mux.Handle(r.pattern, h)
	}
	return s.guard(mux)
}

type route struct {
	pattern string
	handler http.Handler
}

// routes is the one table of what the server answers to.
func (s *server) routes() []route {
	doc := func(b builder, params ...string) http.Handler { return s.document(b, params...) }
	fresh := func(f http.HandlerFunc) http.Handler { return f }
	page := func(name string) http.Handler {
		return fresh(func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, name) })
	}
	return []route{
		{"/{$}", fresh(s.page)},
		{"/devices", page("static/devices.html")},
		{"/air", page("static/air.html")},
		{"/report/air", doc(s.airReport, "day", "month", "lang", "format")},
		{"/static/", fresh(s.static)},
		{"/favicon.ico", fresh(s.favicon)},
		{"/api/candidates", doc(s.candidates, "kind", "state", "limit", "offset")},
		{"/api/candidates.json", doc(s.candidates, "kind", "state", "limit", "offset")},
		{"/api/candidates.geojson", doc(s.candidateMap, "kind", "state")},
		{"/api/candidates/{id}", doc(s.candidate)},
		{"/api/detections", doc(s.detections, "kind", "bbox")},
		{"/api/traces", doc(s.traces, "limit")},
		{"/api/traces/{id}", doc(s.trace, "format")},
		{"/api/traces/{id}/map.png", fresh(s.traceMap)},
		{"/api/stations", doc(s.stations, "species", "at")},
		{"/api/wind", doc(s.wind, "at")},
		{"/api/sites", doc(s.sites)},
		{"/api/devices", doc(s.devices, "format")},
		{"/api/air", doc(s.air, "at", "day")},
		{"/api/air/ranking", doc(s.airRanking, "month", "by", "level")},
		{"/api/grid", doc(s.grid, "level")},
		{"/api/overlays", doc(s.overlays)},
		{"/api/blobs/{sha256}", fresh(s.blob)},
		{"/api/status", fresh(s.status)},
		{"/api/events", fresh(s.events)},
		{"/api/", fresh(s.unknown)},
		{"/", fresh(s.unknown)},
		{"/healthz", fresh(s.healthz)},
		{"/readyz", fresh(s.readyz)},
		{"/metrics", s.met.handler()},
	}
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
