package upwind

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/paulmach/orb/geojson"
)

// DetectionKind is what a detector says it sees.
type DetectionKind string

const (
	BareSoil   DetectionKind = "bare-soil"
	SandPile   DetectionKind = "sand-pile"
	SmokePlume DetectionKind = "smoke-plume"
	LidarPlume DetectionKind = "lidar-plume"
	// What instruments that watch one outlet or one river say.
	StackExceedance DetectionKind = "stack-exceedance" // a stack's monitor reads above its limit
	RiverExceedance DetectionKind = "river-exceedance" // a river is worse than the class it is to keep to
	SilentStack     DetectionKind = "silent-stack"     // a plume at a stack whose monitor says that all is well
)

// Classes of a sand pile.
const (
	PileCovered   = "covered"
	PileUncovered = "uncovered"
	PileUnknown   = "unknown"
)

// Names of measures, unit last.
const (
	AreaM2            = "area_m2"
	VolumeM3          = "volume_m3"
	HeightM           = "height_m"
	UncoveredFraction = "uncovered_fraction"
	BareShareOfLooks  = "bare_share_of_looks" // of the clear looks at bare soil on several dates
	LengthM           = "length_m"
	OverLimit         = "over_limit" // highest value over its limit; of dissolved oxygen the limit over the lowest value, of pH 1 + the distance from its range
)

// Provenance says how a result was made, so that it can be made again.
type Provenance struct {
	JobID           string          `json:"job_id"`
	Detector        string          `json:"detector"`
	DetectorVersion int             `json:"detector_version"`
	Inputs          []string        `json:"inputs"` // asset ids, detection ids
	Params          json.RawMessage `json:"params,omitempty"`
}

// PlumeAxis is where a plume starts and which way it goes.
type PlumeAxis struct {
	Lon       float64 `json:"lon"` // origin: the narrow, upwind end
	Lat       float64 `json:"lat"`
	SigmaM    float64 `json:"sigma_m"`    // of the origin, 1-sigma radius
	TowardDeg float64 `json:"toward_deg"` // direction the plume moves to, clockwise from true north
	SigmaDeg  float64 `json:"sigma_deg"`
}

// Blob names content in the store.
type Blob struct {
	Role   string `json:"role,omitempty"` // chip, mask, overlay
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"` // media type
}

// Detection is one thing seen by one detector on one asset.
type Detection struct {
	ID             string              `json:"id"`
	Kind           DetectionKind       `json:"kind"`
	Class          string              `json:"class,omitempty"` // covered, uncovered, unknown; light, medium, heavy
	Geometry       *geojson.Geometry   `json:"geometry"`        // polygon or multipolygon, WGS84
	PositionSigmaM float64             `json:"position_sigma_m"`
	Probability    float64             `json:"probability"`
	ObservedAt     time.Time           `json:"observed_at"` // when the sensor looked; zero when it does not say
	Measures       map[string]Estimate `json:"measures,omitempty"`
	Axis           *PlumeAxis          `json:"axis,omitempty"` // plumes only
	Reasons        []string            `json:"reasons"`        // for people: which evidence spoke for it
	Chips          []Blob              `json:"chips,omitempty"`
	Provenance     Provenance          `json:"provenance"`
}

// Validate checks what every reader of a detection relies on.
func (d Detection) Validate() error {
	switch {
	case d.ID == "":
		return fmt.Errorf("upwind: detection without id")
	case d.Kind == "":
		return fmt.Errorf("upwind: detection %s without kind", d.ID)
	case d.Geometry == nil || d.Geometry.Geometry() == nil:
		return fmt.Errorf("upwind: detection %s without geometry", d.ID)
	case math.IsNaN(d.Probability) || d.Probability < 0 || d.Probability > 1:
		return fmt.Errorf("upwind: detection %s: probability %v is not in 0..1", d.ID, d.Probability)
	}
	b := d.Geometry.Geometry().Bound()
	if b.Min[0] < -180 || b.Max[0] > 180 || b.Min[1] < -90 || b.Max[1] > 90 || math.IsNaN(b.Min[0]+b.Max[0]+b.Min[1]+b.Max[1]) {
		return fmt.Errorf("upwind: detection %s lies outside WGS84: %v", d.ID, b)
	}
	for name, e := range d.Measures {
		if math.IsNaN(e.Value+e.Sigma+e.Lo95+e.Hi95) || math.IsInf(e.Value+e.Sigma+e.Lo95+e.Hi95, 0) || e.Sigma < 0 {
			return fmt.Errorf("upwind: detection %s: %s is not a number with a sigma: %+v", d.ID, name, e)
		}
	}
	return nil
}

// DetectionID is the id of the n-th detection, in canonical order, of a job.
func DetectionID(jobID string, n int) string { return HashID("detection", jobID, n) }
