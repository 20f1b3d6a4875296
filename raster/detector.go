package raster

import (
	"context"
	"slices"

	"upwind"
	"upwind/raster/region"
)

// Values of a class mask.
const (
	MaskNo      uint8 = 0
	MaskYes     uint8 = 1
	MaskAbstain uint8 = 255 // no data, or too close to call
)

// Mask is a class a pixel of the scene, row by row.
type Mask struct {
	Width, Height int
	Pix           []uint8
}

// NewMask returns a mask of nothing but MaskNo.
func NewMask(w, h int) *Mask { return &Mask{Width: w, Height: h, Pix: make([]uint8, w*h)} }

// Row is the y-th row, not a copy.
func (m *Mask) Row(y int) []uint8 { return m.Pix[y*m.Width : (y+1)*m.Width] }

// Count is how many pixels have the class.
func (m *Mask) Count(class uint8) int {
	n := 0
	for _, v := range m.Pix {
		if v == class {
			n++
		}
	}
	return n
}

// LabelMask finds the regions of a class of a whole mask, by their first pixel.
func LabelMask(m *Mask, eight bool, class uint8) []region.Region {
	var out []region.Region
	l := region.Labeler{Class: class, Eight: eight, Done: func(r region.Region) { out = append(out, r) }}
	var runs []region.Run
	for y := range m.Height {
		runs = region.Runs(runs[:0], m.Row(y))
		l.Add(runs)
	}
	l.Flush()
	slices.SortFunc(out, region.ByFirstPixel)
	return out
}

// paint gives the region's pixels a class; nothing where nobody asked for a mask.
func (m *Mask) paint(r region.Region, class uint8) {
	if m == nil {
		return
	}
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			m.Pix[y*m.Width+x] = class
		}
	})
}

// Options steers a detector. The zero value means the defaults.
type Options struct {
	MinAreaM2 float64 `json:"min_area_m2,omitempty"` // objects below are dropped; 0: the detector's own, by ground sample distance
	Mask      *Mask   `json:"-"`                     // a new mask of the scene's size, which the detector fills; without one, memory follows the objects found, not the pixels
}

// Result is what a detector saw. Detections lack ID and Provenance, which the caller fills; they are in
// canonical order, top to bottom, then left to right. A scene without a place on the ground gives a mask
// and no detections.
type Result struct {
	Detections []upwind.Detection
	Objects    int      // objects in the mask, also those without a place
	Notes      []string // what a person should know about this run, such as "unscaled DN"
}

// Detector is one entry of the registry.
type Detector struct {
	Name    string
	Version int // part of the job id: raised whenever the same input may give another result
	Kind    upwind.DetectionKind
	// Suits says in words why the detector cannot look at such a scene, or nil.
	Suits  func(Info) error
	Detect func(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error)
}

// Detectors is the registry: a new detector is one file and one line here.
var Detectors = []Detector{
	{Name: "bare-soil-spectral", Version: 5, Kind: upwind.BareSoil, Suits: suitsSpectralSoil, Detect: detectSpectralSoil},
	{Name: "bare-soil-colour", Version: 6, Kind: upwind.BareSoil, Suits: suitsColourSoil, Detect: detectColourSoil},
	{Name: "sand-pile-surface", Version: 3, Kind: upwind.SandPile, Suits: suitsPile, Detect: detectPiles},
	{Name: "smoke-depth", Version: 1, Kind: upwind.SmokePlume, Suits: suitsDepth, Detect: detectDepth},
	{Name: "smoke-veil", Version: 3, Kind: upwind.SmokePlume, Suits: suitsSmoke, Detect: detectSmoke},
}

// Find returns the detector with the name.
func Find(name string) (Detector, bool) {
	for _, d := range Detectors {
		if d.Name == name {
			return d, true
		}
	}
	return Detector{}, false
}
