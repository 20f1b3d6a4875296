package plume_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

// turnOf is a full turn of a field without noise: rays of bins of 15 m, extinction as told by a function of
// place. Sigma is 2 % of the extinction, and so is a fixed pattern of errors.
func turnOf(rays, bins int, elevationDeg float64, alpha func(e, n, u float64) float64) *scan.Field {
	f := &scan.Field{
		Kind: scan.PPI, WavelengthNM: 532, BinM: 15, FirstM: 7.5, Bins: bins, LidarRatioSr: 50,
		Site: scan.Site{ID: "test", Lon: 115.98, Lat: 36.45, AltitudeM: 50, Placed: true, HeadingDeg: 1e-9},
	}
	start := time.Date(2024, 11, 6, 3, 0, 0, 0, time.UTC)
	for i := range rays {
		at := start.Add(time.Duration(i) * time.Second)
		f.Rays = append(f.Rays, scan.FieldRay{Start: at, Stop: at.Add(time.Second), AzimuthDeg: 360 * float64(i) / float64(rays), ElevationDeg: elevationDeg})
	}
	fill(f, alpha)
	return f
}

func fill(f *scan.Field, alpha func(e, n, u float64) float64) {
	size := len(f.Rays) * f.Bins
	f.Extinction, f.ExtinctionSigma, f.Backscatter = make([]float64, size), make([]float64, size), make([]float64, size)
	f.Quality = make([]scan.Quality, size)
	for i, r := range f.Rays {
		for k := range f.Bins {
			e, n, u := scan.ENU(r.AzimuthDeg, r.ElevationDeg, f.RangeM(k))
			a := alpha(e, n, u)
			j := f.At(i, k)
			f.ExtinctionSigma[j] = 0.02 * a
			f.Extinction[j] = a * (1 + 0.02*math.Sqrt2*math.Sin(float64(j)*2.399963))
			f.Backscatter[j] = f.Extinction[j] / f.LidarRatioSr
		}
	}
}

// puffAt is haze of 0.2 /km with a Gaussian puff of 1 /km.
func puffAt(east, north, sigmaM float64) func(e, n, u float64) float64 {
	return func(e, n, _ float64) float64 {
		return 0.2e-3 + 1e-3*math.Exp(-((e-east)*(e-east)+(n-north)*(n-north))/(2*sigmaM*sigmaM))
	}
}

func find(t testing.TB, f *scan.Field) *plume.Result {
	t.Helper()
	r, err := plume.Find(context.Background(), f, plume.Options{})
	require.NoError(t, err)
	return r
}

// long marks a test that the short run leaves out.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
}

// cities is how many simulated turns over a town the tests share.
const cities = 5

// town is a turn over a town: its field, what was found in it, and what is true.
type town struct {
	field *scan.Field
	truth *scanner.Truth
	found *plume.Result
}

var towns struct {
	sync.Mutex
	of [cities]*town
}

// city is the n-th town, made and searched once.
func city(t testing.TB, n int) *town {
	t.Helper()
	towns.Lock()
	defer towns.Unlock()
	if towns.of[n] == nil {
		c := &town{}
		c.field, c.truth = scanner.New(scanner.City(scanner.TuneSeed + uint64(n))).Field(0)
		c.found = find(t, c.field)
		towns.of[n] = c
	}
	return towns.of[n]
}
