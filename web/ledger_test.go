package web_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/access"
	"upwind/grid"
	"upwind/web"
)

type ledgerAnswer struct {
	Total  int
	Phases map[string]int
	Rows   []struct {
		ID       string
		State    upwind.State
		GridCode string `json:"grid_code"`
		Overdue  bool
		Deadline *time.Time
		Since    time.Time
	}
}

// ledgerCity has targets in several states; three of them are overdue.
func ledgerCity(n int) *web.Memory {
	city := web.TestCity(n)
	states := []upwind.State{upwind.StateCandidate, upwind.StateConfirmed, upwind.StateDispatched, upwind.StateRectifying, upwind.StateClosingRequested, upwind.StateClosed}
	city.StandingL = map[string]grid.Standing{}
	for i := range city.CandidateL {
		c := &city.CandidateL[i]
		c.State = states[i%len(states)]
		st := grid.Standing{Events: 1 + i%len(states), State: c.State, Since: c.LastSeen.Add(time.Duration(i) * time.Minute), Actor: "acc-1", OfficerID: c.OfficerID}
		if i%len(states) >= 2 {
			at := time.Now().Add(time.Duration(i) * time.Hour)
			if i < 9 {
				at = time.Now().Add(-time.Hour)
			}
			st.Deadline, st.Measure, st.Unit = &at, "=1+1", "=HYPERLINK(\"http://evil.example\")"
		}
		city.StandingL[c.ID] = st
	}
	return city
}

func TestLedgerTable(t *testing.T) {
	city := ledgerCity(60)
	h := handler(t, city, web.Options{})
	all := decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger"))
	require.Equal(t, 60, all.Total)
	require.Equal(t, map[string]int{"review": 10, "send": 10, "sent": 20, "verify": 10, "done": 10, "overdue": 3}, all.Phases)
	require.Equal(t, city.CandidateL[0].ID, all.Rows[0].ID, "by score")
	for phase, n := range all.Phases {
		got := decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?phase="+phase))
		require.Equal(t, n, got.Total, phase)
		require.Equal(t, all.Phases, got.Phases, "the other phases stay in sight")
		for _, r := range got.Rows {
			require.Equal(t, phase == "overdue" || r.Overdue, r.Overdue || phase == "overdue")
		}
	}
	got := decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?sort=deadline&limit=7&offset=2"))
	require.Len(t, got.Rows, 7)
	for i := 1; i < len(got.Rows); i++ {
		require.False(t, got.Rows[i].Deadline.Before(*got.Rows[i-1].Deadline))
	}
	last := decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?sort=deadline&offset=59")).Rows[0]
	require.Nil(t, last.Deadline, "what has no deadline stands last")
	county := city.CandidateL[0].County
	for _, r := range decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?area="+county)).Rows {
		require.True(t, strings.HasPrefix(r.GridCode, county+"/"))
	}
	require.Equal(t, 1, decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?q="+city.CandidateL[5].ID)).Total)
	require.Equal(t, 20, decode[ledgerAnswer](t, ask(h, "GET", "/api/ledger?kind=sand-pile")).Total)
	for _, bad := range []string{"phase=x", "sort=x", "limit=x", "state=x"} {
		require.Equal(t, 400, ask(h, "GET", "/api/ledger?"+bad).Code, bad)
	}

	w := ask(h, "GET", "/api/ledger?phase=sent&format=csv")
	require.Contains(t, w.Header().Get("Content-Disposition"), "upwind-ledger.csv")
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 21)
	require.Contains(t, lines[1], "'=1+1")
	require.Contains(t, lines[1], "'=HYPERLINK(\"http://evil.example\")", "no spreadsheet runs it")
}

func TestLedgerPage(t *testing.T) {
	short(t)
	city := ledgerCity(480)
	city.SiteL[0].Name = hostileName
	city.CandidateL[1].SiteName = hostileName
	tb := openPageAs(t, city, access.Account{ID: "acc-an", Login: "analyst", Name: "李伟", Roles: []access.Role{access.Analyst}, Areas: []string{"*"}}, "/ledger", wide(1440, 1200), wide(900, 800), "light")
	rows := "document.querySelectorAll('#rows tr').length"
	require.Equal(t, 200, eval[int](tb, rows))
	require.Equal(t, "逆风 · 台账", eval[string](tb, "document.title"))
	require.Contains(t, eval[string](tb, "document.body.textContent"), hostileName)
	require.True(t, eval[bool](tb, "Boolean(document.querySelector('.pages [href=\"/ledger\"][aria-current=page]')) && !document.querySelector('.pages [href=\"/accounts\"]')"))
	tb.shot("ledger-light")
	tb.do(chromedp.Click(chromedp.CSS("#more")))
	tb.until(rows + " === 400")
	tb.do(chromedp.Click(chromedp.CSS("#phases [data-name=overdue]")))
	tb.until(rows + " === 3")
	require.Equal(t, "#phase=overdue", eval[string](tb, "location.hash"))
	require.Contains(t, eval[string](tb, "document.getElementById('rows').innerText"), "超期")
	require.Equal(t, "/api/ledger?phase=overdue&format=csv", eval[string](tb, "document.getElementById('csv').getAttribute('href')"))
	tb.do(chromedp.Click(chromedp.CSS("#lang-button")))
	require.Contains(t, eval[string](tb, "document.getElementById('rows').innerText"), "late")
	// Somebody else moves one of them: the page follows.
	id := eval[string](tb, "decodeURIComponent(document.querySelector('#rows a').hash.slice(1))")
	city.Change(web.ChangeCandidates, func(m *web.Memory) { m.StandingL[id] = grid.Standing{Events: 9, State: upwind.StateClosed} })
	tb.until(rows + " === 2")
	tb.clean()
}

func TestLedgerOnAPhone(t *testing.T) {
	short(t)
	tb := openPage(t, ledgerCity(60), "/ledger", 390, 844, "dark")
	require.Zero(t, eval[int](tb, "Math.max(0, document.documentElement.scrollWidth - innerWidth)"))
	tb.shot("ledger-phone")
	tb.clean()
}

func TestAccountsPage(t *testing.T) {
	short(t)
	tb := openPage(t, web.TestCity(3), "/accounts", wide(1440, 1100), wide(900, 700), "light")
	click := func(css string) { eval[bool](tb, "(document.querySelector('"+css+"').click(), true)") }
	set := func(id, text string) {
		eval[bool](tb, fmt.Sprintf("(document.getElementById(%q).value = %q, true)", id, text))
	}
	click("#new")
	set("login", "wang.fang")
	name := `<img src=x onerror="document.title=1">`
	set("name", name)
	set("areas", "371502, 371503001")
	set("officer", "officer-0001")
	set("password", "下风向的人先闻到烟味")
	click("#roles [value=inspector]")
	tb.shot("accounts-form")
	click("#form [type=submit]")
	tb.until("!document.getElementById('saved').hidden")
	require.Contains(t, eval[string](tb, "document.getElementById('rows').innerText"), name)
	a, _, err := tb.office.Account(t.Context(), "wang.fang")
	require.NoError(t, err)
	require.Equal(t, []string{"371502", "371503001"}, a.Areas)
	require.True(t, access.CheckPassword(a.Password, "下风向的人先闻到烟味"))
	eval[bool](tb, "([...document.querySelectorAll('#rows a')].find((n) => n.hash === '#wang.fang').click(), true)")
	require.True(t, eval[bool](tb, "document.querySelector('#roles [value=inspector]').checked && document.getElementById('login').disabled"))
	click("#disabled")
	click("#form [type=submit]")
	tb.until("document.querySelector('#rows .closed')")
	tb.shot("accounts-light")
	tb.clean()
}
