package terrain_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
	"upwind/lidar/terrain"
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

func open(t testing.TB, path string) *las.Reader {
	f, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	require.NoError(t, err)
	r, err := las.Open(f, st.Size())
	require.NoError(t, err)
	return r
}

// truth is the classification that a reference sample carries, and the model's.
func truth(t testing.TB, r *las.Reader, m *terrain.Model) (want, got []bool) {
	require.NoError(t, r.Rewind())
	for p, err := range r.Points() {
		require.NoError(t, err)
		got = append(got, m.IsGround(0, int64(len(want))))
		want = append(want, p.Class == las.ClassGround)
	}
	return want, got
}

var samples = []string{"samp11", "samp21", "samp31", "samp42", "samp51", "samp53", "samp61"}

func scoreSamples(t testing.TB, o terrain.Options) (each []terrain.Errors, total, kappa float64) {
	dir := sharedData(t, "pointcloud/isprs")
	for _, s := range samples {
		r := open(t, filepath.Join(dir, s+".las"))
		m, err := terrain.Ground(context.Background(), []*las.Reader{r}, o, nil)
		require.NoError(t, err)
		want, got := truth(t, r, m)
		e := terrain.Score(want, got)
		each = append(each, e)
		total += e.Total / float64(len(samples))
		kappa += e.Kappa / float64(len(samples))
	}
	return each, total, kappa
}

// TestISPRS holds the level reached on the reference samples with the defaults.
func TestISPRS(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	each, total, kappa := scoreSamples(t, terrain.Options{})
	for k, e := range each {
		t.Logf("%s: type I %5.2f %%, type II %5.2f %%, total %5.2f %%, kappa %5.2f %%", samples[k], e.TypeI, e.TypeII, e.Total, e.Kappa)
	}
	t.Logf("mean: total %.2f %%, kappa %.2f %%", total, kappa)
	require.Less(t, total, 3.15)
	require.Greater(t, kappa, 86.4)
}
