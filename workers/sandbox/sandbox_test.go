package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The test binary plays both stages of the child: it enters the sandbox, and then, inside, tries one thing.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SANDBOX_TEST_DIR"); dir != "" && os.Getenv("SANDBOX_TEST_INSIDE") == "" {
		self, _ := os.Executable()
		err := Exec(Limits{DataBytes: 512 << 20, FileBytes: 1 << 20, ReadOnly: []string{dir}, ReadWrite: []string{filepath.Join(dir, "out")}},
			[]string{self}, append(os.Environ(), "SANDBOX_TEST_INSIDE=1"))
		fmt.Println(err)
		os.Exit(3)
	}
	if os.Getenv("SANDBOX_TEST_INSIDE") != "" {
		if err := attempt(os.Getenv("SANDBOX_TEST_TRY"), os.Getenv("SANDBOX_TEST_DIR")); err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func attempt(what, dir string) error {
	switch what {
	case "read own member":
		_, err := os.ReadFile(filepath.Join(dir, "member.txt"))
		return err
	case "write out":
		return os.WriteFile(filepath.Join(dir, "out", "result"), []byte("x"), 0o600)
	case "overwrite member":
		return os.WriteFile(filepath.Join(dir, "member.txt"), []byte("x"), 0o600)
	case "read sibling":
		_, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "sibling.txt"))
		return err
	case "read /etc/passwd":
		_, err := os.ReadFile("/etc/passwd")
		return err
	case "tcp":
		_, err := net.Dial("tcp", "127.0.0.1:"+os.Getenv("SANDBOX_TEST_PORT"))
		return err
	case "udp":
		_, err := net.Dial("udp", "127.0.0.1:9")
		return err
	case "netlink":
		_, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
		return err
	case "unix socket":
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		return unix.Close(fd)
	case "io_uring":
		_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
		if errno != 0 {
			return errno
		}
		return nil
	case "big file":
		return os.WriteFile(filepath.Join(dir, "out", "big"), make([]byte, 2<<20), 0o600)
	case "grandchild tcp":
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), "SANDBOX_TEST_TRY=tcp")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	case "much memory":
		_, err := unix.Mmap(-1, 0, 1<<30, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		return err
	}
	return errors.New("no such attempt")
}

func TestWalls(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	reached := make(chan struct{}, 8)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			reached <- struct{}{}
			_ = c.Close() // that it came is all that counts
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())

	parent := t.TempDir()
	dir := filepath.Join(parent, "job")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "out"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "member.txt"), []byte("mine"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(parent, "sibling.txt"), []byte("not mine"), 0o644))

	self, err := os.Executable()
	require.NoError(t, err)
	landlock := landlockABI() > 0
	for _, tc := range []struct {
		try     string
		allowed bool
		needsLL bool
	}{
		{"read own member", true, false},
		{"write out", true, false},
		{"unix socket", true, false},
		{"overwrite member", false, true},
		{"read sibling", false, true},
		{"read /etc/passwd", false, true},
		{"tcp", false, false},
		{"udp", false, false},
		{"netlink", false, false},
		{"io_uring", false, false},
		{"grandchild tcp", false, false},
		{"much memory", false, false},
		{"big file", false, false},
	} {
		t.Run(tc.try, func(t *testing.T) {
			if tc.needsLL && !landlock {
				t.Skip("this kernel has no Landlock")
			}
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "SANDBOX_TEST_DIR="+dir, "SANDBOX_TEST_TRY="+tc.try, "SANDBOX_TEST_PORT="+port)
			out, err := cmd.CombinedOutput()
			if tc.allowed {
				require.NoError(t, err, string(out))
				return
			}
			require.Error(t, err, "the sandbox let it through")
			require.False(t, strings.Contains(string(out), "no such attempt"), string(out))
			require.False(t, strings.HasPrefix(string(out), "sandbox:"), "the sandbox itself failed: %s", out)
		})
	}
	require.Empty(t, reached, "a connection came out of the sandbox")
}
