package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/access"
	"upwind/web"
)

// A stranger is led to the door, and by the server's link in; the page then is theirs.
func TestFirstAdministratorSignsIn(t *testing.T) {
	short(t)
	tb := openPageAs(t, web.TestNetwork(20, 0, time.Now()), access.Account{}, "/devices", 900, 700, "light")
	require.Equal(t, "/signin?next=%2Fdevices", eval[string](tb, "location.pathname + location.search"))
	tb.shot("signin-light")
	tb.do(chromedp.Navigate(tb.base + "/signin?once#" + firstToken))
	tb.until("document.body?.dataset.ready === 'yes' && !document.getElementById('name-row').hidden")
	tb.do(chromedp.KeyEvent("张伟"), chromedp.Click(chromedp.CSS("#login")), chromedp.KeyEvent("zhang.wei"), chromedp.Click(chromedp.CSS("#password")), chromedp.KeyEvent("下风向的人先闻到烟味"))
	tb.shot("signin-first")
	tb.do(chromedp.Click(chromedp.CSS("#go")))
	tb.until("location.pathname === '/'")
	tb.do(chromedp.Navigate(tb.base + "/devices"))
	tb.until("document.body?.dataset.ready === 'yes' && document.getElementById('signout-button')")
	require.Contains(t, eval[string](tb, "document.getElementById('signout-button').title"), "张伟")
	tb.do(chromedp.Click(chromedp.CSS("#signout-button")))
	tb.until("location.pathname === '/signin' && document.body?.dataset.ready === 'yes'")
	tb.do(chromedp.Click(chromedp.CSS("#login")), chromedp.KeyEvent("zhang.wei"), chromedp.Click(chromedp.CSS("#password")), chromedp.KeyEvent("wrong"), chromedp.Click(chromedp.CSS("#go")))
	tb.until("!document.getElementById('trouble').hidden")
	require.Contains(t, eval[string](tb, "document.getElementById('trouble').innerText"), "未能登录")
}

// An analyst confirms by key and sends an officer; what others type is never run; somebody who is faster is named.
func TestAnalystMovesATarget(t *testing.T) {
	short(t)
	city := web.TestCity(60)
	c := city.CandidateL[0]
	analyst := access.Account{ID: "acc-an", Login: "analyst", Name: hostileName, Roles: []access.Role{access.Analyst}, Areas: []string{"*"}}
	tb := openPageAs(t, city, analyst, "/#"+c.ID, wide(1440, 1100), wide(900, 700), "light")
	tb.until("document.querySelector('#acts [data-to=\"confirmed\"]')")
	tb.do(chromedp.KeyEvent("a"))
	tb.until("document.querySelector('#acts [data-to=\"dispatched\"]')")
	require.Equal(t, upwind.StateConfirmed, city.Candidates()[0].State)
	click := func(css string) { eval[bool](tb, "(document.querySelector('"+css+"').click(), true)") }
	click("#acts [data-to=dispatched]")
	tb.until("document.querySelector('#acts form [name=deadline]')")
	require.Equal(t, c.OfficerID, eval[string](tb, "document.querySelector('#acts form [name=officer_id]').value"))
	eval[bool](tb, "(document.querySelector('#acts [name=note]').focus(), true)")
	city.Change(web.ChangeCandidates, func(m *web.Memory) { m.CandidateL[7].Score += 0.1 }) // the card is drawn anew while somebody writes
	time.Sleep(time.Second)
	tb.do(chromedp.KeyEvent(hostileName))
	require.Equal(t, hostileName, eval[string](tb, "document.querySelector('#acts [name=note]').value"))
	tb.shot("acts-form")
	click("#acts form [type=submit]")
	tb.until("document.querySelector('#acts .history').children.length === 2")
	tb.until("!document.querySelector('#acts form')")
	click("#acts summary")
	require.Contains(t, eval[string](tb, "document.querySelector('#acts .history').innerText"), hostileName)
	require.NotEqual(t, "owned", eval[string](tb, "document.title"))
	tb.shot("acts-history")
	tb.clean()
}
