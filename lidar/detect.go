package lidar

import (
	"context"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/pile"
)

// positionSigmaM is the error of a cloud's place when it does not state one: GNSS-steered flights without
// ground control (ASPRS Positional Accuracy Standards, 2nd ed., on unchecked products).
const positionSigmaM = 1.0

// outlineTolerance simplifies outlines of piles, in cells: well below what a toe is known to.
const outlineTolerance = 0.2

// Detect finds sand piles in a point cloud. Detections come by falling probability, then from north to
// south; ids follow from Options.JobID. See [Survey] for why there may be none.
func Detect(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) ([]upwind.Detection, error) {
	d, _, err := Survey(ctx, r, locate, o, progress)
	return d, err
}

// Survey is [Detect] with a report. Errors: a [upwind.Refusal] when the cloud cannot be placed, ctx's, or a
// fault of reading.
func Survey(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) ([]upwind.Detection, Report, error) {
	c, err := Grid(ctx, r, locate, o, progress)
	if err != nil {
		return nil, Report{}, err
	}
	pile, _ := Find(Detector)
	res, err := pile.Run(ctx, c, o, func(done, total int) {
		if progress != nil {
			progress(gridShare+(progressTotal-gridShare)*done/total, progressTotal)
		}
	})
	return res.Detections, c.Report.with(res), err
}

// with adds what the search for piles saw.
func (r Report) with(res Result) Report {
	r.NoiseM, r.Mounds, r.Rejected, r.Piles = res.NoiseM, res.Mounds, res.Rejected, len(res.Detections)
	if r.Columns > 0 { // else they only repeat why there is no grid
		r.Notes = append(append([]string(nil), r.Notes...), res.Notes...)
	}
	return r
}

func detectPiles(ctx context.Context, c *Cloud, o Options, progress func(done, total int)) (Result, error) {
	found, err := pile.Survey(ctx, pile.Surface{W: c.w, H: c.h, CellM: c.cell, Z: c.z, SpreadM: c.spread}, o.Pile, progress)
	if err != nil {
		return Result{}, err
	}
	res := Result{Detections: []upwind.Detection{}, NoiseM: found.SigmaZM, Mounds: found.Mounds}
	piles, plants := c.withoutPlants(found.Piles, o.Pile)
	res.Rejected = append(plants, found.Rejected...)
	for n := range piles {
		d := c.pileDetection(&piles[n], o)
		d.ID = upwind.DetectionID(o.JobID, n)
		res.Detections = append(res.Detections, d)
	}
	if len(res.Detections) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d mounds were looked at on %.0f m2 with %.1f points a square metre; none has the shape of a pile", found.Mounds, c.Report.AreaM2, c.Report.DensityM2))
	}
	return res, nil
}

func (c *Cloud) pileDetection(p *pile.Pile, o Options) upwind.Detection {
	ring := make(orb.Ring, len(p.Outline))
	for i, q := range p.Outline {
		ring[i] = orb.Point{q.X, q.Y}
	}
	if s := simplify.DouglasPeucker(outlineTolerance).Ring(ring.Clone()); len(s) >= 4 {
		ring = s
	}
	cover := c.Cover(p)
	d := upwind.Detection{
		Kind: upwind.SandPile, Class: cover.Class,
		Geometry:       c.polygon(orb.Polygon{ring}),
		PositionSigmaM: math.Hypot(positionSigmaM, c.cell),
		Probability:    p.Probability,
		ObservedAt:     c.Report.Acquired,
		Measures: map[string]upwind.Estimate{
			upwind.VolumeM3: p.Volume, upwind.HeightM: p.Height, upwind.AreaM2: p.Area,
		},
		Reasons: append([]string{fmt.Sprintf("a heap of %.0f m3, %.1f m high, on %.0f m2", p.Volume.Value, p.Height.Value, p.Area.Value)}, append(p.Reasons, cover.Why)...),
		Provenance: upwind.Provenance{
			JobID: o.JobID, Detector: Detector, DetectorVersion: Version, Inputs: o.Inputs,
		},
	}
	if cover.Uncovered != nil {
		d.Measures[upwind.UncoveredFraction] = *cover.Uncovered
	}
	return d
}
