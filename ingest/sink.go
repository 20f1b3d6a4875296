package ingest

import (
	"context"
	"io"
	"os"
	"time"

	"upwind"
)

// Blobs is the store: content by its SHA-256.
type Blobs interface {
	Put(ctx context.Context, r io.Reader) (upwind.Blob, error)
	Open(sum string) (*os.File, error)
}

// Sink is where assets and what follows from them go. All calls are safe to repeat.
type Sink interface {
	Blobs
	// PutAsset records the asset; created is false if it was there.
	PutAsset(ctx context.Context, a upwind.Asset) (created bool, err error)
	PutObservations(ctx context.Context, assetID string, obs []upwind.Observation) error
	PutWind(ctx context.Context, assetID string, wind []upwind.Wind) error
	// PutGrid makes the asset the current grid, also one that was current before.
	PutGrid(ctx context.Context, a upwind.Asset) error
	// PutSites makes the asset the current registry of sites.
	PutSites(ctx context.Context, a upwind.Asset) error
	// PutStations makes the asset the current registry of stations.
	PutStations(ctx context.Context, a upwind.Asset) error
	// Stations is the current registry: some tables name stations and not their places.
	Stations(ctx context.Context) ([]upwind.Station, error)
}

// Options are what the user states about all the files of one call, and the bounds.
type Options struct {
	upwind.AssetOptions

	Now     time.Time      // what a future date is measured against; zero: dates are not checked
	Zone    *time.Location // of camera clocks without an offset; nil: UTC+8
	TempDir string         // where zips are unpacked; empty: the system's
	Limits  Limits         // zero fields: the defaults
}

// Limits bound one call.
type Limits struct {
	Files      int   // in a folder or a zip
	ZipBytes   int64 // unpacked content of a zip
	ZipRatio   int64 // unpacked to packed bytes, beyond the first 16 MiB
	TableBytes int64 // of a CSV
}

// DefaultLimits: a day's flight is some thousand pictures, an orthophoto some 10 GiB; GeoTIFFs inside a zip
// deflate by less than 100 unless they are empty; a year of minutes from one station is 50 MB.
var DefaultLimits = Limits{Files: 20000, ZipBytes: 64 << 30, ZipRatio: 200, TableBytes: 1 << 30}

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	for _, f := range []struct{ from, to *int64 }{{&l.ZipBytes, &d.ZipBytes}, {&l.ZipRatio, &d.ZipRatio}, {&l.TableBytes, &d.TableBytes}} {
		if *f.from > 0 {
			*f.to = *f.from
		}
	}
	if l.Files > 0 {
		d.Files = l.Files
	}
	return d
}

// Step is a sign of progress: a file that is about to be looked at.
type Step struct {
	Path  string
	Done  int // files finished
	Total int // files known so far
}

// Progress is called between files; nil is fine.
type Progress func(Step)

// futureSlack is how far ahead of now a date may lie: a clock in the wrong zone is a matter of hours, and
// forecasts are not readings.
const futureSlack = 24 * time.Hour
