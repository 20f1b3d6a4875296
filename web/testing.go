package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"upwind"
	"upwind/grid"
)

// Memory is a [State] over plain slices, for tests. The zero value is an empty, ready state.
type Memory struct {
	mu          sync.Mutex
	NotReady    bool
	CandidateL  []upwind.Candidate
	DetectionL  []upwind.Detection
	TraceL      []upwind.Trace
	AssetL      []upwind.Asset
	InspectionL []upwind.Inspection
	Readings    []upwind.Observation
	Winds       []upwind.Wind
	Cells       []Cell
	SiteL       []upwind.Site
	StationL    []upwind.Station
	DeviceL     []upwind.DeviceState
	DevicesAt   time.Time
	QueueV      Queue
	Blobs       map[string][]byte
	StandingL   map[string]grid.Standing // where it is not the first
	subscribers []chan Change
}

var _ State = (*Memory)(nil)

// AddBlob stores content and names it.
func (m *Memory) AddBlob(role, mime string, raw []byte) upwind.Blob {
	sum := sha256.Sum256(raw)
	b := upwind.Blob{Role: role, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(raw)), Type: mime}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Blobs == nil {
		m.Blobs = map[string][]byte{}
	}
	m.Blobs[b.SHA256] = raw
	return b
}

// Change edits the state under its lock and tells the subscribers.
func (m *Memory) Change(kind string, edit func(*Memory)) {
	m.mu.Lock()
	edit(m)
	subs := slices.Clone(m.subscribers)
	m.mu.Unlock()
	for _, ch := range subs {
		ch <- Change{Kind: kind}
	}
}

func locked[T any](m *Memory, list *[]T) []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(*list)
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}

// The methods of State.

func (m *Memory) Ready() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.NotReady
}
func (m *Memory) Candidates() []upwind.Candidate   { return locked(m, &m.CandidateL) }
func (m *Memory) Detections() []upwind.Detection   { return locked(m, &m.DetectionL) }
func (m *Memory) Traces() []upwind.Trace           { return locked(m, &m.TraceL) }
func (m *Memory) Assets() []upwind.Asset           { return locked(m, &m.AssetL) }
func (m *Memory) Inspections() []upwind.Inspection { return locked(m, &m.InspectionL) }
func (m *Memory) Grid() []Cell                     { return locked(m, &m.Cells) }
func (m *Memory) Sites() []upwind.Site             { return locked(m, &m.SiteL) }

func (m *Memory) Stations() []upwind.Station { return locked(m, &m.StationL) }

func (m *Memory) Devices() ([]upwind.DeviceState, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.DeviceL), m.DevicesAt
}

func (m *Memory) Candidate(id string) (upwind.Candidate, bool) {
	return find(m.Candidates(), func(c upwind.Candidate) bool { return c.ID == id })
}

func (m *Memory) Standing(id string) (grid.Standing, bool) {
	c, ok := m.Candidate(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if st, moved := m.StandingL[id]; moved {
		return st, true
	}
	return grid.Standing{Events: 1, State: c.State, Since: c.FirstSeen, Actor: grid.ActorProgram}, ok
}

func (m *Memory) Code(lon, lat float64) string {
	var code []string
	for _, c := range locked(m, &m.Cells) {
		if c.Level < LevelCounty || c.Geometry == nil {
			continue
		}
		switch g := c.Geometry.Geometry().(type) {
		case orb.Polygon:
			if planar.PolygonContains(g, orb.Point{lon, lat}) {
				code = append(code, c.Code)
			}
		case orb.MultiPolygon:
			if planar.MultiPolygonContains(g, orb.Point{lon, lat}) {
				code = append(code, c.Code)
			}
		}
	}
	return strings.Join(code, "/")
}

func (m *Memory) Detection(id string) (upwind.Detection, bool) {
	return find(m.Detections(), func(d upwind.Detection) bool { return d.ID == id })
}

func (m *Memory) Trace(id string) (upwind.Trace, bool) {
	return find(m.Traces(), func(t upwind.Trace) bool { return t.ID == id })
}

func (m *Memory) Observations(species string, from, to time.Time) []upwind.Observation {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []upwind.Observation
	for i := range m.Readings {
		if o := &m.Readings[i]; o.Species == species && !o.Start.Before(from) && o.Start.Before(to) {
			out = append(out, *o)
		}
	}
	return out
}

func (m *Memory) Wind(from, to time.Time) []upwind.Wind {
	return slices.DeleteFunc(locked(m, &m.Winds), func(w upwind.Wind) bool { return w.Start.Before(from) || !w.Start.Before(to) })
}

func (m *Memory) Coverage() Coverage { return CoverageOf(locked(m, &m.Readings), locked(m, &m.Winds)) }

func (m *Memory) Queue(context.Context) (Queue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.QueueV, nil
}

func (m *Memory) Subscribe() (<-chan Change, func()) {
	ch := make(chan Change, 64)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.subscribers = append(m.subscribers, ch)
	return ch, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.subscribers = slices.DeleteFunc(m.subscribers, func(c chan Change) bool { return c == ch })
	}
}

func (m *Memory) OpenBlob(sum string) (io.ReadSeekCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, ok := m.Blobs[sum]
	if !ok {
		return nil, fmt.Errorf("blob %s: %w", sum, fs.ErrNotExist)
	}
	return nopCloser{bytes.NewReader(raw)}, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }
