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

// ObservationBatch is the document of the observation logs. Readings of many stations travel together,
// because a message each would cost fifteen times as much.
type ObservationBatch struct {
	Version      int                  `json:"version"`
	Source       string               `json:"source,omitempty"` // asset id, or the name of a live feed
	Observations []upwind.Observation `json:"observations,omitempty"`
	Wind         []upwind.Wind        `json:"wind,omitempty"`
}

// hourS is the mean from which on readings are kept for three years.
const hourS = 3600

// Observe stores a batch under key, once: in the hourly log when every mean in it is an hour or longer,
// in the log of 30 days otherwise.
func (b *Bus) Observe(ctx context.Context, key string, batch ObservationBatch) (created bool, err error) {
	batch.Version = upwind.SchemaVersion
	hourly := true
	for _, o := range batch.Observations {
		hourly = hourly && o.DurationS >= hourS
	}
	for _, w := range batch.Wind {
		hourly = hourly && w.DurationS >= hourS
	}
	raw, err := json.Marshal(batch)
	if err != nil {
		return false, fmt.Errorf("bus: observations %s: %w", key, err)
	}
	if hourly {
		return b.HourlyObservations().Create(ctx, key, raw)
	}
	return b.Observations().Create(ctx, key, raw)
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
