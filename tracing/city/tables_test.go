package city_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/city"
)

// tables is the problem of a small town as the program stores it.
func tables(w *world) (obs []upwind.Observation, wind []upwind.Wind, sites []upwind.Site) {
	const lon0, lat0, degree = 116.4, 39.9, 111195.0
	kx := degree * math.Cos(lat0*math.Pi/180)
	t0 := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range w.problem(40).Readings {
		obs = append(obs, upwind.Observation{StationID: fmt.Sprint("S", r.Sensor), Start: t0.Add(time.Duration(r.Start) * time.Second), DurationS: 3600,
			Lon: lon0 + r.At.X/kx, Lat: lat0 + r.At.Y/degree, HeightM: r.At.HeightM, Species: "PM10", Value: r.Value * 1e6, Unit: "ug/m3"})
	}
	for h := range w.hours {
		for i, p := range w.stations[:12] {
			u, v := flow{w, false}.At(p, float64(h)*3600+1800)
			wind = append(wind, upwind.Wind{StationID: fmt.Sprint("W", i), Start: t0.Add(time.Duration(h) * time.Hour), DurationS: 3600,
				Lon: lon0 + p.X/kx, Lat: lat0 + p.Y/degree, HeightM: 10, U: u, V: v})
		}
	}
	for i, s := range w.sites {
		sites = append(sites, upwind.Site{ID: fmt.Sprint("site ", i), Geometry: geojson.NewGeometry(orb.Point{lon0 + s.X/kx, lat0 + s.Y/degree})})
	}
	return obs, wind, sites
}

func TestTablesGoThrough(t *testing.T) {
	w := seen(3, 1)
	obs, wind, sites := tables(w)
	sites = append(sites, upwind.Site{ID: "nowhere"})
	p, pl, err := city.FromTables(obs, wind, sites)
	require.NoError(t, err)
	p.Options.RateG = 100
	require.Equal(t, 0.005, p.Options.DepositionMS, "PM10 settles")
	require.Len(t, p.Sites, len(sites))
	a := run(t, p)
	require.NotEmpty(t, a.Traces)
	places := a.Places(pl, sites)
	t.Logf("%+v", places)
	require.Equal(t, fmt.Sprint("site ", w.truth[0].site), places[0].SiteID)
}

func TestTablesAreRefusedInWords(t *testing.T) {
	obs, wind, sites := tables(small(3, 1))
	_, _, err := city.FromTables(nil, wind, sites)
	require.True(t, upwind.IsRefusal(err))
	obs[7].Unit = "ppm"
	_, _, err = city.FromTables(obs, wind, sites)
	require.ErrorContains(t, err, "reading 8")
	_, _, err = city.FromTables(obs[:7], nil, sites)
	require.True(t, upwind.IsRefusal(err))
}

func ExampleRun() {
	w := seen(3, 1)
	obs, wind, sites := tables(w)
	p, pl, err := city.FromTables(obs, wind, sites)
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Options.RateG = 100
	a, err := city.Run(context.Background(), p, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	best := a.Places(pl, sites)[0]
	fmt.Println(best.SiteID, best.Probability > 0.5)
	// Output: site 7 true
}
