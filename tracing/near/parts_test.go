package near

import (
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/air"
	"upwind/tracing/plane"
)

func TestBestInterval(t *testing.T) {
	for _, c := range []struct {
		gain []float64
		want interval
	}{
		{[]float64{-1, 2, 3, -1, 4, -5, 1}, interval{1, 5}},
		{[]float64{1, 1, 1}, interval{0, 3}},
		{[]float64{-2, -1, -3}, interval{1, 2}},
	} {
		got, cost := bestInterval(c.gain)
		require.Equal(t, c.want, got)
		require.LessOrEqual(t, cost, 0.0, "the mean over runs is no more than the best")
	}
	_, sure := bestInterval([]float64{-50, 100, 100, -50})
	require.InDelta(t, math.Log(1.0/10), sure, 1e-9, "one run of ten")
}

func TestOnOrOff(t *testing.T) {
	for _, g := range []float64{-40, -3, -0.2, 0, 0.3, 5, 60} {
		for _, k := range []float64{1, 0.2} {
			want := (math.Log1p(math.Exp(g*k)) - math.Ln2) / k
			require.InDelta(t, want, float64(onOrOff(float32(g), float32(k))), 2e-3/k)
		}
	}
}

func TestAxes(t *testing.T) {
	g := newLattice(plane.Box{X0: 0, Y0: 0, X1: 10, Y1: 10}, 1)
	line := func(at func(k int) (i, j int)) []float64 {
		m := make([]float64, g.size())
		for k := range 9 {
			i, j := at(k)
			m[j*g.nx+i] = 1
		}
		return m
	}
	for _, c := range []struct {
		bearing float64
		at      func(k int) (int, int)
	}{
		{0, func(k int) (int, int) { return 5, k }},
		{90, func(k int) (int, int) { return k, 5 }},
		{45, func(k int) (int, int) { return k, k }},
		{135, func(k int) (int, int) { return k, 9 - k }},
	} {
		major, minor, bearing := g.axes(line(c.at))
		require.InDelta(t, c.bearing, bearing, 1e-6)
		require.InDelta(t, 0, minor, 1e-6)
		require.Greater(t, major, 2.0)
	}
}

func TestQuantileOfSteps(t *testing.T) {
	p := []float64{0, 0.5, 0.5, 0}
	require.InDelta(t, 1.5, quantileOf(p, 0.5), 1e-12)
	require.InDelta(t, 0.6, quantileOf(p, 0.05), 1e-12)
	require.InDelta(t, 2.4, quantileOf(p, 0.95), 1e-12)
}

func TestSiteWind(t *testing.T) {
	at := time.Date(2022, 5, 9, 12, 0, 0, 0, time.UTC)
	w := func(minute int, u float64) upwind.Wind {
		return upwind.Wind{StationID: "m", Start: at.Add(time.Duration(minute) * time.Minute), DurationS: 60, Lon: -105, Lat: 40, HeightM: 10, U: u}
	}
	readings := []upwind.Wind{w(3, 4), w(0, 1), w(4, math.NaN()), w(0, 7), {StationID: "other", Start: at, DurationS: 60, HeightM: 10, U: 30}}
	s, ok := SiteWind(readings, unix(at), unix(at)+240, 0.03)
	require.True(t, ok)
	require.InDeltaSlice(t, []float64{1, 2, 3, 4}, s.U[:4], 1e-9, "gaps are bridged in a straight line; the first of two counts")
	for _, a := range s.Air {
		require.Positive(t, a.UStar)
		require.Positive(t, a.SigmaV)
	}
	_, ok = SiteWind(nil, 0, 60, 0.03)
	require.False(t, ok)
	low, _ := SiteWind([]upwind.Wind{{StationID: "m", Start: at, DurationS: 60, HeightM: 2, U: 2, Lat: 40}}, unix(at), unix(at)+60, 0.03)
	require.Greater(t, low.U[0], 2.3, "at 10 m the wind is stronger than at 2 m")
}

func TestUnresolvedShareGrowsWithTheMean(t *testing.T) {
	s := air.State{UStar: 0.3, InvL: -0.02, Z0: 0.03, MixingM: 800}
	last := 0.0
	for _, mean := range []float64{10, 60, 600} {
		u := unresolvedShare(s, mean)
		require.Greater(t, u, last)
		require.LessOrEqual(t, u, 1.0)
		last = u
	}
}

func TestBlurKeepsTheSumAndTheVariance(t *testing.T) {
	g := newLattice(plane.Box{X0: 0, Y0: 0, X1: 60, Y1: 40}, 1)
	m := make([]float64, g.size())
	m[20*g.nx+30] = 0.7
	m[3] = 0.3 // at the edge
	b := g.blur(m, 4)
	sum := 0.0
	for _, v := range b {
		sum += v
	}
	require.InDelta(t, 1, sum, 1e-12)
	m[3] = 0
	major, minor, _ := g.axes(g.blur(m, 4))
	require.InDelta(t, 4, major, 0.1)
	require.InDelta(t, 4, minor, 0.1)
	require.Equal(t, m, g.blur(m, 0))
}

func TestSitesKeepTheirOddsAndHeight(t *testing.T) {
	pl := plane.New(10, 50)
	site := func(odds, height float64) upwind.Site {
		return upwind.Site{Geometry: geojson.NewGeometry(orb.Point{10, 50}), PriorOdds: odds, HeightM: height}
	}
	for _, c := range []struct{ odds, height, wantOdds, wantHeight float64 }{
		{0, 0, neutralOdds, siteHeightM},
		{3, 12, 3, 12},
		{math.NaN(), math.NaN(), neutralOdds, siteHeightM},
		{-1, -5, neutralOdds, siteHeightM},
	} {
		got, ok := siteOf(site(c.odds, c.height), pl)
		require.True(t, ok)
		require.Equal(t, c.wantOdds, got.Odds)
		require.Equal(t, c.wantHeight, got.HeightM)
	}
	_, ok := siteOf(upwind.Site{}, pl)
	require.False(t, ok, "a site without a place explains nothing")
}

func TestBackgroundComesFromTheCleanestRows(t *testing.T) {
	n := &network{sensors: make([]sensor, 1)}
	var pred []float64
	for i := range 20 {
		n.rows = append(n.rows, row{y: 2 + float64(i), slot: i})
		pred = append(pred, 3*float64(i)) // three times too much
	}
	left := cleanest(n, pred)[0]
	require.Equal(t, []float64{2, 0, -2, -4, -6}[:len(left)], left)
	require.Len(t, left, 5, "a quarter of the rows")
	require.Len(t, cleanest(n, nil)[0], 20)
}
