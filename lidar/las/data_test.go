package las_test

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// sharedData is the folder of real files, or skips.
func sharedData(t testing.TB, sub string) string {
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: real files of %s are not here", sub)
	}
	return dir
}

func openFile(t testing.TB, path string) (*las.Reader, error) {
	f, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	require.NoError(t, err)
	return las.Open(f, st.Size())
}

// drain reads every point and returns the bounds.
func drain(r *las.Reader) (n int64, lo, hi [3]float64, err error) {
	for i := range 3 {
		lo[i], hi[i] = math.Inf(1), math.Inf(-1)
	}
	buf := make([]las.Point, 1000)
	for {
		k, err := r.Read(buf)
		if errors.Is(err, io.EOF) {
			return n, lo, hi, nil
		}
		if err != nil {
			return n, lo, hi, err
		}
		for _, p := range buf[:k] {
			for i, v := range [3]float64{p.X, p.Y, p.Z} {
				lo[i], hi[i] = math.Min(lo[i], v), math.Max(hi[i], v)
			}
		}
		n += int64(k)
	}
}

// wrongBounds are files that were published with header bounds their points do not have.
var wrongBounds = map[string]bool{
	"malformed_extrabytes.las": true, "simple1_3.las": true, "5points_14.las": true, "PDAL__spurious.las": true,
}

// TestRealFiles reads every file to its end: a result that agrees with the header, or a refusal that names
// the file.
func TestRealFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	for _, sub := range []string{"pointcloud", "hostile/lidar"} {
		root := sharedData(t, sub)
		require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || d.IsDir() || ext != ".las" && ext != ".laz" {
				return err
			}
			rel, _ := filepath.Rel(root, path)
			t.Run(rel, func(t *testing.T) { readWhole(t, path) })
			return nil
		}))
	}
}

func readWhole(t *testing.T, path string) {
	name := filepath.Base(path)
	r, err := openFile(t, path)
	if strings.Contains(name, "broken_") {
		require.True(t, upwind.IsRefusal(err), "%v", err)
		require.Contains(t, err.Error(), name)
		return
	}
	require.NoError(t, err)
	h := r.Header()
	n, lo, hi, err := drain(r)
	require.NoError(t, err)
	require.Equal(t, r.Count(), n)
	if uint64(n) != h.StatedPoints {
		require.NotEmpty(t, r.Warnings(), "fewer points than stated must be told")
	}
	if n == 0 || wrongBounds[name] {
		return
	}
	for i := range 3 {
		if int64(h.StatedPoints) == n {
			require.InDelta(t, h.Min[i], lo[i], 1.01*h.Scale[i])
			require.InDelta(t, h.Max[i], hi[i], 1.01*h.Scale[i])
		}
	}
}

func TestRealReferenceSystems(t *testing.T) {
	root := sharedData(t, "pointcloud/formats")
	for _, c := range []struct {
		file     string
		epsg     int
		unit     float64
		vertical float64
		geo      bool
	}{
		{"lasR/Example.las", 26917, 1, 1, false},
		{"pdal/test1_4.las", 2903, 1200.0 / 3937, 0, false},
		{"laspy/autzen.las", 2994, 0.3048, 0, false},
		{"pdal/epsg_4326.las", 4326, 0, 0, true},
		{"pdal/autzen-bmx-2023.las", 2991, 1, 0.304800609601219, false},
		{"laz-perf/1815.las", 6580, 1, 1, false},
		{"pdal/interesting.las", 0, 0.3048, 0, false},
		{"pdal/simple.las", 0, 0, 0, false},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, err := openFile(t, filepath.Join(root, c.file))
			require.NoError(t, err)
			crs := r.CRS()
			require.Equal(t, c.epsg, crs.EPSG)
			require.Equal(t, c.geo, crs.Geographic)
			require.InDelta(t, c.unit, crs.UnitM, 1e-9)
			require.InDelta(t, c.vertical, crs.VerticalUnitM, 1e-9)
		})
	}
}
