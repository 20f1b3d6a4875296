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

	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/web"
)

func handler(t *testing.T, st web.State, opt web.Options) http.Handler {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return web.Handler(ctx, st, opt)
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

func TestEveryDocumentIsVersionedAndEveryMapIsGeoJSON(t *testing.T) {
	city := web.TestCity(60)
	h := handler(t, city, web.Options{})
	want := map[string]int{
		"/api/candidates.geojson":                60,
		"/api/candidates.geojson?kind=sand-pile": 20,
		"/api/detections":                        60,
		"/api/grid?level=1":                      1,
		"/api/grid?level=2":                      11,
		"/api/grid?level=4":                      4598,
		"/api/stations":                          200,
		"/api/stations?species=SO2":              0,
		"/api/wind?at=2026-04-12T03:20:00Z":      40,
		"/api/sites":                             20,
	}
	for path, n := range want {
		w := ask(h, "GET", path)
		require.Equal(t, "application/geo+json", w.Header().Get("Content-Type"), path)
		fc, err := geojson.UnmarshalFeatureCollection(w.Body.Bytes())
		require.NoError(t, err, path)
		require.Len(t, fc.Features, n, path)
		require.EqualValues(t, upwind.SchemaVersion, fc.ExtraMembers["version"], path)
	}
	for _, path := range []string{"/api/candidates", "/api/candidates.json", "/api/candidates/" + city.CandidateL[0].ID, "/api/overlays", "/api/status", "/api/traces/" + city.TraceL[0].ID} {
		doc := decode[map[string]any](t, ask(h, "GET", path))
		require.EqualValues(t, upwind.SchemaVersion, doc["version"], path)
	}
}

func TestCandidatesAreRankedAndPaged(t *testing.T) {
	city := web.TestCity(30)
	h := handler(t, city, web.Options{})
	type page struct {
		Total      int
		Candidates []upwind.Candidate
	}
	p := decode[page](t, ask(h, "GET", "/api/candidates?limit=10&offset=25"))
	require.Equal(t, 30, p.Total)
	require.Len(t, p.Candidates, 5)
	require.Equal(t, city.CandidateL[25].ID, p.Candidates[0].ID)
	require.Empty(t, decode[page](t, ask(h, "GET", "/api/candidates?offset=1000")).Candidates)

	// A filter keeps the rank among all targets.
	fc := decode[geojson.FeatureCollection](t, ask(h, "GET", "/api/candidates.geojson?kind=bare-soil"))
	for _, f := range fc.Features {
		rank := int(f.Properties["rank"].(float64))
		require.Equal(t, city.CandidateL[rank-1].ID, f.Properties["id"])
		require.Len(t, f.Properties["place"], 3)
	}
}

func TestCandidateCarriesItsEvidence(t *testing.T) {
	city := web.TestCity(30)
	h := handler(t, city, web.Options{})
	var target upwind.Candidate
	for _, c := range city.CandidateL {
		if len(c.Evidence) == 2 {
			target = c
		}
	}
	doc := decode[struct {
		Candidate  upwind.Candidate
		Detections []upwind.Detection
		Traces     []upwind.Trace
		Assets     []struct {
			Name       string
			AcquiredAt time.Time `json:"acquired_at"`
		}
	}](t, ask(h, "GET", "/api/candidates/"+target.ID))
	require.Equal(t, target.ScoreParts, doc.Candidate.ScoreParts)
	require.Equal(t, target.Evidence[0].ID, doc.Detections[0].ID)
	require.Equal(t, target.Evidence[1].ID, doc.Traces[0].ID)
	require.Empty(t, doc.Traces[0].Trajectories, "they have their own address")
	require.Equal(t, city.AssetL[0].Name, doc.Assets[0].Name)
	require.Equal(t, city.InspectionL[0].AcquiredAt, doc.Assets[0].AcquiredAt)

	drawn := decode[geojson.FeatureCollection](t, ask(h, "GET", "/api/traces/"+target.Evidence[1].ID+"?format=geojson"))
	parts := map[string]int{}
	for _, f := range drawn.Features {
		parts[f.Properties["part"].(string)]++
	}
	require.Equal(t, map[string]int{"cone": 1, "trajectory": 12, "receptor": 1, "source": 3}, parts)
}

func TestStationsAreMeansOfTheirHour(t *testing.T) {
	at := time.Date(2026, 4, 1, 5, 0, 0, 0, time.UTC)
	obs := func(start time.Time, seconds, v float64) upwind.Observation {
		return upwind.Observation{StationID: "s", Start: start, DurationS: seconds, Lon: 116, Lat: 36, Species: "PM10", Unit: "ug/m3", Value: v}
	}
	m := &web.Memory{Readings: []upwind.Observation{obs(at, 600, 10), obs(at.Add(10*time.Minute), 1800, 50), obs(at.Add(time.Hour), 600, 999), obs(at.Add(-time.Second), 600, 999)}}
	for _, from := range []float64{350, 10} {
		u, v := upwind.UV(4, from)
		m.Winds = append(m.Winds, upwind.Wind{StationID: "w", Start: at, DurationS: 60, Lon: 116, Lat: 36, U: u, V: v})
	}
	h := handler(t, m, web.Options{})
	fc := decode[geojson.FeatureCollection](t, ask(h, "GET", "/api/stations?at=2026-04-01T05:30:00Z"))
	require.InDelta(t, (10*600+50*1800)/2400.0, fc.Features[0].Properties["value"], 1e-9)
	// A wind about north has a mean from north, not from south.
	fc = decode[geojson.FeatureCollection](t, ask(h, "GET", "/api/wind?at=2026-04-01T05:30:00Z"))
	from := fc.Features[0].Properties["from_deg"].(float64)
	require.InDelta(t, 0, min(from, 360-from), 1e-6)
}

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
		{"POST", "/api/candidates", 405, "read-only"},
		{"DELETE", "/", 405, "read-only"},
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
		"/": "text/html", "/static/main.js": "text/javascript", "/static/app.css": "text/css", "/favicon.ico": "image/svg+xml", "/static/words/zh-CN.js": "text/javascript",
	} {
		w := ask(h, "GET", path)
		require.Equal(t, 200, w.Code, path)
		require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), mime), path)
	}
	require.NotContains(t, ask(h, "GET", "/").Body.String(), "style=", "the policy allows no inline style")
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
	go func() { done <- web.Serve(ctx, ln, m, web.Options{Heartbeat: 100 * time.Millisecond}) }()
	open := func(last string) (*bufio.Scanner, func()) {
		r, err := http.NewRequest("GET", fmt.Sprintf("http://%s/api/events", ln.Addr()), nil)
		require.NoError(t, err)
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		answer, err := http.DefaultClient.Do(r)
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
	for _, path := range []string{"/api/candidates", "/api/candidates.geojson", "/api/detections", "/api/traces", "/api/stations", "/api/wind", "/api/sites", "/api/grid", "/api/overlays", "/api/status"} {
		w := ask(h, "GET", path)
		require.Equal(t, 200, w.Code, path)
		require.NotContains(t, w.Body.String(), "null", path)
	}
}

func ExampleHandler() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv := httptest.NewServer(web.Handler(ctx, web.TestCity(12), web.Options{Version: "v1"}))
	defer srv.Close()
	answer, err := http.Get(srv.URL + "/api/candidates?kind=sand-pile&limit=1")
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
