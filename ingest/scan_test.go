package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

// A folder of single-ray files is one scan, with the site file and the program's settings that lie in it.
func TestAcceptScanFolder(t *testing.T) {
	dir := sharedData(t, "aerosol")
	folder := filepath.Join(t.TempDir(), "turn 7")
	require.NoError(t, os.Mkdir(folder, 0o755))
	for _, name := range []string{"licel/RM10C1315.162", "licel/RM10C1315.172", "savant/global_info_scann.ini"} {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(name)), b, 0o644))
	}
	site := filepath.Join(folder, "roof.json")
	require.NoError(t, os.WriteFile(site, []byte(`{"type":"LidarSite","lon":115.98,"lat":36.45}`), 0o644))
	sink := newMemorySink(t)
	rep, err := Accept(context.Background(), []string{folder}, Options{}, sink, nil)
	require.NoError(t, err)
	require.Len(t, rep.Entries, 1, "%+v", rep.Entries)
	require.Equal(t, StatusAccepted, rep.Entries[0].Status, rep.Entries[0].Reason)
	require.Len(t, sink.assets, 1)
	a := sink.assets[rep.Entries[0].AssetID]
	require.Equal(t, upwind.AssetScan, a.Kind)
	require.Equal(t, "turn 7", a.Name)
	require.Len(t, a.Members, 4)
	m, ok := a.Member(upwind.RoleSite)
	require.True(t, ok)
	require.Equal(t, "roof.json", m.Name)

	rep, err = Accept(context.Background(), []string{site}, Options{}, sink, nil)
	require.NoError(t, err)
	require.Equal(t, StatusRefused, rep.Entries[0].Status)
	require.Contains(t, rep.Entries[0].Reason, "none lie beside it")
}
