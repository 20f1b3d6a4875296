package terrain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func random(w, h int, seed uint64) *layer {
	r := rand.New(rand.NewPCG(seed, 1))
	l := newLayer(w, h)
	for i := range l.z {
		l.z[i] = float32(r.NormFloat64())
	}
	return l
}

func (l *layer) erodeByDefinition(o octagon) *layer {
	out := newLayer(l.w, l.h)
	for y := range l.h {
		for x := range l.w {
			m := inf32
			for dy := -o.a - o.d; dy <= o.a+o.d; dy++ {
				for dx := -o.width(dy) / 2; dx <= o.width(dy)/2; dx++ {
					if X, Y := x+dx, y+dy; o.width(dy) > 0 && X >= 0 && Y >= 0 && X < l.w && Y < l.h {
						m = min(m, l.z[Y*l.w+X])
					}
				}
			}
			out.z[y*l.w+x] = m
		}
	}
	return out
}

func TestErosionEqualsItsDefinition(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 7}, {9, 1}, {17, 16}, {40, 33}, {70, 21}} {
		for _, o := range []octagon{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {2, 1}, {1, 2}, {3, 3}, {2, 4}, {7, 10}, {30, 25}} {
			t.Run(fmt.Sprint(size, o), func(t *testing.T) {
				l := random(size[0], size[1], 7)
				want := l.erodeByDefinition(o)
				for _, threads := range []int{1, 3} {
					r := l.relief()
					r.erode(o, threads)
					for i, k := range r.k {
						require.Equal(t, want.z[i], heightOf(k))
					}
				}
			})
		}
	}
}

func TestOpeningIsBelowAndIdempotent(t *testing.T) {
	l := random(60, 50, 3)
	once := l.clone()
	once.open(octagon{2, 5}, 2)
	for i := range l.z {
		require.LessOrEqual(t, once.z[i], l.z[i])
	}
	twice := once.clone()
	twice.open(octagon{2, 5}, 2)
	require.Equal(t, once.z, twice.z)
}

func TestOctagonsAreDisks(t *testing.T) {
	for r := 1; r <= 40; r++ {
		o := nearestOctagon(r)
		area, cells := 0.0, 0
		for y := -r - 2; y <= r+2; y++ {
			area += float64(diskWidth(r, y))
			cells += o.width(y)
		}
		require.InDelta(t, 1, float64(cells)/area, 0.15, "radius %d: %+v", r, o)
		require.LessOrEqual(t, abs(o.a+o.d-r), 1)
	}
	require.Equal(t, octagon{0, 1}, nearestOctagon(1))
}

func TestDistancesEqualTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		w, h := 1+r.IntN(30), 1+r.IntN(30)
		known := make([]bool, w*h)
		for i := range known {
			known[i] = r.IntN(25) == 0
		}
		got := distances(known, w, h)
		for i := range known {
			want := math.Inf(1)
			for j, k := range known {
				if k {
					want = math.Min(want, math.Hypot(float64(i%w-j%w), float64(i/w-j/w)))
				}
			}
			require.InDelta(t, want, float64(got[i]), 1e-4)
			if math.IsInf(want, 1) {
				require.True(t, math.IsInf(float64(got[i]), 1))
			}
		}
	}
}
