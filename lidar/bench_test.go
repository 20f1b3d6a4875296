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

// BenchmarkGrid reads and grids the same two million points.
func BenchmarkGrid(b *testing.B) {
	r := yardCloud(b, 250, 1, las.Spec{Format: 3}, nil)
	b.ResetTimer()
	for range b.N {
		_, err := lidar.Grid(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(r.Count())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}

// BenchmarkSoil looks for bare soil on a gridded farm.
func BenchmarkSoil(b *testing.B) {
	c, err := lidar.Grid(context.Background(), cloudOf(b, 160, 120, 40, 1, las.Spec{Format: 8}, farm(bits16)), flat(yardX, yardY), lidar.Options{}, nil)
	require.NoError(b, err)
	d, _ := lidar.Find(lidar.SoilDetector)
	b.ResetTimer()
	for range b.N {
		res, err := d.Run(context.Background(), c, lidar.Options{}, nil)
		require.NoError(b, err)
		require.NotEmpty(b, res.Detections)
	}
	b.ReportMetric(float64(c.Report.Columns*c.Report.Rows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
}
