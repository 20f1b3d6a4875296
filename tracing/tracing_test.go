package tracing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing"
)

// town is a 9 x 9 mesh with a source of 60 g/s near the middle and a wind that turns by 60 degrees.
func town() world {
	return world{stations: mesh(9, 1200, 1), windAt: mesh(2, 8000, 2), hours: 24, speed: 3, grams: 60, source: [2]float64{-700, 300}, seed: 3,
		fromDeg: func(h int) float64 { return 240 + 10*float64(h-10) },
		active:  func(h int) bool { return h >= 10 && h < 16 },
		haze:    func(h int) float64 { return 80 + 40*math.Sin(float64(h)/4) }}
}

func trace(t testing.TB, trig upwind.Trigger, wind []upwind.Wind, obs []upwind.Observation, sites ...upwind.Site) upwind.Trace {
	t.Helper()
	got, err := tracing.Run(context.Background(), tracing.Input{Trigger: trig, Wind: wind, Readings: obs, Sites: sites}, nil)
	require.NoError(t, err)
	_, err = json.Marshal(got)
	require.NoError(t, err, "a trace without NaN")
	for i, s := range got.Sources {
		require.Equal(t, i+1, s.Rank)
		require.GreaterOrEqual(t, s.Probability, 0.0)
		require.LessOrEqual(t, s.Probability, 1.0)
	}
	return got
}

// biggest is the event with the most receptors.
func biggest(t testing.TB, obs []upwind.Observation) upwind.Trigger {
	t.Helper()
	ts := tracing.Exceedances(obs, tracing.ExceedanceOptions{})
	require.NotEmpty(t, ts)
	return slices.MaxFunc(ts, func(a, b upwind.Trigger) int { return len(a.Receptors) - len(b.Receptors) })
}

func offM(s upwind.RankedSource, p [2]float64) float64 {
	x, y := xy(s.Lon, s.Lat)
	return math.Hypot(x-p[0], y-p[1])
}

func probability(tr upwind.Trace, id string) float64 {
	for _, s := range tr.Sources {
		if s.SiteID == id {
			return s.Probability
		}
	}
	return 0
}

func TestUnlistedSourceIsFoundWithoutSites(t *testing.T) {
	w := town()
	obs, wind := w.build()
	got := trace(t, biggest(t, obs), wind, obs)
	require.InDelta(t, 1, got.UnknownProbability, 1e-9)
	top := got.Sources[0]
	t.Logf("free position %.0f m off, probability %.2f, rate %+v; %v", offM(top, w.source), top.Probability, *top.Rate, got.Reasons)
	require.Empty(t, top.SiteID)
	require.Less(t, offM(top, w.source), 500.0, "m, in a mesh of 1.2 km")
	require.Greater(t, top.Rate.Hi90, w.grams)
	require.Less(t, top.Rate.Lo90, w.grams)
	require.Equal(t, 4, got.WindStations)
	require.NotEmpty(t, got.Trajectories)
	require.NotNil(t, got.Cone)
}

func TestListedSiteWinsAndTheOneDownwindDoesNot(t *testing.T) {
	w := town()
	obs, wind := w.build()
	trig := biggest(t, obs)
	got := trace(t, trig, wind, obs, site("a-downwind", 4500, 1500), site("b-true", -700, 300), site("c-side", 500, -5000))
	require.Equal(t, "b-true", got.Sources[0].SiteID)
	require.Greater(t, got.Sources[0].Probability, 0.5)
	require.Less(t, probability(got, "a-downwind"), 0.05)
	require.Less(t, probability(got, "c-side"), 0.05)

	wrong := trace(t, trig, wind, obs, site("a-downwind", 4500, 1500), site("c-side", 500, -5000))
	require.Greater(t, wrong.UnknownProbability, 0.9, "none of the listed sites: the source is unlisted")
	require.Less(t, offM(wrong.Sources[0], w.source), 800.0)
}

// Wind from 270 blows to the east: the source of bad air lies to the west.
func TestWindFrom270PointsWest(t *testing.T) {
	lon, lat := lonLat(0, 0)
	u, v := upwind.UV(4, 270)
	require.Greater(t, u, 3.9)
	var wind []upwind.Wind
	var obs []upwind.Observation
	for h := -8; h < 5; h++ {
		value := 40.0 + float64(h%3)
		if h >= 0 && h < 3 {
			value += 100
		}
		obs = append(obs, upwind.Observation{StationID: "s", Start: noon.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 3,
			Species: "PM10", Unit: "ug/m3", Value: value})
		for k, y := range []float64{-5000, -3000, 3000, 5000} { // clean air to both sides: no haze
			lon, lat := lonLat(0, y)
			obs = append(obs, upwind.Observation{StationID: fmt.Sprint("clean", k), Start: noon.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 3,
				Species: "PM10", Unit: "ug/m3", Value: 40 + float64(h%3)})
		}
		wind = append(wind, upwind.Wind{StationID: "w", Start: noon.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 10, U: u, V: v})
	}
	trig := upwind.Trigger{ID: "t", Kind: upwind.TriggerExceedance, Species: "PM10", Unit: "ug/m3", Lon: lon, Lat: lat, Start: noon, End: noon.Add(3 * time.Hour)}
	for h := range 3 {
		trig.Receptors = append(trig.Receptors, upwind.Receptor{StationID: "s", Start: noon.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 10, Excess: 100})
	}
	got := trace(t, trig, wind, obs, site("east", 1500, 0), site("west", -1500, 0))
	require.Equal(t, "west", got.Sources[0].SiteID)
	require.InDelta(t, 270, got.Sources[0].BearingDeg, 1)
	require.InDelta(t, 1500, got.Sources[0].DistanceM, 10)
	require.Greater(t, probability(got, "west"), 3*probability(got, "east"))
	free := trace(t, trig, wind, obs)
	require.InDelta(t, 270, free.Sources[0].BearingDeg, 20)
	require.InDelta(t, 1, free.UnknownProbability, 1e-9)

	p := got.Trajectories[0].Points
	for i := 1; i < len(p); i++ {
		require.Less(t, p[i].Lon, p[i-1].Lon, "the air came from the west")
		require.InDelta(t, lat, p[i].Lat, 1e-6, "a uniform wind makes straight trajectories")
		require.Greater(t, p[i].SigmaM, p[i-1].SigmaM, "the uncertainty grows with age")
	}
}

// Reading the wind the wrong way round loses the source, and the trace says so.
func TestReversedWindIsNoticed(t *testing.T) {
	w := town()
	obs, wind := w.build()
	trig := biggest(t, obs)
	right := trace(t, trig, wind, obs, site("true", -700, 300))
	require.Greater(t, probability(right, "true"), 0.5)
	for _, r := range right.Reasons {
		require.NotContains(t, r, "warning")
	}
	for i := range wind {
		wind[i].U, wind[i].V = -wind[i].U, -wind[i].V
	}
	wrong := trace(t, trig, wind, obs, site("true", -700, 300))
	require.Less(t, probability(wrong, "true"), probability(right, "true")/2)
	require.True(t, slices.ContainsFunc(wrong.Reasons, func(s string) bool { return strings.HasPrefix(s, "warning:") }), "%v", wrong.Reasons)
}

func TestRotationSymmetry(t *testing.T) {
	base := town()
	obs, wind := base.build()
	want := trace(t, biggest(t, obs), wind, obs)
	turned := base
	turned.stations, turned.windAt = nil, nil
	quarter := func(p [2]float64) [2]float64 { return [2]float64{p[1], -p[0]} } // 90 degrees clockwise
	for _, p := range base.stations {
		turned.stations = append(turned.stations, quarter(p))
	}
	for _, p := range base.windAt {
		turned.windAt = append(turned.windAt, quarter(p))
	}
	turned.source = quarter(base.source)
	turned.fromDeg = func(h int) float64 { return base.fromDeg(h) + 90 }
	obs, wind = turned.build()
	got := trace(t, biggest(t, obs), wind, obs)
	x, y := xy(want.Sources[0].Lon, want.Sources[0].Lat)
	require.Less(t, offM(got.Sources[0], quarter([2]float64{x, y})), 250.0, "m, a cell or two of the search")
	require.InDelta(t, want.Sources[0].Probability, got.Sources[0].Probability, 0.1)
}

func TestCalmBlamesNobodyFarAway(t *testing.T) {
	w := town()
	obs, wind := w.build()
	trig := biggest(t, obs)
	for i := range wind {
		wind[i].U, wind[i].V = 0, 0
	}
	got := trace(t, trig, wind, obs, site("far", 9000, 9000))
	require.Less(t, probability(got, "far"), 0.3)
	for _, tj := range got.Trajectories {
		for _, p := range tj.Points {
			require.False(t, math.IsNaN(p.Lon+p.Lat+p.SigmaM))
		}
	}
}

func TestSameBytesForAnyNumberOfProcessors(t *testing.T) {
	w := town()
	obs, wind := w.build()
	trig := biggest(t, obs)
	run := func(procs int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		b, err := json.Marshal(trace(t, trig, wind, obs, site("true", -700, 300)))
		require.NoError(t, err)
		return string(b)
	}
	one := run(1)
	require.Equal(t, one, run(4))
	slices.Reverse(obs)
	slices.Reverse(wind)
	require.Equal(t, one, run(2), "the order of the input does not matter")
}

func TestRunRefuses(t *testing.T) {
	good := upwind.Trigger{ID: "t", Kind: upwind.TriggerExceedance, Species: "PM10", Unit: "ug/m3", Lon: lon0, Lat: lat0, Start: noon, End: noon.Add(time.Hour),
		Receptors: []upwind.Receptor{{StationID: "s", Start: noon, DurationS: 3600, Lon: lon0, Lat: lat0, Excess: 100}}}
	for name, change := range map[string]func(*upwind.Trigger){
		"no wind":           func(*upwind.Trigger) {},
		"no id":             func(t *upwind.Trigger) { t.ID = "" },
		"off the earth":     func(t *upwind.Trigger) { t.Lat = 91 },
		"NaN":               func(t *upwind.Trigger) { t.Lon = math.NaN() },
		"no receptors":      func(t *upwind.Trigger) { t.Receptors = nil },
		"backwards":         func(t *upwind.Trigger) { t.End = t.Start },
		"unknown kind":      func(t *upwind.Trigger) { t.Kind = "rumour" },
		"plume, no axis":    func(t *upwind.Trigger) { t.Kind = upwind.TriggerPlume },
		"too long a span":   func(t *upwind.Trigger) { t.End = t.Start.AddDate(1, 0, 0) },
		"unusable receptor": func(t *upwind.Trigger) { t.Receptors[0].Excess = math.Inf(1) },
	} {
		trig := good
		trig.Receptors = slices.Clone(good.Receptors)
		change(&trig)
		_, err := tracing.Run(context.Background(), tracing.Input{Trigger: trig}, nil)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := upwind.Wind{StationID: "w", Start: noon, DurationS: 3600, Lon: lon0, Lat: lat0, U: 2}
	o := upwind.Observation{StationID: "s", Start: noon, DurationS: 3600, Lon: lon0, Lat: lat0, Species: "PM10", Unit: "ug/m3", Value: 100}
	_, err := tracing.Run(ctx, tracing.Input{Trigger: good, Wind: []upwind.Wind{w}, Readings: []upwind.Observation{o}}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func plume(toward float64) upwind.Trigger {
	lon, lat := lonLat(0, 0)
	d := upwind.Detection{ID: "d", Kind: upwind.SmokePlume, ObservedAt: noon, Probability: 0.9,
		Axis: &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: 20, TowardDeg: toward, SigmaDeg: 8}}
	trig, ok := tracing.PlumeTrigger(d)
	if !ok {
		panic("a plume with an axis makes a trigger")
	}
	return trig
}

func TestPlume(t *testing.T) {
	lon, lat := lonLat(0, 0)
	u, v := upwind.UV(3, 265)
	west := []upwind.Wind{{StationID: "w", Start: noon.Add(-time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 10, U: u, V: v}}
	got := trace(t, plume(90), west, nil, site("at origin", 20, 10), site("upwind", -250, 10), site("downwind", 250, 0))
	require.Equal(t, "at origin", got.Sources[0].SiteID)
	require.Greater(t, got.Sources[0].Probability, 0.9)

	got = trace(t, plume(90), west, nil, site("upwind", -250, 10), site("downwind", 250, 0))
	require.Greater(t, probability(got, "upwind"), 20*probability(got, "downwind"))
	require.Greater(t, got.UnknownProbability, 0.05)

	got = trace(t, plume(90), nil, nil)
	require.InDelta(t, 1, got.UnknownProbability, 1e-9)
	require.InDelta(t, 0, offM(got.Sources[0], [2]float64{}), 1)
	require.NotNil(t, got.Cone)

	got = trace(t, plume(270), west, nil)
	require.Contains(t, got.Reasons[0], "warning: the plume comes from 90 degrees but the wind from 265")

	_, ok := tracing.PlumeTrigger(upwind.Detection{ID: "d", Kind: upwind.BareSoil})
	require.False(t, ok)
}

func TestPolygonSiteIsAPlaceWithAnExtent(t *testing.T) {
	lon, lat := lonLat(0, 0)
	s := site("yard", 0, 0)
	ring := orb.Ring{}
	for _, c := range [][2]float64{{-200, -200}, {200, -200}, {200, 200}, {-200, 200}, {-200, -200}} {
		x, y := lonLat(c[0], c[1])
		ring = append(ring, orb.Point{x, y})
	}
	s.Geometry.Coordinates = orb.Polygon{ring}
	s.Geometry.Type = "Polygon"
	got := trace(t, plume(0), nil, nil, s)
	require.Equal(t, "yard", got.Sources[0].SiteID)
	require.InDelta(t, lon, got.Sources[0].Lon, 1e-5)
	require.InDelta(t, lat, got.Sources[0].Lat, 1e-5)
}
