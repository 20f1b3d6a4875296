package lidar_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

// TestCover heaps one material after another, 9 m in radius on asphalt.
func TestCover(t *testing.T) {
	for _, c := range []struct {
		name   string
		colour [4]uint16
		lumpM  float64 // 1-sigma height of its lumps
		half   *[4]uint16
		want   string
		open   [2]float64 // range of the uncovered fraction; zero: not stated
	}{
		{"dry sand", [4]uint16{200, 180, 140}, 0, nil, upwind.PileUncovered, [2]float64{0.9, 1}},
		{"wet sand", [4]uint16{112, 98, 78}, 0, nil, upwind.PileUncovered, [2]float64{0.9, 1}},
		{"red earth", [4]uint16{160, 100, 75}, 0.02, nil, upwind.PileUncovered, [2]float64{0.9, 1}},
		{"green net", [4]uint16{60, 140, 80}, 0, nil, upwind.PileCovered, [2]float64{0, 0.1}},
		{"dark green net", [4]uint16{40, 70, 45}, 0, nil, upwind.PileCovered, [2]float64{0, 0.1}},
		{"blue sheet", [4]uint16{40, 90, 190}, 0, nil, upwind.PileCovered, [2]float64{0, 0.1}},
		{"black net or coal dust", [4]uint16{28, 28, 30}, 0, nil, upwind.PileUnknown, [2]float64{}},
		{"coal in lumps", [4]uint16{28, 28, 30}, 0.15, nil, upwind.PileUnknown, [2]float64{}},
		{"grey and smooth", [4]uint16{140, 140, 140}, 0, nil, upwind.PileUnknown, [2]float64{}},
		{"grey stone", [4]uint16{140, 140, 140}, 0.15, nil, upwind.PileUncovered, [2]float64{0.85, 1}},
		{"half under a green net", [4]uint16{200, 180, 140}, 0, &[4]uint16{60, 140, 80}, upwind.PileUnknown, [2]float64{0.35, 0.65}},
		{"no light", [4]uint16{3, 2, 3}, 0, nil, upwind.PileUnknown, [2]float64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := cloudOf(t, 50, 50, 8, 1, las.Spec{Format: 3}, func(x, y float64, rng *rand.Rand) spot {
				h := 9 - math.Hypot(x-25, y-25)
				if h <= 0 {
					return spot{rgbn: bits16(asphaltColour)}
				}
				k := c.colour
				if c.half != nil && x > 25 {
					k = *c.half
				}
				for i := range k {
					k[i] = uint16(math.Max(1, float64(k[i])*(1+0.05*rng.NormFloat64())))
				}
				return spot{z: h*math.Tan(repose) + c.lumpM*rng.NormFloat64(), rgbn: bits16(k)}
			})
			ds, rep, err := lidar.Survey(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			require.Len(t, ds, 1, "%+v", rep)
			u, stated := ds[0].Measures[upwind.UncoveredFraction]
			t.Logf("%s %+v %q", ds[0].Class, u, ds[0].Reasons[len(ds[0].Reasons)-1])
			require.Equal(t, c.want, ds[0].Class)
			require.Equal(t, c.open != [2]float64{}, stated)
			if stated {
				require.True(t, c.open[0] <= u.Value && u.Value <= c.open[1], "%+v", u)
				require.True(t, 0 <= u.Lo95 && u.Lo95 <= u.Value && u.Value <= u.Hi95 && u.Hi95 <= 1 && u.Sigma > 0, "%+v", u)
			}
		})
	}
}

// TestLeavesAreNoPile heaps something green whose surface is as rough as leaves.
func TestLeavesAreNoPile(t *testing.T) {
	for name, rough := range map[string]float64{"net": 0, "leaves": 0.15} {
		t.Run(name, func(t *testing.T) {
			r := cloudOf(t, 50, 50, 8, 1, las.Spec{Format: 3}, func(x, y float64, rng *rand.Rand) spot {
				if h := 9 - math.Hypot(x-25, y-25); h > 0 {
					return spot{z: h*math.Tan(repose) + rough*rng.NormFloat64(), rgbn: bits16(grassColour)}
				}
				return spot{rgbn: bits16(asphaltColour)}
			})
			ds, rep, err := lidar.Survey(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			require.Len(t, ds, map[bool]int{true: 1, false: 0}[rough == 0], "%+v", rep)
			if rough > 0 {
				require.Contains(t, rep.Rejected[0].Reason, "green and rough")
			}
		})
	}
}

// A mound under shrubs has the shape of a heap; its pulses come back more than once.
func TestPlantsAreNoPile(t *testing.T) {
	for _, c := range []struct {
		share float64 // of the pulses that met leaves
		want  int
	}{{0, 1}, {0.03, 1}, {0.3, 0}} {
		t.Run(fmt.Sprint(c.share), func(t *testing.T) {
			r := cloudOf(t, 50, 50, 8, 1, las.Spec{Format: 3}, func(x, y float64, rng *rand.Rand) spot {
				s := spot{rgbn: bits16(asphaltColour)}
				if h := 9 - math.Hypot(x-25, y-25); h > 0 {
					s.z = h * math.Tan(repose)
					if rng.Float64() < c.share {
						s.returns = 2
					}
				}
				return s
			})
			ds, rep, err := lidar.Survey(context.Background(), r, flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			require.Len(t, ds, c.want)
			if c.want == 0 {
				require.NotEmpty(t, rep.Rejected)
				require.Contains(t, rep.Rejected[0].Reason, "last of several returns")
			}
		})
	}
}
