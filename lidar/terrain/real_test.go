package terrain_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

// TestRealFiles works every readable file, sound and hostile ones, to a ground, or to a sentence that says
// why not. Where the file itself classifies ground, ours is compared with it, for information.
func TestRealFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	for _, sub := range []string{"pointcloud/formats", "hostile/lidar"} {
		root := sharedData(t, sub)
		require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".las" {
				return err
			}
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			st, err := f.Stat()
			require.NoError(t, err)
			r, err := las.Open(f, st.Size())
			if err != nil {
				require.True(t, upwind.IsRefusal(err), "%s: %v", path, err)
				return nil
			}
			crs := r.CRS()
			o := terrain.Options{UnitM: crs.UnitM, ZUnitM: crs.VerticalUnitM}
			if o.ZUnitM == 0 {
				o.ZUnitM = o.UnitM
			}
			if crs.Geographic {
				o.UnitM, o.ZUnitM = 100_000, 1
			}
			m, err := terrain.Ground(context.Background(), []*las.Reader{r}, o, nil)
			if err != nil {
				require.True(t, upwind.IsRefusal(err), "%s: %v", path, err)
				return nil
			}
			require.True(t, m.Report.Ground > 0 || len(m.Report.Notes) > 0, "%s: no ground and no word why", path)
			if want, got := truth(t, r, m); m.Report.Points > 1000 {
				if e := terrain.Score(want, got); e.Kappa == e.Kappa {
					t.Logf("%s: %d points, %.0f %% ground here, agrees with the file's classes to kappa %.0f %%",
						filepath.Base(path), e.Points, 100*float64(m.Report.Ground)/float64(e.Points), e.Kappa)
				}
			}
			return nil
		}))
	}
}
