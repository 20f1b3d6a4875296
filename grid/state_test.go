package grid

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

// walk moves a candidate through states; each step is "state by actor".
func walk(t *testing.T, b *Book, id string, steps ...[2]string) error {
	t.Helper()
	for i, s := range steps {
		d := StateChange{To: upwind.State(s[0]), Reason: "r", OfficerID: "o-9"}
		ev, err := Change(b, id, d, s[1], day.Add(time.Duration(i+1)*time.Hour))
		if err != nil {
			return err
		}
		apply(t, b, []Event{ev})
	}
	return nil
}

func oneCandidate(t *testing.T) (*Book, string) {
	t.Helper()
	b := NewBook()
	merge(t, b, nil, nil, square("d1", upwind.BareSoil, 0, 0, 100, 5, 0.8))
	return b, b.All()[0].ID
}

func TestWholeLifeOfACandidate(t *testing.T) {
	b, id := oneCandidate(t)
	require.NoError(t, walk(t, b, id,
		[2]string{"confirmed", "ana"}, [2]string{"dispatched", "ana"}, [2]string{"accepted", "off"}, [2]string{"inspected", "off"},
		[2]string{"rectifying", "off"}, [2]string{"closing-requested", "rex"}))
	for _, actor := range []string{"off", "rex"} {
		require.ErrorIs(t, walk(t, b, id, [2]string{"verified", actor}), ErrIllegal, "%s rectified it", actor)
	}
	require.NoError(t, walk(t, b, id, [2]string{"verified", "vera"}, [2]string{"closed", "off"}))
	c, _ := b.Candidate(id)
	st, _ := b.Standing(id)
	require.Equal(t, upwind.StateClosed, c.State)
	require.Equal(t, "vera", st.Verifier)
	require.Equal(t, []string{"off", "rex"}, st.Rectifiers)
	require.Equal(t, "o-9", c.OfficerID)
	require.Equal(t, 9, st.Events)
	require.NotNil(t, st.RectifiedAt)
}

// TestStateTable tries every pair of states: what the table allows passes, all else is refused and changes nothing.
func TestStateTable(t *testing.T) {
	require.Len(t, transitions, 14)
	allowed := 0
	for from := range transitions {
		for to := range transitions {
			b, id := oneCandidate(t)
			r := b.recs[id]
			r.st.State, r.c.State = from, from
			ev := newEvent(id, r.c.County, TypeState, StateChange{From: from, To: to, Reason: "r"})
			ev.ID, ev.Actor, ev.At = "e", "ana", day
			err := b.Apply(ev)
			c, _ := b.Candidate(id)
			if Legal(from, to) && to != upwind.StateMerged {
				require.NoError(t, err, "%s to %s", from, to)
				require.Equal(t, to, c.State)
				allowed++
				continue
			}
			require.ErrorIs(t, err, ErrIllegal, "%s to %s", from, to)
			require.Equal(t, from, c.State)
		}
	}
	require.Equal(t, 25, allowed)
}

func TestChangeIsRefused(t *testing.T) {
	b, id := oneCandidate(t)
	_, err := Change(b, "nobody", StateChange{To: upwind.StateConfirmed}, "ana", day)
	require.Error(t, err)
	_, err = Change(b, id, StateChange{To: upwind.StateRejected}, "ana", day)
	require.ErrorIs(t, err, ErrIllegal, "no reason")
	_, err = Change(b, id, StateChange{To: upwind.StateConfirmed}, "", day)
	require.ErrorIs(t, err, ErrIllegal, "no actor")
	stale := newEvent(id, "x", TypeState, StateChange{From: upwind.StateConfirmed, To: upwind.StateDispatched})
	stale.ID = "e"
	require.ErrorIs(t, b.Apply(stale), ErrIllegal, "decided on a state of before")
	require.Contains(t, Next(upwind.StateClosed), upwind.StateReopened)
}

func TestClosedTargetSeenAgainReopens(t *testing.T) {
	b, id := oneCandidate(t)
	require.NoError(t, walk(t, b, id, [2]string{"confirmed", "a"}, [2]string{"dispatched", "a"}, [2]string{"accepted", "o"}, [2]string{"inspected", "o"},
		[2]string{"rectifying", "o"}, [2]string{"closing-requested", "o"}, [2]string{"verified", "v"}, [2]string{"closed", "v"}))
	before := square("d2", upwind.BareSoil, 1, 0, 100, 5, 0.8) // seen before it was closed, processed late
	merge(t, b, nil, nil, before)
	c, _ := b.Candidate(id)
	require.Equal(t, upwind.StateClosed, c.State)
	after := square("d3", upwind.BareSoil, 1, 0, 100, 5, 0.8)
	after.ObservedAt = day.Add(240 * time.Hour)
	merge(t, b, nil, nil, after)
	c, _ = b.Candidate(id)
	require.Equal(t, upwind.StateReopened, c.State)
	require.Len(t, c.Evidence, 3)
	require.True(t, b.HasEvidence("d3"))
	st, _ := b.Standing(id)
	require.Empty(t, st.Rectifiers)
	require.Equal(t, ActorProgram, st.Actor)
}

// TestRejectionStands: a rerun adds evidence to a target an analyst rejected, but never revives it.
func TestRejectionStands(t *testing.T) {
	b, id := oneCandidate(t)
	require.NoError(t, walk(t, b, id, [2]string{"rejected", "ana"}))
	merge(t, b, nil, nil, square("d2", upwind.BareSoil, 1, 0, 100, 2, 0.99))
	c, _ := b.Candidate(id)
	require.Equal(t, upwind.StateRejected, c.State)
	require.Len(t, c.Evidence, 2)
	require.Equal(t, 1, b.Len())
}
