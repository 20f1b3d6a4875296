package upwind

import (
	"time"

	"github.com/paulmach/orb/geojson"
)

// Site is a place that may emit: from a registry, or a detection that stands on the ground.
type Site struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Kind      string            `json:"kind"` // stack, construction, stockyard, bare-soil, sand-pile, ...
	Geometry  *geojson.Geometry `json:"geometry"`
	HeightM   float64           `json:"height_m"`
	PriorOdds float64           `json:"prior_odds,omitempty"` // 0 means not stated
}

// TriggerKind is what starts a trace.
type TriggerKind string

const (
	TriggerPlume      TriggerKind = "smoke-plume"
	TriggerExceedance TriggerKind = "exceedance"
)

// Receptor is one station-time of a trigger where the air was bad.
type Receptor struct {
	StationID string    `json:"station_id"`
	Start     time.Time `json:"start_utc"`
	DurationS float64   `json:"duration_s"`
	Lon       float64   `json:"lon"`
	Lat       float64   `json:"lat"`
	HeightM   float64   `json:"height_m"`
	Excess    float64   `json:"excess"` // above background, in the trigger's unit
}

// Trigger is the event a trace explains: one plume, or an exceedance seen by one or more stations.
type Trigger struct {
	ID          string      `json:"id"`
	Kind        TriggerKind `json:"kind"`
	DetectionID string      `json:"detection_id,omitempty"` // of a plume
	Species     string      `json:"species,omitempty"`
	Start       time.Time   `json:"start_utc"`
	End         time.Time   `json:"end_utc"`
	Value       float64     `json:"value,omitempty"`     // peak above background, in Unit
	Unit        string      `json:"unit,omitempty"`      //
	Lon         float64     `json:"lon"`                 // receptor, or origin of the plume
	Lat         float64     `json:"lat"`                 //
	HeightM     float64     `json:"height_m"`            //
	SigmaM      float64     `json:"sigma_m"`             // of that place
	Axis        *PlumeAxis  `json:"axis,omitempty"`      // of a plume
	Receptors   []Receptor  `json:"receptors,omitempty"` // of an exceedance, by time, then station
}

// Trajectory is one path of the air back in time, newest point first.
type Trajectory struct {
	Start  time.Time         `json:"start_utc"` // when the air was at the receptor
	Points []TrajectoryPoint `json:"points"`
}

// TrajectoryPoint is a place on a back trajectory; SigmaM is the radius of its uncertainty.
type TrajectoryPoint struct {
	AgeS   float64 `json:"age_s"`
	Lon    float64 `json:"lon"`
	Lat    float64 `json:"lat"`
	SigmaM float64 `json:"sigma_m"`
}

// RankedSource is one place a trace finds likely; a candidate explanation and no more.
type RankedSource struct {
	Rank        int     `json:"rank"`
	SiteID      string  `json:"site_id,omitempty"`
	SiteName    string  `json:"site_name,omitempty"`
	Lon         float64 `json:"lon"`
	Lat         float64 `json:"lat"`
	HeightM     float64 `json:"height_m"`
	Probability float64 `json:"probability"`
	Rate        *Rate   `json:"rate,omitempty"`
	DistanceM   float64 `json:"distance_m"`
	BearingDeg  float64 `json:"bearing_deg"` // from the receptor, clockwise from true north
	Reason      string  `json:"reason"`
}

// Trace is the answer to "where did this air come from?".
type Trace struct {
	ID                 string            `json:"id"`
	Trigger            Trigger           `json:"trigger"`
	Trajectories       []Trajectory      `json:"trajectories"`
	Cone               *geojson.Geometry `json:"cone,omitempty"` // hull of the trajectories with their uncertainty
	Sources            []RankedSource    `json:"sources"`
	UnknownProbability float64           `json:"unknown_probability"`
	WindStations       int               `json:"wind_stations"`
	Reasons            []string          `json:"reasons"`
	Provenance         Provenance        `json:"provenance"`
}
