package wind

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

// forecast is a field of half a degree about the town, two times three hours apart, u growing to the east and in time.
func forecast() Grid {
	g := Grid{Name: "f.grib2", Lon0: 114, Lat0: 35, DLon: 0.5, DLat: 0.5, NX: 9, NY: 7, Times: []time.Time{day, day.Add(3 * time.Hour), day.Add(6 * time.Hour)}}
	for k := range g.Times {
		u, v := make([]float32, g.NX*g.NY), make([]float32, g.NX*g.NY)
		for i := range u {
			u[i], v[i] = float32(i%g.NX)+float32(k), 2
		}
		g.U, g.V = append(g.U, u), append(g.V, v)
	}
	return g
}

func TestGridAlone(t *testing.T) {
	f, err := New(nil, pl, town, day, day.Add(6*time.Hour), Options{Grids: []Grid{forecast()}})
	require.NoError(t, err)
	p := plane.Point{X: 5e3, Y: -7e3}
	lon, _ := pl.LonLat(p)
	u, v := f.At(p, at(4.5))
	require.InDelta(t, (lon-114)/0.5+1.5, u, 1e-3)
	require.InDelta(t, 2, v, 1e-6)
	require.Zero(t, f.Stations())
	require.InDelta(t, forecastDeg, f.DirectionSD(8)/radiansADegree, 1e-9)
	require.Greater(t, f.ErrorSD(p, at(3)), 0.9)
}

// Stations pull the forecast towards them, near them.
func TestStationsCorrectTheGrid(t *testing.T) {
	g := forecast()
	var wind []upwind.Wind
	for h := range 6 {
		wind = append(wind, reading("a", plane.Point{}, h, 9, 2))
	}
	f, err := New(wind, pl, town, day, day.Add(6*time.Hour), Options{Grids: []Grid{g}})
	require.NoError(t, err)
	guess := 4 + 1.0
	here, _ := f.At(plane.Point{}, at(3))
	require.InDelta(t, guess+(9-guess)/(1+defaultEta), here, 0.1)
	far, _ := f.At(plane.Point{X: 20e3, Y: 20e3}, at(3))
	lon, _ := pl.LonLat(plane.Point{X: 20e3})
	require.Less(t, math.Abs(far-((lon-114)/0.5+1)), math.Abs(here-guess))
	require.Less(t, f.ErrorSD(plane.Point{}, at(3)), f.ErrorSD(plane.Point{X: 20e3, Y: 20e3}, at(3)))
}

func TestGridAroundTheWorld(t *testing.T) {
	g := Grid{Name: "w", Lon0: 0, Lat0: -90, DLon: 90, DLat: 90, NX: 4, NY: 3, Times: []time.Time{day},
		U: [][]float32{{0, 0, 0, 0, 0, 90, 180, 90, 0, 0, 0, 0}}, V: [][]float32{make([]float32, 12)}}
	for lon, want := range map[float64]float64{0: 0, 45: 45, 180: 180, -90: 90, -45: 45, 359: 1} {
		u, _ := g.at(lon, 0, 0)
		require.InDelta(t, want, u, 1e-4, "%v", lon)
	}
	here := plane.New(0, 0)
	_, err := New(nil, here, town, day, day.Add(time.Hour), Options{Grids: []Grid{g}})
	require.NoError(t, err, "a box across the seam")
}

func TestGridsThatDoNotFit(t *testing.T) {
	broken := forecast()
	broken.U = broken.U[:2]
	for name, c := range map[string]struct {
		g     Grid
		hours int
		pl    plane.Plane
	}{
		"elsewhere": {forecast(), 0, plane.New(10, 50)},
		"past":      {forecast(), 48, pl},
		"broken":    {broken, 0, pl},
	} {
		from := day.Add(time.Duration(c.hours) * time.Hour)
		_, err := New(nil, c.pl, town, from, from.Add(6*time.Hour), Options{Grids: []Grid{c.g}})
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
	}
}
