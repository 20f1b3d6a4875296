package terrain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
)

// direct solves the same Laplace equation with a dense factorisation.
func direct(l *layer) []float32 {
	index := make([]int, len(l.z))
	n := 0
	for i, v := range l.z {
		if index[i] = -1; isNaN(v) {
			index[i] = n
			n++
		}
	}
	if n == 0 {
		return l.clone().z
	}
	a, b := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	for i, k := range index {
		if k < 0 {
			continue
		}
		x, y := i%l.w, i/l.w
		for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			X, Y := x+d[0], y+d[1]
			if X < 0 || Y < 0 || X >= l.w || Y >= l.h {
				continue
			}
			a.Set(k, k, a.At(k, k)+1)
			if j := Y*l.w + X; index[j] >= 0 {
				a.Set(k, index[j], -1)
			} else {
				b.SetVec(k, b.AtVec(k)+float64(l.z[j]))
			}
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		panic(err)
	}
	out := l.clone().z
	for i, k := range index {
		if k >= 0 {
			out[i] = float32(x.AtVec(k))
		}
	}
	return out
}

func TestMultigridEqualsDirectSolve(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	for _, c := range []struct {
		name  string
		w, h  int
		known func(x, y int) bool
	}{
		{"none void", 8, 8, func(x, y int) bool { return true }},
		{"one known", 9, 13, func(x, y int) bool { return x == 4 && y == 6 }},
		{"two far apart", 31, 30, func(x, y int) bool { return x == 2 && y == 3 || x == 29 && y == 20 }},
		{"sparse", 40, 27, func(x, y int) bool { return r.IntN(8) == 0 }},
		{"a lake", 37, 37, func(x, y int) bool { return (x-18)*(x-18)+(y-18)*(y-18) > 200 }},
		{"open to the border", 30, 33, func(x, y int) bool { return x < 4 }},
		{"a row", 50, 1, func(x, y int) bool { return x == 3 || x == 40 }},
		{"stripes", 33, 34, func(x, y int) bool { return x%7 == 0 }},
		{"checks", 32, 32, func(x, y int) bool { return (x/3+y/3)%2 == 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLayer(c.w, c.h)
			for i := range l.z {
				if l.z[i] = nan32; c.known(i%c.w, i/c.w) {
					l.z[i] = float32(10 * r.NormFloat64())
				}
			}
			want := direct(l)
			one, three := l.clone(), l.clone()
			one.inpaint(1)
			three.inpaint(3)
			require.Equal(t, one.z, three.z, "threads change nothing")
			for i := range want {
				require.InDelta(t, want[i], one.z[i], 5*inpaintTolM)
			}
		})
	}
}

func TestInpaintReproducesAPlane(t *testing.T) {
	l := newLayer(200, 180)
	for i := range l.z {
		x, y := i%l.w, i/l.w
		l.z[i] = 0.3*float32(x) - 0.2*float32(y)
	}
	want := l.clone()
	for i := range l.z {
		if x, y := i%l.w, i/l.w; (x-90)*(x-90)+(y-90)*(y-90) < 80*80 {
			l.z[i] = nan32
		}
	}
	l.inpaint(2)
	for i := range l.z {
		require.InDelta(t, want.z[i], l.z[i], 0.01)
	}
}

func TestNothingKnownStaysVoid(t *testing.T) {
	l := newLayer(5, 4)
	for i := range l.z {
		l.z[i] = nan32
	}
	l.inpaint(1)
	for _, v := range l.z {
		require.True(t, isNaN(v))
	}
}
