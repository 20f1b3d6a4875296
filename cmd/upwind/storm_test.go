package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/bus"
)

// kills is how often something is killed: a few in the ordinary tests, 100 where UPWIND_KILLS says so.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("UPWIND_KILLS")); err == nil {
		return n
	}
	return 12
}

// service is a started process of the program.
type service struct {
	cmd *exec.Cmd
	log *bytes.Buffer
}

func start(t testing.TB, env []string, args ...string) *service {
	t.Helper()
	s := &service{cmd: command(t, args...), log: &bytes.Buffer{}}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	require.NoError(t, s.cmd.Start())
	return s
}

func (s *service) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// stop ends it as a user would.
func (s *service) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		require.NoError(t, err, s.log.String())
	case <-time.After(20 * time.Second):
		s.kill()
		t.Fatal("it did not stop in 20 s")
	}
}

// ready waits until the map answers /readyz.
func ready(t testing.TB, data string, s *service) time.Duration {
	t.Helper()
	begin := time.Now()
	client := http.Client{Timeout: time.Second}
	for time.Since(begin) < time.Minute {
		var info bus.ServerInfo
		b, err := os.ReadFile(filepath.Join(data, "server.json"))
		if err == nil && json.Unmarshal(b, &info) == nil && info.PID == s.cmd.Process.Pid && info.HTTP != "" {
			if res, err := client.Get(info.HTTP + "readyz"); err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					return time.Since(begin)
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not ready after a minute\n%s", s.log)
	return 0
}

func serverInfo(t testing.TB, data string) bus.ServerInfo {
	t.Helper()
	var info bus.ServerInfo
	b, err := os.ReadFile(filepath.Join(data, "server.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &info))
	return info
}

// jobProcess finds a running child of one of the processes.
func jobProcess(parents ...int) int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range stats {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if ppid, _ := strconv.Atoi(f[1]); slices.Contains(parents, ppid) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(p)))
			return pid
		}
	}
	return 0
}

// Something is killed at random moments while jobs run: a child, a worker on another machine, the whole
// server. In the end everything is there, once.
func TestKillStorm(t *testing.T) {
	n := kills()
	scenes := t.TempDir()
	writeScenes(t, scenes, 24+n/2, 384)

	calm := t.TempDir()
	must(t, "ingest", "--data", calm, scenes)
	must(t, "run", "--once", "--data", calm)
	want := candidatesOf(t, calm)
	require.Len(t, want, 24+n/2)

	data := filepath.Join(t.TempDir(), "data")
	must(t, "ingest", "--data", data, scenes)
	token := []string{"UPWIND_NATS_TOKEN=storm"}
	runArgs := []string{"run", "--data", data, "--listen", "127.0.0.1:0", "--slots", "1"}
	rnd := rand.New(rand.NewPCG(1, 2))
	var readyTimes []time.Duration
	server := start(t, token, runArgs...)
	readyTimes = append(readyTimes, ready(t, data, server))
	startWorker := func() *service {
		return start(t, token, "worker", "--nats", serverInfo(t, data).URL, "--store", filepath.Join(data, "blobs"), "--slots", "1")
	}
	worker := startWorker()
	count := map[string]int{}
	for killed := 0; killed < n; {
		time.Sleep(time.Duration(100+rnd.IntN(900)) * time.Millisecond)
		switch rnd.IntN(3) {
		case 0:
			pid := jobProcess(server.cmd.Process.Pid, worker.cmd.Process.Pid)
			if pid == 0 || syscall.Kill(pid, syscall.SIGKILL) != nil {
				continue
			}
			count["child"]++
		case 1:
			worker.kill()
			worker = startWorker()
			count["worker"]++
		case 2:
			server.kill()
			server = start(t, token, runArgs...)
			readyTimes = append(readyTimes, ready(t, data, server))
			worker.kill() // its server's address has changed
			worker = startWorker()
			count["server"]++
		}
		killed++
	}
	waitIdle(t, data)
	worker.kill()
	server.stop(t)
	last := must(t, "run", "--once", "--data", data)
	require.Contains(t, last.stdout, "; 0 jobs given up", "an innocent job was given up")
	got := candidatesOf(t, data)
	slices.Sort(readyTimes)
	t.Logf("%d kills %v; ready again median %v, worst %v", n, count, readyTimes[len(readyTimes)/2], readyTimes[len(readyTimes)-1])

	require.Equal(t, asJSON(t, want), asJSON(t, got), "the storm changed what was found")
	doctor := must(t, "doctor", "--verify", "--data", data)
	require.Contains(t, doctor.stdout, "chains are whole")
}

// A worker is killed while it holds a job; how long until another takes it up.
func TestLostLeaseIsTakenUp(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	must(t, "ingest", "--data", data, writeScenes(t, t.TempDir(), 1, 2400)[0])
	token := []string{"UPWIND_NATS_TOKEN=lease"}
	server := start(t, token, "run", "--data", data, "--listen", "127.0.0.1:0", "--roles", "tracing")
	ready(t, data, server)
	working := func() *service {
		w := start(t, token, "worker", "--nats", serverInfo(t, data).URL, "--store", filepath.Join(data, "blobs"), "--slots", "1")
		require.Eventually(t, func() bool { return jobProcess(w.cmd.Process.Pid) != 0 }, time.Minute, 5*time.Millisecond)
		return w
	}
	first := working()
	killed := time.Now()
	first.kill()
	second := working()
	took := time.Since(killed)
	t.Logf("the lost lease was taken up after %v", took)
	require.Greater(t, took, time.Second, "nobody held a lease: nothing was tested")
	waitIdle(t, data)
	second.stop(t)
	server.stop(t)
	must(t, "run", "--once", "--data", data)
	require.Len(t, candidatesOf(t, data), 1)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	return string(b)
}

// waitIdle waits until no job is queued or leased.
func waitIdle(t testing.TB, data string) {
	t.Helper()
	info := serverInfo(t, data)
	client := http.Client{Timeout: 2 * time.Second}
	require.Eventually(t, func() bool {
		res, err := client.Get(info.HTTP + "metrics") // which answers on this machine without signing in
		if err != nil {
			return false
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return err == nil && strings.Contains(string(text), "\nupwind_jobs_outstanding 0\n")
	}, 2*time.Minute, 100*time.Millisecond)
}

// A data folder named from where the user stands works like any other.
func TestRelativeDataFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, "ingest", "--data", "here", writeScenes(t, ".", 1, 128)[0])
	must(t, "run", "--once", "--data", "here")
	require.Len(t, candidatesOf(t, "here"), 1)
}

func TestSecondServerOnOneFolderIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := start(t, nil, "run", "--data", data, "--listen", "127.0.0.1:0")
	ready(t, data, first)
	second := upwindDo(t, "run", "--data", data, "--listen", "127.0.0.1:0")
	require.Equal(t, 1, second.code)
	require.Contains(t, second.stderr, fmt.Sprint(first.cmd.Process.Pid), "the sentence names who holds it")
	t.Log(second.stderr)
	first.stop(t)
}

// One worker and eight give the same bytes.
func TestSameBytesForAnyNumberOfWorkers(t *testing.T) {
	scenes := t.TempDir()
	writeScenes(t, scenes, 12, 256)
	var docs [2]string
	for i, slots := range []string{"1", "8"} {
		data := t.TempDir()
		must(t, "ingest", "--data", data, scenes)
		must(t, "run", "--once", "--data", data, "--slots", slots)
		docs[i] = must(t, "candidates", "--json", "--data", data).stdout + everyDetection(t, data)
	}
	require.Equal(t, docs[0], docs[1])
}

func everyDetection(t testing.TB, data string) string {
	t.Helper()
	h, err := openData(t.Context(), data)
	require.NoError(t, err)
	defer h.Close()
	var all []string
	require.NoError(t, h.bus.Detections().Each(t.Context(), func(e bus.Entry) error {
		all = append(all, e.Key+" "+string(e.Body))
		return nil
	}))
	require.NotEmpty(t, all)
	slices.Sort(all)
	return strings.Join(all, "\n")
}
