package grid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
)

func TestMergeByPlace(t *testing.T) {
	soil := upwind.BareSoil
	for name, c := range map[string]struct {
		a, b upwind.Detection
		want int
	}{
		"same outline":                      {square("a", soil, 0, 0, 100, 1, 0.8), square("b", soil, 0, 0, 100, 1, 0.8), 1},
		"shifted, IoU a third":              {square("a", soil, 0, 0, 100, 1, 0.8), square("b", soil, 50, 0, 100, 1, 0.8), 1},
		"shifted, IoU a ninth":              {square("a", soil, 0, 0, 100, 1, 0.8), square("b", soil, 80, 0, 100, 1, 0.8), 2},
		"small inside large":                {square("a", soil, 0, 0, 400, 1, 0.8), square("b", soil, 150, 150, 20, 1, 0.8), 1},
		"apart, within 2.5 sigma":           {square("a", soil, 0, 0, 10, 6, 0.8), square("b", soil, 24, 0, 10, 8, 0.8), 1},
		"apart, beyond 2.5 sigma":           {square("a", soil, 0, 0, 10, 6, 0.8), square("b", soil, 26, 0, 10, 8, 0.8), 2},
		"apart, huge sigmas do not suffice": {square("a", soil, 0, 0, 10, 1e6, 0.8), square("b", soil, 600, 0, 10, 1e6, 0.8), 2},
		"another family":                    {square("a", soil, 0, 0, 100, 1, 0.8), square("b", upwind.SandPile, 0, 0, 100, 1, 0.8), 2},
	} {
		b := NewBook()
		merge(t, b, nil, nil, c.a, c.b)
		require.Equal(t, c.want, b.Len(), name)
	}
}

func TestOneLookTellsNeighboursApart(t *testing.T) {
	// Two piles 12 m apart with sigma 8 m: one detector saw two, and a second flight, a little shifted, sees two again.
	b := NewBook()
	for flight := range 3 {
		for i, east := range []float64{0, 12} {
			d := square(fmt.Sprintf("f%d-%d", flight, i), upwind.SandPile, east+float64(flight), 0, 10, 8, 0.7)
			d.Provenance.JobID = fmt.Sprintf("job%d", flight)
			merge(t, b, nil, nil, d)
		}
	}
	require.Equal(t, 2, b.Len())
	for _, c := range b.All() {
		require.Len(t, c.Evidence, 3, c.ID)
		last := c.Evidence[0].ID[3:]
		for _, e := range c.Evidence {
			require.Equal(t, last, e.ID[3:], "a flight's left pile stays the left pile")
		}
	}
}

func TestMostPreciseEvidenceCounts(t *testing.T) {
	coarse := square("sat", upwind.SandPile, 8, 3, 60, 20, 0.9)
	coarse.Class = upwind.PileUnknown
	fine := square("uav", upwind.SandPile, 0, 0, 40, 0.5, 0.7)
	fine.Class, fine.ObservedAt = upwind.PileUncovered, day.Add(-time.Hour)
	fine.Measures = map[string]upwind.Estimate{upwind.VolumeM3: upwind.Normal(900, 40)}
	tree := city(t, 16)
	for _, order := range [][]upwind.Detection{{coarse, fine}, {fine, coarse}} {
		b := NewBook()
		merge(t, b, tree, nil, order...)
		require.Equal(t, 1, b.Len())
		c := b.All()[0]
		require.Equal(t, 0.5, c.SigmaM)
		require.Equal(t, upwind.PileUncovered, c.Class)
		require.Equal(t, 900.0, c.Measures[upwind.VolumeM3].Value)
		require.Equal(t, 3600.0, c.Measures[upwind.AreaM2].Value, "only the satellite measured an area")
		require.Equal(t, fine.Geometry.Geometry().Bound(), c.Geometry.Geometry().Bound())
		require.Equal(t, day.Add(-time.Hour), c.FirstSeen)
		require.Equal(t, day, c.LastSeen)
		cell, ok := tree.Cell(c.Lon, c.Lat)
		require.True(t, ok)
		require.Equal(t, cell.Officer.ID, c.OfficerID)
		require.Equal(t, tree.Code(c.Lon, c.Lat).String(), c.GridCode)
		require.Equal(t, tree.Code(c.Lon, c.Lat).County, c.County)
		require.True(t, inside(rings(c.Geometry.Geometry()), orb.Point{c.Lon, c.Lat}))
	}
}

func TestBridgeJoinsTwoCandidates(t *testing.T) {
	a, c := square("a", upwind.BareSoil, 0, 0, 100, 2, 0.8), square("c", upwind.BareSoil, 150, 0, 100, 2, 0.8)
	bridge := square("b", upwind.BareSoil, 75, 0, 240, 4, 0.8)
	b := NewBook()
	merge(t, b, nil, nil, a, c)
	require.Equal(t, 2, b.Len())
	evs := Merge(b, nil, nil, bridge)
	require.Len(t, evs, 3)
	require.Equal(t, []string{TypeStrengthened, TypeMerged, TypeMerged}, []string{evs[0].Type, evs[1].Type, evs[2].Type})

	t.Run("a stop between any two events is repaired", func(t *testing.T) {
		for stop := range evs {
			part := NewBook()
			merge(t, part, nil, nil, a, c)
			apply(t, part, evs[:stop])
			require.False(t, part.HasEvidence("b"))
			apply(t, part, Merge(part, nil, nil, bridge))
			require.True(t, part.HasEvidence("b"), "stop %d", stop)
			whole := NewBook()
			merge(t, whole, nil, nil, a, c)
			apply(t, whole, evs)
			require.Equal(t, bookJSON(t, whole), bookJSON(t, part))
		}
	})
	apply(t, b, evs)
	require.Equal(t, 1, b.Len())
	require.Len(t, b.All()[0].Evidence, 3)
	require.Empty(t, Merge(b, nil, nil, bridge))
}

func TestAnalystsWorkIsNotMergedAway(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, square("a", upwind.BareSoil, 0, 0, 100, 2, 0.8), square("c", upwind.BareSoil, 150, 0, 100, 2, 0.8))
	for _, c := range b.All() {
		require.NoError(t, walk(t, b, c.ID, [2]string{"confirmed", "ana"}, [2]string{"dispatched", "ana"}))
	}
	merge(t, b, nil, nil, square("b", upwind.BareSoil, 75, 0, 240, 4, 0.8))
	require.Equal(t, 2, b.Len(), "officers are on their way to both")
	require.True(t, b.HasEvidence("b"))
}

func TestCombine(t *testing.T) {
	s := func(id, detector, asset string, p float64) Sighting {
		return Sighting{Evidence: upwind.Evidence{ID: id, Type: EvidenceDetection, Probability: p}, Detector: detector, Shares: []string{asset}}
	}
	trace := func(id string, p float64, plume ...string) Sighting {
		return Sighting{Evidence: upwind.Evidence{ID: id, Type: EvidenceTrace, Probability: p}, Detector: detectorTracing, Shares: plume}
	}
	odds := func(l float64) float64 { return 1 / (1 + math.Exp(-l)) }
	l7 := math.Log(0.7 / 0.3)
	require.InDelta(t, 0.7, combine([]Sighting{s("a", "x", "1", 0.7)}), 1e-6)
	require.InDelta(t, odds(2*l7/(1+RhoOtherSensor)), combine([]Sighting{s("a", "x", "1", 0.7), s("b", "y", "2", 0.7)}), 1e-6)
	require.InDelta(t, odds(2*l7/(1+RhoSameDetector)), combine([]Sighting{s("a", "x", "1", 0.7), s("b", "x", "2", 0.7)}), 1e-6)
	require.InDelta(t, 0.7, combine([]Sighting{s("a", "x", "1", 0.7), s("b", "y", "1", 0.6)}), 1e-6, "one asset is one look")
	require.InDelta(t, 0.9, combine([]Sighting{s("a", "x", "1", 0.9), trace("t", 0.2)}), 1e-6, "a low trace does not speak against")
	require.InDelta(t, 0.7, combine([]Sighting{s("p", "smoke", "1", 0.7), trace("t", 0.6, "p")}), 1e-6, "a trace of the plume is the plume again")
	require.Greater(t, combine([]Sighting{s("a", "x", "1", 0.7), trace("t", 0.7)}), 0.7)
	require.InDelta(t, ProbabilityCap, combine([]Sighting{s("a", "x", "1", 1)}), 1e-6)
	require.Less(t, combine([]Sighting{s("a", "x", "1", 0.9), s("b", "y", "2", 0.2)}), 0.9, "a doubtful look at the same thing is doubt")
}

func TestScoreIsTheSumOfItsParts(t *testing.T) {
	pile := func(id, class string, east float64) upwind.Detection {
		d := square(id, upwind.SandPile, east, 0, 40, 1, 0.9)
		d.Class = class
		d.Measures = map[string]upwind.Estimate{upwind.VolumeM3: upwind.Normal(2000, 50)}
		return d
	}
	b := NewBook()
	merge(t, b, nil, nil, pile("open", upwind.PileUncovered, 0), pile("shut", upwind.PileCovered, 300), pile("dim", upwind.PileUnknown, 600))
	all := b.All()
	require.Len(t, all, 3, "a covered pile stays listed")
	order := make([]string, 0, 3)
	for _, c := range all {
		var sum float64
		for _, p := range c.ScoreParts {
			sum += p.Value
			require.NotEmpty(t, p.Reason)
		}
		require.InDelta(t, sum, c.Score, 2e-3)
		order = append(order, c.Evidence[0].ID)
	}
	require.Equal(t, []string{"open", "dim", "shut"}, order)
	require.InDelta(t, 0.25*40*0.9, all[2].Score, 1e-3)
	require.LessOrEqual(t, all[0].Score, 100.0)
}

// scatter draws n places at least 300 m apart and three sightings of each, in different jobs.
func scatter(seed uint64, n int) []upwind.Detection {
	rng := rand.New(rand.NewPCG(seed, 9))
	kinds := []upwind.DetectionKind{upwind.BareSoil, upwind.SandPile}
	var out []upwind.Detection
	for i := range n {
		e, no := float64(i%8)*400-1600, float64(i/8)*400-1600
		for k := range 3 {
			d := square(fmt.Sprintf("d%d-%d", i, k), kinds[i%2], e+3*rng.NormFloat64(), no+3*rng.NormFloat64(), 60+20*rng.Float64(), 3+rng.Float64(), 0.3+0.6*rng.Float64())
			d.ObservedAt = day.Add(time.Duration(rng.IntN(1000)) * time.Minute)
			d.Provenance.Detector = fmt.Sprintf("det%d", k)
			out = append(out, d)
		}
	}
	return out
}

func TestMergeOrderAndRepetition(t *testing.T) {
	tree := city(t, 16)
	for seed := range uint64(4) {
		ds := scatter(seed, 40)
		want := NewBook()
		SortDetections(ds)
		merge(t, want, tree, nil, ds...)
		require.Equal(t, 40, want.Len())
		for _, c := range want.All() {
			require.Len(t, c.Evidence, 3)
			ids := map[string]bool{}
			for _, e := range c.Evidence {
				require.False(t, ids[e.ID], "evidence is unique")
				ids[e.ID] = true
			}
		}
		for _, d := range ds {
			require.Empty(t, Merge(want, tree, nil, d), "merged once is merged")
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		shuffled := slices.Clone(ds)
		rng.Shuffle(len(ds), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		// Any order gives the same targets, but for the names they got from their first evidence.
		other := NewBook()
		merge(t, other, tree, nil, shuffled...)
		require.Equal(t, withoutIDs(want), withoutIDs(other))
		// The canonical order gives the same bytes.
		SortDetections(shuffled)
		again := NewBook()
		merge(t, again, tree, nil, shuffled...)
		require.Equal(t, bookJSON(t, want), bookJSON(t, again))
	}
}

func withoutIDs(b *Book) map[string]upwind.Candidate {
	out := map[string]upwind.Candidate{}
	for _, c := range b.All() {
		key := ""
		for _, e := range c.Evidence {
			key += e.ID + " "
		}
		c.ID, c.County = "", ""
		out[key] = c
	}
	return out
}

func TestUnusableDetectionIsSetAside(t *testing.T) {
	nan := square("nan", upwind.BareSoil, 0, 0, 10, math.NaN(), 0.5)
	odd := square("odd", "ufo", 0, 0, 10, 1, 0.5)
	sure := square("sure", upwind.BareSoil, 0, 0, 10, 1, 1.5)
	plume := square("plume", upwind.SmokePlume, 0, 0, 10, 1, 0.5)
	plume.Axis = &upwind.PlumeAxis{Lon: math.Inf(1)}
	empty := square("empty", upwind.BareSoil, 0, 0, 10, 1, 0.5)
	empty.Geometry = geojson.NewGeometry(orb.MultiPolygon{})
	hole := square("hole", upwind.BareSoil, 0, 0, 10, 1, 0.5)
	hole.Geometry = geojson.NewGeometry(orb.Polygon{{{115, 36}, {115.1, 36}, {math.NaN(), math.NaN()}, {115.1, 36.1}, {115, 36}}})
	b := NewBook()
	for _, d := range []upwind.Detection{nan, odd, sure, plume, empty, hole} {
		evs := Merge(b, nil, nil, d)
		require.Len(t, evs, 1, d.ID)
		require.Equal(t, TypeSetAside, evs[0].Type, d.ID)
		apply(t, b, evs)
		require.True(t, b.HasEvidence(d.ID))
	}
	require.Zero(t, b.Len())
	require.Empty(t, Merge(b, nil, nil, upwind.Detection{}))
}

func TestOutsideEveryGrid(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, square("a", upwind.BareSoil, 0, 0, 100, 5, 0.8))
	c := b.All()[0]
	require.Equal(t, Unassigned, c.County)
	require.Regexp(t, `^unassigned/50S-\d+-\d+$`, c.GridCode)
	require.Empty(t, c.OfficerID)
}

func TestNear(t *testing.T) {
	b := NewBook()
	ds := scatter(7, 40)
	merge(t, b, nil, nil, ds...)
	rng := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		lon, lat := moved(cityLon+0.05, cityLat+0.05, 2500*(rng.Float64()-0.5), 2500*(rng.Float64()-0.5))
		radius := 800 * rng.Float64()
		var want, got []string
		for _, c := range b.All() {
			if distanceTo(c.Geometry.Geometry(), orb.Point{lon, lat}) <= radius {
				want = append(want, c.ID)
			}
		}
		for _, c := range b.Near(lon, lat, radius) {
			got = append(got, c.ID)
		}
		slices.Sort(want)
		require.Equal(t, want, got)
	}
	require.Len(t, b.In(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}), b.Len())
}

func TestBookServesWhileItFolds(t *testing.T) {
	b := NewBook()
	ds := scatter(3, 24)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, c := range b.All() {
					if got, ok := b.Candidate(c.ID); !ok || len(got.Evidence) < len(c.Evidence) {
						t.Errorf("candidate %s lost evidence", c.ID)
					}
				}
				b.Near(cityLon, cityLat, 5000)
			}
		})
	}
	merge(t, b, nil, nil, ds...)
	close(stop)
	wg.Wait()
	require.Equal(t, 24, b.Len())
}
