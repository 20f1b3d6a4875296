package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
)

// usage is what a process took.
type usage struct {
	cpu, wall time.Duration
	peakMB    int64 // largest resident
}

// usages measures two things in turn, three times, and returns the medians by processor time; b may be nil.
func usages(a, b func() (usage, error)) (ua, ub usage, err error) {
	var as, bs []usage
	for range 3 {
		u, err := a()
		if err != nil {
			return usage{}, usage{}, err
		}
		as = append(as, u)
		if b == nil {
			continue
		}
		if u, err = b(); err != nil {
			return usage{}, usage{}, err
		}
		bs = append(bs, u)
	}
	byCPU := func(a, b usage) int { return int(a.cpu - b.cpu) }
	slices.SortFunc(as, byCPU)
	slices.SortFunc(bs, byCPU)
	if b != nil {
		ub = bs[len(bs)/2]
	}
	return as[len(as)/2], ub, nil
}

// usageOf runs a program and returns what it took. A child's peak begins with that of its parent (Linux, setmax_mm_hiwater_rss): what this process has
// used before is given back and forgotten first.
func usageOf(ctx context.Context, name string, args ...string) (usage, error) {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // proc(5); where it is not allowed, peaks read too high
	cmd := exec.CommandContext(ctx, name, args...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return usage{}, fmt.Errorf("%s: %w: %.500s", filepath.Base(name), err, out)
	}
	u := usage{cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall: time.Since(start)}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peakMB = r.Maxrss >> 10 // getrusage(2) counts kilobytes
	}
	return u, nil
}
