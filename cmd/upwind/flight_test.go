package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest/flight"
)

func TestFlightSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	none := upwindDo(t, "flight", dir)
	require.NotZero(t, none.code)
	require.Contains(t, none.stderr, "it holds no pictures")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "DJI_0001.JPG"), []byte("no picture"), 0o600))
	require.Contains(t, must(t, "flight", dir).stdout, "could not be read: ")

	raw, err := os.ReadFile(shared(t, "raster/drone_nadir/DJI_0024.JPG"))
	require.NoError(t, err)
	for _, name := range []string{"DJI_0024.JPG", "DJI_0025.JPG"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	var doc struct {
		Pictures, Placed int
		Findings         []flight.Finding
		Unread           []string
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, "flight", dir, "--json").stdout), &doc))
	require.Equal(t, 2, doc.Pictures)
	require.Equal(t, 1, doc.Placed)
	require.Len(t, doc.Unread, 1)
	require.Len(t, doc.Findings, 1)
	require.Equal(t, flight.Doubled, doc.Findings[0].Code)
	require.Equal(t, []string{"DJI_0025.JPG"}, doc.Findings[0].Pictures)
}
