package near_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
)

func TestGradeCounts(t *testing.T) {
	at := plane.Point{X: 3, Y: 4}
	source := func(p float64) invert.Source {
		return invert.Source{Site: -1, Probability: p, Rate: invert.Rate{Median: 1, Lo90: 0.1, Hi90: 10}, CellM: 2,
			HPD50: []plane.Point{{X: 9, Y: 9}}, HPD90: []plane.Point{{X: 9, Y: 9}, {X: 3.5, Y: 4.5}}}
	}
	var g, other near.Grade
	g.Add(invert.Answer{Sources: []invert.Source{source(0.9)}}, []near.Truth{{At: at, GramsPerS: 3, Noticed: true}})
	g.Add(invert.Answer{Sources: []invert.Source{source(0.6)}}, nil)
	other.Add(invert.Answer{Sources: []invert.Source{source(0.2)}}, []near.Truth{{At: at, GramsPerS: 1}})
	g.Merge(other)
	require.Equal(t, []int{3, 1, 1, 2, 1, 1}, []int{g.Scenes, g.Silent, g.FalseSources, g.Counted, g.RightNumber, g.Releases})
	require.Equal(t, []int{0, 1, 0, 1}, []int{g.Rate50, g.Rate90, g.Region50, g.Region90}, "3 g/s lies beyond the quartile of 2.6")
	require.Equal(t, []float64{5}, g.ErrorsM)
	require.Equal(t, []float64{8}, g.AreasM2)
	require.InDelta(t, crpsByQuadrature(math.Log(3), 0, math.Log(10)/1.6448536), g.CRPS[0], 1e-3)
	bins := g.Reliability(1)
	require.Len(t, bins, 3)
	require.Equal(t, 0.0, bins[1].True, "told with 0.6, and silent")
	require.Equal(t, 1.0, bins[2].True)
}

// crpsByQuadrature is the integral of the squared difference between the normal distribution function and the step at x.
func crpsByQuadrature(x, mu, sigma float64) float64 {
	const h = 1e-4
	sum := 0.0
	for v := mu - 8*sigma; v < mu+8*sigma; v += h {
		f := 0.5 * math.Erfc((mu-v)/(sigma*math.Sqrt2))
		if v >= x {
			f--
		}
		sum += f * f * h
	}
	return sum
}
