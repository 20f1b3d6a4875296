package upwind

import (
	"time"

	"github.com/paulmach/orb/geojson"
)

// State is where a candidate stands on its way from suspicion to verified closing.
type State string

const (
	StateCandidate        State = "candidate"
	StateConfirmed        State = "confirmed"
	StateRejected         State = "rejected"
	StateMerged           State = "merged"
	StateDispatched       State = "dispatched"
	StateAccepted         State = "accepted"
	StateInspected        State = "inspected"
	StateUnfounded        State = "unfounded"
	StateRectifying       State = "rectifying"
	StateClosingRequested State = "closing-requested"
	StateVerified         State = "verified"
	StateClosed           State = "closed"
	StateHandedOver       State = "handed-over"
	StateReopened         State = "reopened"
)

// CandidateKind is the class family of a candidate target.
type CandidateKind string

const (
	TargetBareSoil CandidateKind = "bare-soil"
	TargetSandPile CandidateKind = "sand-pile"
	TargetEmission CandidateKind = "emission" // smoke, a stack above its limit, or a place that traces point to
	TargetWater    CandidateKind = "water"    // a river worse than its class
)

// Evidence is one detection or trace that speaks for a candidate.
type Evidence struct {
	ID             string    `json:"id"`   // of the detection or trace
	Type           string    `json:"type"` // detection or trace
	Kind           string    `json:"kind"`
	ObservedAt     time.Time `json:"observed_at"`
	Probability    float64   `json:"probability"`
	PositionSigmaM float64   `json:"position_sigma_m,omitempty"`
	Inputs         []string  `json:"inputs,omitempty"`
	Reason         string    `json:"reason"`
}

// ScorePart is one term of a candidate's score, so that a person can see where it comes from.
type ScorePart struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Reason string  `json:"reason"`
}

// Candidate is a place an officer should look at, with all that speaks for it. It is never called a source.
type Candidate struct {
	Version     int                 `json:"version"`
	ID          string              `json:"id"`
	Kind        CandidateKind       `json:"kind"`
	Class       string              `json:"class,omitempty"`
	State       State               `json:"state"`
	Geometry    *geojson.Geometry   `json:"geometry"`
	Lon         float64             `json:"lon"` // a point to walk to
	Lat         float64             `json:"lat"`
	SigmaM      float64             `json:"sigma_m"`
	GridCode    string              `json:"grid_code"`
	County      string              `json:"county"`
	OfficerID   string              `json:"officer_id,omitempty"`
	SiteID      string              `json:"site_id,omitempty"`
	SiteName    string              `json:"site_name,omitempty"`
	FirstSeen   time.Time           `json:"first_seen"`
	LastSeen    time.Time           `json:"last_seen"`
	Probability float64             `json:"probability"`
	Score       float64             `json:"score"`
	ScoreParts  []ScorePart         `json:"score_parts"`
	Measures    map[string]Estimate `json:"measures,omitempty"`
	Evidence    []Evidence          `json:"evidence"`
}
