package pile_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/fixtures/yard"
	"upwind/lidar/pile"
)

// BenchmarkSurvey is a yard of 1.4 km, 7.8 M cells of 0.5 m.
func BenchmarkSurvey(b *testing.B) {
	s, err := yard.New(1, yard.Options{SizeM: 1400})
	require.NoError(b, err)
	g, err := s.Grid(yard.GridOptions{Style: yard.Laser, WhiteM: 0.03, CorrelatedM: 0.02, LengthM: 1.5, VoidShare: 0.01})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		r, err := pile.Survey(context.Background(), pile.Surface{W: g.W, H: g.H, CellM: g.CellM, Z: g.Z, SpreadM: g.SpreadM}, pile.Options{}, nil)
		require.NoError(b, err)
		b.ReportMetric(float64(len(r.Piles)), "piles")
		b.ReportMetric(float64(r.Mounds), "mounds")
	}
	b.ReportMetric(float64(len(g.Z))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
}
