package raster

import (
	"context"
	"fmt"
	"math"

	"github.com/paulmach/orb"

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
// each left out while the threshold was chosen, is 0.90, 0.28 (reeds and river gravel) and 0.97; with one
// more picture at even odds, because three are few, the mean is 0.66. The spectral rules have no held-out
// truth: a cut fitted on its own Sentinel-2 scene reached F1 0.42, because roofs look barer than soil, and
// the prior says no more than that.
const (
	colourPrior   = 0.66
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

// soilObjects turns a class mask into objects: holes filled, specks sieved by ground area, roads and
// settlement dropped.
func soilObjects(ctx context.Context, s Scene, m *Mask, opt Options, skill soilSkill) (Result, error) {
	info := s.Info()
	res := Result{Mask: m}
	defer m.settle()
	regions, roads := soilShapes(s, m, opt)
	if len(regions) > maxObjects {
		return Result{}, upwind.Refuse(info.Name, "", fmt.Sprintf("more than %d objects look like bare soil: the bands are probably not what was said", maxObjects), howToGiveBands)
	}
	if roads > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d long narrow object(s) were left out as roads or verges", roads))
	}
	looks := make([]texture, len(regions))
	if skill.bright != nil && (info.GSDM == 0 || info.GSDM >= soilTextureMinGSD) {
		var err error
		if looks, err = textures(ctx, s, m, regions, skill.bright); err != nil {
			return Result{}, err
		}
		regions, looks = evenOnes(m, regions, looks, &res)
	}
	unplaced := 0
	for k, r := range regions {
		res.Objects++
		d, ok := object(s, r, upwind.BareSoil)
		if !ok {
			unplaced++
			continue
		}
		d.Probability = soilProbability(skill.prior, r)
		d.Reasons = []string{skill.reason, fmt.Sprintf("%d pixels in one piece, fills %.0f %% of its box", r.Pixels, 100*fill(r))}
		if looks[k].inside > 0 {
			d.Reasons = append(d.Reasons, fmt.Sprintf("inside, %.0f %% is bare and brightness steps by %.1f %% from pixel to pixel; settlement steps by %.0f %% and more", 100*looks[k].bare, 100*looks[k].spread, 100*soilBuiltTexture))
		}
		res.Detections = append(res.Detections, d)
	}
	if unplaced > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d object(s) have no place on the ground and are only in the mask", unplaced))
	}
	return res, nil
}

// soilShapes sieves a mask by the ground area of its regions and takes roads out.
func soilShapes(s Scene, m *Mask, opt Options) (keep []region.Region, roads int) {
	minArea := opt.MinAreaM2
	if minArea <= 0 {
		minArea = soilMinAreaM2
	}
	minPx := soilBlindMinPx
	if g := s.Info().GSDM; g > 0 {
		minPx = max(soilMinPixels, int(math.Ceil(minArea/(g*g))))
	}
	// An oblique picture's far pixels cover more ground: sieve at half, then by each object's own area.
	regions := Sieve(m, max(soilMinPixels, minPx/2))
	keep = regions[:0]
	for _, r := range regions {
		px, ok := groundPixelM2(s, r)
		switch {
		case !ok && r.Pixels < minPx || ok && float64(r.Pixels)*px < minArea || r.Pixels < soilMinPixels:
			m.paint(r, MaskNo)
		case isRoad(r, px):
			roads++
			m.paint(r, MaskNo)
		default:
			keep = append(keep, r)
		}
	}
	return keep, roads
}

// evenOnes keeps the objects that are even inside. Settlement becomes MaskNo; what lies between, or is too
// small to have an inside, abstains.
func evenOnes(m *Mask, regions []region.Region, looks []texture, res *Result) ([]region.Region, []texture) {
	var keep []region.Region
	var kept []texture
	small, built, between := 0, 0, 0
	for k, r := range regions {
		switch t := looks[k]; {
		case t.inside < soilMinInsidePx || t.spread != t.spread:
			small++
			m.paint(r, MaskAbstain)
		case t.spread >= soilBuiltTexture || t.bare < soilMixedShare:
			built++
			m.paint(r, MaskNo)
		case t.spread > soilEvenTexture || t.bare < soilParcelShare:
			between++
			m.paint(r, MaskAbstain)
		default:
			keep, kept = append(keep, r), append(kept, t)
		}
	}
	for _, n := range []struct {
		count int
		words string
	}{
		{built, "%d object(s) were left out as settlement: bright, dry and other pixels alternate in them"},
		{between, "%d object(s) are neither as even as bare ground nor as mixed as settlement: too close to call"},
		{small, "%d object(s) are too small to have an inside whose texture could be measured: too close to call"},
	} {
		if n.count > 0 {
			res.Notes = append(res.Notes, fmt.Sprintf(n.words, n.count))
		}
	}
	return keep, kept
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
	p := perimeter(orb.Polygon{r.Outline()[0]}) * math.Pi / 4
	width := 2 * float64(r.Pixels) / p
	length := p / 2
	if pixelM2 > 0 && width*math.Sqrt(pixelM2) > roadMaxWidthM {
		return false
	}
	s := moments(r)
	return length/width > roadMinElongated && (s.major/s.minor > roadMinElongated/2 || fill(r) < roadFillMax)
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
