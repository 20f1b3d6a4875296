package access

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func person(roles []Role, areas ...string) Account {
	return Account{ID: "acc-1", Login: "li.wei", Name: "李伟", Roles: roles, Areas: areas}
}

// The table of who may do what, written out: a change of rights must be made here too.
func TestEveryRoleInsideOutsideAndAtTheBorder(t *testing.T) {
	want := map[Role]string{
		Operator: "read upload", Analyst: "read upload review dispatch verify ledger", Inspector: "read inspect",
		Administrator: "read dispatch ledger administer", Wall: "read",
	}
	require.Len(t, Roles(), len(want))
	places := map[string]bool{
		"371502": true, "371502/371502001": true, "371502/371502001/371502001003": true,
		"371503": false, "371503/371503001/371503001001": false, "unassigned/50S-438-4010": false, "": false,
		"3715021": false, "37150": false, "/": false,
	}
	for _, r := range Roles() {
		for _, act := range Actions() {
			may := strings.Contains(" "+want[r]+" ", " "+string(act)+" ")
			require.Equal(t, may, Allows(r, act), "%s %s", r, act)
			for code, inside := range places {
				err := person([]Role{r}, "371502").May(act, code)
				require.Equal(t, may && inside, err == nil, "%s %s %s", r, act, code)
				if err != nil {
					require.ErrorIs(t, err, ErrDenied)
				}
				require.Equal(t, may, person([]Role{r}, WholeCity).May(act, code) == nil)
				require.Error(t, person(nil, WholeCity).May(act, code), "deny by default")
				require.Error(t, person([]Role{r}).May(act, code), "no area is nowhere")
				closed := person([]Role{r}, WholeCity)
				closed.Disabled = true
				require.Error(t, closed.May(act, code))
			}
		}
	}
	require.NoError(t, person([]Role{Wall, Inspector}, "x", "371502001003").May(Inspect, "371502/371502001/371502001003"))
	require.Equal(t, person(nil, "b", "a", "b").Scope().Key(), person(nil, "a", "b").Scope().Key())
	require.NotEqual(t, person(nil, "a").Scope().Key(), person(nil, "a", "b").Scope().Key())
}

func TestPasswords(t *testing.T) {
	_, err := HashPassword("short")
	require.ErrorContains(t, err, "at least 10")
	_, err = HashPassword(strings.Repeat("x", 201))
	require.ErrorContains(t, err, "at most 200")
	a, err := HashPassword("聊城的烟从哪里来？请看")
	require.NoError(t, err)
	b, _ := HashPassword("聊城的烟从哪里来？请看")
	require.NotEqual(t, a, b, "salted")
	require.True(t, strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$"))
	require.True(t, CheckPassword(a, "聊城的烟从哪里来？请看"))
	require.False(t, CheckPassword(a, "聊城的烟从哪里来?请看"))
	// What Argon2's own command line prints for "password", salt "somesalt": the vector of RFC 9106's reference code.
	ref := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	require.True(t, CheckPassword(ref, "password"))
	for _, broken := range []string{"", "x", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"} {
		require.False(t, CheckPassword(broken, "password"), broken)
	}
}

func TestAccountsSayWhatTheyLack(t *testing.T) {
	good := person([]Role{Analyst}, "371502")
	require.NoError(t, good.Validate())
	for _, c := range []struct {
		edit func(*Account)
		says string
	}{
		{func(a *Account) { a.Login = "X" }, "login name"}, {func(a *Account) { a.Login = "a/b" }, "login name"},
		{func(a *Account) { a.Login = "Li" }, "login name"}, {func(a *Account) { a.Name = "" }, "1 to 60"},
		{func(a *Account) { a.Roles = nil }, "needs a role"}, {func(a *Account) { a.Roles = []Role{"king"} }, `no role "king"`},
		{func(a *Account) { a.Areas = nil }, "needs an area"}, {func(a *Account) { a.Areas = []string{"a b"} }, "no code"},
		{func(a *Account) { a.Roles = []Role{Administrator} }, "whole city"},
	} {
		a := good
		c.edit(&a)
		require.ErrorContains(t, a.Validate(), c.says)
	}
}

func TestSessionsEnd(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	a := person([]Role{Wall}, WholeCity)
	s := Session{Login: a.Login, Until: now.Add(time.Hour)}
	require.True(t, s.Valid(a, now))
	require.False(t, s.Valid(a, now.Add(time.Hour)))
	a.Epoch++
	require.False(t, s.Valid(a, now), "a new password ends the old sessions")
	a.Epoch--
	a.Disabled = true
	require.False(t, s.Valid(a, now))
	require.Len(t, NewToken(), 43)
	require.NotEqual(t, NewToken(), NewToken())
	require.False(t, SameToken("", ""))
}

func TestThrottleSlowsGuessing(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	th := NewThrottle(5, time.Second, 15*time.Minute)
	tried := 0
	for at := now; at.Before(now.Add(24 * time.Hour)); at = at.Add(100 * time.Millisecond) {
		if th.Wait("li.wei", at) == 0 {
			tried++
			th.Failed("li.wei", at)
		}
	}
	require.Less(t, tried, 130, "a day of guessing at ten a second")
	require.Zero(t, th.Wait("other", now))
	end := now.Add(24 * time.Hour)
	require.Positive(t, th.Wait("li.wei", end))
	th.Passed("li.wei")
	require.Zero(t, th.Wait("li.wei", end))
	for i := range 3 * maxKeys {
		th.Failed(fmt.Sprint(i), now)
	}
	require.LessOrEqual(t, len(th.keys), maxKeys)
}
