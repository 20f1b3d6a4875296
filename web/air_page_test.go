package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind/web"
)

// airNow is the twenty-ninth day of a month, in the edition of 2026.
var airNow = time.Date(2026, 3, 29, 7, 20, 0, 0, time.UTC)

func TestAirPageShowsHoursDaysAndRanks(t *testing.T) {
	short(t)
	net := web.TestNetwork(wide(600, 72), wide(29, 3), airNow)
	net.StationL[3].Name = hostileName
	tb := openPage(t, net, "/air", wide(1440, 1200), wide(900, 800), "light")
	// What lies below the window is not laid out, and innerText leaves it out.
	text := func(id string) string { return eval[string](tb, "document.getElementById('"+id+"').textContent") }
	tb.until("document.querySelector('#places .place')")
	require.Equal(t, "逆风 · 空气质量", eval[string](tb, "document.title"))
	require.Contains(t, text("city"), "示例市")
	require.Contains(t, text("city"), "2026-03-29 14:00–15:00")
	require.Contains(t, text("edition"), "HJ 633-2026")
	require.Equal(t, "2026-03", eval[string](tb, "document.getElementById('month').value"))
	require.Contains(t, text("places"), "名")
	require.Equal(t, "/report/air?day=2026-03-29&lang=zh&format=html", eval[string](tb, "document.querySelector('#day-report a').getAttribute('href')"))
	tb.shot("air-light")

	// A station that measures particles alone has no index, and the page says why.
	tb.do(chromedp.Click(chromedp.CSS(`#level [data-name="station"]`)))
	require.Contains(t, text("areas"), "无法评价")
	require.Contains(t, text("areas"), "不测 SO₂、NO₂、CO、O₃")
	require.Contains(t, text("areas"), hostileName)
	require.Equal(t, "station", eval[string](tb, "document.activeElement.dataset.name"), "the keyboard stays where it was")
	tb.shot("air-stations")

	tb.do(chromedp.Click(chromedp.CSS("#back")))
	tb.until("document.getElementById('city').innerText.includes('13:00–14:00')")
	tb.do(chromedp.Click(chromedp.CSS(`#mean [data-name="day"]`)))
	tb.until("document.getElementById('hour').hidden")
	tb.do(chromedp.Click(chromedp.CSS("#back")))
	tb.until("document.getElementById('city').innerText.includes('2026-03-28')")

	tb.do(chromedp.Click(chromedp.CSS("#lang-button")), chromedp.Click(chromedp.CSS("#theme-button")), chromedp.Click(chromedp.CSS(`#level [data-name="town"]`)))
	require.Contains(t, text("ranking"), "Ranking of the month")
	require.Contains(t, eval[string](tb, "document.querySelector('#month-report a').href"), "month=2026-03&lang=en")
	tb.do(chromedp.Click(chromedp.CSS(`#rank-level [data-name="county"]`)))
	tb.until("document.querySelectorAll('#places .place').length > 0 && document.querySelectorAll('#places .place').length <= 11")
	tb.shot("air-dark-en")

	// The report's own policy lets its styles through and nothing else, which the browser would complain of.
	tb.do(chromedp.Navigate(tb.base + "/report/air?day=2026-03-28&lang=zh"))
	tb.until("document.body.textContent.includes('示例市')")
	require.NotEqual(t, "0px", eval[string](tb, "getComputedStyle(document.querySelector('.tile')).paddingLeft"))
	tb.shot("report-day")
	tb.clean()
}

func TestAirPageFollowsOnAPhone(t *testing.T) {
	short(t)
	net := web.TestNetwork(36, 1, airNow)
	tb := openPage(t, net, "/air", 390, 844, "light")
	tb.shot("air-phone")
	require.Zero(t, eval[int](tb, "Math.max(0, document.documentElement.scrollWidth - innerWidth)"))
	net.Change(web.ChangeObservations, func(m *web.Memory) {
		for _, o := range m.Readings {
			if o.Start.Equal(airNow.Truncate(time.Hour).Add(-time.Hour)) {
				o.Start = o.Start.Add(time.Hour)
				o.Value *= 3
				m.Readings = append(m.Readings, o)
			}
		}
	})
	tb.until("document.getElementById('city').innerText.includes('15:00–16:00')")
	if shots() {
		eval[bool](tb, "(document.getElementById('ranking').scrollIntoView(), true)")
		tb.shot("air-phone-ranking")
	}
	tb.clean()
}

func TestPagesWithoutData(t *testing.T) {
	short(t)
	tb := openPage(t, &web.Memory{}, "/air", 900, 700, "light")
	require.Contains(t, eval[string](tb, "document.body.innerText"), "还没有空气质量数据")
	tb.do(chromedp.Navigate(tb.base + "/devices"))
	tb.until("document.body?.dataset.ready === 'yes'")
	require.Contains(t, eval[string](tb, "document.body.innerText"), "还没有登记带设备的站点")
	require.Contains(t, eval[string](tb, "document.body.innerText"), "还没有监听程序汇报过")
	tb.clean()
}
