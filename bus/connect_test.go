package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/grid"
)

func TestOneServerAFolder(t *testing.T) {
	t.Parallel()
	cfg, ctx := TestConfig(t), testContext(t)
	_, _, err := Attach(ctx, cfg.Dir, cfg)
	require.ErrorIs(t, err, ErrNotRunning)
	b, err := Connect(ctx, cfg)
	require.NoError(t, err)
	_, err = Connect(ctx, cfg)
	var busy *ErrInUse
	require.ErrorAs(t, err, &busy)
	require.Equal(t, os.Getpid(), busy.PID)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))

	st, err := os.Stat(filepath.Join(cfg.Dir, serverName))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, st.Mode().Perm())
	require.NoError(t, b.AnnounceHTTP("http://127.0.0.1:8080"))
	other, info, err := Attach(ctx, cfg.Dir, Config{Store: cfg.Store, Log: cfg.Log})
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8080", info.HTTP)
	require.Equal(t, os.Getpid(), info.PID)
	_, err = other.Assets().Create(ctx, "a", []byte("through the server"))
	require.NoError(t, err)
	got, err := b.Assets().Get(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "through the server", string(got))
	_, err = Connect(ctx, Config{URL: info.URL, Token: "wrong", Log: cfg.Log})
	require.Error(t, err, "the token is asked for")

	joined, err := Join(ctx, cfg)
	require.NoError(t, err)
	require.Nil(t, joined.emb, "it attaches to the server that runs")
	joined.Close()
	other.Close()
	b.Close()
	require.NoFileExists(t, filepath.Join(cfg.Dir, serverName))
	joined, err = Join(ctx, cfg)
	require.NoError(t, err)
	require.NotNil(t, joined.emb, "and serves itself when none does")
	joined.Close()
}

func TestAttachWaitsForAStartingServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := lockDir(dir)
	require.NoError(t, err)
	defer lock.Close()
	stale, _ := json.Marshal(ServerInfo{URL: "nats://127.0.0.1:1", PID: os.Getpid() + 1})
	require.NoError(t, os.WriteFile(filepath.Join(dir, serverName), stale, 0o600))
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = writeServerInfo(dir, ServerInfo{URL: "nats://127.0.0.1:2", PID: os.Getpid()})
	}()
	info, err := ReadServerInfo(testContext(t), dir)
	require.NoError(t, err)
	require.Equal(t, "nats://127.0.0.1:2", info.URL, "what a dead process left is not believed")
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	cfg, ctx := TestConfig(t), testContext(t)
	b, err := Connect(ctx, cfg)
	require.NoError(t, err)
	seed(t, ctx, b, 3)
	submit(t, b, "open", "leased", "dead", "done")
	for _, l := range []*Lease{next(t, b), next(t, b), next(t, b), next(t, b)} {
		switch l.ID() {
		case "dead":
			require.NoError(t, l.Bury(ctx, "why", false))
		case "done":
			require.NoError(t, l.Done(ctx))
		case "open":
			require.NoError(t, l.Release(ctx, 0))
		}
	}
	_, err = b.Assets().Create(ctx, "a", []byte("{}"))
	require.NoError(t, err)
	b.Close()

	b, err = Connect(ctx, cfg)
	require.NoError(t, err)
	defer b.Close()
	requireWhole(t, b, 6)
	got := map[string]bool{next(t, b).ID(): true, next(t, b).ID(): true}
	require.Equal(t, map[string]bool{"open": true, "leased": true}, got)
	dead, err := b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1)
	ok, err := b.Jobs().Submit(ctx, "detect", "done", nil)
	require.NoError(t, err)
	require.False(t, ok)
	ok, err = b.Assets().Create(ctx, "a", nil)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestServerRestartUnderOneConnection(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	fctx, stop := context.WithCancel(ctx)
	var keys []string
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = b.Assets().Follow(fctx, 0, func(e Entry) error {
			if keys = append(keys, e.Key); e.Key == "after" {
				stop()
			}
			return nil
		})
	})
	_, err := b.Assets().Create(ctx, "before", nil)
	require.NoError(t, err)
	require.NoError(t, b.RestartServer(ctx))
	_, err = b.Assets().Create(ctx, "after", nil)
	require.NoError(t, err)
	wg.Wait()
	require.NoError(t, ctx.Err(), "the follower went on")
	require.Equal(t, []string{"before", "after"}, keys)
	submit(t, b, "a")
	require.NoError(t, next(t, b).Done(ctx))
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	for _, cfg := range []Config{
		{},
		{Dir: t.TempDir(), URL: "nats://x"},
		{Dir: t.TempDir(), Listen: "127.0.0.1:0"},
		{Dir: t.TempDir(), Listen: "nowhere", Token: "t"},
		{Dir: t.TempDir(), Token: "t", Cluster: &Cluster{Name: "c"}},
	} {
		_, err := Connect(ctx, cfg)
		require.Error(t, err, "%+v", cfg)
	}
	open := StartTest(t, func(c *Config) { c.Listen, c.Token = "127.0.0.1:0", "secret" })
	far, err := Connect(ctx, Config{URL: open.ClientURL(), Token: "secret", Log: QuietLog()})
	require.NoError(t, err)
	require.NoError(t, far.Healthy(ctx))
	far.Close()
}

// One of three servers is stopped and comes back while creates and appends go on.
func TestClusterLosesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	cfgs := TestCluster(t, 3)
	nodes := make([]*Bus, 3)
	var wg sync.WaitGroup
	for i, cfg := range cfgs {
		wg.Go(func() {
			b, err := Connect(ctx, cfg)
			if err != nil {
				t.Error(err)
				return
			}
			nodes[i] = b
		})
	}
	wg.Wait()
	for _, b := range nodes {
		require.NotNil(t, b)
	}
	var stop atomic.Bool
	var created, appended sync.Map
	var n atomic.Int64
	for w := range 2 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				key := fmt.Sprintf("w%d-%d", w, i)
				ok, err := nodes[w].Detections().Create(ctx, key, []byte(key))
				if err != nil || !ok {
					t.Errorf("creating %s: %v %v", key, ok, err)
					return
				}
				created.Store(key, true)
			}
		})
		wg.Go(func() { // analysts on candidates and mergers on the county, side by side
			l := nodes[w].Ledger()
			for i := 0; !stop.Load(); i++ {
				c := fmt.Sprintf("c%d-%d", w, i)
				seq, err := appendFenced(ctx, l, observed(t, c, "1"))
				if err == nil {
					seq, err = l.Append(ctx, strengthened(t, c, "1", 1, "w"), ExpectSeq(seq))
				}
				if err == nil { // two counties in one batch
					_, err = l.AppendBatch(ctx, []Draft{
						{strengthened(t, c, "1", 2, "w"), ExpectSeq(seq)}, {strengthened(t, c, "1", 3, "w"), ExpectHead()},
						{observed(t, c+"-far", "2"), ExpectNew()},
					})
				}
				if err != nil {
					t.Errorf("appending %s: %v", c, err)
					return
				}
				appended.Store(c, true)
				n.Add(5)
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	nodes[2].Close()
	time.Sleep(1500 * time.Millisecond)
	back, err := Connect(ctx, cfgs[2])
	require.NoError(t, err)
	nodes[2] = back
	time.Sleep(500 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	keys := map[string]bool{}
	require.NoError(t, back.Detections().Each(ctx, func(e Entry) error { keys[e.Key] = true; return nil }))
	created.Range(func(k, _ any) bool { require.True(t, keys[k.(string)], k); return true })
	require.Greater(t, len(keys), 10)
	requireWhole(t, back, int(n.Load()))
	t.Logf("%d creates, %d appends", len(keys), n.Load())
	for _, b := range nodes {
		b.Close()
	}
}

func appendFenced(ctx context.Context, l *Ledger, ev grid.Event) (uint64, error) {
	for {
		at, err := l.CountySeq(ctx, ev.County)
		if err != nil {
			return 0, err
		}
		seq, err := l.Append(ctx, ev, ExpectCounty(at))
		if !errors.Is(err, ErrConflict) {
			return seq, err
		}
	}
}
