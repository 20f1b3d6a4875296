package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/store"
)

// The test binary plays the child: `TEST job --dir D --memory-mb N [--inside]`.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "job" {
		dir, mb, inside := "", 0, false
		for i, a := range os.Args {
			switch a {
			case "--dir":
				dir = os.Args[i+1]
			case "--memory-mb":
				mb, _ = strconv.Atoi(os.Args[i+1])
			case insideFlag:
				inside = true
			}
		}
		os.Exit(ChildMain(os.Args[1:], dir, mb, inside, map[Kind]Engine{KindDetect: testEngine}))
	}
	os.Exit(m.Run())
}

// testEngine behaves as the job's detector names.
func testEngine(_ context.Context, job Job, progress func(Progress)) (Result, error) {
	switch job.Detector {
	case "good":
		b, err := os.ReadFile("member.txt")
		if err != nil {
			return Result{}, err
		}
		progress(Progress{Stage: "reading", Done: 1, Total: 1})
		chip, err := leaveBlob(b, "chip", "text/plain")
		return Result{Detections: []upwind.Detection{{ID: "d", Reasons: []string{string(b)}, Chips: []upwind.Blob{chip}}}}, err
	case "refuses":
		return Result{}, upwind.Refuse("member.txt", "byte 3", "is not a picture", "send a picture")
	case "passing":
		return Result{}, upwind.Passing(errors.New("disk full"))
	case "panics":
		panic("boom")
	case "hangs":
		time.Sleep(time.Hour)
	case "spins":
		for start := time.Now(); time.Since(start) < 3*time.Second; {
			runtime.Gosched()
		}
	case "spins for ever":
		for {
			runtime.Gosched()
		}
	case "eats":
		var keep [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			keep = append(keep, b)
			if len(keep) > 1000 {
				return Result{}, nil
			}
		}
	case "says done and dies":
		fmt.Println(`{"end":{}}`) // standard output is not the protocol's channel any more
		os.Exit(0)
	case "prints":
		fmt.Println("GDAL likes to talk")
	}
	return Result{}, nil
}

func runOne(t *testing.T, detector string, tweak func(*Runner)) (Result, string, error) {
	t.Helper()
	s, err := store.Open(t.TempDir())
	require.NoError(t, err)
	blob, err := s.PutBytes(t.Context(), []byte("bare earth"), "text/plain")
	require.NoError(t, err)
	f, err := NewFolders(s, t.TempDir(), DefaultCacheBytes)
	require.NoError(t, err)
	job := newJob(Job{Kind: KindDetect, Role: RoleRaster, Inputs: []string{"a"}, Detector: detector, DetectorV: 1,
		Members: []upwind.Member{{Role: "main", Name: "member.txt", Size: blob.Size, SHA256: blob.SHA256}}})
	dir, err := f.Lay(t.Context(), job.Members)
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	r := Runner{Exe: exe, stall: 2 * time.Second}
	if tweak != nil {
		tweak(&r)
	}
	res, err := r.Run(t.Context(), job, dir, func(Progress) {})
	if err == nil {
		for _, d := range res.Detections {
			for _, c := range d.Chips {
				require.NoError(t, storeBlob(t.Context(), s, dir, c))
				require.True(t, s.Has(c.SHA256))
			}
		}
	}
	return res, dir, err
}

func TestChildGivesItsResult(t *testing.T) {
	res, _, err := runOne(t, "good", nil)
	require.NoError(t, err)
	require.Len(t, res.Detections, 1)
	require.Equal(t, []string{"bare earth"}, res.Detections[0].Reasons)
}

func TestChildFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector string
		want     string
		own      bool
	}{
		{"panics", "panic: boom", true},
		{"hangs", "no progress for 2s", true},
		{"eats", "out of memory", true},
		{"says done and dies", "without its closing line", true},
		{"spins for ever", "not done after 4s", true},
	} {
		t.Run(tc.detector, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			deadline := time.Minute // a slow machine must not make a hang look like a long job
			if tc.detector == "spins for ever" {
				deadline = 4 * time.Second
			}
			_, _, err := runOne(t, tc.detector, func(r *Runner) { r.Deadline = deadline })
			var d *Death
			require.ErrorAs(t, err, &d)
			if tc.detector == "eats" && (strings.Contains(d.Signature, "512 MB") || strings.Contains(d.Signature, "exit status 66")) {
				return // the watch saw it before the limit did, or the race detector's runtime met the limit first
			}
			require.Contains(t, d.Signature, tc.want)
			require.Equal(t, tc.own, d.OwnFault)
			require.Less(t, time.Since(start), 30*time.Second)
		})
	}
}

func TestChildAnswersInWords(t *testing.T) {
	_, _, err := runOne(t, "refuses", nil)
	require.True(t, upwind.IsRefusal(err))
	require.EqualError(t, err, "member.txt, byte 3: is not a picture; send a picture")
	_, _, err = runOne(t, "passing", nil)
	require.True(t, upwind.IsPassing(err))
	require.EqualError(t, err, "disk full")
}

func TestWorkingChildIsNotKilled(t *testing.T) {
	_, _, err := runOne(t, "spins", func(r *Runner) { r.stall = time.Second })
	require.NoError(t, err, "CPU time is progress")
	_, _, err = runOne(t, "prints", nil)
	require.NoError(t, err, "what a decoder prints is not the protocol")
}

func TestKilledFromOutsideIsNotTheJobsFault(t *testing.T) {
	done := make(chan error, 1)
	var dir string
	go func() {
		_, d, err := runOne(t, "hangs", func(r *Runner) { r.stall = 20 * time.Second })
		dir = d
		done <- err
	}()
	var pid int
	require.Eventually(t, func() bool {
		pid = childOf(os.Getpid(), insideFlag)
		return pid != 0
	}, 10*time.Second, 20*time.Millisecond)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	var d *Death
	require.ErrorAs(t, <-done, &d)
	require.False(t, d.OwnFault, d.Signature)
	require.NotEmpty(t, dir)
}

func TestOrphanLeaves(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, outDir), 0o700))
	cmd := exec.Command(exe, "job", "--dir", dir, "--memory-mb", "512")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	fmt.Fprintf(in, `{"kind":"detect","detector":"hangs"}`+"\n")
	time.Sleep(500 * time.Millisecond)
	require.NoError(t, in.Close(), "the parent is gone")
	err = cmd.Wait()
	require.Equal(t, exitOrphan, exitCode(err))
}

// childOf finds a process whose parent is ppid and whose command line has the word.
func childOf(ppid int, word string) int {
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		cmdline, err := os.ReadFile(p)
		if err != nil || !strings.Contains(string(cmdline), word) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(p), "stat"))
		if err != nil {
			continue
		}
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if f[1] == strconv.Itoa(ppid) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
			return pid
		}
	}
	return 0
}
