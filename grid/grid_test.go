package grid

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
)

// The made-up city: its south-west corner and the side of a cell, about 900 m by 1,100 m.
const (
	cityLon, cityLat = 115.5, 36.0
	cellDeg          = 0.01
)

// cityJSON writes a grid of n x n cells: one city, counties of width 16 cells, towns of 4. Inner corners are moved
// by jitter so that cells are no rectangles, with steps extra vertices on each side.
func cityJSON(n, steps int, jitter float64) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	corner := make(map[[2]int]orb.Point)
	at := func(i, j int) orb.Point { // fine vertices, n*steps a side
		k := [2]int{i, j}
		if p, ok := corner[k]; ok {
			return p
		}
		d := cellDeg / float64(steps)
		p := orb.Point{cityLon + float64(i)*d, cityLat + float64(j)*d}
		if i > 0 && j > 0 && i < n*steps && j < n*steps {
			p[0] += jitter * d * (rng.Float64() - 0.5)
			p[1] += jitter * d * (rng.Float64() - 0.5)
		}
		p[0], p[1] = round(p[0], 7), round(p[1], 7)
		corner[k] = p
		return p
	}
	box := func(i0, j0, i1, j1 int) orb.Polygon {
		var r orb.Ring
		for i := i0 * steps; i < i1*steps; i++ {
			r = append(r, at(i, j0*steps))
		}
		for j := j0 * steps; j < j1*steps; j++ {
			r = append(r, at(i1*steps, j))
		}
		for i := i1 * steps; i > i0*steps; i-- {
			r = append(r, at(i, j1*steps))
		}
		for j := j1 * steps; j > j0*steps; j-- {
			r = append(r, at(i0*steps, j))
		}
		return orb.Polygon{append(r, r[0])}
	}
	fc := geojson.NewFeatureCollection()
	add := func(level, code, parent string, p orb.Polygon) {
		f := geojson.NewFeature(p)
		f.Properties = geojson.Properties{"level": level, "code": code, "name": level + " " + code}
		if parent != "" {
			f.Properties["parent"] = parent
		}
		if level == "cell" {
			f.Properties["officer_id"] = "o-" + code
		}
		fc.Append(f)
	}
	tile := func(side int, level string, code, parent func(i, j int) string) {
		for j := 0; j < n; j += side {
			for i := 0; i < n; i += side {
				add(level, code(i, j), parent(i, j), box(i, j, min(n, i+side), min(n, j+side)))
			}
		}
	}
	county := func(i, j int) string { return fmt.Sprintf("37%02d%02d", 10+i/16, 10+j/16) }
	town := func(i, j int) string { return fmt.Sprintf("%s%d%02d", county(i, j), i%16/4, j%16/4) }
	add("city", "371000", "", box(0, 0, n, n))
	tile(16, "county", county, func(int, int) string { return "371000" })
	tile(4, "town", town, county)
	tile(1, "cell", func(i, j int) string { return fmt.Sprintf("%s%d%d", town(i, j), i%4, j%4) }, town)
	raw, _ := json.Marshal(fc)
	return raw
}

func city(t testing.TB, n int) *Tree {
	t.Helper()
	tree, findings, err := Parse("city.geojson", strings.NewReader(string(cityJSON(n, 4, 0.5))))
	require.NoError(t, err)
	require.Empty(t, findings)
	return tree
}

// shared returns a file of the shared data, or skips the test.
func shared(t testing.TB, path string) string {
	t.Helper()
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	full := filepath.Join(dir, path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("skipped %s: it is not there (set UPWIND_DATA)", path)
	}
	return full
}

// east and north move a place by metres.
func moved(lon, lat, eastM, northM float64) (float64, float64) {
	return lon + eastM/kx(lat), lat + northM/metresPerDeg
}

var day = time.Date(2025, 3, 1, 4, 0, 0, 0, time.UTC)

// square is a detection with a square outline of side m, its centre moved from the city's middle.
func square(id string, kind upwind.DetectionKind, eastM, northM, side, sigma, p float64) upwind.Detection {
	lon, lat := moved(cityLon+0.05, cityLat+0.05, eastM, northM)
	x0, y0 := moved(lon, lat, -side/2, -side/2)
	x1, y1 := moved(lon, lat, side/2, side/2)
	return upwind.Detection{
		ID: id, Kind: kind, PositionSigmaM: sigma, Probability: p, ObservedAt: day,
		Geometry:   geojson.NewGeometry(orb.Bound{Min: orb.Point{x0, y0}, Max: orb.Point{x1, y1}}.ToPolygon()),
		Measures:   map[string]upwind.Estimate{upwind.AreaM2: upwind.NonNegative(side*side, side)},
		Reasons:    []string{"drawn"},
		Provenance: upwind.Provenance{JobID: "job-" + id, Detector: "painter", DetectorVersion: 1, Inputs: []string{"asset-" + id}},
	}
}

// apply merges evidence and applies the drafts with a proper chain, as a ledger would.
func apply(t testing.TB, b *Book, evs []Event) {
	t.Helper()
	for _, ev := range evs {
		st, _ := b.Standing(ev.Candidate)
		ev.Prev = st.Head
		ev.Hash = ev.Sum()
		require.NoError(t, b.Apply(ev), "%s of %s", ev.Type, ev.Candidate)
	}
}

func merge[E upwind.Detection | upwind.Trace](t testing.TB, b *Book, tree *Tree, sites []upwind.Site, xs ...E) {
	t.Helper()
	for _, x := range xs {
		apply(t, b, Merge(b, tree, sites, x))
	}
}

func bookJSON(t testing.TB, b *Book) string {
	t.Helper()
	raw, err := json.Marshal(b.All())
	require.NoError(t, err)
	return string(raw)
}

func TestTransverseMercatorAgainstSnyder(t *testing.T) {
	// Snyder 1987, p. 269: Clarke 1866, 73.5 W, 40.5 N, central meridian 75 W, scale 0.9996.
	x, y := transverseMercator(6378206.4, 1/294.9786982, 0.9996, -75, -73.5, 40.5)
	require.InDelta(t, 127106.5, x, 0.1)
	require.InDelta(t, 4484124.4, y, 0.1)
}

func TestUTMProperties(t *testing.T) {
	_, e, n := UTM(117, 0)
	require.InDelta(t, 500_000, e, 1e-6)
	require.InDelta(t, 0, n, 1e-6)
	// The meridian quadrant of WGS84 is 10,001,965.729 m.
	_, _, n = UTM(117, 90)
	require.InDelta(t, 10_001_965.729*utmScale, n, 1e-3)
	_, east, n1 := UTM(118, 36)
	_, west, n2 := UTM(116, 36)
	require.InDelta(t, east-500_000, 500_000-west, 1e-6)
	require.InDelta(t, n1, n2, 1e-6)
	// Conformal: a small step east and one north are scaled alike.
	h := 1e-6
	_, e0, n0 := UTM(116, 36)
	_, e1, n1 := UTM(116+h, 36)
	_, e2, n2 := UTM(116, 36+h)
	ee := wgs84F * (2 - wgs84F)
	s, c := math.Sincos(36 * math.Pi / 180)
	w := math.Sqrt(1 - ee*s*s)
	kEast := math.Hypot(e1-e0, n1-n0) / (wgs84A / w * c * h * math.Pi / 180)
	kNorth := math.Hypot(e2-e0, n2-n0) / (wgs84A * (1 - ee) / (w * w * w) * h * math.Pi / 180)
	require.InDelta(t, kEast, kNorth, 1e-5)
}

func TestSquare(t *testing.T) {
	for _, c := range []struct {
		lon, lat float64
		want     string
	}{
		{117, 36.3, "50S-500-4017"},
		{-117, -36.3, "11H-500-5982"},
		{180, 0.001, "60N-833-0"},
		{-180, 0.001, "1N-166-0"},
		{10, 83.9, "32X-511-9317"},
		{116.5, 88.5, "NP-116-88"},
		{-0.5, -85, "SP-359-85"},
		{math.NaN(), 1, "nowhere"},
		{181, 1, "nowhere"},
	} {
		require.Equal(t, c.want, Square(c.lon, c.lat), "%v %v", c.lon, c.lat)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		require.Regexp(t, `^[A-Za-z0-9-]+$`, Square(rng.Float64()*360-180, rng.Float64()*180-90))
	}
}
