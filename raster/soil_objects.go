package raster

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"upwind"
)

// Objects of bare soil. A site worth an officer's walk has at least soilMinAreaM2, and an object of fewer
// pixels than soilMinPixels is noise at any scale: a 3 x 3 block is the smallest that has an inside.
const (
	soilMinAreaM2    = 200.0
	soilMinPixels    = 9
	soilBlindMinPx   = 400   // minimum of an object in a picture whose scale is unknown
	soilHoleShare    = 0.5   // holes up to this share of the minimum area are filled
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
}

// soilObjects turns a class mask into objects: holes filled, specks sieved by ground area, roads dropped.
func soilObjects(s Scene, m *Mask, opt Options, skill soilSkill) (Result, error) {
	info := s.Info()
	minArea := opt.MinAreaM2
	if minArea <= 0 {
		minArea = soilMinAreaM2
	}
	minPx := soilBlindMinPx
	if info.GSDM > 0 {
		minPx = max(soilMinPixels, int(math.Ceil(minArea/(info.GSDM*info.GSDM))))
	}
	// An oblique picture's far pixels cover more ground: sieve at half, then by each object's own area.
	regions := Sieve(m, max(soilMinPixels, minPx/2), int(soilHoleShare*float64(minPx)))
	defer m.settle()
	res := Result{Mask: m}
	roads, unplaced := 0, 0
	for _, r := range regions {
		px, ok := groundPixelM2(s, r)
		if !ok && r.Pixels < minPx || ok && float64(r.Pixels)*px < minArea || r.Pixels < soilMinPixels {
			m.paint(r, MaskNo)
			continue
		}
		if isRoad(r, px) {
			roads++
			m.paint(r, MaskNo)
			continue
		}
		res.Objects++
		if res.Objects > maxObjects {
			return Result{}, upwind.Refuse(info.Name, "", fmt.Sprintf("more than %d objects look like bare soil: the bands are probably not what was said", maxObjects), howToGiveBands)
		}
		d, ok := object(s, r, upwind.BareSoil)
		if !ok {
			unplaced++
			continue
		}
		d.Probability = soilProbability(skill.prior, r)
		d.Reasons = []string{skill.reason, fmt.Sprintf("%d pixels in one piece, fills %.0f %% of its box", r.Pixels, 100*fill(r))}
		res.Detections = append(res.Detections, d)
	}
	if roads > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d long narrow object(s) were left out as roads or verges", roads))
	}
	if unplaced > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("%d object(s) have no place on the ground and are only in the mask", unplaced))
	}
	return res, nil
}

// groundPixelM2 is the ground area of a pixel at the middle of a region.
func groundPixelM2(s Scene, r Region) (float64, bool) {
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
func fill(r Region) float64 {
	return float64(r.Pixels) / float64((r.X1-r.X0)*(r.Y1-r.Y0))
}

// isRoad tells a strip from a patch. Width is twice area over half the perimeter, which also holds for bends
// where moments fail; pixel stairs lengthen a slanted perimeter by up to sqrt(2), so the mean 4/pi is taken
// off. A straight strip of length over width beyond the limit is a road; wider than a road it is a field.
func isRoad(r Region, pixelM2 float64) bool {
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
func soilProbability(prior float64, r Region) float64 {
	z := math.Log(prior / (1 - prior))
	z += 0.35 * math.Min(2, math.Log10(float64(r.Pixels)/1000))
	z += 0.7 * (fill(r) - 0.5)
	return 1 / (1 + math.Exp(-z))
}
