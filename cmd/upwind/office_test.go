package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/access"
	"upwind/bus"
	"upwind/grid"
	"upwind/store"
	"upwind/web"
)

func newOffice(t *testing.T) *office {
	dir := t.TempDir()
	s, err := store.Open(filepath.Join(dir, "blobs"))
	require.NoError(t, err)
	b, err := bus.Connect(t.Context(), bus.Config{Dir: dir, Store: s})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); b.Close() })
	v, err := bus.NewView(ctx, b)
	require.NoError(t, err)
	require.NoError(t, v.WaitReady(ctx))
	return &office{b, v, s}
}

// observed puts a new candidate into the ledger.
func (o *office) observed(t *testing.T, n int) string {
	job := upwind.HashID("job", n)
	d := upwind.Detection{ID: upwind.DetectionID(job, 0), Kind: upwind.BareSoil, Geometry: geojson.NewGeometry(orb.Point{115.5 + float64(n)/10, 36.4}), PositionSigmaM: 5,
		Probability: 0.9, ObservedAt: time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC), Reasons: []string{"bare"},
		Provenance: upwind.Provenance{JobID: job, Detector: "test", DetectorVersion: 1, Inputs: []string{"asset-" + strconv.Itoa(n)}}}
	evs := grid.Merge(o.view.Book(), nil, nil, d)
	require.Len(t, evs, 1)
	seq, err := o.bus.Ledger().Append(t.Context(), evs[0], bus.ExpectNew())
	require.NoError(t, err)
	require.NoError(t, o.view.WaitLedger(t.Context(), seq))
	return evs[0].Candidate
}

// Two analysts act on one target at the same moment, a thousand times: one wins, the other is told, and the history is whole.
func TestTwoAnalystsAtOnce(t *testing.T) {
	o := newOffice(t)
	id := o.observed(t, 1)
	// Confirmed, rejected, reopened, and so on round.
	round := []grid.StateChange{{To: upwind.StateConfirmed}, {To: upwind.StateRejected, Reason: "misread"}, {To: upwind.StateReopened, Reason: "misread"}}
	wins := map[string]int{}
	const times = 1000
	for n := range times {
		var group sync.WaitGroup
		errs := [2]error{}
		for k, actor := range []string{"acc-a", "acc-b"} {
			group.Go(func() {
				_, errs[k] = o.Change(t.Context(), id, 1+n, round[n%3], actor, time.Date(2026, 11, 27, 4, 0, n, 0, time.UTC))
			})
		}
		group.Wait()
		for k, actor := range []string{"acc-a", "acc-b"} {
			if errs[k] == nil {
				wins[actor]++
			} else {
				require.ErrorIs(t, errs[k], web.ErrStale)
			}
		}
		require.Equal(t, n+1, wins["acc-a"]+wins["acc-b"], "%v", errs)
	}
	events, err := o.History(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, events, 1+times)
	fold, prev := grid.NewBook(), ""
	by := map[string]int{}
	for _, ev := range events {
		require.Equal(t, prev, ev.Prev)
		require.Equal(t, ev.Sum(), ev.Hash)
		require.NoError(t, fold.Apply(ev))
		by[ev.Actor]++
		prev = ev.Hash
	}
	require.Equal(t, wins["acc-a"], by["acc-a"])
	require.Equal(t, wins["acc-b"], by["acc-b"])
	t.Logf("%d and %d of %d", wins["acc-a"], wins["acc-b"], times)
}

// The rules of the ledger hold through the office: four eyes, reasons, and what follows what.
func TestOfficeKeepsTheRules(t *testing.T) {
	o := newOffice(t)
	id := o.observed(t, 1)
	seen := 1
	step := func(actor string, want error, d grid.StateChange) {
		t.Helper()
		st, err := o.Change(t.Context(), id, seen, d, actor, time.Date(2026, 11, 27, 5, seen, 0, 0, time.UTC))
		if want != nil {
			require.ErrorIs(t, err, want)
			return
		}
		require.NoError(t, err)
		seen++
		require.Equal(t, seen, st.Events)
		require.Equal(t, d.To, st.State)
	}
	step("a", grid.ErrIllegal, grid.StateChange{To: upwind.StateRejected})
	step("a", grid.ErrIllegal, grid.StateChange{To: upwind.StateClosed})
	step("a", nil, grid.StateChange{To: upwind.StateConfirmed})
	step("a", nil, grid.StateChange{To: upwind.StateDispatched, OfficerID: "G-1"})
	for _, to := range []upwind.State{upwind.StateAccepted, upwind.StateInspected, upwind.StateRectifying, upwind.StateClosingRequested} {
		step("i", nil, grid.StateChange{To: to})
	}
	step("i", grid.ErrIllegal, grid.StateChange{To: upwind.StateVerified})
	seen--
	step("a", web.ErrStale, grid.StateChange{To: upwind.StateVerified})
	seen++
	step("a", nil, grid.StateChange{To: upwind.StateVerified})
	step("a", nil, grid.StateChange{To: upwind.StateClosed})
	_, err := o.Change(t.Context(), "none", 1, grid.StateChange{To: upwind.StateConfirmed}, "a", time.Now())
	require.Error(t, err)
}

func TestOfficeKeepsAccountsSessionsAndTexts(t *testing.T) {
	o, ctx := newOffice(t), t.Context()
	first, err := o.firstToken(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, first)
	a := access.Account{ID: "acc-1", Login: "zhang", Name: "张", Roles: []access.Role{access.Administrator}, Areas: []string{"*"}, Password: "x"}
	require.NoError(t, o.PutAccount(ctx, a, 0))
	require.ErrorIs(t, o.PutAccount(ctx, a, 0), web.ErrStale)
	got, rev, err := o.Account(ctx, "zhang")
	require.NoError(t, err)
	require.Equal(t, a, got)
	a.Name = "张伟"
	require.NoError(t, o.PutAccount(ctx, a, rev))
	require.ErrorIs(t, o.PutAccount(ctx, a, rev), web.ErrStale)
	_, _, err = o.Account(ctx, "nobody")
	require.ErrorIs(t, err, fs.ErrNotExist)
	first, err = o.firstToken(ctx)
	require.NoError(t, err)
	require.Empty(t, first, "there is an administrator")

	ses := access.Session{Login: "zhang", CSRF: "t", Until: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)}
	require.NoError(t, o.PutSession(ctx, "k", ses))
	back, err := o.Session(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, ses, back)
	require.NoError(t, o.EndSession(ctx, "k"))
	_, err = o.Session(ctx, "k")
	require.ErrorIs(t, err, fs.ErrNotExist)

	sum, err := o.PutText(ctx, "请先苫盖")
	require.NoError(t, err)
	text, err := o.Text(sum)
	require.NoError(t, err)
	require.Equal(t, "请先苫盖", text)

	require.NoError(t, o.Audit(ctx, web.Note{ID: "n1", Action: "POST /api/signin", Code: 200}))
	raw, err := o.bus.Audit().Get(ctx, "n1")
	require.NoError(t, err)
	require.Contains(t, string(raw), "POST /api/signin")
	require.False(t, errors.Is(o.Audit(ctx, web.Note{ID: "n1"}), fs.ErrNotExist), "a line is written once")
}
