package plume_test

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
	"upwind/lidar/scan/invert"
	"upwind/lidar/scan/plume"
)

// savant reads the scan of 2018-10-18 of the SAVANT campaign (nocdoggo/SAVANT-Lidar-Paraview): 254 rays in
// vertical cuts at five azimuths about a smoke release.
func savant(t *testing.T) (*scan.Scan, string) {
	t.Helper()
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	archive := filepath.Join(dir, "aerosol", "savant", "2018-10-18-0045.tar.xz")
	if _, err := os.Stat(archive); err != nil {
		t.Skipf("skipped: %s is not here (set UPWIND_DATA)", archive)
	}
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("skipped: the SAVANT scan is a .tar.xz and there is no xz to open it")
	}
	into := t.TempDir()
	out, err := exec.Command("tar", "-C", into, "-xf", archive).CombinedOutput()
	require.NoError(t, err, "%s", out)
	s, err := format.Open(context.Background(), format.Options{}, filepath.Join(into, "2018-10-18-0045"))
	require.NoError(t, err)
	return s, filepath.Join(dir, "aerosol", "reference")
}

// labels are the rays of the weak plume labels and how many of their bins have a ratio above 2.
func labels(t *testing.T, dir string) map[[2]int]int {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "savant_weak_plume_labels.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	out := map[[2]int]int{}
	for _, r := range rows[1:] {
		az, err := strconv.ParseFloat(r[1], 64)
		require.NoError(t, err)
		el, err := strconv.ParseFloat(r[2], 64)
		require.NoError(t, err)
		n, err := strconv.Atoi(r[6])
		require.NoError(t, err)
		out[[2]int{int(az), int(math.Round(el * 10))}] = n
	}
	return out
}

func TestSavantFixedThingsAndPlumes(t *testing.T) {
	long(t)
	s, ref := savant(t)
	echoes := plume.Echoes(s, nil)
	clusters := plume.Clusters(echoes)
	for _, want := range []struct {
		az, from, to float64
		bin          int
	}{{82, 4.4, 5.8, 76}, {52, 1.6, 2.4, 151}, {52, 4.4, 5.0, 32}} {
		best := math.MaxInt
		for _, c := range clusters {
			if math.Abs(c.AzimuthDeg-want.az) < 1 && c.FromElevDeg <= want.to && c.ToElevDeg >= want.from {
				t.Logf("azimuth %.0f elevation %.1f to %.1f: bin %d, %d echoes, %d opaque (want bin %d, %.1f to %.1f)", c.AzimuthDeg, c.FromElevDeg, c.ToElevDeg, c.Bin, c.Echoes, c.Opaque, want.bin, want.from, want.to)
				best = min(best, max(c.Bin-want.bin, want.bin-c.Bin))
			}
		}
		require.LessOrEqual(t, best, 1, "fixed thing at azimuth %g bin %d", want.az, want.bin)
	}
	f, err := invert.Run(context.Background(), plume.Block(s, echoes), invert.Options{})
	require.NoError(t, err)
	plume.Shade(f, s, echoes)
	t.Log(f.Notes)
	res, err := plume.Find(context.Background(), f, plume.Options{})
	require.NoError(t, err)
	weak := labels(t, ref)
	rays := map[int]int{}
	for k := range weak {
		if weak[k] > 0 {
			rays[k[0]]++
		}
	}
	found := map[int]int{}
	for _, p := range res.Plumes {
		az := int(math.Round(math.Mod(math.Atan2(p.CentreE.Value, p.CentreN.Value)*180/math.Pi+360, 360)))
		found[az]++
		t.Logf("azimuth %d: plume %.0f m away at %.0f m (%.0f to %.0f), probability %.2f: %s", az, math.Hypot(p.CentreE.Value, p.CentreN.Value), p.Height.Value, p.LowM, p.HighM, p.Probability, p.Reasons)
	}
	for _, r := range res.Rejected {
		t.Logf("rejected at %.0f m: %s", math.Hypot(r.CentreE, r.CentreN), r.Why)
	}
	t.Log(res.Notes)
	for _, az := range []int{22, 52, 82, 112, 142} {
		t.Logf("azimuth %3d: %d plumes; rays with a weak label %d", az, found[az], rays[az])
	}
	require.Zero(t, found[22], "azimuth 22 is clean")
}
