package raster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"upwind"
	"upwind/raster/region"
)

// Objects of bare soil. A site worth an officer's walk has at least soilMinAreaM2, and an object of fewer
// pixels than soilMinPixels is noise at any scale: a 3 x 3 block is the smallest that has an inside.
const (
	soilMinAreaM2    = 200.0
	soilMinPixels    = 9
	soilBlindMinPx   = 400   // minimum of an object in a picture whose scale is unknown
	roadMinElongated = 8.0   // length over width of unpaved roads and verges
	roadMaxWidthM    = 15.0  // a two-lane road with its shoulders
	roadFillMax      = 0.35  // share of its own length x width box that a bent road fills
	maxObjects       = 20000 // a job's answer; more means the scene is not what the rules are for
)

// Probabilities that an object of a detector is bare earth, before its own evidence: what the rules earn on
// pictures they were not fitted to. Colour: pixel precision on hand-drawn masks of three drone pictures,
// each left out while the thresholds were chosen, is 0.93, 0.35 (roofs and a painted line) and 0.96; with one
// more picture at even odds, because three are few, the mean is 0.68. The spectral rules have no held-out
// truth: a cut fitted on its own Sentinel-2 scene reached F1 0.42, because roofs look barer than soil, and
// the prior says no more than that.
const (
	colourPrior   = 0.68
	spectralPrior = 0.50
	dnPrior       = 0.40
)

// soilSkill is what a detector of bare soil says about its objects.
type soilSkill struct {
	detector string
	prior    float64
	reason   string
	bright   func(b, g, r float32) float32 // of the texture rule; nil: objects are not tested for texture
}

// soilSearch makes objects of the rows of a class mask as they come: holes filled, specks sieved by ground area, roads dropped. It keeps the
// objects it found and what is open, not the rows.
type soilSearch struct {
	scene    Scene
	skill    soilSkill
	mask     *soilMask // nil unless asked for
	minArea  float64
	minPx, y int
	void     int // pixels without data
	sieve    region.Sieve
	label    region.Labeler
	runs     []region.Run
	found    []soilObject
	roads    int
}

// soilObject is a region that may be bare soil.
type soilObject struct {
	region region.Region
	look   texture
}

func newSoilSearch(s Scene, opt Options, skill soilSkill) *soilSearch {
	q := &soilSearch{scene: s, skill: skill, mask: newSoilMask(opt.Mask, s.Info().GSDM), minArea: opt.MinAreaM2, minPx: soilBlindMinPx}
	if q.minArea <= 0 {
		q.minArea = soilMinAreaM2
	}
	if g := s.Info().GSDM; g > 0 {
		q.minPx = max(soilMinPixels, int(math.Ceil(q.minArea/(g*g))))
	}
	q.label = region.Labeler{Class: MaskYes, Done: q.take}
	// An oblique picture's far pixels cover more ground: sieve at half, then by each object's own area.
	q.sieve = region.Sieve{Min: max(soilMinPixels, q.minPx/2), NoData: MaskAbstain, Row: q.label.Add}
	return q
}

// add takes whole rows of classes.
func (q *soilSearch) add(rows []uint8) error {
	w := q.scene.Info().Width
	for ; len(rows) > 0; rows = rows[w:] {
		q.runs = region.Runs(q.runs[:0], rows[:w])
		for _, r := range q.runs {
			if r.Class == MaskAbstain {
				q.void += int(r.X1 - r.X0)
			}
		}
		q.mask.begin(q.y, q.runs)
		q.runs = region.Renamed(region.Renamed(q.runs, maskClose, MaskNo), maskCloud, MaskNo)
		q.mask.add(q.runs)
		q.sieve.Add(q.runs)
		q.y++
	}
	return q.few()
}

// few refuses a scene of too many objects.
func (q *soilSearch) few() error {
	if len(q.found) <= maxObjects {
		return nil
	}
	return upwind.Refuse(q.scene.Info().Name, "", fmt.Sprintf("more than %d objects look like bare soil: the bands are probably not what was said", maxObjects), howToGiveBands)
}

// take weighs a region that has ended.
func (q *soilSearch) take(r region.Region) {
	px, ok := groundPixelM2(q.scene, r)
	if !ok && r.Pixels < q.minPx || ok && float64(r.Pixels)*px < q.minArea || r.Pixels < soilMinPixels {
		return
	}
	if isRoad(r, px) {
		q.roads++
		return
	}
	q.found = append(q.found, soilObject{region: r})
}

// finish ends the search after the last row.
func (q *soilSearch) finish(ctx context.Context) (Result, error) {
	q.sieve.Flush()
	q.label.Flush()
	q.mask.flush()
	if err := q.few(); err != nil {
		return Result{}, err
	}
	defer q.mask.paint()
	info := q.scene.Info()
	var res Result
	switch all := info.Width * info.Height; {
	case q.void == all:
		return res, noData(info.Name)
	case 2*q.void > all:
		res.Notes = append(res.Notes, fmt.Sprintf("%.1f %% of its pixels hold no data", 100*float64(q.void)/float64(all)))
	}
	slices.SortFunc(q.found, func(a, b soilObject) int { return region.ByFirstPixel(a.region, b.region) })
	res.count(q.roads, "%d long narrow object(s) were left out as roads or verges")
	if err := q.onGround(ctx, &res); err != nil {
		return Result{}, err
	}
	if q.skill.bright != nil && (info.GSDM == 0 || info.GSDM >= soilTextureMinGSD) {
		if err := textures(ctx, q.scene, q.found, q.skill.bright); err != nil {
			return Result{}, err
		}
		q.found = evenOnes(q.mask, q.found, &res)
	}
	unplaced := 0
	for i, o := range q.found {
		q.found[i] = soilObject{} // its pixels are not needed any more once it is drawn
		res.Objects++
		q.mask.keep(o.region, MaskYes)
		d, ok := object(q.scene, o.region, upwind.BareSoil)
		if !ok {
			unplaced++
			continue
		}
		d.Probability = soilProbability(q.skill.prior, o.region)
		d.Reasons = []string{q.skill.reason, fmt.Sprintf("%d pixels in one piece, fills %.0f %% of its box", o.region.Pixels, 100*fill(o.region))}
		if o.look.inside > 0 {
			d.Reasons = append(d.Reasons, fmt.Sprintf("inside, %.0f %% is bare and brightness steps by %.1f %% from pixel to pixel; settlement steps by %.0f %% and more", 100*o.look.bare, 100*o.look.spread, 100*soilBuiltTexture))
		}
		res.Detections = append(res.Detections, d)
	}
	res.count(unplaced, "%d object(s) have no place on the ground and are only in the mask")
	return res, nil
}

// evenOnes keeps the objects that are even inside. Settlement becomes MaskNo; what lies between, or is too
// small to have an inside, abstains.
func evenOnes(m *soilMask, found []soilObject, res *Result) []soilObject {
	var keep []soilObject
	small, built, between := 0, 0, 0
	for _, o := range found {
		switch t := o.look; {
		case t.inside < soilMinInsidePx || t.spread != t.spread:
			small++
			m.keep(o.region, MaskAbstain)
		case t.spread >= soilBuiltTexture || t.bare < soilMixedShare:
			built++
			m.keep(o.region, MaskNo)
		case t.spread > soilEvenTexture || t.bare < soilParcelShare:
			between++
			m.keep(o.region, MaskAbstain)
		default:
			keep = append(keep, o)
		}
	}
	res.count(built, "%d object(s) were left out as settlement: bright, dry and other pixels alternate in them")
	res.count(between, "%d object(s) are neither as even as bare ground nor as mixed as settlement: too close to call")
	res.count(small, "%d object(s) are too small to have an inside whose texture could be measured: too close to call")
	return keep
}

// count notes what happened to so many objects.
func (r *Result) count(n int, words string) {
	if n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf(words, n))
	}
}

// groundPixelM2 is the ground area of a pixel at the middle of a region.
func groundPixelM2(s Scene, r region.Region) (float64, bool) {
	gx, gy, ok := PixelSizeM(s, float64(r.X0+r.X1)/2, float64(r.Y0+r.Y1)/2)
	if !ok {
		if g := s.Info().GSDM; g > 0 {
			return g * g, true
		}
		return 0, false
	}
	return gx * gy, true
}

// fill is the share of its bounding box a region covers.
func fill(r region.Region) float64 {
	return float64(r.Pixels) / float64((r.X1-r.X0)*(r.Y1-r.Y0))
}

// isRoad tells a strip from a patch. Width is twice area over half the perimeter, which also holds for bends
// where moments fail; pixel stairs lengthen a slanted perimeter by up to sqrt(2), so the mean 4/pi is taken
// off. A straight strip of length over width beyond the limit is a road; wider than a road it is a field.
func isRoad(r region.Region, pixelM2 float64) bool {
	width, length := stripOf(r)
	if pixelM2 > 0 && width*math.Sqrt(pixelM2) > roadMaxWidthM {
		return false
	}
	s := moments(r)
	return length/width > roadMinElongated && (s.major/s.minor > roadMinElongated/2 || fill(r) < roadFillMax)
}

// stripOf is a region's width and length in pixels, as if it were a strip.
func stripOf(r region.Region) (width, length float64) {
	p := perimeter(r.Outline()[:1]) * math.Pi / 4
	return 2 * float64(r.Pixels) / p, p / 2
}

// soilProbability moves the prior with the object's size and wholeness: large compact patches are less often
// a roof, a verge or noise. The step of 0.7 in log odds for ten times the pixels and for a full box is a
// judgement, kept small because nothing here has measured it.
func soilProbability(prior float64, r region.Region) float64 {
	z := math.Log(prior / (1 - prior))
	z += 0.35 * math.Min(2, math.Log10(float64(r.Pixels)/1000))
	z += 0.7 * (fill(r) - 0.5)
	return 1 / (1 + math.Exp(-z))
}
