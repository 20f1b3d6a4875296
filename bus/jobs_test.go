package bus

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func submit(t *testing.T, b *Bus, ids ...string) {
	for _, id := range ids {
		ok, err := b.Jobs().Submit(testContext(t), "detect", id, []byte("body of "+id))
		require.NoError(t, err)
		require.True(t, ok, id)
	}
}

func next(t *testing.T, b *Bus) *Lease {
	l, err := b.Jobs().Next(testContext(t), "detect")
	require.NoError(t, err)
	return l
}

func outstanding(t *testing.T, b *Bus) int {
	n, err := b.Jobs().Outstanding(testContext(t))
	require.NoError(t, err)
	return n
}

func TestJobIsQueuedOnce(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a")
	ok, err := b.Jobs().Submit(ctx, "detect", "a", nil)
	require.NoError(t, err)
	require.False(t, ok, "queued already")
	l := next(t, b)
	require.Equal(t, "a", l.ID())
	require.Equal(t, "detect", l.Role())
	require.Equal(t, "body of a", string(l.Body()))
	require.Equal(t, 1, l.Deliveries())
	ok, err = b.Jobs().Submit(ctx, "detect", "a", nil)
	require.NoError(t, err)
	require.False(t, ok, "leased")
	require.Equal(t, 1, outstanding(t, b), "a leased job is outstanding")
	require.NoError(t, l.Done(ctx))
	require.Zero(t, outstanding(t, b))
	ok, err = b.Jobs().Submit(ctx, "detect", "a", nil)
	require.NoError(t, err)
	require.False(t, ok, "finished")
	require.NoError(t, l.Done(ctx), "done twice is done")
}

func TestLeaseExpiresAndBeatsHoldIt(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a")
	held := next(t, b)
	start := time.Now()
	for time.Since(start) < 2*TestAckWait {
		time.Sleep(TestAckWait / 4)
		require.NoError(t, held.Beat(ctx))
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := b.Jobs().Next(short, "detect")
	require.ErrorIs(t, err, context.DeadlineExceeded, "a beaten lease is nobody else's")

	again := next(t, b) // waits until the lease ends
	require.Equal(t, "a", again.ID())
	require.Equal(t, 2, again.Deliveries())
	require.ErrorIs(t, held.Beat(ctx), ErrLeaseLost)
	require.NoError(t, held.Done(ctx), "a late worker's end does no harm")
	require.NoError(t, again.Done(ctx))
	require.Zero(t, outstanding(t, b))
}

func TestCrashBetweenDoneAndAck(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a")
	l := next(t, b)
	require.NoError(t, b.Jobs().finish(ctx, "detect", l.ID(), stateDone)) // and the worker dies here
	require.Equal(t, 1, outstanding(t, b))
	short, cancel := context.WithTimeout(ctx, 2*TestAckWait)
	defer cancel()
	_, err := b.Jobs().Next(short, "detect")
	require.ErrorIs(t, err, context.DeadlineExceeded, "a finished job is handed to nobody")
	require.Zero(t, outstanding(t, b), "and leaves the queue")
}

func TestReleaseHandsTheJobOutAgain(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a")
	require.NoError(t, next(t, b).Release(ctx, 100*time.Millisecond))
	start := time.Now()
	l := next(t, b)
	require.Equal(t, 2, l.Deliveries())
	require.Greater(t, time.Since(start), 50*time.Millisecond)
}

func TestNextLosesNothingWhenCancelled(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t, func(c *Config) { c.AckWait = time.Hour }), testContext(t)
	const jobs = 40
	got := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for w := range 4 {
		wg.Go(func() { // workers whose waiting is cut short all the time
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				short, cancel := context.WithTimeout(ctx, time.Duration(1+(i*7+w)%12)*time.Millisecond)
				l, err := b.Jobs().Next(short, "detect")
				cancel()
				if err == nil {
					mu.Lock()
					got[l.ID()]++
					mu.Unlock()
					if err := l.Done(ctx); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range jobs {
		submit(t, b, fmt.Sprint(i))
	}
	require.Eventually(t, func() bool { return outstanding(t, b) == 0 }, 20*time.Second, 20*time.Millisecond,
		"with leases of an hour a job that got lost would never come back")
	close(stop)
	wg.Wait()
	require.Len(t, got, jobs)
	for id, n := range got {
		require.Equal(t, 1, n, id)
	}
}

func TestBuryAndRetry(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a", "b")
	require.NoError(t, next(t, b).Bury(ctx, "the picture has\nno pixels", true))
	require.NoError(t, next(t, b).Done(ctx))
	require.Zero(t, outstanding(t, b))
	dead, err := b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1)
	require.Equal(t, "a", dead[0].ID)
	require.Equal(t, "detect", dead[0].Role)
	require.Equal(t, "the picture has\nno pixels", dead[0].Reason)
	require.True(t, dead[0].Refused)
	require.Equal(t, "body of a", string(dead[0].Body))
	ok, err := b.Jobs().Submit(ctx, "detect", "a", nil)
	require.NoError(t, err)
	require.False(t, ok, "a buried job is not queued again by itself")

	n, err := b.Jobs().RecordDeath(ctx, "a", "SIGKILL")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, b.Jobs().Retry(ctx, "a"))
	dead, err = b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Empty(t, dead)
	n, err = b.Jobs().RecordDeath(ctx, "a", "SIGKILL")
	require.NoError(t, err)
	require.Equal(t, 1, n, "a retry starts with a clean record")
	l := next(t, b)
	require.Equal(t, "body of a", string(l.Body()))
	require.NoError(t, l.Bury(ctx, "again", false))
	dead, err = b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1)
	require.Equal(t, "again", dead[0].Reason, "the newer burial counts")
	require.ErrorIs(t, b.Jobs().Retry(ctx, "b"), ErrNotFound)
}

// A crash after each step of Bury and of Retry leaves the job in the queue or in DEAD.
func TestBuryAndRetryAreCrashSafe(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a")
	l := next(t, b)
	require.NoError(t, l.copyToDead(ctx, "first", false)) // crash
	dead, err := b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Empty(t, dead, "it is still queued")
	again := next(t, b)
	require.NoError(t, again.Bury(ctx, "second", false))
	dead, err = b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1)

	require.NoError(t, b.KV(BucketDone).Delete(ctx, "a")) // Retry, cut off after its first step
	dead, err = b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Len(t, dead, 1, "neither queued nor finished: it must still be seen")
	_, err = b.Jobs().queue(ctx, "detect", "a", dead[0].Body) // Retry, cut off before its last
	require.NoError(t, err)
	require.NoError(t, b.Jobs().Retry(ctx, "a"))
	require.Equal(t, 1, outstanding(t, b))
	dead, err = b.Jobs().Dead(ctx)
	require.NoError(t, err)
	require.Empty(t, dead)
}

func TestRecordDeathCountsEqualOnes(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := b.Jobs().RecordDeath(ctx, "j", "oom"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := b.Jobs().RecordDeath(ctx, "j", "SIGSEGV")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = b.Jobs().RecordDeath(ctx, "j", "oom")
	require.NoError(t, err)
	require.Equal(t, 5, n)
}

func TestStatsCountPerRole(t *testing.T) {
	t.Parallel()
	b, ctx := StartTest(t), testContext(t)
	submit(t, b, "a", "b")
	_, err := b.Jobs().Submit(ctx, "trace it", "t", nil)
	require.NoError(t, err)
	next(t, b)
	st, err := b.Stats(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"detect": 2, "trace it": 1}, st.Outstanding)
	require.Equal(t, 1, st.Leased["detect"])
	for _, s := range st.Streams {
		if s.Name == streamJobs {
			require.EqualValues(t, 3, s.Messages)
		}
	}
}
