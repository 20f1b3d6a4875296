package sandbox

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Limits are what a child may use.
type Limits struct {
	DataBytes uint64   // RLIMIT_DATA
	FileBytes uint64   // largest file it may write
	ReadOnly  []string // files and folders it may read, besides the system's libraries
	ReadWrite []string // folders it may write
}

// systemReadable is what a dynamically linked program with GDAL and PROJ opens besides its input: libraries,
// the projection database and GDAL's tables, time zones, and the pseudo files of the Go runtime and libc.
// Neither /etc as a whole nor any home is among them.
var systemReadable = []string{
	"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/proj", "/usr/share/gdal", "/usr/share/zoneinfo",
	"/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
	"/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/sys/vm/overcommit_memory",
	"/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage",
	"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
}

// openFiles bounds the child's file descriptors; GDAL and PROJ need a few dozen.
const openFiles = 256

// Exec enters the sandbox and replaces this process by argv. It returns only on failure. The program itself
// (argv[0], an absolute path) stays readable.
func Exec(l Limits, argv, env []string) error {
	runtime.LockOSThread()
	for _, r := range []struct {
		what  int
		limit uint64
	}{
		{unix.RLIMIT_DATA, l.DataBytes},
		{unix.RLIMIT_FSIZE, l.FileBytes},
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, openFiles},
	} {
		if err := setLimit(r.what, r.limit); err != nil {
			return fmt.Errorf("sandbox: limit %d: %w", r.what, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("sandbox: no_new_privs: %w", err)
	}
	readable := append(append([]string{argv[0]}, systemReadable...), l.ReadOnly...)
	if err := restrictFiles(readable, l.ReadWrite); err != nil && !errors.Is(err, errNoLandlock) {
		return fmt.Errorf("sandbox: landlock: %w", err)
	}
	if err := installFilter(); err != nil {
		return fmt.Errorf("sandbox: seccomp: %w", err)
	}
	return fmt.Errorf("sandbox: exec %s: %w", argv[0], unix.Exec(argv[0], argv, env))
}

// setLimit lowers a soft and hard limit; a hard limit that is lower already stays.
func setLimit(what int, limit uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(what, &now); err != nil {
		return err
	}
	limit = min(limit, now.Max)
	return unix.Setrlimit(what, &unix.Rlimit{Cur: limit, Max: limit})
}

// Report says in words which walls this machine can put up, for `upwind doctor`.
func Report() []string {
	out := []string{"memory limit (RLIMIT_DATA) and network filter (seccomp): always"}
	if abi := landlockABI(); abi > 0 {
		out = append(out, fmt.Sprintf("files outside the job's folder: closed by Landlock (ABI %d)", abi))
	} else {
		out = append(out, "files outside the job's folder: this kernel has no Landlock; the driver allow-list alone protects them")
	}
	return out
}
