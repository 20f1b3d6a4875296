package lidar

import (
	"context"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/simplify"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/pile"
)

// positionSigmaM is the error of a cloud's place when it does not state one: GNSS-steered flights without
// ground control (ASPRS Positional Accuracy Standards, 2nd ed., on unchecked products).
const positionSigmaM = 1.0

// outlineTolerance simplifies outlines, in cells: well below what a toe is known to.
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
	if progress == nil {
		progress = func(int, int) {}
	}
	c, err := Grid(ctx, r, locate, o, progress)
	if err != nil {
		return nil, Report{}, err
	}
	out := []upwind.Detection{}
	if c.z == nil {
		return out, c.Report, nil
	}
	found, err := pile.Survey(ctx, pile.Surface{W: c.w, H: c.h, CellM: c.cell, Z: c.z, SpreadM: c.spread}, o.Pile,
		func(done, total int) { progress(gridShare+(progressTotal-gridShare)*done/total, progressTotal) })
	if err != nil {
		return nil, c.Report, err
	}
	c.Report.NoiseM, c.Report.Mounds, c.Report.Rejected, c.Report.Piles = found.SigmaZM, found.Mounds, found.Rejected, len(found.Piles)
	for n := range found.Piles {
		d := c.detection(&found.Piles[n], o)
		d.ID = upwind.DetectionID(o.JobID, n)
		out = append(out, d)
	}
	if len(out) == 0 {
		c.note("%d mounds were looked at on %.0f m2 with %.1f points a square metre; none has the shape of a pile", found.Mounds, c.Report.AreaM2, c.Report.DensityM2)
	}
	return out, c.Report, nil
}

// place is the longitude and latitude of a place on the grid.
func (c *Cloud) place(p pile.Point) orb.Point {
	lon, lat := c.locate(c.originX+p.X*c.cell/c.ux, c.originY-p.Y*c.cell/c.uy)
	return orb.Point{lon, lat}
}

func (c *Cloud) detection(p *pile.Pile, o Options) upwind.Detection {
	ring := make(orb.Ring, len(p.Outline))
	for i, q := range p.Outline {
		ring[i] = orb.Point{q.X, q.Y}
	}
	if s := simplify.DouglasPeucker(outlineTolerance).Ring(ring.Clone()); len(s) >= 4 {
		ring = s
	}
	for i, q := range ring {
		ring[i] = c.place(pile.Point{X: q[0], Y: q[1]})
	}
	class, share, why := c.cover(p)
	d := upwind.Detection{
		Kind: upwind.SandPile, Class: class,
		Geometry:       geojson.NewGeometry(orb.Polygon{ring}),
		PositionSigmaM: math.Hypot(positionSigmaM, c.cell),
		Probability:    p.Probability,
		ObservedAt:     c.Report.Acquired,
		Measures: map[string]upwind.Estimate{
			upwind.VolumeM3: p.Volume, upwind.HeightM: p.Height, upwind.AreaM2: p.Area,
		},
		Reasons: append([]string{fmt.Sprintf("a heap of %.0f m3, %.1f m high, on %.0f m2", p.Volume.Value, p.Height.Value, p.Area.Value)}, append(p.Reasons, why)...),
		Provenance: upwind.Provenance{
			JobID: o.JobID, Detector: Detector, DetectorVersion: Version, Inputs: o.Inputs,
		},
	}
	if share.Sigma > 0 {
		d.Measures[upwind.UncoveredFraction] = share
	}
	return d
}
