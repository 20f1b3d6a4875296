package web

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

// testDay is the day of the generated city's air.
var testDay = time.Date(2026, 4, 12, 0, 0, 0, 0, time.UTC)

// TestCity generates a state with n candidate targets on the [TestGrid], their evidence, a day of hourly air at
// 200 stations, and pictures. The same n gives the same city.
func TestCity(n int) *Memory {
	m := &Memory{Cells: TestGrid()}
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	var leaves []Cell
	for _, c := range m.Cells {
		if c.Level == LevelCell {
			leaves = append(leaves, c)
		}
	}
	asset, _ := upwind.NewAsset(upwind.AssetRaster, "2026-04-12 卫星影像.tif", []upwind.Member{{Role: upwind.RoleMain, Name: "scene.tif", Size: 1, SHA256: strings.Repeat("ab", 32)}}, upwind.AssetOptions{})
	m.AssetL = append(m.AssetL, asset)
	m.addPreview(asset)
	chips := []upwind.Blob{m.AddBlob("chip", "image/png", picture(1, color.RGBA{184, 150, 108, 255})), m.AddBlob("chip", "image/png", picture(2, color.RGBA{214, 196, 150, 255})), m.AddBlob("chip", "image/png", picture(3, color.RGBA{190, 190, 186, 255}))}
	for i := range n {
		m.addTarget(i, leaves[rng.IntN(len(leaves))], asset, chips, rng)
	}
	slices.SortFunc(m.CandidateL, func(a, b upwind.Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	m.addAir(leaves, rng)
	m.QueueV = Queue{Outstanding: 3, Dead: []DeadJob{{ID: "0f3a", Role: "raster", Reason: "broken.tif, block 4: the file ends early; hand it in again", At: testDay}}}
	return m
}

// blob-shaped polygon around a point.
func patch(p orb.Point, radiusM float64, rng *rand.Rand) orb.Polygon {
	const corners = 14
	ring := make(orb.Ring, 0, corners+1)
	for k := range corners {
		q := geo.PointAtBearingAndDistance(p, -float64(k)*360/corners, radiusM*(0.65+0.5*rng.Float64()))
		ring = append(ring, q)
	}
	return orb.Polygon{append(ring, ring[0])}
}

func (m *Memory) addTarget(i int, cell Cell, asset upwind.Asset, chips []upwind.Blob, rng *rand.Rand) {
	b := cell.Geometry.Geometry().Bound()
	p := orb.Point{b.Min[0] + (0.3+0.4*rng.Float64())*(b.Max[0]-b.Min[0]), b.Min[1] + (0.3+0.4*rng.Float64())*(b.Max[1]-b.Min[1])}
	kinds := []upwind.DetectionKind{upwind.BareSoil, upwind.SandPile, upwind.SmokePlume}
	k := i % 3
	seen := testDay.Add(time.Duration(rng.IntN(10*60)) * time.Minute)
	prob := 0.55 + 0.44*rng.Float64()
	d := upwind.Detection{
		ID: upwind.HashID("test-detection", i), Kind: kinds[k], Geometry: geojson.NewGeometry(patch(p, 60+200*rng.Float64(), rng)),
		PositionSigmaM: 6 + 20*rng.Float64(), Probability: prob, ObservedAt: seen, Chips: []upwind.Blob{chips[k]},
		Provenance: upwind.Provenance{JobID: upwind.HashID("job", i/8), Detector: string(kinds[k]) + "-rules", DetectorVersion: 1, Inputs: []string{asset.ID}},
		Reasons:    []string{"bare soil index 0.31 above the threshold 0.12", "NDVI 0.08 over 94 % of the patch"},
	}
	c := upwind.Candidate{
		Version: 1, ID: upwind.HashID("test-candidate", i), State: upwind.StateCandidate, Geometry: d.Geometry, Lon: p[0], Lat: p[1],
		SigmaM: d.PositionSigmaM, GridCode: strings.Join([]string{cell.Code[:6], cell.Code[:9], cell.Code}, "/"), County: cell.Code[:6],
		OfficerID: cell.OfficerID, FirstSeen: seen.Add(-48 * time.Hour), LastSeen: seen, Probability: prob, Measures: map[string]upwind.Estimate{},
	}
	area := 3000 + 40000*rng.Float64()*rng.Float64()
	switch kinds[k] {
	case upwind.BareSoil:
		c.Kind, c.Measures[upwind.AreaM2] = upwind.TargetBareSoil, upwind.NonNegative(area, 0.08*area)
	case upwind.SandPile:
		c.Kind, c.Class = upwind.TargetSandPile, []string{upwind.PileUncovered, upwind.PileCovered, upwind.PileUnknown}[i/3%3]
		c.Measures[upwind.AreaM2], c.Measures[upwind.VolumeM3] = upwind.NonNegative(area/8, area/90), upwind.NonNegative(area/3, area/30)
		c.Measures[upwind.HeightM], c.Measures[upwind.UncoveredFraction] = upwind.NonNegative(6.2, 0.4), upwind.NonNegative(0.72, 0.06)
		d.Reasons = []string{"stands 6.2 m above the ring around its toe", "slopes of 31 to 36 degrees, the angle of repose of sand"}
	case upwind.SmokePlume:
		c.Kind, c.Class = upwind.TargetEmission, "medium"
		d.Axis = &upwind.PlumeAxis{Lon: p[0], Lat: p[1], SigmaM: 12, TowardDeg: 78 + 20*rng.Float64(), SigmaDeg: 7}
		c.Measures[upwind.LengthM] = upwind.NonNegative(640, 45)
		d.Reasons = []string{"whiter than its surroundings in every band", "long and widening downwind"}
	}
	d.Class, d.Measures = c.Class, c.Measures
	c.Evidence = []upwind.Evidence{{ID: d.ID, Type: "detection", Kind: string(d.Kind), ObservedAt: seen, Probability: prob, PositionSigmaM: d.PositionSigmaM, Inputs: []string{asset.ID}, Reason: d.Reasons[0]}}
	if k == 2 && len(m.TraceL) < 40 {
		t := testTrace(i, p, seen, rng)
		m.TraceL = append(m.TraceL, t)
		c.Evidence = append(c.Evidence, upwind.Evidence{ID: t.ID, Type: "trace", Kind: string(t.Trigger.Kind), ObservedAt: seen, Probability: t.Sources[0].Probability, Reason: "rank 1 of 3 of a trace from station A017"})
		m.SiteL = append(m.SiteL, upwind.Site{ID: t.Sources[0].SiteID, Name: t.Sources[0].SiteName, Kind: "stack", Geometry: geojson.NewGeometry(p), HeightM: 45})
		c.SiteID, c.SiteName = t.Sources[0].SiteID, t.Sources[0].SiteName
	}
	sev := 30 * math.Min(1, area/40000)
	c.ScoreParts = []upwind.ScorePart{{Name: "probability", Value: 50 * prob, Reason: fmt.Sprintf("%.0f %% likely from %d piece(s) of evidence", 100*prob, len(c.Evidence))},
		{Name: "severity", Value: sev, Reason: fmt.Sprintf("%.0f m2 of bare earth", area)}}
	c.Score = 50*prob + sev
	if len(c.Evidence) > 1 {
		c.ScoreParts = append(c.ScoreParts, upwind.ScorePart{Name: "traced", Value: 9.4, Reason: "air was traced back to it with probability 0.47"})
		c.Score += 9.4
	}
	m.DetectionL = append(m.DetectionL, d)
	m.CandidateL = append(m.CandidateL, c)
}

// testTrace leads from a station north-east of p back to it.
func testTrace(i int, p orb.Point, at time.Time, rng *rand.Rand) upwind.Trace {
	const paths, steps = 12, 24
	receptor := geo.PointAtBearingAndDistance(p, 62, 4200)
	t := upwind.Trace{ID: upwind.HashID("test-trace", i), UnknownProbability: 0.21, WindStations: 9, Reasons: []string{"9 wind stations within 30 km", "the cone passes three sites"},
		Trigger:    upwind.Trigger{ID: upwind.HashID("trigger", i), Kind: upwind.TriggerExceedance, Species: "PM10", Start: at, End: at.Add(time.Hour), Value: 186, Unit: "ug/m3", Lon: receptor[0], Lat: receptor[1], HeightM: 10, SigmaM: 5},
		Provenance: upwind.Provenance{JobID: upwind.HashID("trace-job", i), Detector: "trace", DetectorVersion: 1}}
	left, right := orb.LineString{receptor}, orb.LineString{}
	for k := range paths {
		turn := float64(k-paths/2) * 2.2
		tr := upwind.Trajectory{Start: at}
		for s := range steps {
			f := float64(s) / (steps - 1)
			q := geo.PointAtBearingAndDistance(receptor, 242+turn*f+3*math.Sin(4*f+rng.Float64()/4), 6500*f)
			tr.Points = append(tr.Points, upwind.TrajectoryPoint{AgeS: 1800 * f, Lon: q[0], Lat: q[1], SigmaM: 40 + 600*f})
			if k == 0 && s > 0 {
				left = append(left, geo.PointAtBearingAndDistance(q, 152, 40+500*f))
			}
			if k == paths-1 && s > 0 {
				right = append(right, geo.PointAtBearingAndDistance(q, 332, 40+500*f))
			}
		}
		t.Trajectories = append(t.Trajectories, tr)
	}
	testPlace(&t, p)
	slices.Reverse(right)
	ring := orb.Ring(append(append(left, right...), receptor))
	ring.Reverse()
	t.Cone = geojson.NewGeometry(orb.Polygon{ring})
	for k, prob := range []float64{0.47, 0.22, 0.10} {
		q := geo.PointAtBearingAndDistance(p, float64(90*k), float64(900*k))
		t.Sources = append(t.Sources, upwind.RankedSource{Rank: k + 1, SiteID: fmt.Sprintf("site-%d-%d", i, k), SiteName: fmt.Sprintf("%s烟囱 %d", townName(i), k+1), Lon: q[0], Lat: q[1],
			Probability: prob, Rate: &upwind.Rate{Median: 12.4, Lo90: 5.1, Hi90: 30.2, Unit: "kg/h"}, DistanceM: 4200, BearingDeg: 242, Reason: "the air passed it 18 minutes before"})
	}
	return t
}

func (m *Memory) addPreview(a upwind.Asset) {
	b := m.AddBlob("overlay", "image/png", picture(9, color.RGBA{120, 132, 96, 255}))
	w, s, e, n := 115.80, 36.38, 116.05, 36.58
	m.InspectionL = append(m.InspectionL, upwind.Inspection{Version: 1, AssetID: a.ID, Kind: a.Kind, Georeferenced: true, AcquiredAt: testDay.Add(2 * time.Hour),
		Preview: &upwind.Overlay{Blob: b, Corners: [4][2]float64{{w, n}, {e, n}, {e, s}, {w, s}}}, GSDM: 10})
}

// addAir makes a day of hourly readings: a dusty afternoon that drifts east on a turning wind.
func (m *Memory) addAir(leaves []Cell, rng *rand.Rand) {
	const stations, hours = 200, 24
	for st := range stations {
		p := leaves[(st*23+11)%len(leaves)].Geometry.Geometry().Bound().Center()
		id, windy := fmt.Sprintf("A%03d", st+1), st%5 == 0
		for h := range hours {
			at := testDay.Add(time.Duration(h) * time.Hour)
			hot := 190 * math.Exp(-math.Pow((p[0]-115.6-0.03*float64(h))/0.2, 2))
			m.Readings = append(m.Readings, upwind.Observation{StationID: id, Start: at, DurationS: 3600, Lon: p[0], Lat: p[1], HeightM: 10,
				Species: "PM10", Unit: "ug/m3", Value: 35 + hot + 25*rng.Float64()})
			if windy {
				u, v := upwind.UV(2.5+2*math.Sin(float64(h)/4), 235+20*math.Sin(float64(h)/5)+8*rng.NormFloat64())
				m.Winds = append(m.Winds, upwind.Wind{StationID: id, Start: at, DurationS: 3600, Lon: p[0], Lat: p[1], HeightM: 10, U: u, V: v})
			}
		}
	}
}

// picture paints a field with a patch of a colour on it.
func picture(seed uint64, c color.RGBA) []byte {
	const side = 160
	rng := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			n := uint8(rng.IntN(18))
			px := color.RGBA{74 + n, 98 + n, 62 + n, 255}
			fx, fy := float64(x-side/2), float64(y-side/2)
			if math.Hypot(fx, fy*1.3) < 46+9*math.Sin(3*math.Atan2(fy, fx)) {
				px = color.RGBA{c.R - n, c.G - n, c.B - n, 255}
			}
			img.SetRGBA(x, y, px)
		}
	}
	var buf bytes.Buffer
	_ = png.Encode(&buf, img) // a bytes.Buffer never fails
	return buf.Bytes()
}

// testPlace gives a trace the map of an unlisted source: a Gaussian about p, longer along the wind than across.
func testPlace(t *upwind.Trace, p orb.Point) {
	const n, halfM, sx, sy = 96, 2500.0, 520.0, 210.0
	east := geo.PointAtBearingAndDistance(p, 90, halfM)[0] - p[0]
	north := geo.PointAtBearingAndDistance(p, 0, halfM)[1] - p[1]
	prob, seen := make([]float64, n*n), make([]float64, n*n)
	for i := range prob {
		x, y := (float64(i%n)+0.5-n/2)*2*halfM/n, (float64(i/n)+0.5-n/2)*2*halfM/n
		s, c := math.Sincos(0.49) // the wind blows towards 62 degrees
		a, b := (x*c+y*s)/sx, (y*c-x*s)/sy
		prob[i] = 0.3 / (2 * math.Pi * sx * sy) * math.Exp(-(a*a+b*b)/2) * math.Pow(2*halfM/n, 2)
		seen[i] = 1 / (1 + math.Exp(-(1800+x)/500))
	}
	t.Map = upwind.NewProbabilityMap(p[0]-east, p[1]-north, p[0]+east, p[1]+north, n, n, prob, seen)
	t.WindError, t.Diagnostics = &upwind.WindError{RotationDeg: 4, SDDeg: 3}, &upwind.Diagnostics{ESS: 7, Residual: 1.1, Rows: 96}
}
