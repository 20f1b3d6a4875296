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

// A slope's mean surface is its height at the cells' centres; its highest returns stand above.
func TestMeanSurfaceIsNotLifted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pts := make([]las.Point, 40_000)
	for i := range pts {
		x, y := 50*rng.Float64(), 50*rng.Float64()
		pts[i] = las.Point{X: x, Y: y, Z: 0.6*x + 0.05*rng.NormFloat64(), Return: 1, Returns: 1}
	}
	pts[77].Z += 40 // a bird
	src := []*points{source(pts)}
	f, err := terrain.FrameOf(context.Background(), src, terrain.Options{})
	require.NoError(t, err)
	mean, err := terrain.MeanSurface(context.Background(), src, f, terrain.Options{}, terrain.SurfaceOptions{}, nil)
	require.NoError(t, err)
	top, err := terrain.DSM(context.Background(), src, f, terrain.Options{}, terrain.SurfaceOptions{}, nil)
	require.NoError(t, err)
	var lifted, bias, n float64
	for y := 1; y < f.H-1; y++ {
		for x := 1; x < f.W-2; x++ {
			cx, _ := f.Place(float64(x)+0.5, float64(y)+0.5)
			i := y*f.W + x
			d := float64(mean.Z[i]) - 0.6*cx
			require.Less(t, math.Abs(d), 0.4)
			bias, lifted, n = bias+d, lifted+float64(top.Z[i])-0.6*cx, n+1
		}
	}
	require.InDelta(t, 0, bias/n, 0.01)
	require.Greater(t, lifted/n, 0.2)
}
