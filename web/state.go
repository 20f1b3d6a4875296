package web

import (
	"context"
	"io"
	"time"

	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/grid"
)

// State is what the web room reads. Slices belong to the caller or are never changed again: handlers read
// them without a lock. All methods are safe for concurrent use.
type State interface {
	// Ready reports whether the logs have been replayed.
	Ready() bool
	// Candidates returns every candidate that was not merged into another, by score from high to low, then by id.
	Candidates() []upwind.Candidate
	// Candidate returns one candidate; for a merged one, the candidate that holds its evidence now.
	Candidate(id string) (upwind.Candidate, bool)
	// Standing returns what the ledger knows of a candidate beside its evidence.
	Standing(id string) (grid.Standing, bool)
	// Code returns the grid code of a place: county/town/cell, as far as they are known.
	Code(lon, lat float64) string
	Detections() []upwind.Detection
	Detection(id string) (upwind.Detection, bool)
	Traces() []upwind.Trace
	Trace(id string) (upwind.Trace, bool)
	Assets() []upwind.Asset
	Inspections() []upwind.Inspection
	// Observations returns the readings of a species that start in [from, to).
	Observations(species string, from, to time.Time) []upwind.Observation
	// Wind returns the wind readings that start in [from, to).
	Wind(from, to time.Time) []upwind.Wind
	// Coverage says for which species and hours there is air to show.
	Coverage() Coverage
	// Grid returns the cells of the grid in force, all levels.
	Grid() []Cell
	Sites() []upwind.Site
	// Stations returns the registry of stations in force, by id.
	Stations() []upwind.Station
	// Devices returns what the listeners know of the devices, by number, and when the newest of them spoke; no listener has
	// spoken where that is zero.
	Devices() ([]upwind.DeviceState, time.Time)
	Queue(ctx context.Context) (Queue, error)
	// Subscribe returns a channel of changes and a function that ends it. Where changes were lost, ChangeAll stands
	// in for them.
	Subscribe() (<-chan Change, func())
	// OpenBlob opens content of the store by its SHA-256; an unknown hash gives an error that wraps fs.ErrNotExist.
	OpenBlob(sha256 string) (io.ReadSeekCloser, error)
}

// Levels of the grid, from the whole to the smallest cell.
const (
	LevelCity   = 1
	LevelCounty = 2
	LevelTown   = 3
	LevelCell   = 4
)

// Cell is one polygon of the grid.
type Cell struct {
	Level     int
	Code      string // of this area alone; Candidate.GridCode joins county, town and cell with slashes
	Parent    string // code of the cell one level up; empty at the top
	Name      string
	OfficerID string // who looks after it, and in which unit
	Officer   string
	Unit      string
	Geometry  *geojson.Geometry // polygon or multipolygon
}

// Coverage says what air data there is.
type Coverage struct {
	Species []string // sorted
	From    time.Time
	To      time.Time // end of the newest reading or wind
}

// Queue is how much work is outstanding and how much failed for good.
type Queue struct {
	Outstanding int       `json:"outstanding"`
	Dead        []DeadJob `json:"dead"`
}

// DeadJob is a job that will not be tried again until a person asks for it.
type DeadJob struct {
	ID     string    `json:"id"`
	Role   string    `json:"role"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// What a change is about.
const (
	ChangeCandidates   = "candidates"
	ChangeDetections   = "detections"
	ChangeTraces       = "traces"
	ChangeInspections  = "inspections" // and assets
	ChangeObservations = "observations"
	ChangeGrid         = "grid"
	ChangeSites        = "sites"
	ChangeStations     = "stations"
	ChangeDevices      = "devices"
	ChangeAll          = "all" // changes were lost, or too many to name
)

// Change says that one kind of thing is not what it was.
type Change struct {
	Kind string
}
