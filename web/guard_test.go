package web_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/web"
)

func TestErrorsAreSentences(t *testing.T) {
	h := handler(t, web.TestCity(3), web.Options{})
	for _, c := range []struct {
		method, target string
		code           int
		says           string
	}{
		{"GET", "/api/candidates/none", 404, "no candidate target none"},
		{"GET", "/api/traces/none", 404, "no trace none"},
		{"GET", "/api/nothing", 404, "no page at /api/nothing"},
		{"GET", "/static/../doc.go", 404, ""},
		{"GET", "/static/nothing.js", 404, "no file"},
		{"POST", "/api/candidates", 405, "POST is not allowed here; use GET, HEAD"},
		{"GET", "/api/signout", 405, "use POST"},
		{"DELETE", "/", 405, "not allowed"},
		{"GET", "/api/candidates?limit=-1", 400, "limit must be a whole number"},
		{"GET", "/api/candidates?limit=99999999", 400, "limit must be a whole number"},
		{"GET", "/api/candidates?knd=x", 400, "no parameter knd here; it takes kind"},
		{"GET", "/api/candidates?kind=a&kind=b", 400, "more than once"},
		{"GET", "/api/candidates?kind=%zz", 400, "cannot be read"},
		{"GET", "/api/stations?at=yesterday", 400, "at must be a time"},
		{"GET", "/api/detections?bbox=1,2,3", 400, "west,south,east,north"},
		{"GET", "/api/detections?bbox=1,2,NaN,4", 400, "not a number of degrees"},
		{"GET", "/api/detections?bbox=5,2,3,4", 400, "west must not exceed east"},
		{"GET", "/api/traces/" + web.TestCity(3).TraceL[0].ID + "?format=kml", 400, "json or geojson"},
		{"GET", "/api/grid?level=5", 400, "level must be"},
		{"GET", "/api/blobs/xyz", 400, "64 hexadecimal"},
		{"GET", "/api/blobs/" + strings.Repeat("00", 32), 404, "no chip"},
		{"GET", "/api/status?x=" + strings.Repeat("y", 2000), 414, "longer than"},
	} {
		w := ask(h, c.method, c.target)
		if c.says == "" {
			require.NotEqual(t, 200, w.Code, c.target)
			continue
		}
		require.Equal(t, c.code, w.Code, c.target)
		var doc struct {
			Version int
			Error   string
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc), c.target)
		require.Contains(t, doc.Error, c.says, c.target)
	}
}

func TestOnlyKnownNamesAreAnswered(t *testing.T) {
	h := handler(t, web.TestCity(1), web.Options{AllowedHosts: []string{"Map.Example"}})
	for host, code := range map[string]int{
		"localhost": 200, "localhost:80": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "map.example:443": 200,
		"evil.example": 421, "127.0.0.1.evil.example": 421, "": 421, "10.0.0.1": 421,
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, code, w.Code, host)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	}
}

func TestOnlyChipsAndPreviewsAreServed(t *testing.T) {
	city := web.TestCity(3)
	original := city.AddBlob("", "image/jpeg", []byte("an original with its position"))
	page := city.AddBlob("chip", "text/html", []byte("<script>"))
	city.DetectionL[0].Chips = append(city.DetectionL[0].Chips, page)
	h := handler(t, city, web.Options{})
	chip := city.DetectionL[0].Chips[0]
	w := ask(h, "GET", "/api/blobs/"+chip.SHA256)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "image/png", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
	require.EqualValues(t, chip.Size, w.Body.Len())
	require.Equal(t, 304, ask(h, "GET", "/api/blobs/"+chip.SHA256, "If-None-Match", w.Header().Get("ETag")).Code)
	require.Equal(t, 200, ask(h, "GET", "/api/blobs/"+city.InspectionL[0].Preview.Blob.SHA256).Code)
	require.Equal(t, 404, ask(h, "GET", "/api/blobs/"+original.SHA256).Code)
	require.Equal(t, 404, ask(h, "GET", "/api/blobs/"+page.SHA256).Code)
}

func TestAnswersAreCompressedAndRevalidated(t *testing.T) {
	city := web.TestCity(30)
	h := handler(t, city, web.Options{})
	plain := ask(h, "GET", "/api/candidates.geojson")
	w := ask(h, "GET", "/api/candidates.geojson", "Accept-Encoding", "br, gzip")
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	require.NotEqual(t, plain.Header().Get("ETag"), w.Header().Get("ETag"))
	zr, err := gzip.NewReader(w.Body)
	require.NoError(t, err)
	unpacked, err := io.ReadAll(zr)
	require.NoError(t, err)
	require.Equal(t, plain.Body.Bytes(), unpacked)
	require.Empty(t, ask(h, "GET", "/api/candidates.geojson", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))
	require.Equal(t, 304, ask(h, "GET", "/api/candidates.geojson", "If-None-Match", plain.Header().Get("ETag")).Code)
	require.Zero(t, ask(h, "HEAD", "/api/candidates.geojson").Body.Len())

	city.Change(web.ChangeCandidates, func(m *web.Memory) { m.CandidateL = m.CandidateL[1:] })
	require.Eventually(t, func() bool {
		return ask(h, "GET", "/api/candidates.geojson", "If-None-Match", plain.Header().Get("ETag")).Code == 200
	}, 5*time.Second, 20*time.Millisecond)
}

func TestFilesHaveTheirTypes(t *testing.T) {
	h := handler(t, web.TestCity(1), web.Options{})
	for path, mime := range map[string]string{
		"/": "text/html", "/devices": "text/html", "/air": "text/html", "/static/main.js": "text/javascript", "/static/app.css": "text/css", "/favicon.ico": "image/svg+xml", "/static/words/zh-CN.js": "text/javascript",
	} {
		w := ask(h, "GET", path)
		require.Equal(t, 200, w.Code, path)
		require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), mime), path)
	}
	for _, page := range []string{"/", "/devices", "/air"} {
		require.NotContains(t, ask(h, "GET", page).Body.String(), "style=", "the policy allows no inline style")
	}
}

func TestReadyHealthAndMetrics(t *testing.T) {
	m := web.TestCity(6)
	m.NotReady = true
	h := handler(t, m, web.Options{Version: "v1.2.3"})
	require.Equal(t, 503, ask(h, "GET", "/readyz").Code)
	require.Equal(t, 200, ask(h, "GET", "/healthz").Code)
	m.Change(web.ChangeAll, func(m *web.Memory) { m.NotReady = false })
	require.Equal(t, 200, ask(h, "GET", "/readyz").Code)
	text := ask(h, "GET", "/metrics").Body.String()
	for _, want := range []string{
		`upwind_build_info{go_version="go`, `version="v1.2.3"} 1`, `upwind_candidates{kind="sand-pile",state="candidate"} 2`, "upwind_jobs_outstanding 3", "upwind_dead_letters 1",
		`upwind_http_request_duration_seconds_count{code="503",method="GET",route="/readyz"} 1`,
	} {
		require.Contains(t, text, want)
	}
}

func TestEventsTellWhatChangedAndResync(t *testing.T) {
	m := web.TestCity(3)
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	office := web.NewMemoryOffice(m)
	cookie, _ := office.SignIn(everyone)
	go func() { done <- web.Serve(ctx, ln, m, office, web.Options{Heartbeat: 100 * time.Millisecond}) }()
	open := func(last string) (*bufio.Scanner, func()) {
		r, err := http.NewRequest("GET", fmt.Sprintf("http://%s/api/events", ln.Addr()), nil)
		require.NoError(t, err)
		r.AddCookie(cookie)
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		answer, err := http.DefaultClient.Do(r) //nolint:bodyclose // the caller hangs up with the func that open returns
		require.NoError(t, err)
		require.Equal(t, "text/event-stream; charset=utf-8", answer.Header.Get("Content-Type"))
		return bufio.NewScanner(answer.Body), func() { answer.Body.Close() }
	}
	until := func(sc *bufio.Scanner, want string) string {
		id := ""
		for sc.Scan() {
			if v, ok := strings.CutPrefix(sc.Text(), "id: "); ok {
				id = v
			}
			if strings.HasPrefix(sc.Text(), want) {
				return id
			}
		}
		require.FailNow(t, "the stream ended", "before %q: %v", want, sc.Err())
		return ""
	}
	sc, hangUp := open("")
	first := until(sc, "event: hello")
	until(sc, ": still here")
	m.Change(web.ChangeTraces, func(*web.Memory) {})
	m.Change(web.ChangeCandidates, func(*web.Memory) {})
	second := until(sc, `data: {"kinds":["candidates","traces"]}`)
	require.NotEqual(t, first, second)
	hangUp()

	sc, hangUp = open(second)
	until(sc, "event: hello")
	hangUp()
	sc, hangUp = open(first)
	until(sc, "event: resync")
	cancel()
	for sc.Scan() { // the server ends the stream when it stops
	}
	hangUp()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.Fail(t, "Serve did not stop")
	}
}

func TestEmptyStateGivesEmptyLists(t *testing.T) {
	h := handler(t, &web.Memory{}, web.Options{})
	for _, path := range []string{"/api/candidates", "/api/candidates.geojson", "/api/detections", "/api/traces", "/api/stations", "/api/wind", "/api/sites", "/api/grid", "/api/overlays", "/api/status", "/api/devices", "/api/air", "/api/air/ranking"} {
		w := ask(h, "GET", path)
		require.Equal(t, 200, w.Code, path)
		require.NotContains(t, w.Body.String(), "null", path)
	}
}

func ExampleHandler() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	st := web.TestCity(12)
	office := web.NewMemoryOffice(st)
	cookie, _ := office.SignIn(everyone)
	srv := httptest.NewServer(web.Handler(ctx, st, office, web.Options{Version: "v1"}))
	defer srv.Close()
	r, err := http.NewRequest("GET", srv.URL+"/api/candidates?kind=sand-pile&limit=1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.AddCookie(cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	var doc struct {
		Version, Total int
		Candidates     []upwind.Candidate
	}
	err = json.NewDecoder(answer.Body).Decode(&doc)
	fmt.Println(doc.Version, doc.Total, doc.Candidates[0].Kind, err)
	// Output: 1 4 sand-pile <nil>
}
