package near_test

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/near"
)

// controlled is one controlled release of METEC ADED 2022.
type controlled struct {
	start, end time.Time
	lon, lat   float64
	gramsPerS  float64
}

// metecPPM is 1 ppm of methane in g/m3 at 1,500 m and 15 degrees.
const metecPPM = 1e-6 * 16.043 * 84556 / (8.314462618 * 288.15)

// table reads a CSV with a header, and perhaps a byte order mark, as maps.
func table(t testing.TB, path string) []map[string]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, v := range r {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// readMETEC gives the readings in ppm, the wind, which is read as "comes from", and the releases.
func readMETEC(t testing.TB) (obs []upwind.Observation, wind []upwind.Wind, releases []controlled) {
	t.Helper()
	shared := os.Getenv("UPWIND_DATA")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(shared, "tracing", "metec")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped METEC: the real data is not here (set UPWIND_DATA)")
	}
	sensors := table(t, filepath.Join(dir, "sensor_locations.csv"))
	for _, r := range table(t, filepath.Join(dir, "obs_wind_1min.csv")) {
		at, err := time.Parse(time.RFC3339, r["time_utc"])
		require.NoError(t, err)
		if ws, wd := number(r["ws_ms"]), number(r["wd_from_deg"]); !math.IsNaN(ws + wd) {
			u, v := upwind.UV(ws, wd)
			wind = append(wind, upwind.Wind{StationID: "met", Start: at, DurationS: 60, Lon: -105.1398, Lat: 40.5958, HeightM: 2.4, U: u, V: v})
		}
		for _, s := range sensors {
			if v := number(r[s["name"]]); !math.IsNaN(v) {
				obs = append(obs, upwind.Observation{StationID: s["name"], Start: at, DurationS: 60, Lon: number(s["lon"]), Lat: number(s["lat"]),
					HeightM: number(s["height"]), Species: "CH4", Value: v, Unit: "ppm"})
			}
		}
	}
	for _, r := range table(t, filepath.Join(dir, "releases.csv")) {
		when := func(name string) time.Time {
			v, err := time.Parse("2006-01-02 15:04:05-07:00", r[name])
			require.NoError(t, err)
			return v
		}
		releases = append(releases, controlled{when("tc_ExpStartDatetime"), when("tc_ExpEndDatetime"), number(r["tc_Longitude"]), number(r["tc_Latitude"]),
			number(r["tc_C1MassFlow"]) / 3600})
	}
	sort.Slice(releases, func(i, j int) bool { return releases[i].start.Before(releases[j].start) })
	return obs, wind, releases
}

// Every second release of the METEC week, their windows given and no site listed. The bounds are loose; the figures
// are those of upwind score.
func TestMETECReleases(t *testing.T) {
	if raceDetector {
		t.Skip("skipped METEC: the race detector is on")
	}
	obs, wind, releases := readMETEC(t)
	var errs []float64
	rates, regions := 0, 0
	for i, r := range releases {
		if i%2 != 0 {
			continue
		}
		var g near.Given
		for _, o := range obs {
			if !o.Start.Before(r.start.Add(-time.Hour)) && o.Start.Before(r.end) {
				g.Readings = append(g.Readings, o)
			}
		}
		g.Wind, g.From, g.To, g.PerUnit = wind, r.start, r.end, metecPPM
		p, pl, err := near.Assemble(g)
		require.NoError(t, err)
		p.Whole = true
		a, err := near.Run(context.Background(), p, nil)
		require.NoError(t, err)
		require.NotEmpty(t, a.Sources)
		s, truth := a.Sources[0], pl.XY(r.lon, r.lat)
		errs = append(errs, s.At.To(truth))
		if r.gramsPerS > s.Rate.Lo90 && r.gramsPerS < s.Rate.Hi90 {
			rates++
		}
		if s.Holds(s.HPD90, truth) {
			regions++
		}
		t.Logf("%s  %4.1f m, P %.2f, rate %.2f [%.2f %.2f] true %.2f g/s, wind turned %.1f +- %.1f deg", r.start.Format("01-02 15:04"), errs[len(errs)-1],
			s.Probability, s.Rate.Median, s.Rate.Lo90, s.Rate.Hi90, r.gramsPerS, a.RotationRad*180/math.Pi, a.RotationSD*180/math.Pi)
	}
	sort.Float64s(errs)
	require.Less(t, errs[len(errs)/2], 16.0, "median location error, m: the groups lie 33 m apart and more")
	require.GreaterOrEqual(t, rates, len(errs)-1)
	require.GreaterOrEqual(t, regions, len(errs)-1)
}

// A wind read the wrong way round, or with a clock an hour off, explains the readings of most releases worse.
func TestMETECWrongWindsFitWorse(t *testing.T) {
	if raceDetector {
		t.Skip("skipped METEC: the race detector is on")
	}
	obs, wind, releases := readMETEC(t)
	fit := func(r controlled, sign float64, shift time.Duration) float64 {
		g := near.Given{From: r.start, To: r.end, PerUnit: metecPPM}
		for _, o := range obs {
			if !o.Start.Before(r.start.Add(-time.Hour)) && o.Start.Before(r.end) {
				g.Readings = append(g.Readings, o)
			}
		}
		for _, w := range wind {
			w.U, w.V, w.Start = sign*w.U, sign*w.V, w.Start.Add(shift)
			g.Wind = append(g.Wind, w)
		}
		p, _, err := near.Assemble(g)
		require.NoError(t, err)
		p.Whole = true
		v, err := near.Fit(context.Background(), p)
		require.NoError(t, err)
		return v
	}
	var right, reversed, late float64
	for i, r := range releases {
		if i%2 == 0 {
			right, reversed, late = right+fit(r, 1, 0), reversed+fit(r, -1, 0), late+fit(r, 1, time.Hour)
		}
	}
	t.Logf("ln evidence of all: %.1f, wind reversed %.1f, clock an hour late %.1f", right, reversed, late)
	require.Greater(t, right, reversed+30)
	require.Greater(t, right, late+30)
}
