package raster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/raster/region"
)

// Smoke in one picture is a veil: I = J t + A (1 - t), the ground J seen through transmission t with the
// light A of the plume itself (Koschmieder; He, Sun and Tang 2011, Single Image Haze Removal Using Dark
// Channel Prior, IEEE TPAMI 33). A veil lifts the darkest of the three colours, takes saturation away and
// turns warm ground cooler, and all this without an edge and whatever the ground is: the yard about the
// stack, the field and the orchard behind it. So it is looked for where it is thick and followed to where it
// is thin, it must differ from the ground on both sides at every stretch of its way, and it must have the
// shape of a plume: long, narrow at one end, and thickest there. Fine contrast is no test: a thin veil keeps
// the furrows of a field visible, and plain ground has none to lose. One picture of a far horizon cannot be
// judged this way, and the detector rather stays silent.
const (
	smokeCells       = 512  // the longer side in cells
	smokeMinLift     = 0.10 // dark channel over the scene's median, share of full scale: colour pictures
	smokeMinLiftRefl = 0.04 // the same for reflectance: visible change of smoke over land is 0.03 and more
	smokeMaxSat      = 0.22
	smokeMinCool     = 0.98 // blue over red: fine particles scatter blue at least as much; concrete, soil and dust are warmer
	smokeThinLift    = 0.60 // share of the lift down to which a plume is followed from where it is thick ...
	smokeThinSat     = 0.26 // ... with the ground's colour showing through, up to this saturation ...
	smokeThinCool    = 0.95 // ... and warmth
	smokeThinReach   = 6    // cells from its thick part: a plume's rim is a small part of its width
	smokeBridge      = 4    // cells: half the width of ground too warm or too bright that a plume is followed across
	smokeBridgeJump  = 1.5  // lifts: brightness may range this much about a bridged cell; the ground's own contrast is damped there, a roof's edge is not
	smokeMajority    = 2    // cells: half the window in which the most of them decide, so that rows of trees do not cut a plume
	smokeMinCells    = 100  // ten by ten: fewer have no profile
	smokeMinShare    = 1e-3 // of the scene: smaller pale spots are roofs, water and cars in any picture
	smokeMaxHole     = 16   // cells; gaps in a veil where a bright or dark thing shines through
	smokeMaxShare    = 0.30 // of the scene; more is haze, cloud or snow
	smokeMinRatio    = 2.5  // length over width by second moments
	smokeMaxHead     = 0.75 // width of the head over the widest part: that of an ellipse is 0.57, of a strip 1
	smokeMinFade     = 1.30 // veil of the head over that of the tail: what a plume carries spreads over its growing width
	smokeSharpJump   = 0.45 // share of the lift that one cell's step may take before the edge counts as sharp
	smokeMaxSharp    = 0.15 // share of the boundary that may be sharp
	smokeMaxCut      = 0.15 // share of the boundary that may lie on the picture's edge: beyond, the shape is unknown
	smokeVeiledShare = 0.70 // of its stretches that must be paler, greyer and cooler than both sides; a white roof may lie along one
	smokeRingNear    = 3    // the sides lie this many cells from the patch ...
	smokeRingFar     = 8    // ... to this many
)

// Probability of a plume that passes every test. No labelled plumes from above are at hand, so this is a
// judgement: even odds, moved by the evidence within 0.35..0.75.
const (
	smokePrior    = 0.5
	smokeMaxProbR = 0.75
)

func suitsSmoke(i Info) error {
	switch {
	case !i.Has(Red, Green, Blue):
		return fmt.Errorf("needs red, green and blue; %s has %s", i.Name, roleList(i))
	case suitsDepth(i) == nil:
		return fmt.Errorf("%s has near and short-wave infrared: smoke is told by its spectrum", i.Name)
	case i.Radiometry == DN:
		return fmt.Errorf("%s holds unscaled numbers: whiteness needs bands on one scale", i.Name)
	case min(i.Width, i.Height) < 64:
		return fmt.Errorf("%d x %d pixels are too few to see a plume's shape", i.Width, i.Height)
	}
	return nil
}

func detectSmoke(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error) {
	info := s.Info()
	if err := suitsSmoke(info); err != nil {
		return Result{}, upwind.Refuse(info.Name, "", err.Error(), "")
	}
	v, err := veilOf(ctx, s, progress)
	if err != nil {
		return Result{}, err
	}
	var res Result
	lift := smokeMinLift
	if info.Radiometry == Reflectance {
		lift = smokeMinLiftRefl
	}
	v.paintVoid(opt.Mask)
	plumes, looked := v.plumes(lift)
	for _, p := range plumes {
		res.Objects++
		v.paintCells(opt.Mask, p.region)
		if d, ok := v.detection(s, p); ok {
			res.Detections = append(res.Detections, d)
		}
	}
	if res.Objects == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("no plume: %d pale patches looked at, none long, soft-edged, unlike the ground on both sides and narrow at its thickest end", looked))
	}
	return res, nil
}

// plumes are the regions that pass, in canonical order, and how many were looked at. A plume in one piece is
// taken as it is; where ground cuts one, its pieces are joined and looked at again.
func (v *veil) plumes(lift float64) (out []plume, looked int) {
	seen := NewMask(v.w, v.h)
	for _, m := range v.candidates(lift) {
		for _, r := range LabelMask(m, false, MaskYes) {
			looked++
			if p, why := v.plume(r, lift); why == "" && !seen.meets(r) {
				seen.paint(r, MaskYes)
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b plume) int { return region.ByFirstPixel(a.region, b.region) })
	return out, looked
}

// meets reports whether a region has a pixel of MaskYes.
func (m *Mask) meets(r region.Region) bool {
	found := false
	r.Each(func(y, x0, x1 int) {
		for _, c := range m.Row(y)[x0:x1] {
			found = found || c == MaskYes
		}
	})
	return found
}

// paintVoid marks what has no data.
func (v *veil) paintVoid(m *Mask) {
	for i, d := range v.dark {
		if d != d {
			v.paintCell(m, i%v.w, i/v.w, MaskAbstain)
		}
	}
}

func (v *veil) paintCells(m *Mask, r region.Region) {
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			v.paintCell(m, x, y, MaskYes)
		}
	})
}

func (v *veil) paintCell(m *Mask, cx, cy int, class uint8) {
	if m == nil {
		return
	}
	for y := cy * v.size; y < min(m.Height, (cy+1)*v.size); y++ {
		row := m.Row(y)
		for x := cx * v.size; x < min(m.Width, (cx+1)*v.size); x++ {
			row[x] = class
		}
	}
}

// scaled brings an outline of cells onto pixels.
func (v *veil) scaled(p orb.Polygon) orb.Polygon {
	for _, r := range p {
		for i := range r {
			r[i] = orb.Point{r[i][0] * float64(v.size), r[i][1] * float64(v.size)}
		}
	}
	return p
}

// detection places a plume on the ground.
func (v *veil) detection(s Scene, p plume) (d upwind.Detection, ok bool) {
	k, r := float64(v.size), p.region
	outline := r.Outline()
	exact, _, ok := ToGround(s, v.scaled(outline.Clone()))
	if !ok {
		return d, false
	}
	shown, sigmaM, ok := ToGround(s, v.scaled(region.Simplify(outline)))
	if !ok {
		return d, false
	}
	lon, lat, so, ok := s.Locate(p.headX*k, p.headY*k)
	lon2, lat2, _, ok2 := s.Locate(p.tailX*k, p.tailY*k)
	gx, gy, ok3 := PixelSizeM(s, p.headX*k, p.headY*k)
	if !ok || !ok2 || !ok3 {
		return d, false
	}
	kx, ky := metresPerDegree((lat + lat2) / 2)
	de, dn := kx*wrapDeg(lon2-lon), ky*(lat2-lat)
	cellM := k * math.Sqrt(gx*gy)
	area := PolygonAreaM2(exact)
	d = upwind.Detection{Kind: upwind.SmokePlume, Class: p.class, Geometry: geojson.NewGeometry(shown), PositionSigmaM: sigmaM, Probability: p.probability, ObservedAt: s.Info().Acquired}
	d.Measures = map[string]upwind.Estimate{
		upwind.AreaM2:  upwind.NonNegative(area, areaSigma(float64(r.Pixels), perimeter(outline), area/float64(r.Pixels))),
		upwind.LengthM: upwind.NonNegative(math.Hypot(de, dn), 2*cellM),
	}
	d.Axis = &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: math.Hypot(so, math.Hypot(cellM, p.headWidth/2*cellM)),
		TowardDeg: math.Mod(math.Atan2(de, dn)*180/math.Pi+360, 360), SigmaDeg: p.sigmaDeg}
	d.Reasons = p.reasons
	return d, true
}
