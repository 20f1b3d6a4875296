package tracing

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

// A plume moves the prior of free places to where it begins, and takes it from elsewhere.
func TestPlumeIsADensityOfPlaces(t *testing.T) {
	pl := plane.New(116, 36.5)
	box := plane.Box{}.Grow(2000)
	lon, lat := pl.LonLat(plane.Point{X: 500, Y: -300})
	d := upwind.Detection{ID: "p", Kind: upwind.SmokePlume, Probability: 0.8, Axis: &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: 30, TowardDeg: 90, SigmaDeg: 8}}
	prior := priorOf([]upwind.Detection{d}, pl, box)
	at, back, away := prior(plane.Point{X: 500, Y: -300}), prior(plane.Point{X: 300, Y: -300}), prior(plane.Point{X: -1500, Y: 1500})
	require.Greater(t, at, 20*back)
	require.Greater(t, back, 2*away, "200 m back along the axis")
	require.InDelta(t, 1-evidenceShare*0.8, away, 0.05)

	const cell = 20.0
	sum, n := 0.0, 0.0
	for x := box.X0 + cell/2; x < box.X1; x += cell {
		for y := box.Y0 + cell/2; y < box.Y1; y += cell {
			sum += prior(plane.Point{X: x, Y: y})
			n++
		}
	}
	require.InDelta(t, 1, sum/n, 0.05, "on average the same as without it")

	require.Nil(t, priorOf(nil, pl, box))
	pile := upwind.Detection{ID: "q", Kind: upwind.SandPile, Probability: 0.75, Class: upwind.PileUncovered, Geometry: geojson.NewGeometry(orb.Point{lon, lat})}
	sites := GroundSites([]upwind.Detection{d, pile})
	require.Len(t, sites, 1)
	require.InDelta(t, 3, sites[0].PriorOdds, 1e-9)
}

// A site on another continent is no candidate and costs nothing.
func TestFarSitesAreLeftOut(t *testing.T) {
	at := func(lon, lat float64) *geojson.Geometry { return geojson.NewGeometry(orb.Point{lon, lat}) }
	c := Case{Sites: []upwind.Site{{ID: "here", Geometry: at(116.001, 36.5)}, {ID: "there", Geometry: at(-52, -4)}, {ID: "nowhere"}}}
	for i := range 4 {
		c.Readings = append(c.Readings, upwind.Observation{StationID: string(rune('a' + i)), Lon: 116 + float64(i%2)*0.002, Lat: 36.5 + float64(i/2)*0.002, DurationS: 60})
	}
	got := c.sitesAbout()
	require.Len(t, got, 1)
	require.Equal(t, "here", got[0].ID)
}
