package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"upwind"
	"upwind/ingest"
	"upwind/store"
)

// city keeps what it is told; a real sink writes to the logs.
type city struct{ *store.Dir }

func (city) PutAsset(context.Context, upwind.Asset) (bool, error)                { return true, nil }
func (city) PutObservations(context.Context, string, []upwind.Observation) error { return nil }
func (city) PutWind(_ context.Context, _ string, w []upwind.Wind) error {
	fmt.Println(len(w), "winds")
	return nil
}
func (city) PutGrid(context.Context, upwind.Asset) error        { return nil }
func (city) PutSites(context.Context, upwind.Asset) error       { return nil }
func (city) PutStations(context.Context, upwind.Asset) error    { return nil }
func (city) Stations(context.Context) ([]upwind.Station, error) { return nil, nil }

func ExampleAccept() {
	dir, _ := os.MkdirTemp("", "example-")
	defer os.RemoveAll(dir)
	blobs, _ := store.Open(filepath.Join(dir, "store"))
	wind := "start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg\n2026-04-01T00:00:00Z,3600,s1,115.98,36.45,10,2.5,270\n"
	_ = os.MkdirAll(filepath.Join(dir, "in"), 0o755)
	_ = os.WriteFile(filepath.Join(dir, "in", "a.csv"), []byte(wind), 0o644)
	_ = os.WriteFile(filepath.Join(dir, "in", "b.tif"), nil, 0o644)

	report, err := ingest.Accept(context.Background(), []string{filepath.Join(dir, "in")}, ingest.Options{}, city{blobs}, nil)
	for _, e := range report.Entries {
		fmt.Println(filepath.Base(e.Path), e.Status)
	}
	fmt.Println(err)
	// Output:
	// 1 winds
	// a.csv accepted
	// b.tif refused
	// <nil>
}
