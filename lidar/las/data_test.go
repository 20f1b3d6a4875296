package las_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
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
		if err == io.EOF {
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

// knownBounds are files whose header bounds are wrong as published; the points are right.
func TestRealFiles(t *testing.T) {
	for _, sub := range []string{"pointcloud", "hostile/lidar"} {
		root := sharedData(t, sub)
		require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || d.IsDir() || ext != ".las" && ext != ".laz" {
				return err
			}
			rel, _ := filepath.Rel(root, path)
			t.Run(rel, func(t *testing.T) {
				r, err := openFile(t, path)
				if err != nil {
					require.True(t, upwind.IsRefusal(err), err)
					require.Contains(t, err.Error(), filepath.Base(path))
					fmt.Println(rel, "REFUSED", err)
					return
				}
				h := r.Header()
				n, lo, hi, err := drain(r)
				require.NoError(t, err)
				require.Equal(t, r.Count(), n)
				bad := ""
				for i := range 3 {
					if n > 0 && (math.Abs(lo[i]-h.Min[i]) > h.Scale[i] || math.Abs(hi[i]-h.Max[i]) > h.Scale[i]) {
						bad = fmt.Sprint("BOUNDS ", lo, h.Min, hi, h.Max)
					}
				}
				c := r.CRS()
				w := c.WKT
				c.WKT = ""
				fmt.Println(rel, n, h.StatedPoints, h.Format, fmt.Sprintf("%+v", c), len(w), r.Warnings(), bad)
			})
			return nil
		}))
	}
}
