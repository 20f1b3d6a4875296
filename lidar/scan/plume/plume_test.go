package plume_test

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

func TestAPuffIsFoundWhereItIs(t *testing.T) {
	long(t)
	for _, at := range [][2]float64{{1200, 800}, {-1500, -900}, {-30, 2500}} {
		f := turnOf(180, 270, 2, puffAt(at[0], at[1], 120))
		r := find(t, f)
		require.Len(t, r.Plumes, 1, "puff at %v", at)
		p := r.Plumes[0]
		require.InDelta(t, at[0], p.CentreE.Value, 6)
		require.InDelta(t, at[1], p.CentreN.Value, 6)
		require.InDelta(t, 1e-3, p.Peak.Value, 0.12e-3)
		require.InDelta(t, 0.2e-3, p.Around, 0.02e-3)
		// Along the ray through the middle: sqrt(2 pi) sigma alpha.
		require.InDelta(t, math.Sqrt(2*math.Pi)*120*1e-3, p.OpticalDepth.Value, 0.02)
		require.InDelta(t, math.Hypot(at[0], at[1])*math.Tan(2*math.Pi/180), p.Height.Value, 2)
		require.True(t, planar.MultiPolygonContains(p.Outline, orb.Point{at[0], at[1]}))
		// The outline lies where the excess falls to a twentieth of the peak: r = sigma sqrt(2 ln 20).
		radius := 120 * math.Sqrt(2*math.Log(20))
		require.InEpsilon(t, math.Pi*radius*radius, p.AreaM2, 0.15)
		require.InEpsilon(t, p.AreaM2, planar.Area(p.Outline), 0.03)
		require.Greater(t, p.Probability, 0.8)
		require.LessOrEqual(t, p.Probability, 1.0)
	}
}

func TestOutlinesAreSimpleRings(t *testing.T) {
	long(t)
	for seed := range cities {
		for _, p := range city(t, seed).found.Plumes {
			for _, piece := range p.Outline {
				ring := piece[0]
				require.Equal(t, ring[0], ring[len(ring)-1])
				require.Equal(t, orb.CCW, ring.Orientation())
				seen := map[orb.Point]bool{}
				for _, q := range ring[1:] {
					require.False(t, seen[q], "the outline meets itself at %v", q)
					seen[q] = true
				}
			}
		}
	}
}

func TestAirThatOnlyChangesSlowlyIsNoPlume(t *testing.T) {
	long(t)
	f := turnOf(180, 400, 3, func(e, n, u float64) float64 {
		layer := 1 + 2*math.Exp(-(u-150)*(u-150)/(2*20*20))
		return 0.2e-3 * layer * (1 + 0.08*e/1000 + 0.05*n/1000)
	})
	r := find(t, f)
	require.Zero(t, len(r.Plumes))
}

func TestBeltsAndBanksAreRejectedInWords(t *testing.T) {
	long(t)
	belt := turnOf(180, 270, 2, func(e, n, _ float64) float64 {
		d, az := math.Hypot(e, n), math.Atan2(e, n)
		a := 0.2e-3
		if math.Abs(az) < 1.1 {
			a += 0.6e-3 * math.Exp(-(d-2500)*(d-2500)/(2*80*80))
		}
		return a
	})
	r := find(t, belt)
	require.Zero(t, len(r.Plumes))
	require.Contains(t, r.Rejected[0].Why, "belt")

	bank := turnOf(180, 270, 2, func(e, n, _ float64) float64 {
		return 0.2e-3 + 1e-3/(1+math.Exp((math.Hypot(e-2500, n)-900)/40))
	})
	r = find(t, bank)
	require.Zero(t, len(r.Plumes))
	require.Contains(t, r.Rejected[0].Why, "bank")
}

func TestNothingIsSaidOfWhatIsNotSeen(t *testing.T) {
	f := turnOf(180, 270, 2, puffAt(1200, 800, 120))
	for i := range f.Rays {
		for k := range f.Bins {
			e, n, _ := scan.ENU(f.Rays[i].AzimuthDeg, 2, f.RangeM(k))
			if math.Hypot(e-1200, n-800) < 600 {
				f.Quality[f.At(i, k)] |= scan.BehindTarget
			}
		}
	}
	require.Zero(t, len(find(t, f).Plumes), "the puff lies behind a target")

	f = turnOf(1, 270, 2, puffAt(0, 1200, 120))
	f.Kind = scan.Stare
	r := find(t, f)
	require.Zero(t, len(r.Plumes))
	require.NotEmpty(t, r.Notes, "a fixed beam cannot tell a plume, and that is said")
}

func TestGapsAndRaysTwice(t *testing.T) {
	whole := turnOf(180, 270, 2, puffAt(1200, 800, 120))
	f := *whole
	f.Rays = append([]scan.FieldRay(nil), whole.Rays...)
	// Rays 100 to 119 are missing; the last five look where others look.
	var keep []int
	for i := range f.Rays {
		if i < 100 || i >= 120 {
			keep = append(keep, i)
		}
	}
	keep = append(keep, 30, 31, 32, 33, 34)
	g := scan.Field{Kind: f.Kind, Site: f.Site, WavelengthNM: 532, BinM: f.BinM, FirstM: f.FirstM, Bins: f.Bins, LidarRatioSr: 50}
	for _, i := range keep {
		g.Rays = append(g.Rays, f.Rays[i])
		g.Extinction = append(g.Extinction, f.Extinction[i*f.Bins:(i+1)*f.Bins]...)
		g.ExtinctionSigma = append(g.ExtinctionSigma, f.ExtinctionSigma[i*f.Bins:(i+1)*f.Bins]...)
		g.Quality = append(g.Quality, f.Quality[i*f.Bins:(i+1)*f.Bins]...)
	}
	r := find(t, &g)
	require.Len(t, r.Plumes, 1)
	require.InDelta(t, 1200, r.Plumes[0].CentreE.Value, 6)
	m, err := plume.ToGrid(&g, 25)
	require.NoError(t, err)
	at := func(e, n float64) float64 { return m.Extinction[int((m.NorthM-n)/25)*m.W+int((e-m.WestM)/25)] }
	require.True(t, math.IsNaN(at(2000*math.Sin(219*math.Pi/180), 2000*math.Cos(219*math.Pi/180))), "no air in the gap")
	require.False(t, math.IsNaN(at(2000, 0)))
}

func TestSameResultForAnyNumberOfThreads(t *testing.T) {
	c := city(t, 0)
	for _, n := range []int{1, 7} {
		old := runtime.GOMAXPROCS(n)
		got := find(t, c.field)
		runtime.GOMAXPROCS(old)
		require.Equal(t, c.found.Plumes, got.Plumes)
		require.Equal(t, c.found.Rejected, got.Rejected)
	}
}

func TestPlumesOfSimulatedScans(t *testing.T) {
	long(t)
	var all scanner.Match
	for seed := range cities {
		c := city(t, seed)
		m := c.truth.Compare(scanner.FoundIn(c.found))
		all.True, all.Found, all.Hits = all.True+m.True, all.Found+m.Found, all.Hits+m.Hits
		all.CentreM = append(all.CentreM, m.CentreM...)
	}
	f1 := 2 * float64(all.Hits) / float64(all.True+all.Found)
	require.GreaterOrEqual(t, f1, 0.85, "%d true, %d found, %d right", all.True, all.Found, all.Hits)
	near := 0
	for _, d := range all.CentreM {
		if d <= 15 {
			near++
		}
	}
	require.Greater(t, 2*near, len(all.CentreM), "half of the centres are good to 15 m: %v", all.CentreM)
}

func TestCleanScansHaveNoPlumes(t *testing.T) {
	long(t)
	for seed := scanner.TuneSeed; seed < scanner.TuneSeed+2; seed++ {
		f, _ := scanner.New(scanner.Clean(seed)).Field(0)
		require.Zero(t, len(find(t, f).Plumes), "seed %d", seed)
	}
}

func TestConesAndVerticalCuts(t *testing.T) {
	long(t)
	f, truth := scanner.New(scanner.Conical(3)).Field(0)
	m := truth.Compare(scanner.FoundIn(find(t, f)))
	require.Empty(t, m.False, "clouds are no plumes")

	w := scanner.New(scanner.Upright(2))
	f, truth = w.Field(0)
	require.Len(t, truth.Plumes, 1)
	r := find(t, f)
	require.Len(t, r.Plumes, 1)
	p, want := r.Plumes[0], truth.Plumes[0]
	require.True(t, p.Upright)
	require.InDelta(t, want.CentreE, p.CentreE.Value, 30)
	require.InDelta(t, want.CentreN, p.CentreN.Value, 30)
	require.InDelta(t, want.CentreU, p.Height.Value, 15)
	_, err := r.Grid(0)
	require.ErrorContains(t, err, "turn in azimuth")
}

func TestCancelled(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_, err := plume.Find(ctx, turnOf(20, 50, 2, puffAt(0, 400, 50)), plume.Options{})
	require.ErrorIs(t, err, context.Canceled)
}
