package tracing

import (
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

func TestRayIsToldFromAPoint(t *testing.T) {
	var line, square []plane.Point
	for i := range 9 {
		line = append(line, plane.Point{X: float64(i) * 50, Y: 0})
		square = append(square, plane.Point{X: float64(i%3) * 50, Y: float64(i/3) * 50})
	}
	require.Contains(t, rayNote([]invert.Source{{Site: 0, HPD50: square}, {Site: -1, HPD50: line, CellM: 50}}), "along 90/270 degrees")
	require.Empty(t, rayNote([]invert.Source{{Site: -1, HPD50: square, CellM: 50}}))
	require.Empty(t, rayNote(nil))
}
