package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/web"
)

func TestPageShowsEveryLayerAndTheEvidence(t *testing.T) {
	short(t)
	city := web.TestCity(240)
	tb := openTab(t, city, wide(1440, 1200), wide(900, 700), "light")
	tb.idle()
	for _, layer := range []string{"land", "grid-1-line", "grid-2-line", "targets", "labels", "stations", "wind", "trajectories", "cones-fill"} {
		require.Positive(t, tb.drawn(layer), layer)
	}
	tb.shot("overview-light")

	// The first emission has a plume, an axis, a site, a trace, and a picture beneath it.
	var target upwind.Candidate
	for _, c := range city.CandidateL {
		if c.Kind == upwind.TargetEmission && c.SiteID != "" && c.Lon > 115.8 && c.Lon < 116.05 && c.Lat > 36.38 && c.Lat < 36.58 {
			target = c
			break
		}
	}
	require.NotEmpty(t, target.ID)
	tb.jump(target.Lon, target.Lat, 14)
	for _, layer := range []string{"grid-3-line", "grid-4-line", "plumes-fill", "axes-line", "axes-head", "sites", "targets-rank"} {
		require.Positive(t, tb.drawn(layer), layer)
	}
	require.Equal(t, 1, eval[int](tb, "upwindMap.getStyle().layers.filter((l) => l.type === 'raster').length"))

	at := eval[[]float64](tb, fmt.Sprintf("(() => { const p = upwindMap.project([%v, %v]); return [p.x, p.y]; })()", target.Lon, target.Lat))
	tb.do(chromedp.MouseClickXY(at[0], at[1]))
	tb.until("document.querySelector('#card .evidence li')")
	card := eval[string](tb, "document.getElementById('card').innerText")
	for _, want := range []string{"排放", target.GridCode, target.OfficerID, "得分由来", target.ScoreParts[0].Reason, "air was traced back to it", "溯源", "来源不明", "21%", "long and widening downwind", "640 ± 45"} {
		require.Contains(t, card, want)
	}
	tb.until("[...document.querySelectorAll('#card img')].length && [...document.querySelectorAll('#card img')].every((i) => i.complete && i.naturalWidth > 0)")
	require.Equal(t, 2, eval[int](tb, "[...document.querySelectorAll('#card .evidence summary')].map((s) => s.click()).length"))
	card = eval[string](tb, "document.getElementById('card').innerText")
	require.Contains(t, card, city.AssetL[0].Name)
	require.Contains(t, card, "smoke-plume-rules")
	tb.idle()
	for _, layer := range []string{"picked-trajectories", "picked-cone", "picked-sources", "picked-receptor", "target-picked"} {
		require.Positive(t, tb.drawn(layer), layer)
	}
	tb.shot("card-light")
	tb.clean()
}

func TestPageKeysLanguageFilterAndTheme(t *testing.T) {
	short(t)
	city := web.TestCity(240)
	tb := openTab(t, city, wide(1440, 1000), wide(900, 640), "dark")
	require.Equal(t, "dark", eval[string](tb, "document.documentElement.dataset.theme"))
	tb.do(chromedp.Focus(chromedp.CSS("#list")), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	tb.until("document.querySelector('#card .badge')?.textContent === '2'")
	require.Equal(t, "true", eval[string](tb, fmt.Sprintf("document.getElementById('target-%s').getAttribute('aria-selected')", city.CandidateL[1].ID)))
	tb.idle()
	tb.shot("card-dark")
	tb.do(chromedp.KeyEvent("k"))
	tb.until("document.querySelector('#card .badge')?.textContent === '1'")
	tb.do(chromedp.KeyEvent("\u001b"))
	tb.until("document.getElementById('card').hidden")

	require.Contains(t, eval[string](tb, "document.body.innerText"), "疑似目标")
	tb.do(chromedp.Click(chromedp.CSS("#lang-button")))
	tb.until("document.documentElement.lang === 'en'")
	text := eval[string](tb, "document.body.innerText")
	require.Contains(t, text, "Candidate targets")
	require.NotContains(t, strings.ReplaceAll(text, "逆风", ""), "疑似目标")
	tb.shot("overview-dark-en")

	before := tb.drawn("targets")
	tb.do(chromedp.Click(chromedp.CSS(`#filters [data-kind="sand-pile"]`)))
	tb.idle()
	piles := eval[[]string](tb, "[...new Set(upwindMap.queryRenderedFeatures({layers: ['targets']}).map((f) => f.properties.kind))]")
	require.Equal(t, []string{"sand-pile"}, piles)
	require.Less(t, tb.drawn("targets"), before)

	if eval[bool](tb, "document.getElementById('layers').hidden") {
		tb.do(chromedp.Click(chromedp.CSS("#layers-button")))
	}
	tb.do(chromedp.Click(chromedp.CSS(`#layers input[name="stations"]`)))
	tb.idle()
	require.Zero(t, tb.drawn("stations"))
	tb.do(chromedp.Click(chromedp.CSS("#theme-button")))
	require.Equal(t, "light", eval[string](tb, "document.documentElement.dataset.theme"))
	require.Equal(t, "#f6f7f4", eval[string](tb, "upwindMap.getPaintProperty('land', 'fill-color')"))
	tb.clean()
}

func TestPageFollowsTheServer(t *testing.T) {
	short(t)
	city := web.TestCity(30)
	tb := openTab(t, city, 390, 844, "light")
	tb.until("document.querySelectorAll('#list .row').length > 3")
	tb.shot("phone-light")
	require.Zero(t, eval[int](tb, "Math.max(0, document.documentElement.scrollWidth - innerWidth)"))
	text := eval[string](tb, "document.getElementById('hour-text').textContent")
	tb.do(chromedp.Click(chromedp.CSS("#hour-back")))
	tb.until(fmt.Sprintf("document.getElementById('hour-text').textContent !== %q", text))

	fresh := city.CandidateL[3]
	fresh.ID, fresh.Score, fresh.SiteName = "brand-new", 99, ""
	city.Change(web.ChangeCandidates, func(m *web.Memory) { m.CandidateL = append([]upwind.Candidate{fresh}, m.CandidateL...) })
	tb.until("document.getElementById('target-brand-new')")
	require.Contains(t, eval[string](tb, "document.getElementById('notice').innerText"), "新增 1 个疑似目标")
	require.Equal(t, 31, eval[int](tb, "Number(document.querySelector('#list .row').getAttribute('aria-setsize'))"))
	tb.do(chromedp.Click(chromedp.CSS("#notice button")))
	tb.until("document.querySelector('#card .badge')?.textContent === '1'")
	tb.idle()
	tb.shot("phone-card-light")
	tb.clean()
}

func TestPageBearsTwentyThousandTargets(t *testing.T) {
	short(t)
	tb := openTab(t, web.TestCity(20000), wide(1440, 800), wide(900, 600), "light")
	tb.idle()
	require.Greater(t, tb.drawn("targets"), 10000)
	require.Less(t, eval[int](tb, "document.querySelectorAll('#list .row').length"), 40)
	require.Positive(t, eval[float64](tb, "document.getElementById('list').scrollTop = 1e9"))
	tb.until("[...document.querySelectorAll('#list .rank')].some((r) => r.textContent === '20000')")
	tb.shot("many-light")
	tb.clean()
}
