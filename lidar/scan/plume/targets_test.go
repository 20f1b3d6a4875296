package plume_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

func TestBuildingsAreFoundWithinABinAndNothingElseIs(t *testing.T) {
	long(t)
	walls, hit := 0, 0
	for seed := scanner.TuneSeed; seed < scanner.TuneSeed+5; seed++ {
		s, truth := scanner.New(scanner.City(seed)).Scan(0)
		found := map[int]float64{}
		for _, e := range plume.Echoes(s, nil) {
			if _, ok := found[e.Ray]; !ok {
				found[e.Ray] = e.RangeM
			}
			require.False(t, math.IsInf(truth.WallM[e.Ray], 1), "seed %d ray %d: %s at %.0f m, and nothing stands there", seed, e.Ray, e.Reason, e.RangeM)
		}
		for i, r := range truth.WallM {
			if math.IsInf(r, 1) || r > 5000 {
				continue
			}
			walls++
			// A wall met aslant by a turning beam is deeper than a bin.
			if d := found[i] - r; d > -7.5 && d < 45 {
				hit++
			}
		}
	}
	require.Greater(t, walls, 20)
	require.GreaterOrEqual(t, float64(hit), 0.95*float64(walls), "%d of %d", hit, walls)
}

// mast is a scan of one ray into clear air with a partial reflection of some strength at a bin.
func mast(bin int, times float64) *scan.Scan {
	s := scanner.Clean(1)
	s.Buildings, s.Directions = nil, scanner.Turn(180, 2)[:1]
	out, _ := scanner.New(s).Scan(0)
	for c := range out.Channels {
		v := out.Rays[0].Values[c]
		dark := v[len(v)-1]
		v[bin] += times * (v[bin] - dark)
	}
	return out
}

func TestAnEdgeIsBelievedWhenItRecurs(t *testing.T) {
	m := plume.NewMemory("roof")
	for n := range 3 {
		s := mast(400, 10)
		require.Empty(t, plume.Echoes(s, m), "scan %d: not yet known", n)
		m.Learn(s)
	}
	got := plume.Echoes(mast(400, 10), m)
	require.Len(t, got, 1)
	require.InDelta(t, 400, got[0].Bin, 1)
	require.Contains(t, got[0].Reason, "earlier scans")
	require.Empty(t, plume.Echoes(mast(407, 10), m), "elsewhere nothing is known")

	var b bytes.Buffer
	require.NoError(t, m.Write(&b))
	back, err := plume.ReadMemory(&b, "targets.json")
	require.NoError(t, err)
	require.Equal(t, m, back)
}

func TestWhatIsNotSeenAgainIsForgotten(t *testing.T) {
	m := plume.NewMemory("roof")
	m.Learn(mast(400, 10))
	require.Len(t, m.Known, 1)
	for range 25 {
		m.Learn(mast(400, 0))
	}
	require.Empty(t, m.Known)
}

func TestAMemoryThatCannotBeIsRefused(t *testing.T) {
	for _, bad := range []string{
		"", "[]", `{"version":7,"known":[]}`,
		`{"version":1,"known":[{"azimuth_deg":400,"range_m":10,"seen":1,"looked":1}]}`,
		`{"version":1,"known":[{"azimuth_deg":40,"range_m":10,"seen":3,"looked":1}]}`,
	} {
		_, err := plume.ReadMemory(strings.NewReader(bad), "targets.json")
		require.True(t, upwind.IsRefusal(err), "%q: %v", bad, err)
		require.ErrorContains(t, err, "targets.json")
	}
}

func FuzzReadMemory(f *testing.F) {
	f.Add([]byte(`{"version":1,"site":"a","known":[{"azimuth_deg":40,"elevation_deg":2,"range_m":10,"seen":1,"looked":1}]}`))
	f.Add([]byte(`{"version":1,"known":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := plume.ReadMemory(bytes.NewReader(raw), "x")
		if err != nil {
			require.True(t, upwind.IsRefusal(err))
			return
		}
		m.Knows(plume.Echo{AzimuthDeg: 40, RangeM: 10, BinM: 7.5})
	})
}

func TestBlockAndShade(t *testing.T) {
	s, _ := scanner.New(scanner.City(2)).Scan(0)
	echoes := plume.Echoes(s, nil)
	require.NotEmpty(t, echoes)
	b := plume.Block(s, echoes)
	require.Len(t, b.Site.Blocked, len(echoes))
	require.Empty(t, s.Site.Blocked, "the scan handed in stays as it is")
	f, _ := scanner.New(scanner.City(2)).Field(0)
	plume.Shade(f, s, echoes)
	for _, e := range echoes {
		k := int((e.RangeM - f.FirstM) / f.BinM)
		require.NotZero(t, f.Quality[f.At(e.Ray, k)]&scan.HardTarget)
		if e.Opaque {
			require.NotZero(t, f.Quality[f.At(e.Ray, f.Bins-1)]&scan.BehindTarget)
		}
	}
}
