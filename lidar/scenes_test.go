package lidar_test

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

// gridScene grids one of the real scenes; metres follow the file's own unit.
func gridScene(t *testing.T, file string) (*lidar.Cloud, las.Header, lidar.Locate) {
	f, err := os.Open(filepath.Join(sharedData(t, "pointcloud/scenes"), file))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	require.NoError(t, err)
	r, err := las.Open(f, st.Size())
	require.NoError(t, err)
	h, unit := r.Header(), 1.0
	if u := r.CRS().UnitM; u > 0 {
		unit = u
	}
	metres := flat(0, 0)
	locate := func(x, y float64) (float64, float64) { return metres((x-h.Min[0])*unit, (y-h.Min[1])*unit) }
	c, err := lidar.Grid(context.Background(), r, locate, lidar.Options{}, nil)
	require.NoError(t, err)
	return c, h, locate
}

// TestScenes runs both detectors over real clouds without a heap in them: farmland, a park, forest and a
// hillside.
func TestScenes(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	for _, c := range []struct {
		file string
		soil bool
	}{
		{"las_with_several_extra_byte_bloc.laz", true}, {"autzen_trim.laz", true},
		{"Topography.laz", false}, {"bcts_2.laz", false},
	} {
		t.Run(c.file, func(t *testing.T) {
			cloud, _, _ := gridScene(t, c.file)
			for _, d := range lidar.Detectors {
				res, err := d.Run(context.Background(), cloud, lidar.Options{}, nil)
				require.NoError(t, err)
				require.Equal(t, d.Kind == upwind.BareSoil && c.soil, len(res.Detections) > 0, "%s: %q", d.Name, res.Notes)
				for _, x := range res.Detections {
					t.Logf("p %.2f, %+v, %q", x.Probability, x.Measures, x.Reasons)
				}
			}
		})
	}
}

// TestFieldScene looks at farmland of a few fields, as seen on its colours: ground that is bare, and crops,
// meadow, road and trees that are not. Places are metres from the file's north-west corner.
func TestFieldScene(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	cloud, h, locate := gridScene(t, "las_with_several_extra_byte_bloc.laz")
	d, _ := lidar.Find(lidar.SoilDetector)
	res, err := d.Run(context.Background(), cloud, lidar.Options{}, nil)
	require.NoError(t, err)
	bare := func(p image.Point) bool {
		lon, lat := locate(h.Min[0]+float64(p.X), h.Max[1]-float64(p.Y))
		for _, d := range res.Detections {
			if planar.PolygonContains(d.Geometry.Geometry().(orb.Polygon), orb.Point{lon, lat}) {
				return true
			}
		}
		return false
	}
	for _, p := range []image.Point{{300, 240}, {250, 220}, {320, 300}, {345, 22}, {342, 108}, {147, 188}, {140, 172}} {
		require.True(t, bare(p), "%v is bare", p)
	}
	for _, p := range []image.Point{
		{60, 60}, {172, 132}, {292, 36}, // meadows
		{256, 44}, {224, 100}, {92, 128}, {280, 72}, // crops
		{244, 300}, {126, 168}, {138, 188}, {170, 240}, // road, trees, farmyard
	} {
		require.False(t, bare(p), "%v is not", p)
	}
	total := 0.0
	for _, d := range res.Detections {
		total += d.Measures[upwind.AreaM2].Value
	}
	// The large field alone, drawn by hand on the colours, is some 20 500 m2.
	require.InDelta(t, 22_500, total, 2500)
}
