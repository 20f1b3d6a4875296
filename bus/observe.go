package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"upwind"
)

// ObservationBatch is the document of the observation logs. Readings of many stations travel together,
// because a message each would cost fifteen times as much.
type ObservationBatch struct {
	Version      int                  `json:"version"`
	Source       string               `json:"source,omitempty"` // asset id, or the name of a live feed
	Processed    time.Time            `json:"processed_utc,omitzero"`
	Uploads      []string             `json:"uploads,omitempty"` // of a live feed: the packets that it holds, see [View.HasUpload]
	Observations []upwind.Observation `json:"observations,omitempty"`
	Wind         []upwind.Wind        `json:"wind,omitempty"`
}

const (
	// hourS is the mean from which on readings are kept for three years.
	hourS = 3600
	// Keys of the observation logs are one token for what came in a file. What a feed brings as it comes, and the
	// hours made of it, stand under these heads, so that a view need not read a month of minutes to know the hours.
	headLive  = "live"  // live.<feed>.<n>
	headHours = "hours" // hours.<hour>.<n>
)

// Observe stores a batch that came in a file under key, a text without dots, once: in the hourly log when every mean in it is an hour or
// longer, in the log of 30 days otherwise.
func (b *Bus) Observe(ctx context.Context, key string, batch ObservationBatch) (created bool, err error) {
	return b.observe(ctx, key, batch)
}

// ObserveLive stores what a live feed brought, under a key that nobody else uses; neither name holds a dot. A batch is all minutes or all hours.
func (b *Bus) ObserveLive(ctx context.Context, feed, key string, batch ObservationBatch) (created bool, err error) {
	return b.observe(ctx, headLive+"."+feed+"."+key, batch)
}

// ObserveHours stores what the stations' hour that begins at a time came to, or its n-th correction.
func (b *Bus) ObserveHours(ctx context.Context, hour time.Time, n int, batch ObservationBatch) (created bool, err error) {
	return b.observe(ctx, fmt.Sprintf("%s.%s.%d", headHours, hour.UTC().Format("2006010215"), n), batch)
}

func (b *Bus) observe(ctx context.Context, key string, batch ObservationBatch) (created bool, err error) {
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

// fromFiles, fromFeeds and hourTables are the subjects of the three parts of the observation logs.
func fromFiles(prefix string) []string  { return []string{prefix + ".*"} }
func fromFeeds(prefix string) []string  { return []string{prefix + "." + headLive + ".>"} }
func hourTables(prefix string) []string { return []string{prefix + "." + headHours + ".>"} }
