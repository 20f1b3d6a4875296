package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"upwind"
)

// DefaultMemoryMB is what one child may use: the floor plan's limit for any hostile file.
const DefaultMemoryMB = 512

const (
	// stallAfter without a line and without CPU time means the child hangs. CPU time counts because GDAL's
	// long calls report nothing.
	stallAfter = 6 * time.Second
	// watchEvery is how often a child is looked at.
	watchEvery = 250 * time.Millisecond
	// suspectShare of its memory limit in use makes a SIGKILL from outside the job's own doing: the kernel
	// kills who uses most.
	suspectShare = 0.8
	stderrHead   = 16 << 10
)

// Death is the end of a child that gave no answer.
type Death struct {
	Signature string // equal for equal causes
	OwnFault  bool   // false when somebody outside killed it
}

func (d *Death) Error() string { return "the job's process died: " + d.Signature }

// Runner starts children.
type Runner struct {
	Exe      string // the program; run as `Exe job --dir DIR --memory-mb N`
	MemoryMB int
	Deadline time.Duration // 0: by the job's kind
	// Ended, if set, hears how much memory each child held at most.
	Ended func(job Job, peakBytes int64)
	stall time.Duration // 0: stallAfter
}

// Run does one job in a child on the folder dir, which holds its members and an empty out/. beat is called on
// every sign of progress, at most every watchEvery. The error is an [upwind.Refusal], an [upwind.PassingError],
// a [Death] or ctx's.
func (r Runner) Run(ctx context.Context, job Job, dir string, beat func(Progress)) (Result, error) {
	spec, err := json.Marshal(job)
	if err != nil {
		return Result{}, fmt.Errorf("workers: job %s: %w", job.ID, err)
	}
	mb := r.MemoryMB
	if mb == 0 {
		mb = DefaultMemoryMB
	}
	cmd := exec.Command(r.Exe, "job", "--dir", dir, "--memory-mb", strconv.Itoa(mb))
	cmd.Env = childEnv(dir, mb)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Two stages of the child share these pipes. Standard input stays open: its end tells an orphan to leave.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return Result{}, upwind.Passing(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Result{}, upwind.Passing(err)
	}
	head := &headWriter{max: stderrHead}
	cmd.Stderr = head
	if err := cmd.Start(); err != nil {
		return Result{}, upwind.Passing(fmt.Errorf("workers: starting a child: %w", err))
	}
	defer stdin.Close()
	go func() { _, _ = stdin.Write(append(spec, '\n')) }()

	w := r.watch(ctx, cmd.Process.Pid, job.Kind, mb, beat)
	res, resErr := readResult(stdout, w.line)
	if resErr != nil && !errors.Is(resErr, errNoClosingLine) && !upwind.IsRefusal(resErr) && !upwind.IsPassing(resErr) {
		// It does not speak the protocol: whatever it still wants to say is not waited for.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	waitErr := cmd.Wait()
	verdict := w.stop()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && r.Ended != nil {
		r.Ended(job, u.Maxrss<<10) // getrusage(2) counts kilobytes
	}
	// Grandchildren, if a decoder started any, go with it.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)

	switch {
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	case verdict.reason != "":
		return Result{}, &Death{Signature: verdict.reason, OwnFault: true}
	case upwind.IsRefusal(resErr) && exitCode(waitErr) == exitRefused,
		upwind.IsPassing(resErr) && exitCode(waitErr) == exitPassing:
		return Result{}, resErr
	case resErr != nil && !errors.Is(resErr, errNoClosingLine):
		return Result{}, &Death{Signature: resErr.Error(), OwnFault: true}
	case waitErr != nil:
		return Result{}, deathOf(waitErr, head.String(), verdict.peak, mb)
	case resErr != nil:
		return Result{}, &Death{Signature: resErr.Error(), OwnFault: true}
	}
	return res, nil
}

// childEnv is all a child gets from the environment: nothing of the parent's secrets.
func childEnv(dir string, memoryMB int) []string {
	out := filepath.Join(dir, "out")
	env := []string{
		"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + out, "TMPDIR=" + out, "GOTRACEBACK=single",
		// The rest of the limit is for GDAL and for what the collector has not freed yet.
		fmt.Sprintf("GOMEMLIMIT=%dMiB", memoryMB*6/10), "GOGC=50",
	}
	for _, k := range []string{"GOCOVERDIR", "GORACE"} {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	return env
}

func exitCode(waitErr error) int {
	var e *exec.ExitError
	if errors.As(waitErr, &e) {
		return e.ExitCode()
	}
	return exitDone
}

// deathOf describes how a child ended in a form that is equal for equal causes.
func deathOf(waitErr error, stderr string, peakRSS int64, mb int) *Death {
	var e *exec.ExitError
	if !errors.As(waitErr, &e) {
		return &Death{Signature: waitErr.Error()}
	}
	ws, _ := e.Sys().(syscall.WaitStatus)
	if ws.Signaled() && ws.Signal() == syscall.SIGKILL && float64(peakRSS) < suspectShare*float64(mb)*(1<<20) {
		return &Death{Signature: "killed from outside"}
	}
	sig := e.String()
	for l := range strings.SplitSeq(stderr, "\n") {
		if l = strings.TrimSpace(l); strings.HasPrefix(l, "fatal error:") || strings.HasPrefix(l, "panic:") ||
			strings.HasPrefix(l, "SIG") || strings.HasPrefix(l, "runtime: out of memory") || strings.HasPrefix(l, "sandbox:") {
			sig += ", " + l
			break
		}
	}
	return &Death{Signature: sig, OwnFault: true}
}

// verdict is why a watch ended its child, and the most memory it saw in use.
type verdict struct {
	reason string
	peak   int64
}

type watcher struct {
	lines  atomic.Int64
	latest atomic.Pointer[Progress]
	cancel context.CancelFunc
	done   chan verdict
}

func (w *watcher) line(p Progress) {
	w.latest.Store(&p)
	w.lines.Add(1)
}

func (w *watcher) stop() verdict {
	w.cancel()
	return <-w.done
}

// watch looks at the child until it is stopped, and kills it when ctx ends, when it stalls, uses too much
// memory or takes too long.
func (r Runner) watch(ctx context.Context, pid int, kind Kind, mb int, beat func(Progress)) *watcher {
	stall, deadline := r.stall, r.Deadline
	if stall == 0 {
		stall = stallAfter
	}
	if deadline == 0 {
		deadline = deadlines[kind]
	}
	wctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &watcher{cancel: cancel, done: make(chan verdict, 1)}
	go func() {
		var (
			v         verdict
			seenCPU   time.Duration
			seenLines int64
			start     = time.Now()
			progress  = start
		)
		kill := func(why string) {
			v.reason = why
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for v.reason == "" {
			select {
			case <-wctx.Done():
				w.done <- v
				return
			case <-ctx.Done():
				kill("the worker is stopping")
				continue
			case <-tick.C:
			}
			u, err := processUsage(pid)
			if err != nil {
				continue
			}
			v.peak = max(v.peak, u.rss)
			if lines := w.lines.Load(); u.cpu > seenCPU || lines > seenLines {
				seenCPU, seenLines, progress = u.cpu, lines, time.Now()
				var p Progress
				if l := w.latest.Load(); l != nil {
					p = *l
				}
				beat(p)
			}
			switch now := time.Now(); {
			case u.rss > int64(mb)<<20:
				kill(fmt.Sprintf("it used more than %d MB of memory", mb))
			case now.Sub(progress) > stall:
				kill(fmt.Sprintf("it made no progress for %s", stall))
			case now.Sub(start) > deadline:
				kill(fmt.Sprintf("it was not done after %s", deadline))
			}
		}
		<-wctx.Done()
		w.done <- v
	}()
	return w
}

// headWriter keeps the first and forgets the rest: a Go death says why in its first lines.
type headWriter struct {
	mu  sync.Mutex
	b   []byte
	max int
}

func (t *headWriter) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p[:min(len(p), t.max-len(t.b))]...)
	return len(p), nil
}

func (t *headWriter) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
