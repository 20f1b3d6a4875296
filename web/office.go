package web

import (
	"context"
	"errors"
	"time"

	"upwind/access"
	"upwind/grid"
)

// Office is what the web room writes through: accounts, sessions, the ledger and the audit. All methods are safe for
// concurrent use.
type Office interface {
	// Accounts lists every account by login.
	Accounts(ctx context.Context) ([]access.Account, error)
	// Account returns an account and its revision; an unknown login gives an error that wraps fs.ErrNotExist.
	Account(ctx context.Context, login string) (access.Account, uint64, error)
	// PutAccount replaces the account of a revision, 0 for a new one, or returns [ErrStale].
	PutAccount(ctx context.Context, a access.Account, revision uint64) error
	// Session returns what is stored under [access.TokenKey]; an unknown one gives an error that wraps fs.ErrNotExist.
	Session(ctx context.Context, key string) (access.Session, error)
	PutSession(ctx context.Context, key string, s access.Session) error
	EndSession(ctx context.Context, key string) error
	// Audit stores who did what, for ever.
	Audit(ctx context.Context, n Note) error
	// Change moves a candidate that has seen events and returns where it stands then. It returns [ErrStale] where
	// somebody else was faster, and what wraps [grid.ErrIllegal] where the ledger's rules forbid it.
	Change(ctx context.Context, candidate string, seen int, d grid.StateChange, actor string, at time.Time) (grid.Standing, error)
	// History is all events of a candidate, the oldest first.
	History(ctx context.Context, candidate string) ([]grid.Event, error)
	// PutText stores a text and returns its SHA-256, under which events name it; Text returns it.
	PutText(ctx context.Context, text string) (sha256 string, err error)
	Text(sha256 string) (string, error)
}

// ErrStale marks a write that rests on what is no longer so.
var ErrStale = errors.New("web: somebody else was faster")

// Note is one line of the audit.
type Note struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Account string    `json:"account,omitempty"` // id of who asked; empty where nobody was signed in
	Login   string    `json:"login,omitempty"`
	Address string    `json:"address"`
	Action  string    `json:"action"` // method and pattern of the route
	Target  string    `json:"target,omitempty"`
	Code    int       `json:"code"`             // of the answer
	Reason  string    `json:"reason,omitempty"` // of a refusal
}
