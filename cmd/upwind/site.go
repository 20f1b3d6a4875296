package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"sort"
	"sync"
	"time"

	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/bus"
	"upwind/grid"
	"upwind/store"
	"upwind/web"
)

// site is the map's server.
type site struct {
	ln     net.Listener
	url    string
	state  web.State
	office web.Office
	opt    web.Options
}

// openSite starts listening, so that a taken port is told before any work begins.
func (m *machine) openSite(ctx context.Context, o runOptions) (*site, error) {
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, fmt.Errorf("the map cannot listen on %s: %w; choose another address with --listen, or port 0 for any free one", o.listen, err)
	}
	url := "http://" + ln.Addr().String() + "/"
	if err := m.bus.AnnounceHTTP(url); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	office := &office{m.bus, m.view, m.store}
	first, err := office.firstToken(ctx)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &site{ln: ln, url: url, state: &state{m.view, m.bus, m.store}, office: office,
		opt: web.Options{Version: version, AllowedHosts: o.hosts, Log: slog.Default(), First: first}}, nil
}

// where says how to get to the map, and how the first administrator gets in: by a link that works once.
func (s *site) where() string {
	text := fmt.Sprintf("The map is at %s (Ctrl-C ends)\n", s.url)
	if s.opt.First != "" {
		text += fmt.Sprintf("Nobody may sign in yet. This link makes the first administrator, once: %ssignin#%s\n", s.url, s.opt.First)
	}
	return text
}

func (s *site) serve(ctx context.Context) {
	if err := web.Serve(ctx, s.ln, s.state, s.office, s.opt); err != nil && ctx.Err() == nil {
		slog.Error("the map's server stopped", "err", err)
	}
}

// state shows the view, the queue and the store to the web room.
type state struct {
	*bus.View
	bus   *bus.Bus
	store *store.Dir
}

var _ web.State = (*state)(nil)

func (s *state) Candidates() []upwind.Candidate { return s.Book().All() }

func (s *state) Candidate(id string) (upwind.Candidate, bool) {
	if now, ok := s.Book().Resolve(id); ok {
		id = now
	}
	return s.Book().Candidate(id)
}

func (s *state) Standing(id string) (grid.Standing, bool) { return s.Book().Standing(id) }

func (s *state) Code(lon, lat float64) string { return s.View.Grid().Code(lon, lat).String() }

func (s *state) Coverage() web.Coverage {
	first, last, ok := s.ObservationSpan()
	if !ok {
		return web.Coverage{}
	}
	c := web.Coverage{From: first, To: last}
	seen := map[string]bool{}
	for _, o := range s.Observations("", last.Add(-time.Hour), last.Add(time.Hour)) {
		if !seen[o.Species] {
			seen[o.Species] = true
			c.Species = append(c.Species, o.Species)
		}
		if end := o.Start.Add(time.Duration(o.DurationS * float64(time.Second))); end.After(c.To) {
			c.To = end
		}
	}
	sort.Strings(c.Species)
	return c
}

func (s *state) Grid() []web.Cell {
	tree := s.View.Grid()
	if tree == nil {
		return nil
	}
	var out []web.Cell
	for level := grid.LevelCity; level <= grid.LevelCell; level++ {
		for _, c := range tree.Areas(level) {
			out = append(out, web.Cell{Level: int(c.Level), Code: c.Code, Parent: c.Parent, Name: c.Name,
				OfficerID: c.Officer.ID, Officer: c.Officer.Name, Unit: c.Officer.Unit, Geometry: geojson.NewGeometry(c.Geometry)})
		}
	}
	return out
}

func (s *state) Queue(ctx context.Context) (web.Queue, error) {
	n, err := s.bus.Jobs().Outstanding(ctx)
	if err != nil {
		return web.Queue{}, err
	}
	dead, err := s.bus.Jobs().Dead(ctx)
	q := web.Queue{Outstanding: n}
	for _, d := range dead {
		q.Dead = append(q.Dead, web.DeadJob{ID: d.ID, Role: d.Role, Reason: d.Reason, At: d.At})
	}
	return q, err
}

var changes = map[bus.ChangeKind]string{
	bus.ChangeAsset: web.ChangeInspections, bus.ChangeInspection: web.ChangeInspections, bus.ChangeDetection: web.ChangeDetections,
	bus.ChangeTrace: web.ChangeTraces, bus.ChangeCandidate: web.ChangeCandidates, bus.ChangeObservations: web.ChangeObservations,
	bus.ChangeGrid: web.ChangeGrid, bus.ChangeSites: web.ChangeSites, bus.ChangeStations: web.ChangeStations, bus.ChangeDevices: web.ChangeDevices,
}

// Subscribe hands on the view's changes. Where some were lost, because the pages were slow, it says that all
// may have changed.
func (s *state) Subscribe() (<-chan web.Change, func()) {
	in, cancel := s.View.Subscribe()
	out, done := make(chan web.Change), make(chan struct{})
	go func() {
		defer close(out)
		var next uint64
		for c := range in {
			kind := changes[c.Kind]
			if next != 0 && c.Number != next || len(in) >= cap(in)-1 {
				kind = web.ChangeAll
			}
			next = c.Number + 1
			select {
			case out <- web.Change{Kind: kind}:
			case <-done:
				return
			}
		}
	}()
	return out, sync.OnceFunc(func() { close(done); cancel() })
}

func (s *state) OpenBlob(sum string) (io.ReadSeekCloser, error) {
	f, err := s.store.Open(sum)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: blob %s", fs.ErrNotExist, sum)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}
