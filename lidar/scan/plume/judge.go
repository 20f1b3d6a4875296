package plume

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

const (
	tooSmall = "too small"

	// Sizes that no plume of a yard or a stack has: 1 km2 unless it is long and no wider than a plume, or a belt of 3 km
	// that keeps its range or height.
	bankAreaM2  = 1e6
	bankWidthM  = 750.0
	bankRatio   = 3.0
	fogAlpha    = 10e-3 // of a square kilometre: one sees 400 m, as in fog; as smoke it were 2 mg/m3
	beltM       = 3000.0
	beltRatio   = 4.0
	beltTurnDeg = 120.0
	// A cloud or fog hides what is behind it over a wide front; the smoke of a fire does so over some rays.
	hiddenShare  = 0.5
	hiddenFrontM = 1000.0
	// What nearly all rays of a vertical cut show at one range near by belongs to the instrument: by half a kilometre beam
	// and view have met (Wandinger and Ansmann 2002, Appl. Opt. 41).
	cutShare     = 0.9
	mostOverlapM = 500.0
	// A streak is one ray that was inverted from another boundary value than its neighbours.
	streakRays  = 1
	streakM     = 300.0
	streakRatio = 3.0
	edgeM       = 120.0 // a thing less deep than this along a ray, which a wall is in the finest bell, ...
	hardAlpha   = 20e-3 // ... of more than this, or that no other ray sees, is hard rather than air
	lonelyM     = 60.0  // neighbours that pass this near see a plume too
)

// judge says why a thing that stands out is no plume, and whether it is of the wide kind whose pieces may lie
// beside it; "" when it is one, and then it gives it a probability.
func (s *sweep) judge(p *Plume, o Options) (why string, wide bool) {
	sh := s.shapeOf(p)
	switch {
	case sh.rays == 1 && sh.arcM < lonelyM && sh.depthM > sh.arcM:
		return fmt.Sprintf("%.0f m along one ray and nothing beside it, where its neighbours pass %.0f m away", sh.depthM, sh.arcM), false
	case sh.rays == 1 && sh.depthM < edgeM:
		return fmt.Sprintf("%.0f m along one ray: the edge of something hard looks the same", sh.depthM), false
	case sh.rays <= 2 && sh.depthM < edgeM && p.region.peak > hardAlpha:
		return fmt.Sprintf("extinction %.0f /km over %.0f m in %d rays: the edge of something hard", 1000*p.region.peak, sh.depthM, sh.rays), false
	case sh.rays <= hardRays && sh.depthM < hardM && sh.ratioSr < leastRatioSr:
		return fmt.Sprintf("it sends much light back and takes little: a lidar ratio of %.0f sr at most is that of something hard", sh.ratioSr), false
	case p.AreaM2 < o.MinAreaM2 || len(p.region.cells) < 3 || p.region.peakZ < leastSigma(sh.rays, o):
		return tooSmall, false
	case sh.rays <= streakRays && sh.depthM > math.Max(streakM, streakRatio*sh.arcM):
		return fmt.Sprintf("a streak of %.0f m along one ray: its boundary value differs from its neighbours'", sh.depthM), false
	case s.upright && s.overlapUnknown(p) && float64(sh.rays) > cutShare*float64(s.n()):
		return fmt.Sprintf("it fills %d of %d rays of the cut: beam and view that have not met yet look the same", sh.rays, s.n()), true
	case sh.beltM > beltM && sh.beltM > beltRatio*sh.thickM || sh.turnDeg > beltTurnDeg && sh.beltM > hiddenFrontM:
		return fmt.Sprintf("a layer or a belt of haze: %.1f km long at one %s, %.0f m thick", sh.beltM/1000, s.keeps(), sh.thickM), true
	case sh.coreM2 > bankAreaM2 && (p.LengthM < bankRatio*p.WidthM || p.WidthM > bankWidthM):
		return fmt.Sprintf("a cloud, fog or haze bank: %.1f km2 and %.0f m wide", sh.coreM2/1e6, p.WidthM), true
	case p.region.peak > fogAlpha && p.AreaM2 > bankAreaM2:
		return fmt.Sprintf("a cloud or fog bank: extinction %.0f /km in %.1f km2", 1000*p.region.peak, p.AreaM2/1e6), true
	case s.atFront(p.region.cells) > hiddenShare:
		return "a cloud or fog bank: over a kilometre of neighbouring rays nothing is seen behind", true
	case s.inThickAir(p):
		return fmt.Sprintf("part of a bank: the air around it has %.2f /km, much more than the rest of its %s", 1000*p.Around, s.keeps()), true
	case sh.hidden > hiddenShare && sh.frontM > hiddenFrontM:
		return fmt.Sprintf("a cloud or fog bank: behind %.0f %% of its front of %.1f km nothing is seen", 100*sh.hidden, sh.frontM/1000), true
	}
	p.Probability = s.probability(p)
	p.Reasons = append([]string{
		fmt.Sprintf("extinction %.2f /km at its peak over %.2f /km in the air around, %.0f times the noise", 1000*p.Peak.Value, 1000*p.Around, p.region.peakZ),
		fmt.Sprintf("%.0f m long, %.0f m wide, over %d rays", p.LengthM, p.WidthM, sh.rays),
	}, p.Reasons...)
	if s.upright {
		p.Reasons = append(p.Reasons, "seen in a vertical cut: how wide it is across the cut is not known")
	}
	return "", false
}

// overlapUnknown reports whether a plume lies where the share of the beam that is seen is not known.
func (s *sweep) overlapUnknown(p *Plume) bool {
	return math.Hypot(p.CentreE.Value, p.CentreN.Value) < s.blindM()
}

// blindM is the range up to which the share of the beam that is seen is not known: 0 where the site states it.
func (s *sweep) blindM() float64 {
	if site := s.f.Site; len(site.Overlap) > 0 || site.FullOverlapM > 0 {
		return 0
	}
	return mostOverlapM
}

// Sigmas that a peak needs when no neighbouring ray, or only one, confirms it.
const (
	lonelySigma = 8.0
	pairSigma   = 6.5
)

func leastSigma(rays int, o Options) float64 {
	switch rays {
	case 1:
		return math.Max(lonelySigma, o.SeedSigma)
	case 2:
		return math.Max(pairSigma, o.SeedSigma)
	}
	return o.SeedSigma
}

// keeps is what a belt stays at.
func (s *sweep) keeps() string {
	if s.upright {
		return "height"
	}
	return "range"
}

// shape is a region as the beam sees it.
type shape struct {
	rays           int
	depthM, arcM   float64 // length along its longest ray, and the mean width of a ray there
	turnDeg        float64 // angle its rays cover
	beltM, thickM  float64 // length along its ring or layer, mean thickness across
	frontM, hidden float64 // width of the front, and the share of rays with nothing seen behind
	coreM2         float64 // area above coreShare of the peak
	ratioSr        float64 // lidar ratio at most, by the light that is missing behind it; +Inf when that does not show
}

func (s *sweep) shapeOf(p *Plume) shape {
	var sh shape
	lo, hi := map[int]int{}, map[int]int{}    // of the whole
	near, far := map[int]int{}, map[int]int{} // of the core
	for _, i := range p.region.cells {
		ray, c := int(i)/s.cells, int(i)%s.cells
		widen(lo, hi, ray, c)
		sh.arcM += s.arcM(ray, c) / float64(len(p.region.cells))
		if s.excess[i] >= coreShare*p.region.peak {
			widen(near, far, ray, c)
			sh.coreM2 += s.areaM2(i)
		}
	}
	sh.rays = len(lo)
	sh.ratioSr = s.ratioOf(lo, hi)
	for _, ray := range slices.Sorted(maps.Keys(lo)) {
		sh.depthM = math.Max(sh.depthM, float64(hi[ray]-lo[ray]+1)*s.cellM)
	}
	hidden := 0
	for _, ray := range slices.Sorted(maps.Keys(near)) {
		sh.turnDeg += s.widthDeg(ray)
		sh.frontM += s.arcM(ray, (near[ray]+far[ray])/2)
		if s.darkBehind(ray, hi[ray]) {
			hidden++
		}
	}
	sh.hidden = float64(hidden) / math.Max(1, float64(len(near)))
	sh.beltM = sh.frontM
	if s.upright {
		sh.turnDeg = 0
		least, most := math.Inf(1), 0.0
		for _, i := range p.region.cells {
			e, n, _ := s.place(int(i)/s.cells, int(i)%s.cells)
			least, most = math.Min(least, math.Hypot(e, n)), math.Max(most, math.Hypot(e, n))
		}
		sh.beltM = most - least
	}
	sh.thickM = sh.coreM2 / math.Max(sh.beltM, 1)
	return sh
}

func widen(lo, hi map[int]int, ray, c int) {
	if k, ok := lo[ray]; !ok || c < k {
		lo[ray] = c
	}
	hi[ray] = max(hi[ray], c)
}

const (
	// leastRatioSr is below the lidar ratio of any particle: droplets of water have 18.8 sr at 532 nm (O'Connor et al.
	// 2004, J. Atmos. Oceanic Technol. 21).
	leastRatioSr = 18.0
	// hardRays and hardM are what the edges of something hard fill at most.
	hardRays = 3
	hardM    = 200.0
	// ratioSigma is by how many sigmas it must be.
	ratioSigma = 3.0
	// ratioDepth is the two-way optical depth that a thing must seem to have for its shadow to be looked for.
	ratioDepth = 0.3
	// besideCells away from a thing the light before and behind it is compared.
	besideCells = 6
)

// ratioOf is the greatest lidar ratio that a thing can have. Particles that send light back take away S times as much;
// an edge of something hard that meets a part of the beam sends back as much as dense smoke and hides that part only.
func (s *sweep) ratioOf(lo, hi map[int]int) float64 {
	var taken, variance, seems float64
	for _, ray := range slices.Sorted(maps.Keys(lo)) {
		before, behind := s.at(ray, max(0, lo[ray]-besideCells)), s.at(ray, min(s.cells-1, hi[ray]+besideCells))
		x, y := s.lit[before], s.lit[behind]
		if !(x > 0 && y > 0) {
			return math.Inf(1)
		}
		taken += math.Log(x / y)
		variance += sq(s.litSigma[before]/x) + sq(s.litSigma[behind]/y)
		for c := lo[ray]; c <= hi[ray]; c++ {
			if v := s.residual[s.at(ray, c)]; v == v {
				seems += 2 * v * s.cellM
			}
		}
	}
	if seems < ratioDepth {
		return math.Inf(1)
	}
	return s.lidarRatio() * (taken + ratioSigma*math.Sqrt(variance)) / seems
}

// behindM is how far behind a thing light must come back from for the beam to have passed it.
const behindM = 300.0

// darkBehind reports whether nothing is seen behind a cell although the sweep reaches farther elsewhere.
func (s *sweep) darkBehind(ray, cell int) bool {
	n, seen := int(behindM/s.cellM), 0
	if cell+n >= s.cells {
		return false
	}
	for c := cell + 1; c <= cell+n; c++ {
		if s.alpha[s.at(ray, c)] == s.alpha[s.at(ray, c)] {
			seen++
		}
	}
	return seen < n/3
}

// Probability of a thing that passes every test. No labelled plumes of a lidar are at hand; it is a judgement
// that rises with how far the peak stands above noise and above the haze's own unevenness, and how many cells
// agree.
const (
	bestProbability = 0.97
	zHalf           = 4.0 // sigmas above the threshold that halve the doubt
	contrastHalf    = 0.3
	cellsHalf       = 6.0
)

func (s *sweep) probability(p *Plume) float64 {
	doubt := math.Exp2(-p.region.peakZ / zHalf)
	doubt += 0.5 * math.Exp2(-p.Peak.Value/math.Max(p.Around, 1e-9)/contrastHalf)
	doubt += 0.5 * math.Exp2(-float64(len(p.region.cells))/cellsHalf)
	return bestProbability * math.Max(0, 1-doubt)
}
