package lidar_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

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

func TestISPRS(t *testing.T) {
	dir := sharedData(t, "pointcloud/isprs")
	files, _ := filepath.Glob(filepath.Join(dir, "*.las"))
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			st, _ := f.Stat()
			r, err := las.Open(f, st.Size())
			require.NoError(t, err)
			h := r.Header()
			ds, rep, err := lidar.Survey(context.Background(), r, flat(h.Min[0], h.Min[1]), lidar.Options{}, nil)
			require.NoError(t, err)
			rej := rep.Rejected
			rep.Rejected = nil
			t.Logf("%+v", rep)
			for _, d := range ds {
				require.NoError(t, d.Validate())
				b := d.Geometry.Geometry().Bound().Center()
				t.Logf("FOUND p %.2f V %.0f+-%.0f H %.1f A %.0f at %.1f,%.1f %q", d.Probability, d.Measures["volume_m3"].Value, d.Measures["volume_m3"].Sigma, d.Measures["height_m"].Value, d.Measures["area_m2"].Value, (b[0]-115.98)*89600, (b[1]-36.45)*111000, d.Reasons)
			}
			for i, q := range rej {
				if i < 4 {
					t.Logf("rej %+v", q)
				}
			}
		})
	}
}
