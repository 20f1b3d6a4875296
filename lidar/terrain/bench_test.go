package terrain_test

import (
	"context"
	"testing"

	"upwind/lidar/terrain"
)

// BenchmarkGround classifies 10 million points of a town, two a square metre.
func BenchmarkGround(b *testing.B) {
	const n, side = 10_000_000, 2236
	f := []*points{source(scene(n, side, 1, town(hills)))}
	b.ReportAllocs()
	for b.Loop() {
		m, err := terrain.Ground(context.Background(), f, terrain.Options{}, nil)
		if err != nil || m.Report.Ground == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}
