package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/lidar/pile"
)

// Piles are sought in the surface model, on its own pixels; the picture only says what they are covered
// with.
const (
	pileMaxCells  = 4 << 20 // cells handed to the search, about 200 MB; larger models are averaged
	pileMaxCellM  = 2.0     // coarser than this a lorry load is a handful of cells
	pileSquareTol = 0.02    // cells may be this far from square and north-up: a map at a distance from its meridian
)

// What covers a pile, by colour. Green dust net is green to the eye but dark in near infrared; black net is
// dark and grey (ExG > 0.1, NDVI < 0.3: field rules of Chinese dust surveys). A shadow is dark and grey too,
// but the sun leaves one flank lit: only a pile that is dark nearly everywhere counts as under black net.
const (
	netMinExG        = 0.10
	netMaxNDVI       = 0.30
	plantMaxBlue     = -0.06 // blue over red, of green over the least: a hue of 116 degrees. Plants lie towards yellow, dyed nets from pure green on
	blackMaxBright   = 0.35  // of full scale: with a little earth showing through it in full sun
	blackMaxChroma   = 0.06  // range of the three colours, of full scale: earth as dark as this has more
	blackWholeShare  = 0.70
	plantShare       = 0.60 // of cells green in near infrared too: a bush or a grown-over bank, no pile
	coverKnownShare  = 0.50 // of cells that must tell, otherwise unknown
	coveredMax       = 0.20 // uncovered share up to which a pile counts as covered
	uncoveredMin     = 0.30
	greenNoNIRFactor = 0.7 // without near infrared a green heap may be a bush: its probability is cut by a judgement
	noColourFactor   = 0.5 // without any colour a hipped roof on coarse cells rests at the angle of sand: a judgement, after one did
	coverCorrelated  = 25  // neighbouring cells that tell the same thing: cells a sheet of net
)

func suitsPile(i Info) error {
	if !i.HasDSM {
		return fmt.Errorf("needs a surface model; %s has none", i.Name)
	}
	return nil
}

func detectPiles(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error) {
	info := s.Info()
	sc, ok := s.(Surfaced)
	if err := suitsPile(info); err != nil || !ok {
		return Result{}, upwind.Refuse(info.Name, "", "there is no surface model with it", "give one with --dsm")
	}
	dsm := sc.DSM()
	surf, step, err := pileSurface(ctx, dsm)
	if err != nil {
		return Result{}, err
	}
	if !slices.ContainsFunc(surf.Z, func(z float64) bool { return z == z }) {
		return Result{}, noData(dsm.Source.Info().Name)
	}
	found, err := pile.Find(ctx, surf, pile.Options{MinAreaM2: opt.MinAreaM2}, progress)
	if err != nil {
		return Result{}, fmt.Errorf("raster: seeking piles in %s: %w", dsm.Source.Info().Name, err)
	}
	var res Result
	for _, p := range found {
		d, plants, err := describePile(ctx, s, dsm, p, step, opt.Mask)
		if err != nil {
			return Result{}, err
		}
		if plants {
			res.Notes = append(res.Notes, fmt.Sprintf("a mound of %.0f m2 is green in near infrared and was left out as plants", p.Area.Value))
			continue
		}
		res.Objects++
		if d != nil {
			res.Detections = append(res.Detections, *d)
		}
	}
	return res, nil
}

// pileSurface reads the model as square metric cells, averaged by whole pixels where it is large.
func pileSurface(ctx context.Context, dsm Surface) (pile.Surface, int, error) {
	si := dsm.Source.Info()
	j, ok := jacobian(dsm.Grid, float64(si.Width)/2, float64(si.Height)/2)
	if !ok {
		return pile.Surface{}, 0, upwind.Refuse(si.Name, "", "the surface model has no place on the ground", "give --crs EPSG:n")
	}
	cell := (j[0] - j[3]) / 2
	if cell <= 0 || math.Abs(j[0]+j[3]) > 2*pileSquareTol*cell || math.Abs(j[1])+math.Abs(j[2]) > 4*pileSquareTol*cell {
		return pile.Surface{}, 0, upwind.Refuse(si.Name, "", "the surface model's pixels are not square and north-up", "reproject it to a metric grid such as UTM (gdalwarp -t_srs EPSG:326xx)")
	}
	step := 1
	for (si.Width/step)*(si.Height/step) > pileMaxCells {
		step++
	}
	cell *= float64(step)
	if cell > pileMaxCellM {
		return pile.Surface{}, 0, upwind.Refuse(si.Name, "", fmt.Sprintf("its cells of %.1f m are too coarse for piles", cell), "give a surface model of 2 m cells or finer, in parts if it is large")
	}
	out := pile.Surface{W: si.Width / step, H: si.Height / step, CellM: cell}
	if out.W == 0 || out.H == 0 {
		return pile.Surface{}, 0, upwind.Refuse(si.Name, "", "the surface model is too small", "")
	}
	out.Z = make([]float64, out.W*out.H)
	rows := max(1, stripValues/si.Width/step) * step
	for y := 0; y < out.H*step; y += rows {
		win := image.Rect(0, y, si.Width, min(y+rows, out.H*step))
		px := make([][]float32, 1)
		if err := dsm.Source.Read(ctx, win, []int{dsm.Band}, px); err != nil {
			return pile.Surface{}, 0, err
		}
		averageRows(out, px[0], si.Width, y/step, win.Dy()/step, step)
	}
	return out, step, nil
}

func averageRows(out pile.Surface, px []float32, width, row0, rows, step int) {
	for r := range rows {
		for c := range out.W {
			sum, n := 0.0, 0.0
			for dy := range step {
				for dx := range step {
					if v := float64(px[(r*step+dy)*width+c*step+dx]); v-v == 0 {
						sum, n = sum+v, n+1
					}
				}
			}
			if 2*n < float64(step*step) {
				out.Z[(row0+r)*out.W+c] = math.NaN()
				continue
			}
			out.Z[(row0+r)*out.W+c] = sum / n
		}
	}
}

// describePile places a pile, measures its cover and paints it into the mask. A nil detection without
// plants means the pile has no place on the ground.
func describePile(ctx context.Context, s Scene, dsm Surface, p pile.Pile, step int, m *Mask) (*upwind.Detection, bool, error) {
	outline := make(orb.Ring, len(p.Outline))
	for i, q := range p.Outline {
		outline[i] = orb.Point{q.X * float64(step), q.Y * float64(step)}
	}
	poly, sigmaM, ok := ToGround(dsm.Grid, orb.Polygon{outline})
	if !ok {
		return nil, false, nil
	}
	cover, err := coverOf(ctx, s, dsm, p, step)
	if err != nil {
		return nil, false, err
	}
	if cover.HasNIR && cover.Plants() {
		return nil, true, nil
	}
	if ring, ok := toPixels(s, poly[0]); ok && m != nil {
		m.FillRing(ring, MaskYes)
	}
	d := &upwind.Detection{Kind: upwind.SandPile, Geometry: geojson.NewGeometry(poly), PositionSigmaM: sigmaM, ObservedAt: s.Info().Acquired, Probability: p.Probability}
	d.Measures = map[string]upwind.Estimate{upwind.VolumeM3: p.Volume, upwind.HeightM: p.Height, upwind.AreaM2: p.Area}
	d.Reasons = append([]string(nil), p.Reasons...)
	class, fraction, reason := cover.Class()
	d.Class = class
	if fraction != nil {
		d.Measures[upwind.UncoveredFraction] = *fraction
	}
	switch {
	case cover.total == 0:
		d.Probability *= noColourFactor
	case cover.green+cover.plant > cover.total/2 && !cover.HasNIR:
		d.Probability *= greenNoNIRFactor
	}
	d.Reasons = append(d.Reasons, reason)
	return d, false, nil
}

// Cover counts the pixels or cells of a pile by what their colour says.
type Cover struct {
	HasNIR                          bool // the fourth band is near infrared
	total, green, dark, plant, bare int
}

// Plants reports whether what was counted is green, and more of it as plants are than as nets are.
func (c Cover) Plants() bool {
	return float64(c.plant+c.green) > plantShare*float64(c.total) && c.plant >= c.green
}

// Class is covered, uncovered or unknown, the uncovered share where it is known, and why.
func (c Cover) Class() (string, *upwind.Estimate, string) {
	if c.total == 0 {
		return upwind.PileUnknown, nil, "no colour over the pile: cover unknown, and a pitched roof may look like this"
	}
	if !c.HasNIR && c.Plants() {
		return upwind.PileUnknown, nil, fmt.Sprintf("%d of %d cells are green as plants are: a bush or a faded net, near infrared would tell", c.plant+c.green, c.total)
	}
	covered := c.green + c.plant
	if float64(c.dark) >= blackWholeShare*float64(c.total) {
		covered += c.dark
	}
	known := covered + c.bare
	if float64(known) < coverKnownShare*float64(c.total) {
		return upwind.PileUnknown, nil, fmt.Sprintf("%d of %d cells are too dark to tell a cover", c.dark, c.total)
	}
	f := float64(c.bare) / float64(known)
	n := math.Max(1, float64(known)/coverCorrelated)
	// Laplace's rule keeps the error of a share of 0 or 1 above 0; cells that do not tell may be either.
	g := (f*n + 1) / (n + 2)
	sigma := math.Hypot(math.Sqrt(g*(1-g)/n), float64(c.total-known)/float64(c.total)/math.Sqrt(12))
	e := upwind.NonNegative(f, sigma)
	e.Hi95 = math.Min(1, e.Hi95)
	reason := fmt.Sprintf("%.0f %% of the cells that tell are uncovered; %d green, %d dark, %d earth-coloured or grey", 100*f, c.green+c.plant, c.dark, c.bare)
	switch {
	case f <= coveredMax:
		return upwind.PileCovered, &e, reason
	case f >= uncoveredMin:
		return upwind.PileUncovered, &e, reason
	}
	return upwind.PileUnknown, &e, reason
}
