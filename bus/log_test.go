package bus

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreateOnlyUnderConcurrency(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	const writers, keys = 8, 40
	var created atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for k := range keys {
				ok, err := b.Detections().Create(ctx, fmt.Sprintf("job-%d", k), fmt.Appendf(nil, `{"writer":%d}`, w))
				if err != nil {
					t.Error(err)
				}
				if ok {
					created.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, keys, created.Load(), "each key is created by exactly one writer")
	n := 0
	require.NoError(t, b.Detections().Each(ctx, func(e Entry) error { n++; return nil }))
	require.Equal(t, keys, n)
}

func TestCreateKeepsTheFirst(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	ok, err := b.Assets().Create(ctx, "a b.c/*>é", []byte("first"))
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = b.Assets().Create(ctx, "a b.c/*>é", []byte("second"))
	require.NoError(t, err)
	require.False(t, ok)
	got, err := b.Assets().Get(ctx, "a b.c/*>é")
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
	_, err = b.Assets().Get(ctx, "none")
	require.ErrorIs(t, err, ErrNotFound)
	require.NoError(t, b.Assets().Each(ctx, func(e Entry) error {
		require.Equal(t, "a b.c/*>é", e.Key, "any text is a key and comes back as it was")
		return nil
	}))
}

func TestCreateWithLostAckKnowsItsOwn(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	lost := 0
	b.loseAck = func(string) bool { lost++; return lost == 1 }
	ok, err := b.Traces().Create(ctx, "t", []byte("{}"))
	require.NoError(t, err)
	require.True(t, ok, "the writer whose acknowledgement was lost did create it")
	require.Equal(t, 1, lost, "the second try is refused before it is stored")
}

func TestLargeBodiesGoToTheStore(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	large := bytes.Repeat([]byte("x"), 3<<20)
	for name, body := range map[string][]byte{"at-limit": large[:MaxInline], "above": large[:MaxInline+1], "large": large} {
		ok, err := b.Inspections().Create(ctx, name, body)
		require.NoError(t, err)
		require.True(t, ok)
		got, err := b.Inspections().Get(ctx, name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(body, got), name)
	}
	m, err := b.last(ctx, streamInspections, "inspections.large")
	require.NoError(t, err)
	require.Less(t, len(m.Data), 500, "the message holds a reference only")
	_, err = b.KV(BucketGrids).Put(ctx, "big", large)
	require.NoError(t, err)
	got, _, err := b.KV(BucketGrids).Get(ctx, "big")
	require.NoError(t, err)
	require.Len(t, got, len(large))

	bare := StartTest(t, func(c *Config) { c.Store = nil })
	_, err = bare.Inspections().Create(ctx, "large", large)
	require.ErrorContains(t, err, "has no store")
}

func TestFollowReplaysThenGoesLive(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	for i := range 5 {
		_, err := b.Assets().Create(ctx, fmt.Sprint(i), nil)
		require.NoError(t, err)
	}
	fctx, cancel := context.WithCancel(ctx)
	var keys []string
	var live []bool
	created := make(chan error, 1)
	err := b.Assets().Follow(fctx, 3, func(e Entry) error {
		keys, live = append(keys, e.Key), append(live, e.Live)
		if e.Key == "4" {
			go func() {
				_, err := b.Assets().Create(ctx, "new", nil)
				created <- err
			}()
		}
		if e.Key == "new" {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, <-created)
	require.Equal(t, []string{"2", "3", "4", "new"}, keys)
	require.Equal(t, []bool{false, false, false, true}, live)
	stop := fmt.Errorf("enough")
	require.ErrorIs(t, b.Assets().Follow(ctx, 0, func(Entry) error { return stop }), stop)
}

func TestTokensAreReversible(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, s := range []string{"", "a", "=", "=41", "A", "a.b", "a b", "*", ">", "371502/1", "单位", "\x00\xff", "=="} {
		tok := token(s)
		require.Equal(t, s, untoken(tok))
		require.NotContains(t, tok, ".")
		require.NotContains(t, tok, "*")
		require.NotContains(t, tok, ">")
		require.NotContains(t, tok, " ")
		require.NotContains(t, seen, tok)
		seen[tok] = s
	}
}

func TestKV(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	kv := b.KV(BucketOfficers)
	_, _, err := kv.Get(ctx, "o")
	require.ErrorIs(t, err, ErrNotFound)
	r1, err := kv.Create(ctx, "o", []byte("1"))
	require.NoError(t, err)
	_, err = kv.Create(ctx, "o", []byte("x"))
	require.ErrorIs(t, err, ErrConflict)
	r2, err := kv.Update(ctx, "o", []byte("2"), r1)
	require.NoError(t, err)
	_, err = kv.Update(ctx, "o", []byte("x"), r1)
	require.ErrorIs(t, err, ErrConflict)
	got, rev, err := kv.Get(ctx, "o")
	require.NoError(t, err)
	require.Equal(t, "2", string(got))
	require.Equal(t, r2, rev)
	require.NoError(t, kv.Delete(ctx, "o"))
	require.NoError(t, kv.Delete(ctx, "never"))
	_, _, err = kv.Get(ctx, "o")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = kv.Create(ctx, "o", []byte("again"))
	require.NoError(t, err, "a deleted key may be created again")
	_, err = kv.Put(ctx, "a", []byte("a"))
	require.NoError(t, err)
	keys, err := kv.Keys(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "o"}, keys)
}
