package bus

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"upwind/store"
)

// TestAckWait is the life of a lease in tests.
const TestAckWait = time.Second

// StartTest connects to a new embedded server in a temporary folder, with a store, and closes it with the
// test. Options change the configuration before it starts.
func StartTest(t testing.TB, options ...func(*Config)) *Bus {
	t.Helper()
	cfg := TestConfig(t)
	for _, o := range options {
		o(&cfg)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b, err := Connect(ctx, cfg)
	if err != nil {
		t.Fatalf("starting the bus: %v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestConfig is a configuration with a temporary folder and store, short leases, and only errors logged.
func TestConfig(t testing.TB) Config {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return Config{Dir: filepath.Join(dir, "data"), Store: st, AckWait: TestAckWait, Log: QuietLog()}
}

// QuietLog drops everything, unless UPWIND_TEST_LOG is set.
func QuietLog() *slog.Logger {
	level := slog.LevelError + 100
	if os.Getenv("UPWIND_TEST_LOG") != "" {
		level = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// TestCluster returns configurations of n embedded servers on loopback that form one cluster. Connect them
// at the same time: each waits for the others.
func TestCluster(t testing.TB, n int) []Config {
	t.Helper()
	addrs := make([]string, n)
	for i := range addrs { // all are held until all are known, so that no two are the same
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addrs[i] = l.Addr().String()
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	cfgs := make([]Config, n)
	for i := range cfgs {
		cfgs[i] = TestConfig(t)
		cfgs[i].Replicas, cfgs[i].Token, cfgs[i].Store = n, "test-token", cfgs[0].Store // a cluster shares its store
		cfgs[i].Cluster = &Cluster{Name: "test", ServerName: fmt.Sprintf("n%d", i), Listen: addrs[i]}
		for j, a := range addrs {
			if j != i {
				cfgs[i].Cluster.Routes = append(cfgs[i].Cluster.Routes, a)
			}
		}
	}
	return cfgs
}
