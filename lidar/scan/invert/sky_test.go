package invert

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// records are backgrounds of rays with the error 1.
func records(levels ...float64) []*record {
	var out []*record
	for _, x := range levels {
		out = append(out, &record{back: background{level: x, variance: 1}, fitted: true})
	}
	return out
}

func TestARayWithAPlumeInItsTailTakesTheSkyOfItsNeighbours(t *testing.T) {
	var levels []float64
	for i := range 60 {
		levels = append(levels, 100+0.9*math.Sin(float64(i)*2.399963))
	}
	levels[30] = 60
	rays := records(levels...)
	share(rays)
	require.InDelta(t, 100, rays[30].back.level, 0.3)
	for i, r := range rays {
		require.Less(t, r.back.variance, 1.0, "ray %d", i)
		require.InDelta(t, 100, r.back.level, 0.5, "ray %d: the others are drawn together", i)
	}
}

func TestASkyThatChangesOverTheTurnKeepsItsShape(t *testing.T) {
	var levels []float64
	for i := range 180 {
		levels = append(levels, 100+40*math.Cos(float64(i)*2*math.Pi/180))
	}
	rays := records(levels...)
	share(rays)
	for i, r := range rays {
		require.InDelta(t, levels[i], r.back.level, 1, "ray %d: within its error", i)
	}
}

func TestFewRaysKeepTheirOwnBackground(t *testing.T) {
	rays := records(100, 60, 100)
	share(rays)
	require.Equal(t, 60.0, rays[1].back.level)
}
