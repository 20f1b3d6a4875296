package upwind

import (
	"math"
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
	Event       string      `json:"event,omitempty"` // what stays the same while new hours of one exceedance come in
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

	// HPD50 and HPD90 are the smallest areas that hold half and 90 % of the probability of a free position.
	HPD50 *geojson.Geometry `json:"hpd50,omitempty"`
	HPD90 *geojson.Geometry `json:"hpd90,omitempty"`
	// Start and End are the hours it emits in, as far as the readings show; nil when that is not known.
	Start *time.Time `json:"start_utc,omitempty"`
	End   *time.Time `json:"end_utc,omitempty"`
}

// ProbabilityMap is where an unlisted source may stand: NX x NY cells of a lattice in WGS84, row by row from the south-west
// corner. It goes with its trace through every log, so a cell is one byte.
type ProbabilityMap struct {
	West  float64 `json:"west"` // edges of the outer cells, deg
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
	NX    int     `json:"nx"`
	NY    int     `json:"ny"`
	Peak  float64 `json:"peak"`           // expected number of sources in the most probable cell
	P     []byte  `json:"p"`              // 255 is the peak, each 51 less a tenth of it, 0 nothing
	Seen  []byte  `json:"seen,omitempty"` // 255 times the probability that a typical source there would have been noticed
}

// mapDecade is how many levels of [ProbabilityMap] make a factor of ten.
const mapDecade = 51

// NewProbabilityMap packs the expected number of sources in each cell, and what was seen of it (0 to 1; nil if not known).
func NewProbabilityMap(west, south, east, north float64, nx, ny int, p, seen []float64) *ProbabilityMap {
	m := &ProbabilityMap{West: west, South: south, East: east, North: north, NX: nx, NY: ny, P: make([]byte, len(p))}
	for _, v := range p {
		m.Peak = max(m.Peak, v)
	}
	for i, v := range p {
		if v > 0 && m.Peak > 0 {
			m.P[i] = byte(max(0, math.Round(255+mapDecade*math.Log10(v/m.Peak))))
		}
	}
	for _, v := range seen {
		m.Seen = append(m.Seen, byte(math.Round(255*min(max(v, 0), 1))))
	}
	return m
}

// At is the expected number of sources in cell i.
func (m *ProbabilityMap) At(i int) float64 {
	if m.P[i] == 0 {
		return 0
	}
	return m.Peak * math.Pow(10, (float64(m.P[i])-255)/mapDecade)
}

// WindError is the error of the wind that the readings ask for: a clockwise turn, the same all through an event.
type WindError struct {
	RotationDeg float64 `json:"rotation_deg"`
	SDDeg       float64 `json:"sd_deg"`
}

// Diagnostics say how far a trace can be trusted.
type Diagnostics struct {
	ESS      float64 `json:"ess"`      // effective number of states of the wind that the answer rests on
	Residual float64 `json:"residual"` // robust spread of what is left over its expected size: 1 when the errors are as assumed
	Rows     int     `json:"rows"`     // means explained together
	Seed     uint64  `json:"seed"`
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
	Background         *float64          `json:"background,omitempty"` // median, in the trigger's unit
	WindError          *WindError        `json:"wind,omitempty"`
	Map                *ProbabilityMap   `json:"map,omitempty"`
	Diagnostics        *Diagnostics      `json:"diagnostics,omitempty"`
	Reasons            []string          `json:"reasons"`
	Provenance         Provenance        `json:"provenance"`
}
