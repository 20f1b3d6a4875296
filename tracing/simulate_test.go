package tracing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

const (
	lon0, lat0 = 115.98, 36.45
	metresLat  = 111195.0
)

var noon = time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)

func lonLat(x, y float64) (lon, lat float64) {
	return lon0 + x/(metresLat*math.Cos(lat0*math.Pi/180)), lat0 + y/metresLat
}

func xy(lon, lat float64) (x, y float64) {
	return (lon - lon0) * metresLat * math.Cos(lat0*math.Pi/180), (lat - lat0) * metresLat
}

func site(id string, x, y float64) upwind.Site {
	lon, lat := lonLat(x, y)
	return upwind.Site{ID: id, Name: "site " + id, Kind: "stockyard", Geometry: geojson.NewGeometry(orb.Point{lon, lat}), HeightM: 5}
}

// world is a flat city with one source, seen through the textbook steady Gaussian plume with the rural
// Briggs (1973) D spreads: another model than the one under test.
type world struct {
	stations [][2]float64
	windAt   [][2]float64
	hours    int
	fromDeg  func(hour int) float64
	speed    float64
	source   [2]float64
	grams    float64             // g/s
	active   func(hour int) bool // nil: always
	haze     func(hour int) float64
	seed     uint64
}

func (w world) build() (obs []upwind.Observation, wind []upwind.Wind) {
	rng := rand.New(rand.NewPCG(w.seed, 7))
	for h := range w.hours {
		at := noon.Add(time.Duration(h) * time.Hour)
		from := w.fromDeg(h)
		for i, p := range w.windAt {
			lon, lat := lonLat(p[0], p[1])
			u, v := upwind.UV(w.speed*(1+0.1*rng.NormFloat64()), from+5*rng.NormFloat64())
			// A sonic says that the air is neutral, as in the plumes below.
			ustar, obukhov := 0.11*w.speed, 1e5
			wind = append(wind, upwind.Wind{StationID: fmt.Sprintf("w%02d", i), Start: at, DurationS: 3600, Lon: lon, Lat: lat, HeightM: 10, U: u, V: v,
				UStarMS: &ustar, ObukhovM: &obukhov})
		}
		for i, p := range w.stations {
			lon, lat := lonLat(p[0], p[1])
			c := w.haze(h)
			if w.active == nil || w.active(h) {
				c += w.plume(p, from) * 1e6
			}
			c += math.Max(3, 0.08*c) * rng.NormFloat64()
			obs = append(obs, upwind.Observation{StationID: fmt.Sprintf("s%03d", i), Start: at, DurationS: 3600, Lon: lon, Lat: lat, HeightM: 5,
				Species: "PM10", Value: c, Unit: "ug/m3"})
		}
	}
	return obs, wind
}

// plume is g/m3 at p, an hourly mean: the wind sweeps over 12 degrees either side.
func (w world) plume(p [2]float64, from float64) float64 {
	sum, n := 0.0, 0.0
	for off := -24.0; off <= 24; off += 2 {
		u, v := upwind.UV(1, from+off)
		dx, dy := p[0]-w.source[0], p[1]-w.source[1]
		x, y := dx*u+dy*v, dx*v-dy*u
		k := math.Exp(-off * off / (2 * 12 * 12))
		n += k
		if x <= 0 {
			continue
		}
		sy, sz := 0.08*x/math.Sqrt(1+1e-4*x), 0.06*x/math.Sqrt(1+1.5e-3*x)
		sum += k * w.grams / (math.Pi * w.speed * sy * sz) * math.Exp(-y*y/(2*sy*sy)-15*15/(2*sz*sz))
	}
	return sum / n
}

// mesh is n x n places, step m apart, about the origin, shaken by a third of a step.
func mesh(n int, step float64, seed uint64) [][2]float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	var out [][2]float64
	for i := range n {
		for j := range n {
			out = append(out, [2]float64{(float64(i) - float64(n-1)/2 + (rng.Float64()-0.5)/1.5) * step, (float64(j) - float64(n-1)/2 + (rng.Float64()-0.5)/1.5) * step})
		}
	}
	return out
}
