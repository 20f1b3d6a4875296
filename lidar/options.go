package lidar

import (
	"time"

	"upwind/lidar/pile"
)

// Locate maps the file's x and y to WGS84 degrees.
type Locate = func(x, y float64) (lon, lat float64)

// Options of [Grid] and of the detectors. The zero value means: cell from the density, defaults of package
// pile and of bare soil.
type Options struct {
	CellM float64      `json:"cell_m,omitempty"`
	Pile  pile.Options `json:"pile"`

	MinSoilAreaM2 float64 `json:"min_soil_area_m2,omitempty"` // smaller patches are dropped; 0: DefaultMinSoilAreaM2

	// JobID is the root of the detections' ids, Inputs are the assets'; both go into the provenance.
	JobID  string   `json:"-"`
	Inputs []string `json:"-"`
	// Acquired overrides the time the points carry.
	Acquired *time.Time `json:"-"`
}

// Report says what a cloud held and what was looked at, so that a page can say why nothing was found.
type Report struct {
	Points     int64   `json:"points"`  // read
	Used       int64   `json:"used"`    // gridded
	Dropped    int64   `json:"dropped"` // noise classes, withheld, earlier returns, strays
	Duplicates int64   `json:"duplicates"`
	Columns    int     `json:"columns"`
	Rows       int     `json:"rows"`
	CellM      float64 `json:"cell_m"`
	DensityM2  float64 `json:"density_per_m2"`
	AreaM2     float64 `json:"area_m2"` // covered by points
	VoidShare  float64 `json:"void_share"`
	NoiseM     float64 `json:"noise_m"`
	UnitM      float64 `json:"unit_m"` // metres a unit of x
	ZUnitM     float64 `json:"z_unit_m"`
	Colour     bool    `json:"colour"` // any point has one
	NIR        bool    `json:"nir"`
	ColourBits int     `json:"colour_bits"` // that the colours use of their 16; 0 without colour
	Mounds     int     `json:"mounds"`      // candidates looked at
	Piles      int     `json:"piles"`

	Acquired time.Time       `json:"acquired,omitzero"`
	Rejected []pile.Rejected `json:"rejected,omitempty"`
	Notes    []string        `json:"notes,omitempty"` // in words, for people
	Warnings []string        `json:"warnings,omitempty"`
}
