package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"upwind/access"
	"upwind/bus"
	"upwind/grid"
	"upwind/store"
	"upwind/web"
)

// office writes what the pages ask for into the buckets and the ledger.
type office struct {
	bus   *bus.Bus
	view  *bus.View
	store *store.Dir
}

var _ web.Office = (*office)(nil)

func (o *office) Accounts(ctx context.Context) ([]access.Account, error) {
	all, err := o.bus.KV(bus.BucketAccounts).All(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]access.Account, 0, len(all))
	for login, raw := range all {
		var a access.Account
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, fmt.Errorf("the account %s cannot be read: %w", login, err)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b access.Account) int { return strings.Compare(a.Login, b.Login) })
	return out, nil
}

func (o *office) Account(ctx context.Context, login string) (a access.Account, revision uint64, err error) {
	revision, err = o.get(ctx, bus.BucketAccounts, login, &a)
	return a, revision, err
}

func (o *office) PutAccount(ctx context.Context, a access.Account, revision uint64) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = o.bus.KV(bus.BucketAccounts).Create(ctx, a.Login, raw)
	} else {
		_, err = o.bus.KV(bus.BucketAccounts).Update(ctx, a.Login, raw, revision)
	}
	return stale(err)
}

func (o *office) Session(ctx context.Context, key string) (s access.Session, err error) {
	_, err = o.get(ctx, bus.BucketSessions, key, &s)
	return s, err
}

func (o *office) PutSession(ctx context.Context, key string, s access.Session) error {
	raw, err := json.Marshal(s)
	if err == nil {
		_, err = o.bus.KV(bus.BucketSessions).Put(ctx, key, raw)
	}
	return err
}

func (o *office) EndSession(ctx context.Context, key string) error {
	return o.bus.KV(bus.BucketSessions).Delete(ctx, key)
}

func (o *office) get(ctx context.Context, bucket, key string, into any) (uint64, error) {
	raw, revision, err := o.bus.KV(bucket).Get(ctx, key)
	if errors.Is(err, bus.ErrNotFound) {
		return 0, fmt.Errorf("%w: %s", fs.ErrNotExist, key)
	}
	if err != nil {
		return 0, err
	}
	return revision, json.Unmarshal(raw, into)
}

func (o *office) Audit(ctx context.Context, n web.Note) error {
	raw, err := json.Marshal(n)
	if err == nil {
		_, err = o.bus.Audit().Create(ctx, n.ID, raw)
	}
	return err
}

// Change reads where the candidate's chain ends before it looks into the book, so that the book is at least as new: if it is
// newer, the append is refused.
func (o *office) Change(ctx context.Context, id string, seen int, d grid.StateChange, actor string, at time.Time) (grid.Standing, error) {
	c, ok := o.view.Book().Candidate(id)
	if !ok {
		return grid.Standing{}, fmt.Errorf("no candidate %s", id)
	}
	seq, err := o.bus.Ledger().CandidateSeq(ctx, c.County, id)
	if err != nil {
		return grid.Standing{}, err
	}
	if err := o.view.WaitLedger(ctx, seq); err != nil {
		return grid.Standing{}, err
	}
	if st, _ := o.view.Book().Standing(id); st.Events != seen {
		return st, web.ErrStale
	}
	ev, err := grid.Change(o.view.Book(), id, d, actor, at)
	if err != nil {
		return grid.Standing{}, err
	}
	if seq, err = o.bus.Ledger().Append(ctx, ev, bus.ExpectSeq(seq)); err != nil {
		return grid.Standing{}, stale(err)
	}
	if err := o.view.WaitLedger(ctx, seq); err != nil {
		return grid.Standing{}, err
	}
	st, _ := o.view.Book().Standing(id)
	return st, nil
}

func (o *office) History(ctx context.Context, id string) ([]grid.Event, error) {
	c, ok := o.view.Book().Candidate(id)
	if !ok {
		return nil, fmt.Errorf("no candidate %s", id)
	}
	return o.bus.Ledger().History(ctx, c.County, id)
}

func (o *office) PutText(ctx context.Context, text string) (string, error) {
	b, err := o.store.PutBytes(ctx, []byte(text), "text/plain; charset=utf-8")
	return b.SHA256, err
}

func (o *office) Text(sum string) (string, error) {
	raw, err := o.store.ReadAll(sum)
	return string(raw), err
}

// firstToken is for the link that makes the first administrator; it is empty when there is one.
func (o *office) firstToken(ctx context.Context) (string, error) {
	all, err := o.Accounts(ctx)
	if err != nil {
		return "", err
	}
	if access.Administered(all) {
		return "", nil
	}
	return access.NewToken(), nil
}

func stale(err error) error {
	if errors.Is(err, bus.ErrConflict) {
		return fmt.Errorf("%w: %w", web.ErrStale, err)
	}
	return err
}
