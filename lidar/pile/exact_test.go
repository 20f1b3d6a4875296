package pile

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var tan33 = math.Tan(33 * math.Pi / 180)

// yard is a grid of w x h cells with heights from fn(x east, y south) in m at cell centres.
func yard(w, h int, cell float64, fn func(x, y float64) float64) Surface {
	s := Surface{W: w, H: h, CellM: cell, Z: make([]float64, w*h)}
	for i := range s.Z {
		s.Z[i] = fn((float64(i%w)+0.5)*cell, (float64(i/w)+0.5)*cell)
	}
	return s
}

// cone is the height of a cone on a slope s rising eastward: apex at height H over the base below it.
func cone(x, y, cx, cy, H, T, s float64) float64 {
	base := 50 + s*x
	return math.Max(base, 50+s*cx+H-T*math.Hypot(x-cx, y-cy))
}

func TestExactVolumes(t *testing.T) {
	H := 10 * tan33
	cases := []struct {
		name string
		want float64
		tol  float64
		cell float64
		fn   func(x, y float64) float64
	}{
		{"cone R 10 m", 680.058, 0.01, 0.5, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, H, tan33, 0) }},
		{"frustum 15/8 m", 1947.006, 0.01, 0.5, func(x, y float64) float64 {
			return 50 + tan33*math.Max(0, math.Min(7, 15-math.Hypot(x-30.1, y-30.2)))
		}},
		{"cone on slope 0.1", 704.983, 0.01, 0.5, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, H, tan33, 0.1) }},
		{"cone on slope 0.3", 974.811, 0.01, 0.5, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, H, tan33, 0.3) }},
		{"cone R 5 m", math.Pi * 125 * tan33 / 3, 0.01, 0.5, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, 5*tan33, tan33, 0) }},
		{"cone R 10 m, cell 1", 680.058, 0.01, 1, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, H, tan33, 0) }},
		{"cone R 3 m, cell 0.5", math.Pi * 27 * tan33 / 3, 0.03, 0.5, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, 3*tan33, tan33, 0) }},
		{"cone R 3 m, cell 1", math.Pi * 27 * tan33 / 3, 0.03, 1, func(x, y float64) float64 { return cone(x, y, 30.1, 30.2, 3*tan33, tan33, 0) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := int(60 / c.cell)
			r, err := Survey(context.Background(), yard(n, n, c.cell, c.fn), Options{}, nil)
			require.NoError(t, err)
			require.Len(t, r.Piles, 1)
			p := r.Piles[0]
			require.InEpsilon(t, c.want, p.Volume.Value, c.tol)
			require.InDelta(t, p.Volume.Value, p.FillM3-p.CutM3, 1e-6)
			t.Logf("%v, error %+.2f %%", p, 100*(p.Volume.Value/c.want-1))
		})
	}
}

// Cones of every repose, radius, slope and place of the apex within its cell, on three sizes of cell.
func TestExactSweep(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	const angle = 0.6 // of the ground's rise from east
	for _, cell := range []float64{0.25, 0.5, 1} {
		for _, R := range []float64{3, 5, 10} {
			tol := 0.01
			if R < 5 {
				tol = 0.03
			}
			worst := 0.0
			for _, deg := range []float64{30, 33, 36} {
				T := math.Tan(deg * math.Pi / 180)
				for _, slope := range []float64{0, 0.1, 0.2} {
					for _, off := range [][2]float64{{0.1, 0.2}, {0.37, 0.11}, {0.5, 0.5}} {
						H, mid := R*T, math.Ceil(R/0.5)+10
						n := int(2 * mid / cell)
						cx, cy := mid+off[0]*cell, mid+off[1]*cell
						ground := func(x, y float64) float64 { return 50 + slope*(x*math.Cos(angle)+y*math.Sin(angle)) }
						s := yard(n, n, cell, func(x, y float64) float64 {
							return math.Max(ground(x, y), ground(cx, cy)+H-T*math.Hypot(x-cx, y-cy))
						})
						// A heap of six cells across is little to judge by: here it only has to be measured.
						r, err := Survey(context.Background(), s, Options{MinProbability: 0.05}, nil)
						require.NoError(t, err)
						require.Len(t, r.Piles, 1, "cell %v R %v repose %v slope %v", cell, R, deg, slope)
						want := math.Pi * H * H * H * T / (3 * math.Pow(T*T-slope*slope, 1.5))
						require.InEpsilon(t, want, r.Piles[0].Volume.Value, tol, "cell %v R %v repose %v slope %v", cell, R, deg, slope)
						worst = math.Max(worst, math.Abs(r.Piles[0].Volume.Value/want-1))
					}
				}
			}
			t.Logf("cell %.2f m, R %2.0f m: worst error %.2f %%", cell, R, 100*worst)
		}
	}
}

// The footprint of a cone is a circle: area, centre, closed ring, orientation.
func TestFootprint(t *testing.T) {
	piles, err := Find(context.Background(), yard(120, 120, 0.5, func(x, y float64) float64 {
		return cone(x, y, 30.1, 30.2, 10*tan33, tan33, 0)
	}), Options{}, nil)
	require.NoError(t, err)
	require.Len(t, piles, 1)
	p := piles[0]
	require.InEpsilon(t, math.Pi*100, p.Area.Value, 0.01)
	require.InEpsilon(t, 10*tan33, p.Height.Value, 0.04)
	require.InDelta(t, 33, p.SlopeDeg, 0.5)
	require.InDelta(t, 30.1, p.Centroid.X*0.5, 0.1)
	require.InDelta(t, 30.2, p.Centroid.Y*0.5, 0.1)
	require.Equal(t, p.Outline[0], p.Outline[len(p.Outline)-1])
	require.InEpsilon(t, math.Pi*400, ringArea(p.Outline[:len(p.Outline)-1]), 0.01, "counterclockwise, cells^2")
	require.Greater(t, p.Probability, 0.9)
	require.Equal(t, float32(1), p.Mask.At(60, 60))
	require.Zero(t, p.Mask.At(0, 0))
}

// Heights shifted, mirrored or with their rows and columns swapped give the same volume.
func TestInvariance(t *testing.T) {
	s := yard(120, 120, 0.5, func(x, y float64) float64 { return cone(x, y, 28, 31, 8*tan33, tan33, 0.15) })
	volume := func(fn func(x, y int) float64) float64 {
		m := Surface{W: 120, H: 120, CellM: 0.5, Z: make([]float64, len(s.Z))}
		for i := range m.Z {
			m.Z[i] = fn(i%120, i/120)
		}
		p, err := Find(context.Background(), m, Options{}, nil)
		require.NoError(t, err)
		require.Len(t, p, 1)
		return p[0].Volume.Value
	}
	at := func(x, y int) float64 { return s.Z[y*120+x] }
	want := volume(at)
	require.InEpsilon(t, want, volume(func(x, y int) float64 { return at(x, y) + 4000 }), 1e-3)
	require.InEpsilon(t, want, volume(func(x, y int) float64 { return at(119-x, y) }), 1e-3)
	require.InEpsilon(t, want, volume(func(x, y int) float64 { return at(y, x) }), 1e-3)
}

func TestNothingToFind(t *testing.T) {
	nan := math.NaN()
	for name, s := range map[string]Surface{
		"one cell":  {W: 1, H: 1, CellM: 1, Z: []float64{3}},
		"all void":  yard(40, 40, 1, func(x, y float64) float64 { return nan }),
		"flat":      yard(40, 40, 1, func(x, y float64) float64 { return 7 }),
		"hillside":  yard(80, 80, 1, func(x, y float64) float64 { return 0.6 * x }),
		"pit":       yard(80, 80, 1, func(x, y float64) float64 { return -math.Max(0, 8-math.Hypot(x-40, y-40)) * tan33 }),
		"infinite":  yard(40, 40, 1, func(x, y float64) float64 { return math.Inf(1 - 2*(int(x)%2)) }),
		"staircase": yard(80, 80, 1, func(x, y float64) float64 { return math.Floor(x/10) * 5 }),
		"valley":    yard(80, 80, 1, func(x, y float64) float64 { return math.Abs(x-40) * tan33 }),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Find(context.Background(), s, Options{}, nil)
			require.NoError(t, err)
			require.Empty(t, p)
		})
	}
	for _, bad := range []Surface{{}, {W: 2, H: 2, CellM: 1, Z: make([]float64, 3)}, {W: 1, H: 1, CellM: nan, Z: []float64{1}}, {W: 1 << 40, H: 1 << 40, CellM: 1}} {
		_, err := Find(context.Background(), bad, Options{}, nil)
		require.Error(t, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Find(ctx, yard(40, 40, 1, func(x, y float64) float64 { return 7 }), Options{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}
