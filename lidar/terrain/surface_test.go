package terrain_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

func TestSurfacesOfATown(t *testing.T) {
	const side = 240
	pts := scene(4*side*side, side, 5, town(hills))
	// A bird, twice in the file, and an early return above the ground.
	bird := las.Point{X: 500005, Y: 4000005, Z: 300, Return: 1, Returns: 1}
	pts = append(pts, bird, bird)
	f := []*points{source(pts)}
	ctx := context.Background()
	m, err := terrain.Ground(ctx, f, terrain.Options{}, nil)
	require.NoError(t, err)
	frame, err := terrain.FrameOf(ctx, f, terrain.Options{})
	require.NoError(t, err)
	require.Equal(t, m.Frame, frame)
	dsm, err := terrain.DSM(ctx, f, m.Frame, terrain.Options{}, terrain.SurfaceOptions{}, nil)
	require.NoError(t, err)
	dtm := m.DTM(terrain.SurfaceOptions{})
	above, err := terrain.HeightAbove(dsm, dtm)
	require.NoError(t, err)

	var open, houses, worst float64
	n := 0.0
	for y := 5.5; y < side-5; y += 3 {
		for x := 5.5; x < side-5; x += 3 {
			px, py := 500000+x, 4000000+y
			u, v := math.Mod(x, 80), math.Mod(y, 80)
			if u > 43 && v < 18 { // open ground
				open += math.Pow(dtm.At(px, py)-hills(x, y), 2)
				n++
				worst = math.Max(worst, math.Abs(above.At(px, py)))
			}
			if math.Abs(u-25) < 10 && math.Abs(v-25) < 10 {
				houses = math.Max(houses, math.Abs(dtm.At(px, py)-hills(x, y)))
			}
		}
	}
	t.Logf("ground rms %.3f m, under houses at most %.2f m, heights over open ground at most %.2f m", math.Sqrt(open/n), houses, worst)
	require.Less(t, math.Sqrt(open/n), 0.03)
	require.Less(t, houses, 1.5)
	require.Less(t, worst, 0.3)
	require.Less(t, dsm.At(500005, 4000005), 100.0, "the bird is gone")
	row := (m.Frame.H - 26) * m.Frame.W // through the houses' middles
	require.Greater(t, dtm.Sigma[row+25], dtm.Sigma[row+70], "less is known under a house")
}

func TestGroundIsNotCarriedFurtherThanAsked(t *testing.T) {
	flat := func(x, y float64, r *rand.Rand) (float64, bool) { return 3, true }
	var pts []las.Point
	for _, p := range scene(40_000, 200, 5, flat) {
		if math.Abs(p.X-500100) > 60 { // a river of 120 m
			pts = append(pts, p)
		}
	}
	m, err := terrain.Ground(context.Background(), []*points{source(pts)}, terrain.Options{}, nil)
	require.NoError(t, err)
	require.Contains(t, m.Report.Notes[0], "nothing shows the ground")
	near, all := m.DTM(terrain.SurfaceOptions{ReachM: 20}), m.DTM(terrain.SurfaceOptions{ReachM: -1})
	require.InDelta(t, 3, near.At(500050, 4000100), 1e-3)
	require.True(t, math.IsNaN(near.At(500100, 4000100)))
	require.InDelta(t, 3, all.At(500100, 4000100), 1e-3)
}

func TestSeveralFilesMakeOneSurface(t *testing.T) {
	pts := scene(30_000, 120, 5, town(hills))
	whole := []*points{source(pts)}
	parts := []*points{source(pts[:10_000]), source(pts[10_000:])}
	ctx := context.Background()
	f, err := terrain.FrameOf(ctx, whole, terrain.Options{})
	require.NoError(t, err)
	a, err := terrain.DSM(ctx, whole, f, terrain.Options{}, terrain.SurfaceOptions{ReachM: -1}, nil)
	require.NoError(t, err)
	b, err := terrain.DSM(ctx, parts, f, terrain.Options{}, terrain.SurfaceOptions{ReachM: -1}, nil)
	require.NoError(t, err)
	require.Equal(t, a.Z, b.Z)
}

func TestGridReadsBetweenCells(t *testing.T) {
	g := terrain.NewGrid(terrain.Frame{W: 3, H: 2, CellM: 2, X: 10, Y: 20, UnitM: 1})
	for i := range g.Z {
		g.Z[i] = float32(i)
	}
	require.InDelta(t, 0, g.At(11, 19), 1e-6)
	require.InDelta(t, 2, g.At(12, 18), 1e-6)
	require.InDelta(t, 5, g.At(15.9, 16.1), 1e-6)
	require.True(t, math.IsNaN(g.At(9.9, 18)))
	g.Z[1] = float32(math.NaN())
	require.True(t, math.IsNaN(g.At(12, 18)))
	x, y := g.Place(g.Cell(13.25, 17.5))
	require.InDelta(t, 13.25, x, 1e-9)
	require.InDelta(t, 17.5, y, 1e-9)
}
