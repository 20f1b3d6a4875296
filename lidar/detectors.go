package lidar

import (
	"context"
	"errors"

	"upwind"
	"upwind/lidar/pile"
)

// Names and versions of the detectors in the provenance of what they find; a version rises when results may
// change.
const (
	Detector     = "pile-cloud"
	Version      = 2
	SoilDetector = "soil-cloud"
	SoilVersion  = 2
)

// Result is what a detector saw. Detections come by falling probability, then from north to south; their
// ids follow from Options.JobID.
type Result struct {
	Detections []upwind.Detection
	Notes      []string // in words, for people

	// Of piles.
	NoiseM   float64 // of one cell's height
	Mounds   int     // candidates looked at
	Rejected []pile.Rejected
}

// CloudDetector is one entry of the registry.
type CloudDetector struct {
	Name    string
	Version int
	Kind    upwind.DetectionKind
	// Suits says in words why the detector cannot look at such a cloud, or nil.
	Suits func(Report) error
	// Run looks at a gridded cloud; progress may be nil.
	Run func(ctx context.Context, c *Cloud, o Options, progress func(done, total int)) (Result, error)
}

// Detectors is the registry: a new detector is one file and one line here. All of them look at one [Cloud].
var Detectors = []CloudDetector{
	{Name: Detector, Version: Version, Kind: upwind.SandPile, Suits: suitsPile, Run: checked(suitsPile, detectPiles)},
	{Name: SoilDetector, Version: SoilVersion, Kind: upwind.BareSoil, Suits: suitsSoil, Run: checked(suitsSoil, detectSoil)},
}

// Find returns the detector with the name.
func Find(name string) (CloudDetector, bool) {
	for _, d := range Detectors {
		if d.Name == name {
			return d, true
		}
	}
	return CloudDetector{}, false
}

func suitsPile(r Report) error {
	if r.Columns == 0 {
		return errors.New("the cloud is empty or too thin to be laid on a grid")
	}
	return nil
}

func suitsSoil(r Report) error {
	if err := suitsPile(r); err != nil {
		return err
	}
	if !r.Colour {
		return errors.New("the cloud has no colour, and bare soil is told by colour")
	}
	return nil
}

type run = func(ctx context.Context, c *Cloud, o Options, progress func(done, total int)) (Result, error)

// checked wraps a detector so that a cloud it cannot look at gives an empty result that says why.
func checked(suits func(Report) error, fn run) run {
	return func(ctx context.Context, c *Cloud, o Options, progress func(done, total int)) (Result, error) {
		if err := suits(c.Report); err != nil {
			return Result{Detections: []upwind.Detection{}, Notes: []string{err.Error()}}, nil
		}
		if progress == nil {
			progress = func(int, int) {}
		}
		return fn(ctx, c, o, progress)
	}
}
