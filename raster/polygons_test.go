package raster_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind/raster"
	"upwind/raster/region"
)

// floodCount is the plain way: 4- or 8-connected components by flood fill, with their sizes.
func floodCount(m *raster.Mask, class uint8, eight bool) map[int]int {
	label := make([]int, len(m.Pix))
	sizes := map[int]int{}
	for i := range m.Pix {
		if m.Pix[i] != class || label[i] != 0 {
			continue
		}
		id := i + 1
		stack := []int{i}
		label[i] = id
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sizes[id]++
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					x, y := p%m.Width+dx, p/m.Width+dy
					if (dx == 0) == (dy == 0) && (!eight || dx == 0) || x < 0 || y < 0 || x >= m.Width || y >= m.Height {
						continue
					}
					if q := y*m.Width + x; m.Pix[q] == class && label[q] == 0 {
						label[q] = id
						stack = append(stack, q)
					}
				}
			}
		}
	}
	return sizes
}

func TestRegionsAndOutlinesEqualBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for trial := range 120 {
		m := raster.NewMask(1+rng.IntN(40), 1+rng.IntN(40))
		density := rng.Float64()
		for i := range m.Pix {
			if rng.Float64() < density {
				m.Pix[i] = raster.MaskYes
			}
		}
		require.Len(t, raster.LabelMask(m, true, raster.MaskYes), len(floodCount(m, raster.MaskYes, true)), "8-connected, trial %d", trial)
		want := floodCount(m, raster.MaskYes, false)
		regions := raster.LabelMask(m, false, raster.MaskYes)
		require.Len(t, regions, len(want), "trial %d", trial)
		for _, r := range regions {
			first := -1
			r.Each(func(y, x0, _ int) {
				if first < 0 {
					first = y*m.Width + x0
				}
			})
			require.Equal(t, want[first+1], r.Pixels)
			checkOutline(t, r)
		}
	}
}

// checkOutline holds an outline against the region's pixels: equal area, every pixel centre inside and every
// outside one outside, closed rings that visit no corner twice.
func checkOutline(t *testing.T, r region.Region) {
	t.Helper()
	p := r.Outline()
	area := 0.0
	for i, ring := range p {
		require.True(t, ring.Closed())
		a := 0.0
		seen := map[orb.Point]bool{}
		for k := 1; k < len(ring); k++ {
			a += ring[k-1][0]*ring[k][1] - ring[k][0]*ring[k-1][1]
			if seen[ring[k]] {
				t.Fatalf("a ring touches itself at %v", ring[k])
			}
			seen[ring[k]] = true
		}
		require.Equal(t, i == 0, a > 0, "ring %d turns the wrong way", i)
		area += a / 2
	}
	require.Equal(t, float64(r.Pixels), area)
	inside := map[[2]int]bool{}
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			inside[[2]int{x, y}] = true
		}
	})
	wrong := 0
	for y := r.Y0 - 1; y <= r.Y1; y++ {
		for x := r.X0 - 1; x <= r.X1; x++ {
			if inside[[2]int{x, y}] != planar.PolygonContains(p, orb.Point{float64(x) + 0.5, float64(y) + 0.5}) {
				wrong++
			}
		}
	}
	require.Zero(t, wrong, "pixels on the wrong side of the outline")
}

func TestAreaOnTheEllipsoid(t *testing.T) {
	// One degree by one degree: at the equator 12,308.8 km2, and from 45 to 46 N 8,702.9 km2, by the exact
	// area of a zone of the WGS84 ellipsoid (Snyder 1987, eq. 3-18 with the authalic q).
	cell := func(lat float64) float64 {
		r := orb.Ring{{10, lat}, {11, lat}, {11, lat + 1}, {10, lat + 1}, {10, lat}}
		return raster.RingAreaM2(r)
	}
	zone := func(lat float64) float64 { // numerical integral of M(lat) N(lat) cos(lat)
		const a, e2, n = 6378137.0, 6.69437999014e-3, 2000
		sum := 0.0
		for i := range n {
			phi := (lat + (float64(i)+0.5)/n) * math.Pi / 180
			w := 1 - e2*math.Sin(phi)*math.Sin(phi)
			sum += a * a * (1 - e2) * math.Cos(phi) / (w * w)
		}
		return sum / n * (math.Pi / 180 * math.Pi / 180)
	}
	for _, lat := range []float64{0, 36.5, 45, -60} {
		require.InEpsilon(t, zone(lat), cell(lat), 1e-6)
	}
	require.InEpsilon(t, 12308.8e6, cell(0), 1e-4)
}

func ExampleLabelMask() {
	m := &raster.Mask{Width: 4, Height: 3, Pix: []uint8{
		1, 1, 0, 0,
		1, 0, 0, 1,
		1, 1, 0, 1,
	}}
	for _, r := range raster.LabelMask(m, false, raster.MaskYes) {
		fmt.Println(r.Pixels, r.Outline())
	}
	// Output:
	// 5 [[[0 0] [2 0] [2 1] [1 1] [1 2] [2 2] [2 3] [0 3] [0 0]]]
	// 2 [[[3 1] [4 1] [4 3] [3 3] [3 1]]]
}

func BenchmarkPolygonsOfRandomMask(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := raster.NewMask(2000, 2000)
	for i := range m.Pix {
		if rng.Float64() < 0.5 {
			m.Pix[i] = raster.MaskYes
		}
	}
	for b.Loop() {
		for _, r := range raster.LabelMask(m, false, raster.MaskYes) {
			if r.Pixels >= 9 {
				_ = r.Outline()
			}
		}
	}
}
