package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A backup brought into an empty folder is the same city; one that is damaged, or a folder that is not
// empty, is refused in words.
func TestBackupAndRestore(t *testing.T) {
	root := t.TempDir()
	data, tar, again := filepath.Join(root, "data"), filepath.Join(root, "all.tar"), filepath.Join(root, "again")
	scenes := t.TempDir()
	writeScenes(t, scenes, 3, 256)
	must(t, "ingest", "--data", data, scenes)
	must(t, "run", "--once", "--data", data)
	want := must(t, "candidates", "--json", "--data", data).stdout + everyDetection(t, data)

	must(t, "backup", "--data", data, "-o", tar)
	must(t, "restore", "--data", again, tar)
	require.Equal(t, want, must(t, "candidates", "--json", "--data", again).stdout+everyDetection(t, again))
	require.Contains(t, must(t, "doctor", "--verify", "--data", again).stdout, "chains are whole")
	// What was done stays done: nothing is looked at twice after a restore.
	once := must(t, "run", "--once", "--verbose", "--data", again)
	require.NotContains(t, once.stderr, "msg=done")

	occupied := upwindDo(t, "restore", "--data", again, tar)
	require.Equal(t, 1, occupied.code)
	require.Contains(t, occupied.stderr, "not empty")
	whole, err := os.ReadFile(tar)
	require.NoError(t, err)
	cut := filepath.Join(root, "cut.tar")
	require.NoError(t, os.WriteFile(cut, whole[:len(whole)/2], 0o600))
	broken := upwindDo(t, "restore", "--data", filepath.Join(root, "third"), cut)
	require.Equal(t, 1, broken.code)
	t.Log(broken.stderr)
}
