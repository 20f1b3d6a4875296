package upwind

import (
	"time"

	"github.com/paulmach/orb/geojson"
)

// Inspection is the first look at a raster, photo, cloud, scan or gridded wind: where it lies, when it was taken, what can be
// done with it. There is at most one for each asset.
type Inspection struct {
	Version       int               `json:"version"`
	AssetID       string            `json:"asset_id"`
	Kind          AssetKind         `json:"kind"`
	Georeferenced bool              `json:"georeferenced"`
	Held          string            `json:"held,omitempty"` // why it stays off the map, and what to do
	Footprint     *geojson.Geometry `json:"footprint,omitempty"`
	AcquiredAt    time.Time         `json:"acquired_at"`    // zero when nothing says
	Until         time.Time         `json:"until,omitzero"` // of gridded wind: its last time
	Width         int               `json:"width,omitempty"`
	Height        int               `json:"height,omitempty"`
	Points        int64             `json:"points,omitempty"`
	Instrument    string            `json:"instrument,omitempty"` // of a lidar scan: its site and place
	GSDM          float64           `json:"gsd_m,omitempty"`
	Bands         map[string]int    `json:"bands,omitempty"`
	Preview       *Overlay          `json:"preview,omitempty"`
	Detectors     []string          `json:"detectors"`         // that will look at it
	Skipped       map[string]string `json:"skipped,omitempty"` // detector to the reason it will not
	Notes         []string          `json:"notes,omitempty"`
}

// Overlay is a picture that lies on the map: its corners are lon, lat of the picture's top left, top right,
// bottom right and bottom left.
type Overlay struct {
	Blob    Blob          `json:"blob"`
	Corners [4][2]float64 `json:"corners"`
}
