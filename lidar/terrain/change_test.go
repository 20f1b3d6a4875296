package terrain_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"encoding/csv"
	"os"
	"strconv"

	"context"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

// field is smooth noise of unit variance with correlation exp(-(d/2l)^2): white noise smoothed by a Gaussian.
func field(w, h int, l float64, r *rand.Rand) []float64 {
	n := make([]float64, w*h)
	for i := range n {
		n[i] = r.NormFloat64()
	}
	if l <= 0 {
		return n
	}
	k := int(math.Ceil(4 * l))
	weight := make([]float64, 2*k+1)
	sum := 0.0
	for i := range weight {
		weight[i] = math.Exp(-float64((i-k)*(i-k)) / (2 * l * l))
		sum += weight[i] * weight[i]
	}
	for i := range weight {
		weight[i] /= math.Sqrt(sum)
	}
	pass := func(in []float64, dx, dy int) []float64 {
		out := make([]float64, len(in))
		for y := range h {
			for x := range w {
				for i, a := range weight {
					X, Y := (x+dx*(i-k)+8*w)%w, (y+dy*(i-k)+8*h)%h
					out[y*w+x] += a * in[Y*w+X]
				}
			}
		}
		return out
	}
	return pass(pass(n, 1, 0), 0, 1)
}

// survey samples ground on a frame with noise of deviation s and correlation length l cells.
func survey(f terrain.Frame, s, l float64, r *rand.Rand, ground func(x, y float64) float64) *terrain.Grid {
	g := terrain.NewGrid(f)
	n := field(f.W, f.H, l, r)
	for i := range g.Z {
		x, y := f.Place(float64(i%f.W)+0.5, float64(i/f.W)+0.5)
		g.Z[i] = float32(ground(x, y) + s*n[i])
	}
	return g
}

var yard = terrain.Frame{W: 220, H: 200, CellM: 1, X: 1000, Y: 5200, UnitM: 1}

func ground(x, y float64) float64 { return hills(x-1000, y-5000) + 2*math.Sin(x/9)*math.Cos(y/11) }

func TestKnownShiftTiltAndHeap(t *testing.T) {
	const (
		east, north, up     = 0.7, -0.4, 0.25
		tiltEast, tiltNorth = 1e-3, -5e-4
		radius, heap        = 9.0, 6.0
	)
	for _, l := range []float64{0, 2} {
		r := rand.New(rand.NewPCG(4, uint64(l)))
		a := survey(yard, 0.05, l, r, ground)
		b := survey(yard, 0.07, l, r, func(x, y float64) float64 {
			gx, gy := x-east, y-north
			z := ground(gx, gy) + up + tiltEast*(gx-1110) + tiltNorth*(gy-5100)
			z += math.Max(0, heap*(1-math.Hypot(gx-1080, gy-5120)/radius))
			if math.Abs(gx-1160) < 6 && math.Abs(gy-5060) < 4 { // a pit
				z -= 1.5
			}
			return z
		})
		c, err := terrain.Change(a, b, terrain.ChangeOptions{})
		require.NoError(t, err)
		s := c.Shift
		t.Logf("l %v: east %.3f+-%.3f north %.3f+-%.3f up %.4f+-%.4f tilt %.6f %.6f, noise x%.2f, correlation %.1f m2, significant %.3f",
			l, s.EastM, s.SigmaEastM, s.NorthM, s.SigmaNorthM, s.UpM, s.SigmaUpM, s.TiltEast, s.TiltNorth, c.NoiseFactor, c.CorrelationM2, c.Significant)
		require.True(t, s.Horizontal)
		require.InDelta(t, east, s.EastM, 4*s.SigmaEastM+0.01)
		require.InDelta(t, north, s.NorthM, 4*s.SigmaNorthM+0.01)
		require.InDelta(t, up, s.UpM, 4*s.SigmaUpM+0.005)
		require.InDelta(t, tiltEast, s.TiltEast, 4*s.SigmaTiltEast+2e-5)
		require.InDelta(t, tiltNorth, s.TiltNorth, 4*s.SigmaTiltNorth+2e-5)
		require.Less(t, s.SigmaEastM, 0.1)

		require.Len(t, c.Objects, 2)
		cone, pit := c.Objects[0], c.Objects[1]
		t.Logf("heap %+v, truth %.1f; pit %+v, truth %.1f", cone.VolumeM3, math.Pi*radius*radius*heap/3, pit.VolumeM3, -12*8*1.5)
		require.InDelta(t, 1080, cone.X, 1)
		require.InDelta(t, 5120, cone.Y, 1)
		within(t, math.Pi*radius*radius*heap/3, cone.VolumeM3)
		within(t, -12*8*1.5, pit.VolumeM3)
		within(t, math.Pi*radius*radius*heap/3-144, c.NetM3)
		require.Less(t, cone.VolumeM3.Sigma, 0.05*cone.VolumeM3.Value)
	}
}

func within(t *testing.T, want float64, e upwind.Estimate) {
	require.GreaterOrEqual(t, want, e.Lo95)
	require.LessOrEqual(t, want, e.Hi95)
}

// Where nothing changed at most a twentieth of the cells is significant and no object is found, and the
// stated interval of a heap's volume holds, however the noise is correlated.
func TestNothingChangedAndIntervalsHold(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	f := terrain.Frame{W: 105, H: 100, CellM: 1, X: 1000, Y: 5200, UnitM: 1}
	for _, l := range []float64{0, 1, 3} {
		share, objects, held, found := 0.0, 0, 0, 0
		const runs = 12
		for k := range runs {
			r := rand.New(rand.NewPCG(uint64(k), 77+uint64(l)))
			a := survey(f, 0.06, l, r, ground)
			b := survey(f, 0.06, l, r, func(x, y float64) float64 { return ground(x, y) + 0.1 })
			c, err := terrain.Change(a, b, terrain.ChangeOptions{})
			require.NoError(t, err)
			share += c.Significant / runs
			objects += len(c.Objects)
			for i := range b.Z { // a paraboloid of 78.5 m3
				x, y := f.Place(float64(i%f.W)+0.5, float64(i/f.W)+0.5)
				d := math.Hypot(x-1050, y-5150) / 5
				b.Z[i] += float32(math.Max(0, 2*(1-d*d)))
			}
			c, err = terrain.Change(a, b, terrain.ChangeOptions{})
			require.NoError(t, err)
			if len(c.Objects) > 0 {
				found++
				if v := c.Objects[0].VolumeM3; v.Lo95 <= math.Pi*25 && math.Pi*25 <= v.Hi95 {
					held++
				}
			}
		}
		t.Logf("l %v: significant %.3f, false objects %d, interval held %d of %d", l, share, objects, held, found)
		require.LessOrEqual(t, share, 0.06)
		require.LessOrEqual(t, objects, 3)
		require.Equal(t, runs, found)
		require.GreaterOrEqual(t, held, runs*3/4)
	}
}

func TestFlatGroundTellsHeightOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	a := survey(yard, 0.05, 0, r, func(x, y float64) float64 { return 20 })
	b := survey(yard, 0.05, 0, r, func(x, y float64) float64 { return 20.4 })
	c, err := terrain.Change(a, b, terrain.ChangeOptions{})
	require.NoError(t, err)
	require.False(t, c.Shift.Horizontal)
	require.Zero(t, c.Shift.EastM)
	require.InDelta(t, 0.4, c.Shift.UpM, 0.005)
	require.Contains(t, strings.Join(c.Notes, ";"), "too flat")
}

func TestStatedStableGroundDecides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	a := survey(yard, 0.05, 0, r, ground)
	// Two thirds of the site was raised by a metre.
	raised := func(x float64) bool { return x > 1070 }
	b := survey(yard, 0.05, 0, r, func(x, y float64) float64 {
		if raised(x) {
			return ground(x, y) + 1
		}
		return ground(x, y)
	})
	stable := make([]bool, len(a.Z))
	cells := 0
	for i := range stable {
		x, _ := yard.Place(float64(i%yard.W)+0.5, 0)
		if stable[i] = x < 1065; raised(x) {
			cells++
		}
	}
	c, err := terrain.Change(a, b, terrain.ChangeOptions{Stable: stable})
	require.NoError(t, err)
	require.Len(t, c.Objects, 1)
	within(t, float64(cells), c.Objects[0].VolumeM3)
	require.NotEmpty(t, c.Notes)
}

func TestChangeRefusals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	a := survey(yard, 0.05, 0, r, ground)
	elsewhere := yard
	elsewhere.X += 1e5
	b := survey(elsewhere, 0.05, 0, r, ground)
	feet := survey(yard, 0.05, 0, r, ground)
	feet.UnitM = 0.3048
	for what, c := range map[string]struct {
		b    *terrain.Grid
		o    terrain.ChangeOptions
		want string
	}{
		"elsewhere": {b, terrain.ChangeOptions{}, "stable ground"},
		"aligned":   {b, terrain.ChangeOptions{Aligned: true}, "no cell"},
		"unit":      {feet, terrain.ChangeOptions{}, "unit"},
		"mask":      {a, terrain.ChangeOptions{Stable: make([]bool, 3)}, "mask"},
		"empty":     {&terrain.Grid{}, terrain.ChangeOptions{}, "no cells"},
	} {
		_, err := terrain.Change(a, c.b, c.o)
		require.True(t, upwind.IsRefusal(err), "%s: %v", what, err)
		require.ErrorContains(t, err, c.want)
	}
}

// TestAutzen compares two real surveys, 2010 and 2023, of a bicycle track that was rebuilt, and M3C2 distances
// computed from the points (Lague et al. 2013) at core points.
func TestAutzen(t *testing.T) {
	dir := sharedData(t, "pointcloud/formats/pdal")
	const ft = 0.304800609601219
	var grids [2]*terrain.Grid
	var frame terrain.Frame
	o := terrain.Options{ZUnitM: ft, CellM: 1}
	for k, name := range []string{"autzen-bmx-2010.las", "autzen-bmx-2023.las"} {
		files := []*las.Reader{open(t, filepath.Join(dir, name))}
		if k == 0 {
			var err error
			frame, err = terrain.FrameOf(context.Background(), files, o)
			require.NoError(t, err)
		}
		g, err := terrain.DSM(context.Background(), files, frame, o, terrain.SurfaceOptions{ReachM: 2}, nil)
		require.NoError(t, err)
		grids[k] = g
	}
	c, err := terrain.Change(grids[0], grids[1], terrain.ChangeOptions{Aligned: true})
	require.NoError(t, err)
	t.Logf("%dx%d cells, noise x%.2f, significant %.2f, gained %.0f, lost %.0f m3", frame.W, frame.H, c.NoiseFactor, c.Significant, c.GainedM3.Value, c.LostM3.Value)
	cores, err := os.Open(filepath.Join(dir, "autzen-bmx-cc.txt"))
	require.NoError(t, err)
	defer cores.Close()
	rows, err := csv.NewReader(cores).ReadAll()
	require.NoError(t, err)
	at := map[string]int{}
	for i, n := range rows[0] {
		at[n] = i
	}
	var n, same, sxy, sxx, syy, sx, sy float64
	for _, row := range rows[1:] {
		v := func(name string) float64 {
			x, err := strconv.ParseFloat(row[at[name]], 64)
			if err != nil {
				return math.NaN()
			}
			return x
		}
		// A distance along a normal is seen from above as distance / cos.
		want := v("M3C2 distance") / v("NormalZ") * ft
		got := c.Difference.At(v("X"), v("Y"))
		if math.IsNaN(want) || math.IsNaN(got) || v("NormalZ") < 0.9 || v("significant change") != 1 {
			continue
		}
		n++
		if want*got > 0 {
			same++
		}
		sx, sy, sxy, sxx, syy = sx+want, sy+got, sxy+want*got, sxx+want*want, syy+got*got
	}
	r := (n*sxy - sx*sy) / math.Sqrt((n*sxx-sx*sx)*(n*syy-sy*sy))
	t.Logf("%v core points: same sign %.0f %%, correlation %.3f, mean %.3f (M3C2) %.3f m (ours)", n, 100*same/n, r, sx/n, sy/n)
	require.Greater(t, n, 10.0)
	require.Greater(t, same/n, 0.9)
	require.Greater(t, r, 0.8)
}
