package lidar_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

// One reading serves every detector that suits the cloud.
func Example() {
	r := yardCloud(&testing.T{}, 8, 1, las.Spec{Format: 3}, nil)
	c, err := lidar.Grid(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range lidar.Detectors {
		if err := d.Suits(c.Report); err != nil {
			fmt.Println(d.Name, err)
			continue
		}
		res, err := d.Run(context.Background(), c, lidar.Options{JobID: "job"}, nil)
		fmt.Println(d.Name, len(res.Detections), err)
		for _, x := range res.Detections {
			fmt.Printf("  %s, some %.0f m3\n", x.Class, 50*math.Round(x.Measures[upwind.VolumeM3].Value/50))
		}
	}
	// Output:
	// pile-cloud 2 <nil>
	//   uncovered, some 700 m3
	//   covered, some 150 m3
	// soil-cloud 0 <nil>
}

// TestRegistry keeps names, versions and kinds usable.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range lidar.Detectors {
		require.False(t, seen[d.Name])
		seen[d.Name] = true
		require.Positive(t, d.Version)
		require.NotEmpty(t, d.Kind)
		got, ok := lidar.Find(d.Name)
		require.True(t, ok)
		require.Equal(t, d.Name, got.Name)
		require.Error(t, d.Suits(lidar.Report{}))
	}
	_, ok := lidar.Find("no such detector")
	require.False(t, ok)
}
