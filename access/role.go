// Package access says who may do what where. It holds pure rules: no files, no network, no clock.
//
// An [Account] has roles and areas of the grid. A [Role] is a set of actions ([Allows]); an area is a code of any level, county, town or cell, or
// [WholeCity]. [Account.May] is the one authoriser: what no role allows is denied, and so is what no area holds. Passwords
// are kept as Argon2id (RFC 9106), sessions under the hash of their token, so that neither can be read back from a copy of the store.
package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Role is what a person does here.
type Role string

// The roles. A person may have several.
const (
	Operator      Role = "operator"      // flies drones and hands in what they bring
	Analyst       Role = "analyst"       // reviews candidates, sends officers, verifies what they did
	Inspector     Role = "inspector"     // goes there
	Administrator Role = "administrator" // looks after accounts and grids, and reads everything
	Wall          Role = "wall"          // a screen that nobody touches
)

// Action is one kind of thing that a request does.
type Action string

// The actions.
const (
	Read       Action = "read"       // candidates, detections, traces and pictures of one's areas; air and devices
	Upload     Action = "upload"     // hand in pictures, scenes, clouds and scans
	Review     Action = "review"     // confirm, reject, reopen
	Dispatch   Action = "dispatch"   // send an officer, with measure and deadline; hand over
	Inspect    Action = "inspect"    // accept what was dispatched to oneself, and say what was found
	Verify     Action = "verify"     // check what was rectified, and close
	Ledger     Action = "ledger"     // the table of all targets of one's areas and its export
	Administer Action = "administer" // accounts, grids, audit
)

var allowed = map[Role][]Action{
	Operator:      {Read, Upload},
	Analyst:       {Read, Upload, Review, Dispatch, Verify, Ledger},
	Inspector:     {Read, Inspect},
	Administrator: {Read, Dispatch, Ledger, Administer},
	Wall:          {Read},
}

// Roles lists every role.
func Roles() []Role { return []Role{Operator, Analyst, Inspector, Administrator, Wall} }

// Actions lists every action.
func Actions() []Action {
	return []Action{Read, Upload, Review, Dispatch, Inspect, Verify, Ledger, Administer}
}

// Allows reports whether a role includes an action.
func Allows(r Role, a Action) bool { return slices.Contains(allowed[r], a) }

// WholeCity is the area that holds every place, also those outside the grid.
const WholeCity = "*"

// Scope is the part of the city that an account sees.
type Scope struct {
	codes []string // sorted; one of them may be WholeCity
}

// Holds reports whether a grid code (county/town/cell) lies in the scope: one of its parts is one of the scope's areas.
func (s Scope) Holds(gridCode string) bool {
	if s.Whole() {
		return true
	}
	for part := range strings.SplitSeq(gridCode, "/") {
		if _, ok := slices.BinarySearch(s.codes, part); ok && part != "" {
			return true
		}
	}
	return false
}

// Whole reports whether the scope is the whole city.
func (s Scope) Whole() bool {
	_, ok := slices.BinarySearch(s.codes, WholeCity)
	return ok
}

// Key is the same for equal scopes and for no others.
func (s Scope) Key() string {
	if s.Whole() {
		return WholeCity
	}
	return strings.Join(s.codes, ",")
}

// ErrDenied marks what an account may not do.
var ErrDenied = errors.New("access: denied")

// Allowed reports whether one of the account's roles includes an action, wherever it may be.
func (a Account) Allowed(act Action) bool {
	return !a.Disabled && slices.ContainsFunc(a.Roles, func(r Role) bool { return Allows(r, act) })
}

// May says whether the account may do something at a place of the grid, and otherwise returns a reason that wraps [ErrDenied].
func (a Account) May(act Action, gridCode string) error {
	switch {
	case a.Disabled:
		return fmt.Errorf("%w: the account %s is closed", ErrDenied, a.Login)
	case !a.Allowed(act):
		return fmt.Errorf("%w: no role of %s includes %s", ErrDenied, a.Login, act)
	case !a.Scope().Holds(gridCode):
		return fmt.Errorf("%w: %s lies outside the areas of %s", ErrDenied, gridCode, a.Login)
	}
	return nil
}

// Scope is the account's areas.
func (a Account) Scope() Scope { return NewScope(a.Areas...) }

// NewScope is the scope of some areas.
func NewScope(areas ...string) Scope {
	codes := slices.Clone(areas)
	slices.Sort(codes)
	return Scope{slices.Compact(codes)}
}

// Administered reports whether one of the accounts may look after the others.
func Administered(all []Account) bool {
	return slices.ContainsFunc(all, func(a Account) bool { return a.Allowed(Administer) })
}
