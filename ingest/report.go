package ingest

import (
	"upwind"
	"upwind/ingest/flight"
)

// Status is what became of a file.
type Status string

const (
	StatusAccepted  Status = "accepted"
	StatusDuplicate Status = "duplicate" // was there already
	StatusHeld      Status = "held"      // accepted, kept off the map until what Reason asks for is stated
	StatusRefused   Status = "refused"
)

// Entry is what became of one file, or of an orthophoto with its surface model.
type Entry struct {
	Path     string          `json:"path"`
	With     string          `json:"with,omitempty"` // what belongs to it: the surface model of a pair, the rays of a scan
	Status   Status          `json:"status"`
	Kind     Kind            `json:"kind,omitempty"`
	AssetID  string          `json:"asset_id,omitempty"`
	Reason   string          `json:"reason,omitempty"` // one sentence: why held, refused, or a duplicate of what
	Findings []string        `json:"findings,omitempty"`
	Refusal  *upwind.Refusal `json:"-"`
}

// Report is what became of everything that was handed in, in the order it was looked at.
type Report struct {
	Entries []Entry  `json:"entries"`
	Ignored int      `json:"ignored"` // files that systems leave behind, such as .DS_Store
	Flights []Flight `json:"flights,omitempty"`
}

// Flight is what the drone pictures of a folder or archive say when they are looked at together.
type Flight struct {
	Path     string           `json:"path"` // of the first picture
	Pictures int              `json:"pictures"`
	Findings []flight.Finding `json:"findings"`
}

// leastFlight is how many pictures of a folder are looked at as a flight.
const leastFlight = 5

// Count is the number of entries with a status.
func (r Report) Count(s Status) int {
	n := 0
	for _, e := range r.Entries {
		if e.Status == s {
			n++
		}
	}
	return n
}
