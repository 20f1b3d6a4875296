package main

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

// freeAddr is a loopback address that nobody listens on now.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	return addr
}

// Three machines: each a server inside the program, every stream on all three. One is killed while files
// come in and jobs run, and comes back. Everything handed in becomes one target, on every node.
func TestClusterOfThree(t *testing.T) {
	const n = 24
	scenes := writeScenes(t, t.TempDir(), n, 256)
	root := t.TempDir()
	env := []string{"UPWIND_NATS_TOKEN=three", "UPWIND_STORE=" + filepath.Join(root, "store")}
	for _, e := range env {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	var routes []string
	for range 3 {
		routes = append(routes, freeAddr(t))
	}
	data := func(i int) string { return filepath.Join(root, fmt.Sprintf("node%d", i)) }
	startNode := func(i int) *service {
		var others []string
		for j, r := range routes {
			if j != i {
				others = append(others, r)
			}
		}
		return start(t, nil, "run", "--data", data(i), "--listen", "127.0.0.1:0", "--slots", "1", "--replicas", "3", "--cluster", "upwind-test",
			"--cluster-server", fmt.Sprintf("node%d", i), "--cluster-listen", routes[i], "--cluster-routes", strings.Join(others, ","))
	}
	nodes := make([]*service, 3)
	for i := range nodes {
		nodes[i] = startNode(i)
	}
	for i, node := range nodes {
		ready(t, data(i), node)
	}

	handIn := func(node int, part []string) {
		must(t, append([]string{"ingest", "--data", data(node)}, part...)...)
	}
	handIn(0, scenes[:n/3])
	nodes[2].kill()
	killed := time.Now()
	handIn(0, scenes[n/3:2*n/3])
	handIn(1, scenes[2*n/3:])
	t.Logf("two of three took in %d files within %v of the kill", 2*n/3, time.Since(killed))
	nodes[2] = startNode(2)
	ready(t, data(2), nodes[2])

	var first string
	for i := range nodes {
		var got []upwind.Candidate
		require.Eventually(t, func() bool {
			o := upwindDo(t, "candidates", "--json", "--data", data(i))
			var doc struct{ Candidates []upwind.Candidate }
			if o.code != 0 || json.Unmarshal([]byte(o.stdout), &doc) != nil {
				return false
			}
			got = doc.Candidates
			return len(got) >= n
		}, 2*time.Minute, 500*time.Millisecond, "node %d", i)
		require.Len(t, got, n, "node %d has a target twice", i)
		if i == 0 {
			first = asJSON(t, got)
		}
		require.Equal(t, first, asJSON(t, got), "node %d sees something else", i)
	}
	for i := range nodes {
		nodes[i].kill()
	}
}
