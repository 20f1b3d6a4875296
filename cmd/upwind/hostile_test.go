package main

import (
	"encoding/json"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest"
	"upwind/workers"
)

// ssrfAddr is where the hostile files of the data folder point their requests.
const ssrfAddr = "127.0.0.1:8099"

// Every hostile file is handed in, and what is accepted goes through its detectors: a result or a sentence
// for each, the server alive, nobody called, no file but the job's own read.
func TestHostileFiles(t *testing.T) {
	dir := shared(t, "hostile")
	var calls atomic.Int64
	ln, err := net.Listen("tcp", ssrfAddr)
	require.NoError(t, err, "the address that the hostile files call must be ours to watch")
	t.Cleanup(func() { require.NoError(t, ln.Close()) })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			_ = c.Close() // the call is counted; what becomes of it is the caller's
		}
	}()

	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, p)
		}
		return err
	}))
	require.Greater(t, len(files), 300)
	data := t.TempDir()
	var rep ingest.Report
	in := upwindDo(t, append([]string{"ingest", "--json", "--crs", "EPSG:32650", "--data", data}, files...)...)
	require.NoError(t, json.Unmarshal([]byte(in.stdout), &rep), in.stderr)
	require.GreaterOrEqual(t, len(rep.Entries), len(files))
	for _, e := range rep.Entries {
		if e.Status == ingest.StatusRefused {
			require.NotEmpty(t, e.Reason, e.Path)
		}
	}
	once := must(t, "run", "--once", "--verbose", "--data", data)
	t.Logf("%d files: %d accepted, %d held, %d duplicates, %d refused at the door; then: %s", len(files), rep.Count(ingest.StatusAccepted),
		rep.Count(ingest.StatusHeld), rep.Count(ingest.StatusDuplicate), rep.Count(ingest.StatusRefused), lastLine(once.stdout))
	children, peak := 0, 0
	for _, m := range regexp.MustCompile(`peak_mb=(\d+)`).FindAllStringSubmatch(once.stderr, -1) {
		mb, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		children, peak = children+1, max(peak, mb)
	}
	t.Logf("%d children, the largest held %d MB", children, peak)
	require.GreaterOrEqual(t, children, rep.Count(ingest.StatusAccepted))
	require.LessOrEqual(t, peak, workers.DefaultMemoryMB)
	require.NotContains(t, once.stderr, "panic", "a child's panic is a defect even where it costs one job")
	require.Zero(t, calls.Load(), "a hostile file made a request")

	passwd, err := os.ReadFile("/etc/passwd")
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(filepath.Join(data, "blobs"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		require.NotContains(t, string(b), string(passwd[:min(40, len(passwd))]), p)
		return err
	}))
	must(t, "candidates", "--data", data)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
