package grid

import (
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
)

// source is a ranked source some metres from the city's middle.
func source(rank int, eastM, northM, p float64) upwind.RankedSource {
	lon, lat := moved(cityLon+0.05, cityLat+0.05, eastM, northM)
	return upwind.RankedSource{Rank: rank, Lon: lon, Lat: lat, Probability: p, DistanceM: 800, Reason: "upwind"}
}

func exceedance(id string, sources ...upwind.RankedSource) upwind.Trace {
	return upwind.Trace{
		ID: id, Sources: sources, UnknownProbability: 0.2,
		Trigger: upwind.Trigger{ID: "x" + id, Kind: upwind.TriggerExceedance, Species: "PM10", Start: day, End: day.Add(time.Hour), Lon: cityLon + 0.05, Lat: cityLat + 0.05},
	}
}

func smoke(id string, eastM, northM, sigma float64) upwind.Detection {
	d := square(id, upwind.SmokePlume, eastM+60, northM, 120, 5, 0.8)
	lon, lat := moved(cityLon+0.05, cityLat+0.05, eastM, northM)
	d.Axis = &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: sigma, TowardDeg: 90, SigmaDeg: 5}
	d.Class = "heavy"
	return d
}

func TestPlumeBecomesAnEmissionAtItsOrigin(t *testing.T) {
	b := NewBook()
	d := smoke("p1", 0, 0, 10)
	merge(t, b, nil, nil, d, smoke("p2", 12, 5, 10))
	require.Equal(t, 1, b.Len())
	c := b.All()[0]
	require.Equal(t, upwind.TargetEmission, c.Kind)
	require.Equal(t, d.Axis.Lon, c.Lon)
	require.Equal(t, "Point", c.Geometry.Type)
	require.Equal(t, "heavy", c.Class)
}

func TestTraceOfAPlumeStrengthensItsEmission(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, smoke("p1", 0, 0, 10))
	tr := exceedance("t1", source(1, 5, 5, 0.6))
	tr.Trigger.Kind, tr.Trigger.DetectionID = upwind.TriggerPlume, "p1"
	merge(t, b, nil, nil, tr)
	require.Equal(t, 1, b.Len())
	c := b.All()[0]
	require.Len(t, c.Evidence, 2)
	require.InDelta(t, 0.8, c.Probability, 1e-6, "its own trace is no second witness")
}

func TestTraceNamesADetection(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, square("soil", upwind.BareSoil, 0, 0, 200, 5, 0.7), square("pile", upwind.SandPile, 600, 0, 30, 5, 0.7))
	src := source(1, 3000, 0, 0.6) // far away: the id decides
	src.SiteID, src.SiteName = "soil", "bare soil"
	tr := exceedance("t1", src, source(2, 601, 1, 0.15))
	listed := []upwind.Site{{ID: "soil", Name: "bare soil", Kind: "bare-soil"}}
	merge(t, b, nil, listed, tr)
	require.Equal(t, 2, b.Len())
	for _, c := range b.All() {
		require.Len(t, c.Evidence, 2, "%s", c.Kind)
		require.Empty(t, c.SiteID)
		require.Greater(t, c.Score, 40*c.Probability)
	}
	require.ElementsMatch(t, b.CandidatesOf("t1"), []string{b.All()[0].ID, b.All()[1].ID})
}

func TestSmokeIsNotTracedToBareSoil(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, square("soil", upwind.BareSoil, 0, 0, 200, 5, 0.7))
	tr := exceedance("t1", source(1, 0, 0, 0.6))
	tr.Trigger.Kind = upwind.TriggerPlume
	merge(t, b, nil, nil, tr)
	require.Equal(t, 2, b.Len())
}

func TestTraceToARegistrySite(t *testing.T) {
	yard := square("x", upwind.BareSoil, 1000, 0, 80, 1, 1).Geometry
	sites := []upwind.Site{
		{ID: "stack-1", Name: "Boiler house", Kind: "stack", Geometry: square("x", upwind.BareSoil, 30, 0, 4, 1, 1).Geometry},
		{ID: "yard-1", Name: "Sand yard", Kind: "stockyard", Geometry: yard},
	}
	b := NewBook()
	merge(t, b, nil, sites, square("soil", upwind.BareSoil, 0, 0, 200, 5, 0.7), square("pile", upwind.SandPile, 1010, 0, 30, 5, 0.7))
	stack, sand := source(1, 30, 0, 0.5), source(2, 1000, 0, 0.35)
	stack.SiteID, sand.SiteID = "stack-1", "yard-1"
	merge(t, b, nil, sites, exceedance("t1", stack, sand))
	require.Equal(t, 3, b.Len(), "a stack on a bare field is its own target, a pile in its yard is not")
	kinds := map[upwind.CandidateKind]upwind.Candidate{}
	for _, c := range b.All() {
		kinds[c.Kind] = c
	}
	require.Equal(t, "stack-1", kinds[upwind.TargetEmission].SiteID)
	require.Equal(t, "Boiler house", kinds[upwind.TargetEmission].SiteName)
	require.Equal(t, "yard-1", kinds[upwind.TargetSandPile].SiteID)
	require.Equal(t, 5.0, kinds[upwind.TargetSandPile].SigmaM, "a trace never moves what a picture showed")
	merge(t, b, nil, sites, exceedance("t2", stack))
	require.Equal(t, 3, b.Len(), "the next hour points to the same stack")
}

func TestTraceThresholds(t *testing.T) {
	b := NewBook()
	merge(t, b, nil, nil, exceedance("t1", source(1, 0, 0, 0.29), source(2, 900, 0, 0.05)))
	require.Zero(t, b.Len())
	require.True(t, b.HasEvidence("t1"))
	merge(t, b, nil, nil, exceedance("t2", source(1, 0, 0, 0.3), source(2, 900, 0, 0.3)))
	require.Equal(t, 2, b.Len())
	nan := exceedance("t3", source(1, 0, 0, math.NaN()), upwind.RankedSource{Rank: 2, Lon: 999, Probability: 0.9})
	merge(t, b, nil, nil, nan)
	require.Equal(t, 2, b.Len())
	require.True(t, b.HasEvidence("t3"))
	twins := exceedance("t4", source(0, 3000, 0, 0.4), source(0, 6000, 0, 0.4)) // ranks are broken
	merge(t, b, nil, nil, twins)
	require.True(t, b.HasEvidence("t4"))
}

func TestTraceStopsHalfway(t *testing.T) {
	tr := exceedance("t1", source(1, 0, 0, 0.4), source(2, 900, 0, 0.35), source(3, 1800, 0, 0.15))
	base := func() *Book {
		b := NewBook()
		merge(t, b, nil, nil, square("pile", upwind.SandPile, 1800, 0, 30, 5, 0.7))
		return b
	}
	whole := base()
	evs := Merge(whole, nil, nil, tr)
	require.Len(t, evs, 3)
	apply(t, whole, evs)
	for stop := range evs {
		b := base()
		apply(t, b, evs[:stop])
		require.False(t, b.HasEvidence("t1"))
		merge(t, b, nil, nil, tr)
		require.Equal(t, bookJSON(t, whole), bookJSON(t, b))
		require.Empty(t, Merge(b, nil, nil, tr))
	}
}

func TestSiteGeometryOffEarthIsIgnored(t *testing.T) {
	src := source(1, 0, 0, 0.5)
	src.SiteID = "s"
	bad := []upwind.Site{{ID: "s", Name: "S", Geometry: geojson.NewGeometry(orb.Polygon{{{999, 0}, {1000, 0}, {1000, 1}, {999, 0}}})}}
	b := NewBook()
	merge(t, b, nil, bad, exceedance("t", src))
	require.InDelta(t, src.Lon, b.All()[0].Lon, 1e-9)
}

// New hours of one exceedance replace what its earlier trace said; they are no second witness.
func TestLaterTraceOfAnEventReplacesTheEarlier(t *testing.T) {
	hours := func(id string, h int, src ...upwind.RankedSource) upwind.Trace {
		tr := exceedance(id, src...)
		tr.Trigger.Event, tr.Trigger.End = "event", day.Add(time.Duration(h)*time.Hour)
		return tr
	}
	b := NewBook()
	merge(t, b, nil, nil, hours("t1", 1, source(1, 0, 0, 0.6)))
	require.Equal(t, 1, b.Len())
	merge(t, b, nil, nil, hours("t2", 2, source(1, 0, 5, 0.8)))
	require.Equal(t, 1, b.Len())
	c := b.All()[0]
	require.Len(t, c.Evidence, 2)
	require.InDelta(t, 0.8, c.Probability, 1e-6)

	merge(t, b, nil, nil, hours("t3", 3, source(1, 5000, 0, 0.7)))
	require.Equal(t, 2, b.Len())
	for _, c := range b.All() {
		if len(c.Evidence) == 1 {
			require.InDelta(t, 0.7, c.Probability, 1e-6)
		} else {
			require.InDelta(t, 0.01, c.Probability, 1e-6, "the event no longer points there")
		}
	}
	merge(t, b, nil, nil, hours("t0", 2, source(1, 0, 9000, 0.9)))
	require.Equal(t, 2, b.Len(), "an older trace that comes late changes nothing")
	require.True(t, b.HasEvidence("t0"))

	merge(t, b, nil, nil, exceedance("other", source(1, 0, 0, 0.6)))
	require.Equal(t, 2, b.Len(), "the next event at the same place is the same target")
}
