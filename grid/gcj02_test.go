package grid

import (
	"math"
	"os"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

func TestGCJ02(t *testing.T) {
	lon, lat := ToGCJ02(116.377817, 39.911954)
	require.InDelta(t, 116.384047, lon, 1e-6)
	require.InDelta(t, 39.913345, lat, 1e-6)
	require.InDelta(t, 507, distM(orb.Point{115.985, 36.456}, shifted(115.985, 36.456)), 10, "the offset at Liaocheng")
	for x := 73.5; x < 137; x += 3.7 {
		for y := 2.5; y < 55; y += 3.3 {
			gx, gy := ToGCJ02(x, y)
			bx, by := FromGCJ02(gx, gy)
			require.Less(t, distM(orb.Point{x, y}, orb.Point{bx, by}), 1e-4)
		}
	}
	lon, lat = ToGCJ02(-0.1, 51.5)
	require.Equal(t, [2]float64{-0.1, 51.5}, [2]float64{lon, lat})
	lon, _ = FromGCJ02(math.NaN(), 1)
	require.True(t, math.IsNaN(lon))
}

func shifted(lon, lat float64) orb.Point {
	x, y := ToGCJ02(lon, lat)
	return orb.Point{x, y}
}

// TestRealCountiesFromGCJ02 converts the outlines as they are published: they fall on those somebody else converted.
func TestRealCountiesFromGCJ02(t *testing.T) {
	open := func(path string, to func(lon, lat float64) (float64, float64)) *Tree {
		f, err := os.Open(shared(t, path))
		require.NoError(t, err)
		defer f.Close()
		tree, _, err := ParseFrom(path, f, to)
		require.NoError(t, err)
		return tree
	}
	ours, want := open("city/counties_gcj02/371500.json", FromGCJ02), open("city/liaocheng_counties_wgs84.geojson", nil)
	same := 0
	for _, c := range want.Areas(LevelCounty) {
		o, ok := ours.Area(c.Code)
		require.True(t, ok, c.Code)
		require.Equal(t, len(c.Geometry[0][0]), len(o.Geometry[0][0]), c.Code)
		for i, p := range c.Geometry[0][0] {
			require.Less(t, distM(p, o.Geometry[0][0][i]), 0.5, "%s vertex %d", c.Code, i)
			same++
		}
	}
	require.Greater(t, same, 1000)
}
