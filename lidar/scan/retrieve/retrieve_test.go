package retrieve_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/retrieve"
)

func rays(kind scan.Kind, step time.Duration, azimuths ...float64) *scan.Scan {
	s := &scan.Scan{Kind: kind}
	at := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	for _, az := range azimuths {
		s.Rays = append(s.Rays, scan.Ray{Start: at, AzimuthDeg: az, ElevationDeg: 2})
		at = at.Add(step)
	}
	return s
}

func turn(from, step float64, n int) (out []float64) {
	for i := range n {
		out = append(out, from+float64(i)*step)
	}
	return out
}

func TestTurns(t *testing.T) {
	counts := func(s *scan.Scan) (out []int) {
		for _, x := range retrieve.Turns(s) {
			out = append(out, len(x.Rays))
		}
		return out
	}
	once, twice := turn(0, 5, 72), turn(0, 5, 144)
	require.Equal(t, []int{72}, counts(rays(scan.PPI, time.Second, once...)))
	require.Equal(t, []int{72, 72}, counts(rays(scan.PPI, time.Second, twice...)), "azimuths may go on beyond 360")
	require.Equal(t, []int{72, 72}, counts(rays(scan.PPI, time.Second, append(slices.Clone(once), once...)...)))
	require.Equal(t, []int{75}, counts(rays(scan.PPI, time.Second, turn(0, 5, 75)...)), "an instrument overshoots")
	require.Equal(t, []int{144}, counts(rays(scan.RHI, time.Second, twice...)), "only turns are cut")

	paused := rays(scan.PPI, time.Second, turn(0, 5, 40)...)
	for i := 20; i < 40; i++ {
		paused.Rays[i].Start = paused.Rays[i].Start.Add(30 * time.Minute)
	}
	require.Equal(t, []int{20, 20}, counts(paused), "a pause ends a sector")
	raised := rays(scan.Cone, time.Second, turn(0, 5, 40)...)
	for i := 20; i < 40; i++ {
		raised.Rays[i].ElevationDeg = 5
	}
	require.Equal(t, []int{20, 20}, counts(raised), "another elevation is another turn")
	require.Equal(t, []int{0}, counts(&scan.Scan{Kind: scan.PPI}))
}

// Two turns in one scan give what two scans give: plumes, and their motion as wind.
func TestTwoTurns(t *testing.T) {
	scene := scanner.Moving(scanner.TuneSeed)
	w := scanner.New(scene)
	a, _ := w.Scan(0)
	b, _ := w.Scan(1)
	both := *a
	both.Rays = append(slices.Clone(a.Rays), b.Rays...)
	p, err := retrieve.Run(context.Background(), &both, retrieve.Options{JobID: "job", Inputs: []string{"scan"}}, nil)
	require.NoError(t, err)
	require.Len(t, p.Turns, 2)
	require.NotEmpty(t, p.Detections)
	for i, d := range p.Detections {
		require.NoError(t, d.Validate())
		require.Equal(t, upwind.DetectionID("job", i), d.ID)
	}
	winds := p.Winds()
	require.Len(t, winds, 1)
	u, v := scene.Wind.At(winds[0].HeightM)
	require.InDelta(t, u, winds[0].U, 1)
	require.InDelta(t, v, winds[0].V, 1)

	one, err := retrieve.Run(context.Background(), a, retrieve.Options{}, nil)
	require.NoError(t, err)
	two, err := retrieve.Run(context.Background(), b, retrieve.Options{}, nil)
	require.NoError(t, err)
	between := retrieve.Between(one, two)
	require.Len(t, between, 1)
	require.InDelta(t, winds[0].U, between[0].U, 0.5)
	require.Empty(t, one.Winds(), "one turn shows no motion")

	a.Site.Placed, b.Site.Placed = false, false
	one, err = retrieve.Run(context.Background(), a, retrieve.Options{}, nil)
	require.NoError(t, err)
	require.Empty(t, one.Detections, "without a place nothing goes onto the map")
	require.NotEmpty(t, one.Last().Result.Plumes)
}

func TestNothingToRetrieve(t *testing.T) {
	_, err := retrieve.Run(context.Background(), &scan.Scan{Kind: scan.PPI}, retrieve.Options{}, nil)
	require.True(t, upwind.IsRefusal(err), "%v", err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, _ := scanner.New(scanner.Clean(scanner.TuneSeed)).Scan(0)
	_, err = retrieve.Run(ctx, s, retrieve.Options{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}
