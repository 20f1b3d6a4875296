package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"upwind"
)

// DetectionSet is the document of the log Detections: everything one job saw, which may be nothing.
type DetectionSet struct {
	Version    int                `json:"version"`
	JobID      string             `json:"job_id"`
	Detections []upwind.Detection `json:"detections"`
}

// gridDocument is what the bucket grids holds under KeyCurrent: the file as it was handed in.
type gridDocument struct {
	Name string `json:"name"`
	Body []byte `json:"body"`
}

// SetGrid puts a grid file in force. It must have been checked with grid.Parse before.
func (b *Bus) SetGrid(ctx context.Context, name string, body []byte) error {
	raw, err := json.Marshal(gridDocument{name, body})
	if err != nil {
		return err
	}
	_, err = b.KV(BucketGrids).Put(ctx, KeyCurrent, raw)
	return err
}

// siteDocument is what the bucket sites holds under KeyCurrent.
type siteDocument struct {
	Version int           `json:"version"`
	Sites   []upwind.Site `json:"sites"`
}

// SetSites puts a site registry in force.
func (b *Bus) SetSites(ctx context.Context, sites []upwind.Site) error {
	raw, err := json.Marshal(siteDocument{upwind.SchemaVersion, sites})
	if err != nil {
		return fmt.Errorf("bus: sites: %w", err)
	}
	_, err = b.KV(BucketSites).Put(ctx, KeyCurrent, raw)
	return err
}

// stationDocument is what the bucket stations holds under KeyCurrent.
type stationDocument struct {
	Version  int              `json:"version"`
	Stations []upwind.Station `json:"stations"`
}

// SetStations puts a registry of stations in force.
func (b *Bus) SetStations(ctx context.Context, stations []upwind.Station) error {
	raw, err := json.Marshal(stationDocument{upwind.SchemaVersion, stations})
	if err != nil {
		return fmt.Errorf("bus: stations: %w", err)
	}
	_, err = b.KV(BucketStations).Put(ctx, KeyCurrent, raw)
	return err
}

// Stations reads the registry of stations in force; none was set: nil.
func (b *Bus) Stations(ctx context.Context) ([]upwind.Station, error) {
	raw, _, err := b.KV(BucketStations).Get(ctx, KeyCurrent)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var d stationDocument
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("bus: stations: %w", err)
	}
	return d.Stations, nil
}
