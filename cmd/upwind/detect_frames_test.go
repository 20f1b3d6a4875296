package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDetectSmokeInTheFramesOfACamera(t *testing.T) {
	dir := t.TempDir()
	frames := mustDir(t, filepath.Join(dir, "frames"))
	for _, name := range []string{"img19.jpeg", "img20.jpeg", "img100.jpeg", "img101.jpeg", "img102.jpeg"} {
		text, err := os.ReadFile(shared(t, "raster/camera_sequence/"+name))
		require.NoError(t, err)
		if name == "img102.jpeg" {
			text = text[:3000]
		}
		require.NoError(t, os.WriteFile(filepath.Join(frames, name), text, 0o644))
	}
	out := filepath.Join(dir, "smoke.json")
	o := must(t, "detect", "-o", out, frames)
	require.Contains(t, o.stderr, "img102.jpeg: it cannot be read as a JPEG or PNG")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	var doc framesDocument
	require.NoError(t, json.Unmarshal(text, &doc))
	require.Len(t, doc.Frames, 5)
	require.Equal(t, "img19.jpeg", doc.Frames[0].Name, "by number, not by letter")
	require.Equal(t, "img101.jpeg", doc.First)
	require.Contains(t, doc.Frames[2].Why, "another light or another view")
	require.NotEmpty(t, doc.Frames[3].Plumes[0].Outline)

	o = upwindDo(t, "detect", "--kind", "bare-soil", frames)
	require.Contains(t, o.stderr, "only smoke is looked for in them")
	require.NotZero(t, o.code)
	o = upwindDo(t, "detect", mustDir(t, filepath.Join(dir, "empty")))
	require.Contains(t, o.stderr, "it holds 0 JPEG or PNG")
}
