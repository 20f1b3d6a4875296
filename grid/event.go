package grid

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"upwind"
)

// Event types. Every change of a candidate is one of these; nothing is ever edited in place.
const (
	// TypeObserved creates a candidate from its first evidence; data is [Observed].
	TypeObserved = "candidate.observed"
	// TypeStrengthened adds one more piece of evidence; data is [Strengthened].
	TypeStrengthened = "candidate.strengthened"
	// TypeMerged joins two candidates that turned out to be one; one event on either; data is [Merged].
	TypeMerged = "candidate.merged"
	// TypeState moves a candidate along the table of [Legal] transitions; data is [StateChange].
	TypeState = "candidate.state"
	// TypeSetAside records that a detection or trace was looked at and makes no candidate; data is [SetAside].
	// Its Candidate is an id of its own that never becomes a candidate.
	TypeSetAside = "evidence.set-aside"
)

// Unassigned stands for the county of a place outside every imported grid.
const Unassigned = "unassigned"

var (
	// ErrNewerVersion marks an event written by a newer program. Who meets one must not write to the ledger:
	// it would decide on a state it cannot read.
	ErrNewerVersion = errors.New("grid: the ledger holds events of a newer version of this program")
	// ErrChain marks an event that does not follow the last one of its candidate.
	ErrChain = errors.New("grid: event does not continue its candidate's chain")
	// ErrIllegal marks a change that the state table or the four-eyes rule forbids.
	ErrIllegal = errors.New("grid: change not allowed")
)

// Event is one line of the ledger.
type Event struct {
	ID        string          `json:"id"`
	Candidate string          `json:"candidate"`
	County    string          `json:"county"` // at the candidate's creation, never renamed: part of the subject
	Type      string          `json:"type"`
	V         int             `json:"v"` // version of Data for this type
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"` // account or officer id, or "upwind" for the program
	Data      json.RawMessage `json:"data"`
	Prev      string          `json:"prev"` // Hash of the candidate's event before; empty for the first
	Hash      string          `json:"hash"` // [Event.Sum], filled when the event is appended
}

// ActorProgram is the actor of events that no person decided.
const ActorProgram = "upwind"

// canonical is [Event] without its hash, keys in alphabetical order.
type canonical struct {
	Actor     string `json:"actor"`
	At        string `json:"at"`
	Candidate string `json:"candidate"`
	County    string `json:"county"`
	Data      any    `json:"data"`
	ID        string `json:"id"`
	Prev      string `json:"prev"`
	Type      string `json:"type"`
	V         int    `json:"v"`
}

// Sum is the SHA-256, as 64 hex digits, over the event's canonical JSON without its hash: keys sorted, no white
// space, no HTML escapes, numbers as written, the time in UTC. It therefore survives any re-encoding of the same
// values. Data that is not JSON counts as the string of its bytes, so that it still has a sum.
func (e Event) Sum() string {
	c := canonical{
		Actor: e.Actor, At: e.At.UTC().Format(time.RFC3339Nano), Candidate: e.Candidate, County: e.County,
		ID: e.ID, Prev: e.Prev, Type: e.Type, V: e.V,
	}
	if len(e.Data) > 0 {
		dec := json.NewDecoder(bytes.NewReader(e.Data))
		dec.UseNumber()
		if err := dec.Decode(&c.Data); err != nil {
			c.Data = string(e.Data)
		}
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(c); err != nil { // strings, ints and decoded JSON always have a JSON form
		panic(fmt.Sprintf("grid: sum of event %s: %v", e.ID, err))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Sighting is one piece of evidence with the facts a candidate is computed from.
type Sighting struct {
	Evidence upwind.Evidence `json:"evidence"`
	Job      string          `json:"job"`              // two sightings of one job are two things: the detector told them apart
	Detector string          `json:"detector"`         // sensor family for combining probabilities
	Shares   []string        `json:"shares,omitempty"` // assets it was seen on; for a trace the plume that set it off
	Event    string          `json:"event,omitempty"`  // of a trace: of the traces of one event only the latest counts
	Class    string          `json:"class,omitempty"`
	Place    Place           `json:"place"`
	// Measures of this sighting (area, volume, ...), each with its sigma.
	Measures map[string]upwind.Estimate `json:"measures,omitempty"`
	SiteID   string                     `json:"site_id,omitempty"`
	SiteName string                     `json:"site_name,omitempty"`
}

// Place is where a sighting lies and whom it concerns.
type Place struct {
	Geometry  json.RawMessage `json:"geometry,omitempty"` // GeoJSON, WGS84
	Lon       float64         `json:"lon"`
	Lat       float64         `json:"lat"`
	SigmaM    float64         `json:"sigma_m"`
	GridCode  string          `json:"grid_code"`
	OfficerID string          `json:"officer_id,omitempty"`
}

// Observed is the data of [TypeObserved], version 1.
type Observed struct {
	Kind     upwind.CandidateKind `json:"kind"`
	Sighting Sighting             `json:"sighting"`
	Last     bool                 `json:"last"` // no further event follows from this evidence
}

// Strengthened is the data of [TypeStrengthened], version 1.
type Strengthened struct {
	Sighting Sighting `json:"sighting"`
	Last     bool     `json:"last"`
}

// Merged is the data of [TypeMerged], version 1. On the candidate that stays, From and Sightings are set; on the
// one that goes, Into.
type Merged struct {
	Into      string     `json:"into,omitempty"`
	From      string     `json:"from,omitempty"`
	Sightings []Sighting `json:"sightings,omitempty"`
	Reason    string     `json:"reason"`
	Cause     string     `json:"cause"` // id of the evidence that showed it; empty when a person merged
	Last      bool       `json:"last"`
}

// StateChange is the data of [TypeState], version 1. Free text and photos are named by hash (an account can be
// erased while the chain stays whole); Reason is a short code or the hash of a text.
type StateChange struct {
	From      upwind.State `json:"from"`
	To        upwind.State `json:"to"`
	Reason    string       `json:"reason,omitempty"`
	OfficerID string       `json:"officer_id,omitempty"` // set on dispatch
	Unit      string       `json:"unit,omitempty"`
	Measure   string       `json:"measure,omitempty"`  // what is to be done
	Deadline  *time.Time   `json:"deadline,omitempty"` // overdue is a flag computed from it, not a state
	Blobs     []string     `json:"blobs,omitempty"`    // SHA-256 of photos and texts
	Cause     string       `json:"cause,omitempty"`    // id of the evidence that caused it, for reopening
	Last      bool         `json:"last,omitempty"`
}

// StateChange returns the data of a [TypeState] event; ok is false for other events.
func (e Event) StateChange() (d StateChange, ok bool) {
	return d, e.Type == TypeState && json.Unmarshal(e.Data, &d) == nil
}

// SetAside is the data of [TypeSetAside], version 1.
type SetAside struct {
	EvidenceID string `json:"evidence_id"`
	Type       string `json:"type"` // detection or trace
	Reason     string `json:"reason"`
}
