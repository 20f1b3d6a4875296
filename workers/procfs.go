package workers

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of CPU time in /proc/PID/stat: USER_HZ, 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// usage is what a process has used so far.
type usage struct {
	cpu time.Duration
	rss int64 // bytes now
}

// processUsage reads /proc/PID/stat (proc_pid_stat(5)): utime and stime are fields 14 and 15, rss is field
// 24 in pages. The second field, the name, may hold spaces and ends at the last parenthesis.
func processUsage(pid int) (usage, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	end := bytes.LastIndexByte(b, ')')
	if end < 0 {
		return usage{}, fmt.Errorf("workers: /proc/%d/stat has no name", pid)
	}
	const utime, stime, rss = 14 - 3, 15 - 3, 24 - 3 // counted from field 3, the first behind the name
	f := bytes.Fields(b[end+1:])
	if len(f) <= rss {
		return usage{}, fmt.Errorf("workers: /proc/%d/stat is short", pid)
	}
	var v [3]int64
	for i, n := range []int{utime, stime, rss} {
		if v[i], err = strconv.ParseInt(string(f[n]), 10, 64); err != nil {
			return usage{}, fmt.Errorf("workers: /proc/%d/stat: %w", pid, err)
		}
	}
	return usage{cpu: time.Duration(v[0]+v[1]) * clockTick, rss: v[2] * int64(os.Getpagesize())}, nil
}
