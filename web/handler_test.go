package web_test

import (
	"context"
	"encoding/json"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/access"
	"upwind/web"
)

// handler is a server over st for somebody signed in who may do everything.
func handler(t *testing.T, st *web.Memory, opt web.Options) http.Handler {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	office := web.NewMemoryOffice(st)
	cookie, _ := office.SignIn(everyone)
	h := web.Handler(ctx, st, office, opt)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(cookie)
		h.ServeHTTP(w, r)
	})
}

var everyone = access.Account{ID: "acc-everyone", Login: "everyone", Name: "全员", Roles: access.Roles(), Areas: []string{access.WholeCity}}

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
	require.Nil(t, doc.Traces[0].Map, "it has its own address")
}

func TestProbabilityMapIsAPicture(t *testing.T) {
	city := web.TestCity(30)
	h := handler(t, city, web.Options{})
	id := city.TraceL[0].ID
	for _, layer := range []string{"", "?layer=probability", "?layer=coverage"} {
		w := ask(h, "GET", "/api/traces/"+id+"/map.png"+layer)
		require.Equal(t, 200, w.Code)
		img, err := png.Decode(w.Body)
		require.NoError(t, err)
		require.Equal(t, 384, img.Bounds().Dx())
		_, _, _, mid := img.At(192, 192).RGBA()
		_, _, _, west := img.At(2, 192).RGBA()
		if layer == "?layer=coverage" {
			require.Zero(t, mid)
			require.NotZero(t, west, "of the west nothing is known")
		} else {
			require.Equal(t, uint32(205*0x101), mid, "the darkest step about the peak")
			require.Zero(t, west)
		}
	}
	require.Equal(t, 404, ask(h, "GET", "/api/traces/none/map.png").Code)
	require.Equal(t, 400, ask(h, "GET", "/api/traces/"+id+"/map.png?layer=x").Code)
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
