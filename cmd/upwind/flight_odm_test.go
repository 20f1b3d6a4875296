package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest/nodeodm"
)

// TestFlightToNodeODM sends two real pictures to a server that hands out a real surface model's bytes as its results.
func TestFlightToNodeODM(t *testing.T) {
	dir := t.TempDir()
	folder := mustDir(t, filepath.Join(dir, "flight"))
	for _, name := range []string{"100_0005_0018.tif", "100_0005_0136.tif"} {
		text, err := os.ReadFile(shared(t, "raster/drone_oblique/images/"+name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o644))
	}
	dsm, err := os.ReadFile(shared(t, "raster/drone_oblique/odm_dem/dsm.tif"))
	require.NoError(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"odm_orthophoto/odm_orthophoto.tif", "odm_dem/dsm.tif"} {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.Copy(w, bytes.NewReader(dsm))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	fake := &nodeodm.FakeServer{Archive: b.Bytes(), Token: "s3cret"}
	s := httptest.NewServer(fake)
	defer s.Close()
	out := filepath.Join(dir, "out")
	o := must(t, "flight", folder, "--nodeodm", s.URL, "--nodeodm-token", "s3cret", "-o", out)
	require.Contains(t, o.stdout, "pictures  2, 2 with a position", "it was checked first")
	require.Contains(t, o.stdout, "next: upwind ingest")
	require.Len(t, fake.Pictures(), 2)
	got, err := os.ReadFile(filepath.Join(out, "odm_dem/dsm.tif"))
	require.NoError(t, err)
	require.Equal(t, dsm, got)
	require.NoFileExists(t, filepath.Join(out, "all.zip"))

	o = upwindDo(t, "flight", folder, "--nodeodm", "host:3000", "-o", out)
	require.Contains(t, o.stderr, "is no address")
	o = upwindDo(t, "flight", folder, "--nodeodm", s.URL)
	require.Contains(t, o.stderr, "with -o where the results go")
}
