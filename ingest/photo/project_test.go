package photo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProjectionIsTheInverseOfRays sends pixels of random cameras to the ground and back.
func TestProjectionIsTheInverseOfRays(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	back := 0
	for range 300 {
		c := Camera{width: 5472, height: 3648, hgt: 120 + 200*rng.Float64(), ground: 40, lens: Brown{FX: 3650, FY: 3660, CX: 12, CY: -20, K1: -0.02, K2: 0.01, P1: 1e-4, P2: -2e-4},
			gimbal: Attitude{YawDeg: 360 * rng.Float64(), PitchDeg: -90 + 55*rng.Float64(), RollDeg: 6*rng.Float64() - 3}}
		c.at = tangent(116+rng.Float64(), 36+rng.Float64(), c.hgt)
		px, py := c.width*rng.Float64(), c.height*rng.Float64()
		lon, lat, _, ok := c.Point(px, py)
		if !ok {
			continue
		}
		back++
		x, y, ok := c.Pixel(lon, lat, c.ground)
		require.True(t, ok)
		require.InDelta(t, px, x, 0.02)
		require.InDelta(t, py, y, 0.02)
	}
	require.Greater(t, back, 200)
}

// TestViewIsBlockedByAWall looks past a wall of 20 m: what lies in its shadow is not seen.
func TestViewIsBlockedByAWall(t *testing.T) {
	c := Camera{width: 5472, height: 3648, hgt: 100, lens: Brown{FX: 3650, FY: 3650}, gimbal: Attitude{PitchDeg: -45}, sigma: spread{east: 1, north: 1}}
	c.at = tangent(116, 36, c.hgt)
	up := 1 / 111132.0
	wall := func(lat float64) bool { d := (lat - 36) / up; return d > 80 && d < 84 }
	c.dsm = hillFunc(func(_, lat float64) float64 {
		if wall(lat) {
			return 20
		}
		return 0
	})
	v := c.View(nil)
	for north, seen := range map[float64]bool{70: true, 90: false, 97: false, 115: true, 130: true} { // the wall's shadow ends at 105 m
		x, y, sigma, ok := v.Sees(116, 36+north*up, 0)
		require.Equal(t, seen, ok, "%.0f m", north)
		if ok {
			require.InDelta(t, c.width/2, x, 1)
			require.Positive(t, y)
			require.Positive(t, sigma)
		}
	}
	require.False(t, math.IsInf(v.LeastM, 1))
}

type hillFunc func(lon, lat float64) float64

func (h hillFunc) Height(lon, lat float64) (float64, bool) { return h(lon, lat), true }
