package bus

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

// full is a bus with something in every part of it.
func full(t *testing.T) *Bus {
	b, ctx := StartTest(t), testContext(t)
	seed(t, ctx, b, 20)
	_, err := b.Ledger().AppendBatch(ctx, []Draft{{observed(t, "x", "9"), ExpectNew()}, {strengthened(t, "x", "9", 1, "w"), ExpectHead()}})
	require.NoError(t, err)
	submit(t, b, "open", "dead", "done")
	require.NoError(t, next(t, b).Release(ctx, 0))
	for range 3 {
		l := next(t, b)
		switch l.ID() {
		case "dead":
			require.NoError(t, l.Bury(ctx, "a reason\nin two lines", true))
		case "done":
			require.NoError(t, l.Done(ctx))
		}
	}
	_, err = b.Jobs().RecordDeath(ctx, "open", "SIGSEGV")
	require.NoError(t, err)
	_, err = b.Assets().Create(ctx, "large", bytes.Repeat([]byte("y"), MaxInline+1))
	require.NoError(t, err)
	_, err = b.Detections().Create(ctx, "j", mustJSON(DetectionSet{Version: 1, JobID: "j", Detections: []upwind.Detection{detection("d")}}))
	require.NoError(t, err)
	_, err = b.Observe(ctx, "o", ObservationBatch{Observations: []upwind.Observation{{StationID: "s", Start: at, DurationS: 60, Species: "PM10", Value: 1}}})
	require.NoError(t, err)
	require.NoError(t, b.SetSites(ctx, []upwind.Site{{ID: "s", Name: "yard"}}))
	_, err = b.KV(BucketOfficers).Put(ctx, "gone", []byte("1"))
	require.NoError(t, err)
	require.NoError(t, b.KV(BucketOfficers).Delete(ctx, "gone"))
	return b
}

// contents is everything a dump keeps, without times and, but for the ledger, without sequences.
func contents(t *testing.T, dump []byte) map[string][]line {
	all := map[string][]line{}
	tr := tar.NewReader(bytes.NewReader(dump))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		if h.Name == manifestName {
			continue
		}
		dec := json.NewDecoder(tr)
		for dec.More() {
			var l line
			require.NoError(t, dec.Decode(&l))
			l.Time = at
			if h.Name != streamLedger+".jsonl" {
				l.Seq = 0
			}
			all[h.Name] = append(all[h.Name], l)
		}
	}
}

func TestDumpLoadRoundTrip(t *testing.T) {
	t.Parallel()
	a, ctx := full(t), testContext(t)
	var first, second bytes.Buffer
	require.NoError(t, a.Dump(ctx, &first))
	b := StartTest(t, func(c *Config) { c.Store = a.cfg.Store })
	require.NoError(t, b.Load(ctx, bytes.NewReader(first.Bytes())))
	requireWhole(t, b, 42)
	require.NoError(t, b.Dump(ctx, &second))
	want := contents(t, first.Bytes())
	require.Len(t, want[streamLedger+".jsonl"], 42)
	require.Len(t, want[streamJobs+".jsonl"], 1)
	require.Equal(t, want, contents(t, second.Bytes()))

	dead, err := b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1)
	require.Equal(t, "a reason\nin two lines", dead[0].Reason)
	l := next(t, b)
	require.Equal(t, "open", l.ID())
	ok, err := b.Jobs().Submit(ctx, "detect", "done", nil)
	require.NoError(t, err)
	require.False(t, ok)
	body, err := b.Assets().Get(ctx, "large")
	require.NoError(t, err)
	require.Len(t, body, MaxInline+1)
	_, _, err = b.KV(BucketOfficers).Get(ctx, "gone")
	require.ErrorIs(t, err, ErrNotFound)
	seq, err := b.Ledger().CandidateSeq(ctx, "9", "x")
	require.NoError(t, err)
	_, err = b.Ledger().Append(ctx, strengthened(t, "x", "9", 2, "w"), ExpectSeq(seq))
	require.NoError(t, err, "the chain goes on where it was")
	requireWhole(t, b, 43)

	err = b.Load(ctx, bytes.NewReader(first.Bytes()))
	require.ErrorIs(t, err, ErrNotEmpty)
	require.ErrorContains(t, err, "new data folder")
}

func TestLoadRefusesDamagedDumpsBeforeWriting(t *testing.T) {
	t.Parallel()
	a, ctx := full(t), testContext(t)
	var buf bytes.Buffer
	require.NoError(t, a.Dump(ctx, &buf))
	dump := buf.Bytes()
	b := StartTest(t)
	bad := map[string][]byte{
		"empty":     nil,
		"cut":       dump[:len(dump)/2],
		"not a tar": bytes.Repeat([]byte("no"), 4096),
		"a bit":     flip(dump, bytes.Index(dump, []byte(`"subject":"ledger.`))+4),
	}
	for name, d := range bad {
		err := b.Load(ctx, bytes.NewReader(d))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
	}
	require.NoError(t, b.mustBeEmpty(ctx))
	require.NoError(t, b.Load(ctx, bytes.NewReader(dump)), "the whole one loads afterwards")
}

func flip(b []byte, i int) []byte {
	c := bytes.Clone(b)
	c[i] ^= 4
	return c
}

func TestGridIsMadeAgainAfterLoad(t *testing.T) {
	t.Parallel()
	a, ctx := StartTest(t), testContext(t)
	seed(t, ctx, a, 4)
	gridOf := func(b *Bus) (out []string) {
		pctx, cancel := context.WithCancel(ctx)
		defer cancel()
		projected := make(chan error, 1)
		go func() { projected <- b.RunProjector(pctx) }()
		n := 0
		_ = b.follow(pctx, streamGrid, followOptions{}, func(m message) error {
			out = append(out, m.subject+" "+string(m.data))
			if n++; n == 8 {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, <-projected, context.Canceled)
		return out
	}
	want := gridOf(a)
	var buf bytes.Buffer
	require.NoError(t, a.Dump(ctx, &buf))
	b := StartTest(t)
	require.NoError(t, b.Load(ctx, &buf))
	require.Equal(t, want, gridOf(b))
}
