package plume_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

// far is a city seen over 40 km: 180 rays of 5334 bins.
func far(tb testing.TB) *scan.Field {
	s := scanner.City(scanner.TuneSeed)
	s.Instrument.Bins = 5334
	s.Instrument.ConstantMHz *= 1e6 // light from all of it
	f, _ := scanner.New(s).Field(0)
	return f
}

func BenchmarkFindAndGrid180x5334(b *testing.B) {
	f := far(b)
	for b.Loop() {
		_, err := plume.Find(context.Background(), f, plume.Options{})
		require.NoError(b, err)
		_, err = plume.ToGrid(f, 0)
		require.NoError(b, err)
	}
}

func BenchmarkGrid180x5334(b *testing.B) {
	f := far(b)
	for b.Loop() {
		_, err := plume.ToGrid(f, 0)
		require.NoError(b, err)
	}
}

func BenchmarkRender(b *testing.B) {
	g, err := plume.ToGrid(far(b), 0)
	require.NoError(b, err)
	for b.Loop() {
		g.Render(plume.RenderOptions{})
	}
}
