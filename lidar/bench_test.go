package lidar_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar"
	"upwind/lidar/las"
)

// BenchmarkDetect is one tile of two million points; a yard's 8000 m2 at 250 points a square metre.
func BenchmarkDetect(b *testing.B) {
	r := yardCloud(b, 250, 1, las.Spec{Format: 3}, nil)
	b.ResetTimer()
	for range b.N {
		ds, err := lidar.Detect(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
		require.NoError(b, err)
		require.Len(b, ds, 2)
	}
	b.ReportMetric(float64(r.Count())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}
