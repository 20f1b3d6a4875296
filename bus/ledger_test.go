package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/grid"
)

func TestEightWritersOneWinsEachRevision(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	l := b.Ledger()
	seq, err := l.Append(ctx, observed(t, "c", "371502"), ExpectNew())
	require.NoError(t, err)
	const writers, revisions = 8, 15
	for rev := 1; rev <= revisions; rev++ {
		var won atomic.Int64
		var newSeq atomic.Uint64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				s, err := l.Append(ctx, strengthened(t, "c", "371502", rev, fmt.Sprint(w)), ExpectSeq(seq))
				switch {
				case err == nil:
					won.Add(1)
					newSeq.Store(s)
				case !errors.Is(err, ErrConflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, won.Load(), "revision %d", rev)
		require.Greater(t, newSeq.Load(), seq)
		seq = newSeq.Load()
	}
	requireWhole(t, b, revisions+1)
}

// requireWhole checks the chains and that the book accepts every event.
func requireWhole(t *testing.T, b *Bus, events int) {
	t.Helper()
	ctx := testContext(t)
	breaks, err := b.Ledger().Verify(ctx)
	require.NoError(t, err)
	require.Empty(t, breaks)
	book, n := grid.NewBook(), 0
	require.NoError(t, stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return b.Ledger().follow(ctx, followOptions{live: live}, func(e LedgerEntry) error {
			n++
			return book.Apply(e.Event)
		})
	}))
	require.Equal(t, events, n)
}

func TestCountyFenceLetsOneMergerThrough(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	l := b.Ledger()
	_, err := l.Append(ctx, observed(t, "other", "371503"), ExpectNew())
	require.NoError(t, err)
	before, err := l.CountySeq(ctx, "371502")
	require.NoError(t, err)
	require.Zero(t, before, "another county does not count")
	var won atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() { // eight mergers that each found no candidate here
			_, err := l.Append(ctx, observed(t, fmt.Sprintf("c%d", w), "371502"), ExpectCounty(before))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load(), "eight mergers at one place make one candidate")
	after, err := l.CountySeq(ctx, "371502")
	require.NoError(t, err)
	_, err = l.Append(ctx, observed(t, "later", "371502"), ExpectCounty(after))
	require.NoError(t, err)
	requireWhole(t, b, 3)
}

func TestMergeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	l := b.Ledger()
	s1, err := l.Append(ctx, observed(t, "c1", "1"), ExpectNew())
	require.NoError(t, err)
	s2, err := l.Append(ctx, observed(t, "c2", "2"), ExpectNew())
	require.NoError(t, err)
	merge := func(e1, e2 Expect) ([]uint64, error) {
		return l.AppendBatch(ctx, []Draft{
			{event(t, grid.TypeMerged, "c1", "1", "m1", grid.Merged{From: "c2", Reason: "same place", Sightings: []grid.Sighting{sighting("c2-e0", "2")}}), e1},
			{event(t, grid.TypeMerged, "c2", "2", "m2", grid.Merged{Into: "c1", Reason: "same place", Last: true}), e2},
		})
	}
	_, err = merge(ExpectSeq(s1), ExpectSeq(s1))
	require.ErrorIs(t, err, ErrConflict, "the second belief is wrong")
	n, err := l.CandidateSeq(ctx, "1", "c1")
	require.NoError(t, err)
	require.Equal(t, s1, n, "so the first event is not there either")
	seqs, err := merge(ExpectSeq(s1), ExpectSeq(s2))
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 4}, seqs)
	again, err := merge(ExpectSeq(s1), ExpectSeq(s2))
	require.NoError(t, err)
	require.Equal(t, seqs, again, "the same merge once more finds that it had won")
	requireWhole(t, b, 4)
}

func TestBatchOnOneCandidate(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	drafts := []Draft{{observed(t, "c", "1"), ExpectCounty(0)}}
	for i := 1; i < 300; i++ {
		drafts = append(drafts, Draft{strengthened(t, "c", "1", i, "w"), ExpectHead()})
	}
	seqs, err := b.Ledger().AppendBatch(ctx, drafts)
	require.NoError(t, err)
	require.Len(t, seqs, 300)
	require.EqualValues(t, 300, seqs[299])
	requireWhole(t, b, 300)
	_, err = b.Ledger().AppendBatch(ctx, make([]Draft, maxBatch+1))
	require.Error(t, err)
}

func TestAppendWithLostAckKnowsItHadWon(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	l := b.Ledger()
	lose := 0
	b.loseAck = func(subject string) bool { lose--; return lose >= 0 }
	lose = 1
	seq, err := l.Append(ctx, observed(t, "c", "1"), ExpectNew())
	require.NoError(t, err)
	require.EqualValues(t, 1, seq)
	lose = 1
	seq, err = l.Append(ctx, strengthened(t, "c", "1", 1, "w"), ExpectHead())
	require.NoError(t, err)
	require.EqualValues(t, 2, seq)
	lose = 1
	seqs, err := l.AppendBatch(ctx, []Draft{
		{strengthened(t, "c", "1", 2, "w"), ExpectSeq(2)}, {strengthened(t, "c", "1", 3, "w"), ExpectHead()},
	})
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 4}, seqs)

	// Somebody else appends before the writer gets to look: it still had won.
	lose = 1
	other := l.b.loseAck
	b.loseAck = func(subject string) bool {
		if !other(subject) {
			return false
		}
		_, err := l.Append(ctx, strengthened(t, "c", "1", 5, "other"), ExpectSeq(5))
		require.NoError(t, err)
		return true
	}
	seq, err = l.Append(ctx, strengthened(t, "c", "1", 4, "w"), ExpectSeq(4))
	require.NoError(t, err)
	require.EqualValues(t, 5, seq)
	requireWhole(t, b, 6)
}

func TestAnOlderProgramDoesNotWrite(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	l := b.Ledger()
	seq, err := l.Append(ctx, observed(t, "c", "1"), ExpectNew())
	require.NoError(t, err)
	future := strengthened(t, "c", "1", 1, "future")
	future.V = 99
	_, err = l.Append(ctx, future, ExpectSeq(seq))
	require.ErrorIs(t, err, ErrNewer, "it does not invent versions")
	future.Hash = future.Sum()
	_, err = b.js.Publish(ctx, ledgerSubject("1", "c"), mustJSON(future))
	require.NoError(t, err)
	_, err = l.Append(ctx, strengthened(t, "c", "1", 2, "w"), ExpectSeq(seq+1))
	require.ErrorIs(t, err, ErrNewer)
	_, err = l.Append(ctx, observed(t, "unborn", "1"), ExpectNew())
	require.ErrorIs(t, err, ErrNewer, "the county is a newer program's")
}

func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	seed(t, ctx, b, 2)
	requireWhole(t, b, 4)
	m, err := b.last(ctx, streamLedger, ledgerSubject("371500", "c000"))
	require.NoError(t, err)
	var ev grid.Event
	require.NoError(t, json.Unmarshal(m.Data, &ev))
	ev.Prev, ev.ID, ev.Actor = ev.Hash, "forged", "somebody"
	_, err = b.js.Publish(ctx, m.Subject, mustJSON(ev)) // with the hash of another event
	require.NoError(t, err)
	ev.Prev = ""
	ev.Hash = ev.Sum()
	_, err = b.js.Publish(ctx, m.Subject, mustJSON(ev)) // and one that follows nothing
	require.NoError(t, err)
	_, err = b.js.Publish(ctx, m.Subject, []byte("not JSON"))
	require.NoError(t, err)
	breaks, err := b.Ledger().Verify(ctx)
	require.NoError(t, err)
	require.Len(t, breaks, 3)
	require.Contains(t, breaks[0].String(), "hashes to")
	require.Contains(t, breaks[1].String(), "names")
	require.EqualValues(t, 7, breaks[2].Seq)

	v := &verifier{heads: map[string]string{}, next: 1}
	v.gap(4)
	require.Equal(t, []Break{{1, "", "3 events are missing"}}, v.breaks)
}

func TestLedgerCannotBeDeleted(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	seed(t, ctx, b, 1)
	s, err := b.js.Stream(ctx, streamLedger)
	require.NoError(t, err)
	require.Error(t, s.DeleteMsg(ctx, 1))
	require.Error(t, s.Purge(ctx))
	requireWhole(t, b, 2)
}

func TestProjectorResumesWithoutDoubles(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	seed(t, ctx, b, 5)
	run := func(n int) (stop func()) {
		pctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				if err := b.RunProjector(pctx); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		return func() { cancel(); wg.Wait() }
	}
	reach := func(n uint64) {
		require.Eventually(t, func() bool {
			info, err := b.streamInfo(ctx, streamGrid)
			return err == nil && info.State.LastSeq >= n
		}, 10*1e9, 1e7)
	}
	stop := run(1)
	reach(10)
	stop()
	lost := 0
	b.loseAck = func(subject string) bool { // every third acknowledgement on GRID is lost
		if subject[:4] != "grid" {
			return false
		}
		lost++
		return lost%3 == 0
	}
	_, err := b.Ledger().Append(ctx, event(t, grid.TypeSetAside, "aside", "371500", "s1", grid.SetAside{EvidenceID: "x", Type: "trace", Reason: "far"}), ExpectNew())
	require.NoError(t, err)
	stop = run(1)
	for i := range 5 {
		_, err := b.Ledger().Append(ctx, observed(t, fmt.Sprintf("n%d", i), "371500"), ExpectNew())
		require.NoError(t, err)
	}
	reach(15)
	stop()
	b.loseAck = nil
	stop = run(3) // three at once
	for i := range 10 {
		_, err := b.Ledger().Append(ctx, observed(t, fmt.Sprintf("p%d", i), "371501"), ExpectNew())
		require.NoError(t, err)
	}
	reach(25)
	stop()
	seen, last := map[string]bool{}, ""
	err = stopAtEnd(ctx, func(ctx context.Context, live func()) error {
		return b.follow(ctx, streamGrid, followOptions{live: live}, func(m message) error {
			var ce CloudEvent
			require.NoError(t, json.Unmarshal(m.data, &ce))
			require.Equal(t, "1.0", ce.SpecVersion)
			require.Equal(t, ce.LedgerSequence, m.header.Get(headerLedgerSeq))
			require.False(t, seen[ce.ID], "doubled %s", ce.ID)
			seen[ce.ID], last = true, m.subject
			require.Equal(t, upwind.StateCandidate, ce.Data.State)
			return nil
		})
	})
	require.NoError(t, err)
	require.Len(t, seen, 25)
	require.Equal(t, "grid.371501.t1.c1", last)
}

func TestPublishGivesUpOnWhatCannotPass(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	m := nats.NewMsg("assets.x")
	m.Data = make([]byte, 2<<20)
	_, err := b.publish(ctx, m)
	require.ErrorIs(t, err, nats.ErrMaxPayload)
}
