package lidar_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

func sharedData(t testing.TB, sub string) string {
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: real files of %s are not here", sub)
	}
	return dir
}

// flat places metres about a point of origin near 36.45 N 115.98 E.
func flat(x0, y0 float64) lidar.Locate {
	const lat0, lon0 = 36.45, 115.98
	const e2 = 0.00669437999014
	s, c := math.Sincos(lat0 * math.Pi / 180)
	w := 1 - e2*s*s
	m, n := 6378137*(1-e2)/(w*math.Sqrt(w)), 6378137/math.Sqrt(w)
	return func(x, y float64) (float64, float64) {
		return lon0 + (x-x0)/(n*c)*180/math.Pi, lat0 + (y-y0)/m*180/math.Pi
	}
}

// TestISPRS runs over forest, town and steep slopes without a heap in sight: nothing may be called a pile.
// The rural samples hold 0.2 points a square metre, which is too thin, and the report must say so.
func TestISPRS(t *testing.T) {
	for _, c := range []struct {
		file string
		thin bool
	}{
		{"samp11", false}, {"samp21", false}, {"samp31", false}, {"samp42", false},
		{"samp51", true}, {"samp53", true}, {"samp61", true},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, h := openSample(t, c.file)
			ds, rep, err := lidar.Survey(context.Background(), r, flat(h.Min[0], h.Min[1]), lidar.Options{}, nil)
			require.NoError(t, err)
			require.Empty(t, ds)
			require.NotEmpty(t, rep.Notes)
			require.Equal(t, c.thin, strings.Contains(rep.Notes[0], "too coarse"))
			t.Logf("cell %.2f m, noise %.2f m, %d mounds, %v", rep.CellM, rep.NoiseM, rep.Mounds, rep.Notes)
			for _, q := range rep.Rejected[:min(3, len(rep.Rejected))] {
				t.Logf("turned down: %.1f m high, %.0f m2, p %.2f: %s", q.HeightM, q.AreaM2, q.Probability, q.Reason)
			}
		})
	}
}

// TestConeOnRealGround heaps a cone of known volume on town samples, where its footprint is
// open ground, and looks for it.
func TestConeOnRealGround(t *testing.T) {
	const R = 7.0
	for _, file := range []string{"samp21", "samp42"} {
		t.Run(file, func(t *testing.T) {
			r, h := openSample(t, file)
			var pts []las.Point
			for p, err := range r.Points() {
				require.NoError(t, err)
				pts = append(pts, p)
			}
			x, y, ok := openGround(pts, h, R+3)
			if !ok {
				t.Skip("skipped: no open ground")
			}
			for i := range pts {
				p := &pts[i]
				p.Z += math.Tan(repose) * math.Max(0, R-math.Hypot(p.X-x, p.Y-y))
			}
			var m memory
			w, err := las.Create(&m, las.Spec{Scale: h.Scale, Offset: h.Offset})
			require.NoError(t, err)
			require.NoError(t, w.Write(pts))
			require.NoError(t, w.Close())
			made, err := las.OpenNamed(file, bytes.NewReader(m.b), int64(len(m.b)))
			require.NoError(t, err)
			ds, rep, err := lidar.Survey(context.Background(), made, flat(h.Min[0], h.Min[1]), lidar.Options{}, nil)
			require.NoError(t, err)
			t.Logf("%d found, %+v", len(ds), rep.Notes)
			require.Len(t, ds, 1)
			v := ds[0].Measures[upwind.VolumeM3]
			t.Logf("%s: %.0f +- %.0f m3, error %+.1f %%, p %.2f, %q", file, v.Value, v.Sigma, 100*(v.Value/coneVolume(R)-1), ds[0].Probability, ds[0].Reasons)
			// Where crowns crowd the ring the error is larger, and the estimate must say so.
			require.InDelta(t, coneVolume(R), v.Value, math.Max(0.1*v.Value, 2.5*v.Sigma))
		})
	}
}

func openSample(t *testing.T, file string) (*las.Reader, las.Header) {
	f, err := os.Open(filepath.Join(sharedData(t, "pointcloud/isprs"), file+".las"))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	require.NoError(t, err)
	r, err := las.Open(f, st.Size())
	require.NoError(t, err)
	return r, r.Header()
}

// openGround is the flattest circle of the given radius that holds ground points only.
func openGround(pts []las.Point, h las.Header, radius float64) (x, y float64, ok bool) {
	best := math.Inf(1)
	for cy := h.Min[1] + radius; cy < h.Max[1]-radius; cy += 6 {
		for cx := h.Min[0] + radius; cx < h.Max[0]-radius; cx += 6 {
			n, objects, lo, hi := 0, 0, math.Inf(1), math.Inf(-1)
			for i := range pts {
				p := &pts[i]
				if dx, dy := p.X-cx, p.Y-cy; dx*dx+dy*dy > radius*radius {
					continue
				}
				n++
				if p.Class != las.ClassGround {
					objects++
					break
				}
				lo, hi = math.Min(lo, p.Z), math.Max(hi, p.Z)
			}
			if n > 150 && objects == 0 && hi-lo < best {
				best, x, y, ok = hi-lo, cx, cy, true
			}
		}
	}
	return x, y, ok
}
