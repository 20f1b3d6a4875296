package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures"
)

// program builds the real binary once; the tests here use it as a user would.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "upwind-e2e-*")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "upwind")
	out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func TestMain(m *testing.M) {
	exe, err := program() // before any test changes the folder
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(filepath.Dir(exe))
	os.Exit(code)
}

// outcome is how a command ended.
type outcome struct {
	stdout, stderr string
	code           int
	took           time.Duration
}

func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := program()
	require.NoError(t, err)
	return exec.CommandContext(t.Context(), exe, args...)
}

// upwindDo runs a command to its end.
func upwindDo(t testing.TB, args ...string) outcome {
	t.Helper()
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	o := outcome{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode(), took: time.Since(start)}
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return o
}

// must runs a command that has to succeed.
func must(t testing.TB, args ...string) outcome {
	t.Helper()
	o := upwindDo(t, args...)
	require.Zero(t, o.code, "upwind %s\n%s%s", strings.Join(args, " "), o.stdout, o.stderr)
	return o
}

func candidatesOf(t testing.TB, data string) []upwind.Candidate {
	t.Helper()
	var doc struct{ Candidates []upwind.Candidate }
	require.NoError(t, json.Unmarshal([]byte(must(t, "candidates", "--json", "--data", data).stdout), &doc))
	return doc.Candidates
}

func shared(t testing.TB, parts ...string) string {
	t.Helper()
	dir, ok := fixtures.SharedData()
	if !ok {
		t.Skip("../shared/data is not here: the real files were not run (set UPWIND_DATA)")
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}
