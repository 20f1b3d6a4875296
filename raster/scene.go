package raster

import (
	"context"
	"image"
	"time"
)

// Role says what a band means to a detector.
type Role string

// Band roles. Wavelengths are those of Landsat 8 OLI, rounded.
const (
	Blue   Role = "blue"   // 0.48 um
	Green  Role = "green"  // 0.56 um
	Red    Role = "red"    // 0.65 um
	NIR    Role = "nir"    // 0.86 um
	SWIR1  Role = "swir1"  // 1.6 um
	SWIR2  Role = "swir2"  // 2.2 um
	Height Role = "height" // metres, of a surface model
)

// Roles lists all roles in their canonical order.
var Roles = []Role{Blue, Green, Red, NIR, SWIR1, SWIR2, Height}

// Radiometry says what the numbers of a scene are.
type Radiometry string

const (
	Reflectance Radiometry = "reflectance" // 0..1, surface or top of atmosphere
	DN          Radiometry = "dn"          // digital numbers without a known scale: only ratios of bands are used
	Colour      Radiometry = "colour"      // 8-bit display colour, 0..255
)

// Info describes a scene.
type Info struct {
	Name          string
	Width, Height int
	Bands         map[Role]int // role to 1-based band
	Georeferenced bool         // Locate answers for at least the centre
	GSDM          float64      // nominal ground sample distance at the centre in metres; 0 when unknown
	Acquired      time.Time    // when the sensor looked, UTC; zero when not stated
	Radiometry    Radiometry
	HasDSM        bool // a surface model comes with the scene
}

// Has reports whether all roles are present.
func (i Info) Has(roles ...Role) bool {
	for _, r := range roles {
		if i.Bands[r] == 0 {
			return false
		}
	}
	return true
}

// Bounds is the scene's pixel rectangle.
func (i Info) Bounds() image.Rectangle { return image.Rect(0, 0, i.Width, i.Height) }

// Locator places pixels on the ground. Pixel coordinates run right and down from the upper left corner of
// the upper left pixel, so the centre of that pixel is (0.5, 0.5). The answer is WGS84 in degrees with a
// 1-sigma radius in metres; ok is false where a pixel has no place (above the horizon, outside a model).
type Locator interface {
	Locate(x, y float64) (lon, lat, sigmaM float64, ok bool)
}

// Grid is a Locator with its inverse.
type Grid interface {
	Locator
	Pixel(lon, lat float64) (x, y float64, ok bool)
}

// Scene is what a detector looks at. A Scene serves one goroutine at a time.
type Scene interface {
	Locator
	Info() Info
	// Read returns one slice a role, row by row, of the window's pixels: reflectance 0..1, colour 0..255 or
	// bare DN by Info.Radiometry, metres for Height, and NaN where there is no data.
	Read(ctx context.Context, window image.Rectangle, roles ...Role) ([][]float32, error)
}

// Surfaced is a Scene that comes with a surface model, on the model's own pixels.
type Surfaced interface {
	Scene
	DSM() Surface
}

// Surface is a surface model: heights in metres with the place of each pixel.
type Surface struct {
	Source Source
	Band   int // 1-based
	Grid   Grid
}

// Source is an opened picture file. The package gdal implements it.
type Source interface {
	Info() SourceInfo
	// Read fills dst[i] with the pixels of bands[i] (1-based), row by row, NaN where there is no data.
	// A nil dst[i] is allocated.
	Read(ctx context.Context, window image.Rectangle, bands []int, dst [][]float32) error
}

// Sparse is a Source that knows where its file stores nothing: there Read gives no data.
type Sparse interface {
	Source
	Empty(window image.Rectangle) bool
}

// SourceInfo is what a picture file says about itself.
type SourceInfo struct {
	Name          string // base name
	Format        string // GTiff, JPEG, PNG
	Width, Height int
	BlockWidth    int // columns and rows that are stored together; 0 when unknown
	BlockHeight   int
	Bands         []Band
	GeoTransform  *[6]float64 // pixel to CRS, as GDAL orders it; nil when absent
	CRS           string      // WKT; empty when absent
	EPSG          int         // 0 when unknown
	GSDM          float64     // metres, at the centre; 0 when not georeferenced
	Acquired      time.Time   // when stated
	Metadata      map[string]map[string]string
}

// Band is one band of a file.
type Band struct {
	Type          string // uint8, uint16, int16, uint32, int32, float32, float64
	NoData        *float64
	Colour        string // Red, Green, Blue, Alpha, Gray, Palette, Undefined
	Description   string
	Scale, Offset float64 // physical = stored*Scale + Offset; Scale is 1 when not stated
}

// Georeferenced reports whether the file places its pixels by an affine transform on a known CRS.
func (i SourceInfo) Georeferenced() bool { return i.GeoTransform != nil && i.CRS != "" }
