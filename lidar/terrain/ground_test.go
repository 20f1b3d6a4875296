package terrain_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

func TestAnalyticScenes(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	plane := func(x, y float64) float64 { return 10 + 0.4*x - 0.2*y }
	bare := func(g func(x, y float64) float64) func(x, y float64, r *rand.Rand) (float64, bool) {
		return func(x, y float64, r *rand.Rand) (float64, bool) { return g(x, y) + 0.03*r.NormFloat64(), true }
	}
	terrace := func(x, y float64) float64 { return 4 * math.Floor(math.Min(x, 175)/25) }
	for _, c := range []struct {
		name    string
		density float64
		height  func(x, y float64, r *rand.Rand) (float64, bool)
		total   float64 // %
	}{
		{"flat", 2, bare(func(x, y float64) float64 { return 5 }), 0},
		{"a plane of 45 %", 2, bare(plane), 0.1},
		{"hills", 2, bare(hills), 0.1},
		{"hills, thin", 0.2, bare(hills), 0.5},
		{"terraces of 4 m", 2, bare(terrace), 1},
		{"a town on a plain", 4, town(func(x, y float64) float64 { return 30 }), 0.5},
		{"a town on a plane", 4, town(plane), 1.5},
		{"a town on hills", 4, town(hills), 1.5},
		{"a town on hills, thin", 0.7, town(hills), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			const side = 240
			_, e := classify(t, terrain.Options{}, source(scene(int(c.density*side*side), side, 3, c.height)))
			t.Logf("type I %.2f %%, type II %.2f %%, total %.2f %%", e.TypeI, e.TypeII, e.Total)
			require.LessOrEqual(t, e.Total, c.total)
		})
	}
}

// Blocks, threads, the order of points and the way a survey is cut into files change nothing.
func TestSameClassesHoweverTheSurveyIsWorked(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	const side = 800
	pts := scene(300_000, side, 8, town(hills))
	o := terrain.Options{WindowM: 6, Threads: 1} // a small window keeps margins, and the test, short
	one, _ := classify(t, o, source(pts))
	require.Equal(t, 1, one.Report.Blocks)

	o.Threads, o.MaxCells = 3, 755*755
	many, _ := classify(t, o, source(pts))
	require.Greater(t, many.Report.Blocks, 3)
	o.MaxCells = 0
	var parts [3][]las.Point
	for _, p := range pts {
		k := 2 // by place
		if p.X < 500000+side/3 {
			k = 0
		} else if p.Y > 4000000+side/2 {
			k = 1
		}
		parts[k] = append(parts[k], p)
	}
	for k := range parts {
		slices.Reverse(parts[k])
	}
	files := []*points{source(parts[0]), source(parts[1]), source(parts[2])}
	split, _ := classify(t, o, files...)
	require.Equal(t, one.Report.Ground, many.Report.Ground)
	require.Equal(t, one.Report.Ground, split.Report.Ground)
	ground := map[[3]float64]bool{}
	for i, p := range pts {
		g := one.IsGround(0, int64(i))
		require.Equal(t, g, many.IsGround(0, int64(i)), "blocks: point %d", i)
		ground[[3]float64{p.X, p.Y, p.Z}] = g
	}
	for k, f := range files {
		for i, p := range f.p {
			require.Equal(t, ground[[3]float64{p.X, p.Y, p.Z}], split.IsGround(k, int64(i)), "files: point %d of %d", i, k)
		}
	}
	a, b := one.DTM(terrain.SurfaceOptions{}), many.DTM(terrain.SurfaceOptions{})
	require.Equal(t, a.Frame, b.Frame)
	for i := range a.Z {
		require.InDelta(t, a.Z[i], b.Z[i], 1e-3)
	}
}

func TestFeetAreConverted(t *testing.T) {
	pts := scene(160_000, 200, 4, town(hills))
	metres, _ := classify(t, terrain.Options{}, source(pts))
	const ft = 0.3048
	for i := range pts {
		pts[i].X, pts[i].Y, pts[i].Z = pts[i].X/ft, pts[i].Y/ft, pts[i].Z/ft
	}
	feet, e := classify(t, terrain.Options{UnitM: ft, ZUnitM: ft}, source(pts))
	require.Less(t, e.Total, 2.0)
	require.InEpsilon(t, metres.Report.Ground, feet.Report.Ground, 0.005)
	d := feet.DTM(terrain.SurfaceOptions{})
	require.InDelta(t, hills(130, 85), d.At(500130/ft, 4000085/ft), 0.05, "heights in m, places in feet")
}

func TestOnlyLastReturnsThatAreNoNoise(t *testing.T) {
	flat := func(x, y float64, r *rand.Rand) (float64, bool) { return 7, true }
	pts := scene(20_000, 100, 6, flat)
	for i := range pts {
		switch i % 10 {
		case 0:
			pts[i].Returns, pts[i].Class = 2, 1 // first of two
		case 1:
			pts[i].Class = las.ClassLowNoise
			pts[i].Z -= 30
		case 2:
			pts[i].Class = las.ClassHighNoise
		case 3:
			pts[i].Withheld, pts[i].Class = true, 1
		}
	}
	m, e := classify(t, terrain.Options{}, source(pts))
	require.Zero(t, e.Total)
	require.EqualValues(t, 2_000, m.Report.Early)
	require.EqualValues(t, 6_000, m.Report.Dropped)
	require.EqualValues(t, 12_000, m.Report.Ground)
}

func TestRepeatedPointsChangeNothing(t *testing.T) {
	pts := scene(40_000, 150, 7, town(hills))
	once, _ := classify(t, terrain.Options{}, source(pts))
	var twice []las.Point
	for i, p := range pts {
		twice = append(twice, p)
		if i/500%2 == 0 { // in stripes of the file
			twice = append(twice, p, p)
		}
	}
	m, _ := classify(t, terrain.Options{}, source(twice))
	j := 0
	for i := range pts {
		require.Equal(t, once.IsGround(0, int64(i)), m.IsGround(0, int64(j)))
		j++
		if i/500%2 == 0 {
			j += 2
		}
	}
}

// lowClump is a patch of multipath points far below a plain, and a courtyard that only looks like one.
func TestLowOutliersAreNoGroundButCourtyardsAre(t *testing.T) {
	pts := scene(60_000, 150, 9, func(x, y float64, r *rand.Rand) (float64, bool) {
		switch {
		case math.Hypot(x-40, y-40) < 2.5:
			return 80 + r.Float64(), false
		case math.Abs(x-100) < 3 && math.Abs(y-100) < 3:
			return 100, true
		case math.Abs(x-100) < 12 && math.Abs(y-100) < 12:
			return 115, false
		}
		return 100 + 0.03*r.NormFloat64(), true
	})
	pts = append(pts, las.Point{X: 500020, Y: 4000020, Z: 60, Return: 1, Returns: 1, Class: 1})
	_, e := classify(t, terrain.Options{}, source(pts))
	require.Less(t, e.TypeI, 0.1)
	require.Zero(t, e.TypeII)
}

func TestStrangeClouds(t *testing.T) {
	flat := func(x, y float64, r *rand.Rand) (float64, bool) { return 12, true }
	far := scene(5000, 80, 2, flat)
	far = append(far, las.Point{X: 9e9, Y: -9e9, Z: 3}, las.Point{X: 500010, Y: 4000010, Z: 1e30}, las.Point{X: 500020, Y: 4000010, Z: -4e6})
	nan := scene(5000, 80, 2, flat)
	for i := range 50 {
		nan = append(nan, las.Point{X: math.NaN(), Y: 4000000 + float64(i), Z: 1}, las.Point{X: 500000, Y: 4000000, Z: math.Inf(-1)})
	}
	noise := scene(100, 50, 1, flat)
	for i := range noise {
		noise[i].Class = las.ClassLowNoise
	}
	lying := source(scene(5000, 80, 2, flat))
	lying.header.Min, lying.header.Max = [3]float64{0, 0, 0}, [3]float64{1, 1, 1}
	for _, c := range []struct {
		name   string
		s      *points
		ground int64
		note   string
	}{
		{"no point", source(nil), 0, "no points"},
		{"one point", source(scene(1, 1, 1, flat)), 1, ""},
		{"one place", source([]las.Point{{X: 1, Y: 2, Z: 3}, {X: 1, Y: 2, Z: 3}, {X: 1, Y: 2, Z: 3}}), 3, ""},
		{"a line", source(scene(1000, 0.001, 1, flat)), 1000, ""},
		{"all equal", source(scene(3000, 60, 1, flat)), 3000, ""},
		{"noise only", source(noise), 0, "none is usable"},
		{"strays far away", source(far), 5000, "far from the others"},
		{"numbers that are none", source(nan), 5000, "far from the others"},
		{"wrong bounds in the header", lying, 5000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := terrain.Ground(context.Background(), []*points{c.s}, terrain.Options{}, nil)
			require.NoError(t, err)
			require.Equal(t, c.ground, m.Report.Ground)
			if c.note == "" {
				require.Empty(t, m.Report.Notes)
			} else {
				require.NotEmpty(t, m.Report.Notes)
				require.Contains(t, m.Report.Notes[0], c.note)
			}
			d := m.DTM(terrain.SurfaceOptions{})
			require.Len(t, d.Z, m.Frame.W*m.Frame.H)
		})
	}
}

func TestScatteredPointsAreRefusedNotPaidFor(t *testing.T) {
	var pts []las.Point
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		pts = append(pts, las.Point{X: 1e7 * r.Float64(), Y: 1e7 * r.Float64(), Z: 5})
	}
	_, err := terrain.Ground(context.Background(), []*points{source(pts)}, terrain.Options{}, nil)
	require.True(t, upwind.IsRefusal(err), "%v", err)
	require.ErrorContains(t, err, "scattered")
}

func TestCancelledWorkEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := terrain.Ground(ctx, []*points{source(scene(10_000, 50, 1, town(hills)))}, terrain.Options{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestScore(t *testing.T) {
	truth := []bool{true, true, true, true, false, false, false, false, false, false}
	e := terrain.Score(truth, []bool{true, true, true, false, true, true, false, false, false, false})
	require.InDelta(t, 25, e.TypeI, 1e-9)
	require.InDelta(t, 100.0/3, e.TypeII, 1e-9)
	require.InDelta(t, 30, e.Total, 1e-9)
	require.InDelta(t, 40, e.Kappa, 1e-9) // (0.7 - 0.5) / (1 - 0.5)
	require.True(t, math.IsNaN(terrain.Score([]bool{true}, []bool{true}).Kappa))
	require.Zero(t, terrain.Score(nil, nil).Total)
}
