package lidar

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/paulmach/orb"

	"upwind"
	outlines "upwind/raster/region"
)

// Objects of bare soil.
const (
	// DefaultMinSoilAreaM2 is the least area worth an officer's walk.
	DefaultMinSoilAreaM2 = 200.0
	minSoilCells         = 9    // a 3 x 3 block is the smallest that has an inside
	holeShare            = 0.5  // holes up to this share of the least area are filled
	roadElongation       = 8.0  // length over width of unpaved roads and verges
	roadMaxWidthM        = 15.0 // a two-lane road with its shoulders
	roadFill             = 0.35 // share of its own length x width box that a bent road fills
	maxSoilObjects       = 20000
)

// Ground lies level with what is around it or below; a roof or a deck ends in the air.
const (
	fallNearM  = 1.5 // the surroundings are looked at from here
	fallFarM   = 4.0 // to here
	fallM      = 1.0 // below the plane of the rim, which no furrow or ditch with a field on its far side is
	raisedRim  = 0.5 // share of the rim that falls away: a roof
	doubtedRim = 0.25
)

// The area is wrong by its boundary, which strays by boundarySigmaM to the same side over boundaryRunM
// (colours come from pictures laid over the cloud; Crapper, "An estimate of the number of boundary cells in
// a mapped landscape coded to grid cells", 1984), by what the rules take and leave as a whole, 7 % on
// hand-drawn drone pictures, and by the cells that could be either.
const (
	boundarySigmaM = 0.5
	boundaryRunM   = 10.0
	classSigma     = 0.07
)

// Probabilities. Colour rules alone: the mean pixel precision on three hand-drawn drone pictures, each left
// out while thresholds were chosen, with one more at even odds. What near infrared, size and wholeness add
// in log odds is a judgement, kept small because nothing here has measured it.
const (
	soilPrior   = 0.66
	nirLogOdds  = 0.5
	sizeLogOdds = 0.35 // for ten times the area, about 1000 m2
	fillLogOdds = 0.7
)

// RoughnessM names the measure of bare earth that wind erosion asks for: the spread of its surface about
// local planes of some 3 m, m.
const RoughnessM = "roughness_m"

func detectSoil(ctx context.Context, c *Cloud, o Options, progress func(done, total int)) (Result, error) {
	var res Result
	rules, note := c.soilRules()
	if note != "" {
		res.Notes = append(res.Notes, note)
	}
	m, rough, err := c.soilMask(ctx, rules)
	if err != nil {
		return res, err
	}
	progress(progressTotal/2, progressTotal)
	sure := append([]uint8(nil), m.v...)
	minArea := o.MinSoilAreaM2
	if !(minArea > 0) {
		minArea = DefaultMinSoilAreaM2
	}
	cellM2 := c.cell * c.cell
	m.fillHoles(int(holeShare * minArea / cellM2))
	m.open()
	c.regrow(m, rules)
	labels, regions := m.label(func(v uint8) bool { return v == classYes })
	s := soilSite{c: c, labels: labels, sure: sure, rough: rough, rules: rules}
	s.floor = s.noiseFloor()
	var left leftOut
	var found []upwind.Detection
	for n, r := range regions {
		if n%64 == 0 {
			if ctx.Err() != nil {
				return res, ctx.Err()
			}
			progress(progressTotal/2+progressTotal/2*n/len(regions), progressTotal)
		}
		if r.n < minSoilCells || float64(r.n)*cellM2 < minArea {
			continue
		}
		rings, perimeter := outline(labels, c.w, r)
		falls, ground := s.isGround(r, perimeter, &left)
		if !ground {
			continue
		}
		if len(found) == maxSoilObjects {
			return res, upwind.Refuse(c.name, "", fmt.Sprintf("more than %d objects look like bare soil: its colours are probably not those of the ground", maxSoilObjects), "")
		}
		found = append(found, s.detection(r, rings, perimeter, falls, o))
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Probability > found[j].Probability })
	for n := range found {
		found[n].ID = upwind.DetectionID(o.JobID, n)
	}
	res.Detections = found
	res.Notes = append(res.Notes, left.words()...)
	if len(found) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("no bare soil of %.0f m2 or more by colour and shape on %.0f m2", minArea, c.Report.AreaM2))
	}
	progress(progressTotal, progressTotal)
	return res, nil
}

// isGround reports whether a region is a patch of ground by its shape, and the share of its rim that falls
// away; what is not, it counts.
func (s *soilSite) isGround(r region, perimeter int, left *leftOut) (falls float64, ok bool) {
	if s.isRoad(r, perimeter) {
		left.roads++
		return 0, false
	}
	switch falls = s.fallsAway(r); {
	case falls >= raisedRim:
		left.raised++
	case falls > doubtedRim:
		left.doubted++
	default:
		return falls, true
	}
	return falls, false
}

// leftOut counts what had the colour of soil and was left out for its shape.
type leftOut struct{ roads, raised, doubted int }

func (l leftOut) words() (out []string) {
	for _, n := range []struct {
		count int
		words string
	}{
		{l.roads, "%d long narrow object(s) of the colour of soil were left out as roads or verges"},
		{l.raised, "%d object(s) of the colour of soil were left out as roofs or decks: they end in the air"},
		{l.doubted, "%d object(s) of the colour of soil end partly in the air: too close to call"},
	} {
		if n.count > 0 {
			out = append(out, fmt.Sprintf(n.words, n.count))
		}
	}
	return out
}

// soilSite is what the regions of one cloud are measured with.
type soilSite struct {
	c      *Cloud
	labels []int32
	sure   []uint8 // classes before holes were filled
	rough  []float32
	rules  soilRules
	floor  float64 // spread of the smoothest ground, m: the sensor's noise at most
}

func (s *soilSite) detection(r region, rings orb.Polygon, perimeter int, falls float64, o Options) upwind.Detection {
	c := s.c
	area := s.area(r, perimeter)
	rough, spread := s.roughness(r)
	fill := float64(r.n) / float64(r.box.Dx()*r.box.Dy())
	odds := math.Log(soilPrior/(1-soilPrior)) + fillLogOdds*(fill-0.5) +
		sizeLogOdds*math.Max(-1, math.Min(2, math.Log10(area.Value/1000)))
	reasons := []string{
		fmt.Sprintf("%.0f m2 warm, not green, not grey: excess green below %.2f, redness above %.2f, saturation above %.2f", area.Value, soilMaxExG, soilMinRedness, soilMinSat),
	}
	if s.rules.useNIR {
		odds += nirLogOdds
		reasons = append(reasons, fmt.Sprintf("dark in near infrared for its red: index below %.2f, the cloud's own limit between plants and ground; dry straw looks the same", s.rules.maxNDVI))
	} else {
		reasons = append(reasons, "no near infrared: dry grass and straw look the same")
	}
	reasons = append(reasons,
		fmt.Sprintf("ground: its points spread by %.3f m about local planes, the sensor's noise included, and %.0f %% of its rim falls away", spread, 100*falls))
	return upwind.Detection{
		Kind:           upwind.BareSoil,
		Geometry:       c.polygon(outlines.Simplify(rings)),
		PositionSigmaM: math.Hypot(positionSigmaM, c.cell),
		Probability:    1 / (1 + math.Exp(-odds)),
		ObservedAt:     c.Report.Acquired,
		Measures:       map[string]upwind.Estimate{upwind.AreaM2: area, RoughnessM: rough},
		Reasons:        reasons,
		Provenance:     upwind.Provenance{JobID: o.JobID, Detector: SoilDetector, DetectorVersion: SoilVersion, Inputs: o.Inputs},
	}
}

// each calls fn for every cell of a region.
func (s *soilSite) each(r region, fn func(i int)) {
	for y := r.box.Min.Y; y < r.box.Max.Y; y++ {
		for i := y*s.c.w + r.box.Min.X; i < y*s.c.w+r.box.Max.X; i++ {
			if s.labels[i] == r.label {
				fn(i)
			}
		}
	}
}

// area is a region's with its error; cells that the rules left open, inside or along the rim, may be either.
func (s *soilSite) area(r region, perimeter int) upwind.Estimate {
	c := s.c
	open := 0
	s.each(r, func(i int) {
		if s.sure[i] != classYes {
			open++
			return
		}
		x, y := i%c.w, i/c.w
		for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			if u, v := x+d[0], y+d[1]; u >= 0 && v >= 0 && u < c.w && v < c.h && s.labels[v*c.w+u] != r.label && s.sure[v*c.w+u] == classClose {
				open++
				return
			}
		}
	})
	cellM2 := c.cell * c.cell
	value := float64(r.n) * cellM2
	length := float64(perimeter) * math.Pi / 4 * c.cell
	edge := boundarySigmaM * math.Sqrt(length*boundaryRunM)
	return upwind.NonNegative(value, math.Sqrt(edge*edge+math.Pow(classSigma*value, 2)+math.Pow(float64(open)*cellM2, 2)/12))
}
