package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"upwind"
	"upwind/ingest/station"
	"upwind/store"
)

// memorySink is a sink for tests: a real store, and the rest in memory.
type memorySink struct {
	*store.Dir
	assets   map[string]upwind.Asset
	readings map[string][]upwind.Observation
	wind     map[string][]upwind.Wind
	grid     string
	sites    string
	stations []upwind.Station
	fail     error // returned by PutAsset
}

var _ Sink = (*memorySink)(nil)

func newMemorySink(t testing.TB) *memorySink {
	t.Helper()
	dir, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &memorySink{Dir: dir, assets: map[string]upwind.Asset{}, readings: map[string][]upwind.Observation{}, wind: map[string][]upwind.Wind{}}
}

func (m *memorySink) PutAsset(_ context.Context, a upwind.Asset) (bool, error) {
	if m.fail != nil {
		return false, m.fail
	}
	_, there := m.assets[a.ID]
	m.assets[a.ID] = a
	return !there, nil
}

func (m *memorySink) PutObservations(_ context.Context, id string, o []upwind.Observation) error {
	m.readings[id] = o
	return nil
}

func (m *memorySink) PutWind(_ context.Context, id string, w []upwind.Wind) error {
	m.wind[id] = w
	return nil
}

func (m *memorySink) PutGrid(_ context.Context, a upwind.Asset) error {
	m.grid = a.ID
	return nil
}

func (m *memorySink) PutSites(_ context.Context, a upwind.Asset) error {
	m.sites = a.ID
	return nil
}

func (m *memorySink) PutStations(_ context.Context, a upwind.Asset) error {
	f, err := m.Open(a.Main().SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	m.stations, err = station.Read(a.Name, f)
	return err
}

func (m *memorySink) Stations(context.Context) ([]upwind.Station, error) { return m.stations, nil }

// sharedData is the folder of real files, beside the repository.
func sharedData(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: %s is not at hand", filepath.Join(parts...))
	}
	return path
}
