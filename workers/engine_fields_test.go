package workers

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestGriddedWindForATrace(t *testing.T) {
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	body, err := os.ReadFile(filepath.Join(root, "tracing", "grib", "gfs.t00z.pgrb2.2p50.f000"))
	if err != nil {
		t.Skip("skipped: tracing/grib is not at hand")
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("field-0", body, 0o600))
	a, err := upwind.NewAsset(upwind.AssetFields, "gfs", []upwind.Member{{Role: upwind.RoleMain, Name: "field-0", Size: int64(len(body)),
		SHA256: "0000000000000000000000000000000000000000000000000000000000000000"}}, upwind.AssetOptions{})
	require.NoError(t, err)
	res, err := inspect(context.Background(), InspectJob(a), func(Progress) {})
	require.NoError(t, err)
	in := res.Inspection
	require.False(t, in.AcquiredAt.IsZero())
	require.Equal(t, in.AcquiredAt, in.Until, "one time")
	require.Equal(t, 144, in.Width)
	require.Empty(t, in.Detectors)

	grids, err := readFields(context.Background(), traceInput{Fields: []string{"field-0"}, Readings: []upwind.Observation{{Lon: 115.9, Lat: 36.4}, {Lon: 116.2, Lat: 36.6}}})
	require.NoError(t, err)
	require.Len(t, grids, 1)
	require.Less(t, grids[0].NX, 10, "only what lies about the readings")
	grids, err = readFields(context.Background(), traceInput{Readings: []upwind.Observation{{Lon: 115.9, Lat: 36.4}}})
	require.NoError(t, err)
	require.Empty(t, grids)
}
