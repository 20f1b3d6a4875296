package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/web"
)

// hostileName would run if any page made HTML of it.
const hostileName = `<img src=x onerror="document.title='owned'">"><script>document.title='owned'</script>`

func TestDevicesPageFiltersAndFollows(t *testing.T) {
	short(t)
	net := web.TestNetwork(1000, 0, time.Now())
	net.StationL[31].Name = hostileName
	tb := openPage(t, net, "/devices", wide(1440, 1200), wide(900, 800), "light")
	rows := "document.querySelectorAll('#rows .device').length"
	// What lies below the window is not laid out, and innerText leaves it out.
	text := func() string { return eval[string](tb, "document.body.textContent") }
	require.Equal(t, 1000, eval[int](tb, rows))
	require.Contains(t, text(), hostileName)
	require.Equal(t, "逆风 · 设备", eval[string](tb, "document.title"))
	require.Equal(t, 3, eval[int](tb, "document.querySelectorAll('#stranger-rows .device').length"))
	for _, want := range []string{"两台设备在用同一编号", "未登记的编号", "198.51.100.7", "另有 3 个未登记编号"} {
		require.Contains(t, text(), want)
	}
	require.Equal(t, "page", eval[string](tb, "document.querySelector('.pages [href=\"/devices\"]').getAttribute('aria-current')"))
	tb.shot("devices-light")

	tb.do(chromedp.Click(chromedp.CSS(`#ailments [data-name="wrong-unit"]`)))
	require.Equal(t, 14, eval[int](tb, rows))
	require.Contains(t, text(), "PM10 报为 75,600，大气中不可能")
	require.Contains(t, eval[string](tb, "document.querySelector('#rows .findings span').title"), "it probably sends in ng/m3", "the doctor's own words")
	require.Equal(t, "wrong-unit", eval[string](tb, "document.activeElement.dataset.name"), "the keyboard stays where it was")
	tb.do(chromedp.KeyEvent("\r"))
	require.Equal(t, 1000, eval[int](tb, rows))
	tb.do(chromedp.Click(chromedp.CSS(`#tiles [data-name="ill"]`)))
	require.Equal(t, 134, eval[int](tb, rows))
	require.Equal(t, "search", eval[string](tb, "(document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true})), document.activeElement.id)"))
	tb.do(chromedp.KeyEvent("S0004"))
	tb.until(rows + " === 1")
	require.Equal(t, "#show=ill&q=s0004", eval[string](tb, "location.hash"))

	// A device falls ill while the page is open.
	mn := net.StationL[3].Device.MN
	net.Change(web.ChangeDevices, func(m *web.Memory) {
		for i := range m.DeviceL {
			if m.DeviceL[i].MN == mn {
				m.DeviceL[i].Findings = []upwind.DeviceFinding{{Ailment: "clock-skew", Since: time.Now(), Value: 492, Text: "its clock is 8m12s fast: set it"}}
			}
		}
	})
	tb.until("document.querySelector('#rows').textContent.includes('时钟快 8 min 12 s')")
	tb.do(chromedp.Click(chromedp.CSS("#lang-button")), chromedp.Click(chromedp.CSS("#theme-button")))
	require.Contains(t, text(), "Its clock is 8m12s fast: set it")
	require.Equal(t, "dark", eval[string](tb, "document.documentElement.dataset.theme"))
	if shots() {
		eval[bool](tb, "(document.getElementById('search').value = '', document.getElementById('search').dispatchEvent(new Event('input')), true)")
		tb.until(rows + " > 100")
		tb.shot("devices-dark-en")
	}
	tb.clean()
}

func TestDevicesPageOnAPhone(t *testing.T) {
	short(t)
	net := web.TestNetwork(60, 0, time.Now().Add(-time.Hour))
	net.StationL[0].Name = hostileName
	tb := openPage(t, net, "/devices#show=ill", 390, 844, "light")
	tb.shot("devices-phone")
	require.Zero(t, eval[int](tb, "Math.max(0, document.documentElement.scrollWidth - innerWidth)"))
	require.Contains(t, eval[string](tb, "document.getElementById('stale').innerText"), "监听程序已 60分钟没有汇报")
	tb.clean()
}
