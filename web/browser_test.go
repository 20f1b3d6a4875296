package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"upwind/access"
	"upwind/web"
)

// firstToken is of the link that makes the first administrator.
const firstToken = "the-first-link"

// phoneWidth is where the page changes its layout, in pixels.
const phoneWidth = 760

// tab is a page in a real browser that writes down everything it complains about and asks for.
type tab struct {
	t      *testing.T
	ctx    context.Context
	base   string
	office *web.MemoryOffice

	mu         sync.Mutex
	complaints []string
	foreign    []string
	requests   int
}

// openTab starts Chromium on the map over st. UPWIND_SHOTS names a folder that keeps the screenshots.
func openTab(t *testing.T, st *web.Memory, width, height int, theme string) *tab {
	t.Helper()
	if _, err := os.Stat(filepath.FromSlash("static/vendor/maplibre-gl.mjs")); err != nil {
		t.Skip("skipped: the map in a browser, because web/vendor.sh has not run")
	}
	return openPage(t, st, "/", width, height, theme)
}

// openPage starts Chromium on a page of a server over st.
func openPage(t *testing.T, st *web.Memory, at string, width, height int, theme string) *tab {
	t.Helper()
	return openPageAs(t, st, everyone, at, width, height, theme)
}

// openPageAs starts Chromium for an account; for one without a login, nobody is signed in.
func openPageAs(t *testing.T, st *web.Memory, who access.Account, at string, width, height int, theme string) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("skipped: the page in a browser, because no chromium is installed")
	}
	ctx, cancel := context.WithCancel(context.Background())
	office := web.NewMemoryOffice(st)
	srv := httptest.NewServer(web.Handler(ctx, st, office, web.Options{Version: "test", Heartbeat: time.Second, First: firstToken}))
	alloc, stop := chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Headless, chromedp.NoSandbox, chromedp.WindowSize(width, height), chromedp.Flag("use-angle", "swiftshader"),
		chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("hide-scrollbars", false), chromedp.UserDataDir(t.TempDir()))
	page, closePage := chromedp.NewContext(alloc)
	page, limit := context.WithTimeout(page, 4*time.Minute)
	t.Cleanup(func() {
		limit()
		closePage()
		stop()
		srv.CloseClientConnections()
		cancel()
		srv.Close()
	})
	tb := &tab{t: t, ctx: page, base: srv.URL, office: office}
	require.NoError(t, chromedp.Listen(page, tb.hear))
	call(tb, network.Enable, network.EnableParams{})
	call(tb, log.Enable, cdp.Empty{})
	call(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	call(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(width), Height: int64(height), DeviceScaleFactor: sharpness(), Mobile: width < phoneWidth})
	if who.Login != "" {
		cookie, _ := office.SignIn(who)
		yes := true
		call(tb, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: srv.URL, Path: "/", Secure: &yes, HTTPOnly: &yes})
	}
	tb.do(chromedp.Navigate(srv.URL + at))
	tb.until("document.body?.dataset.ready === 'yes'")
	return tb
}

func (tb *tab) hear(ev any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		tb.requests++
		if u := e.Request.URL; !strings.HasPrefix(u, tb.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:"+tb.base) {
			tb.foreign = append(tb.foreign, u)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var b strings.Builder
			for _, a := range e.Args {
				fmt.Fprintf(&b, "%s %s ", a.Value, a.Description)
				if a.Preview != nil {
					for _, p := range a.Preview.Properties {
						fmt.Fprintf(&b, "%s=%s ", p.Name, p.Value)
					}
				}
			}
			tb.complaints = append(tb.complaints, string(e.Type)+": "+b.String())
		}
	case *runtime.EventExceptionThrown:
		tb.complaints = append(tb.complaints, "exception: "+describe(e.ExceptionDetails))
	case *log.EventEntryAdded:
		// SwiftShader announces itself and how slow it is to read back from; that is no fault of the page.
		if e.Entry.Level == log.EntryLevelError || (e.Entry.Level == log.EntryLevelWarning && !strings.Contains(e.Entry.Text, "GPU stall due to ReadPixels") && !strings.Contains(e.Entry.Text, "software WebGL")) {
			tb.complaints = append(tb.complaints, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return fmt.Sprintf("%s at %s:%d", e.Text, e.URL, e.LineNumber)
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Do(tb.ctx, steps...))
}

func call[P, R any](tb *tab, cmd cdp.Command[P, R], params P) {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, cmd, params)
	require.NoError(tb.t, err, cmd.Method)
}

// eval returns the value of a JavaScript expression; a promise is awaited.
func eval[T any](tb *tab, js string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	require.NoError(tb.t, err, js)
	return v
}

func (tb *tab) until(js string) {
	tb.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !eval[bool](tb, "Boolean("+js+")") {
		if time.Now().After(deadline) {
			tb.mu.Lock()
			defer tb.mu.Unlock()
			require.FailNow(tb.t, "the page never got there", "%s\n%s", js, strings.Join(tb.complaints, "\n"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// idle waits until the map has drawn all it has.
func (tb *tab) idle() {
	tb.t.Helper()
	require.True(tb.t, eval[bool](tb, `new Promise((done) => { upwindMap.once('idle', () => done(true)); upwindMap.triggerRepaint(); })`))
}

// drawn counts what a layer shows.
func (tb *tab) drawn(layer string) int {
	tb.t.Helper()
	return eval[int](tb, fmt.Sprintf("upwindMap.queryRenderedFeatures({layers: [%q]}).length", layer))
}

func (tb *tab) shot(name string) {
	tb.t.Helper()
	dir := os.Getenv("UPWIND_SHOTS")
	if dir == "" {
		dir = tb.t.TempDir()
	}
	png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
	require.NoError(tb.t, err)
	require.NotEmpty(tb.t, png)
	require.NoError(tb.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// clean checks that the page complained about nothing and asked no other server.
func (tb *tab) clean() {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	require.Empty(tb.t, tb.complaints)
	require.Empty(tb.t, tb.foreign)
	require.Positive(tb.t, tb.requests)
}

func (tb *tab) jump(lon, lat, zoom float64) {
	tb.t.Helper()
	require.True(tb.t, eval[bool](tb, fmt.Sprintf("Boolean(upwindMap.jumpTo({center: [%v, %v], zoom: %v}))", lon, lat, zoom)))
	tb.idle()
}

// wide is the size for screenshots that someone looks at, and a smaller one otherwise: the software renderer pays by
// the pixel.
func wide(shown, tested int) int {
	if shots() {
		return shown
	}
	return tested
}

// sharpness is in device pixels a pixel of the page, for the same reason.
func sharpness() float64 {
	if shots() {
		return 1
	}
	return 0.5
}

func short(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: the page in a browser, because of -short")
	}
}

// shots reports whether someone looks at the screenshots.
func shots() bool { return os.Getenv("UPWIND_SHOTS") != "" }
