package season

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root, "tracing"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no real data at %s", path)
	}
	return path
}

func zipped(t testing.TB, path string) (head map[string]int, rows [][]string) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	all, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	head = map[string]int{}
	for i, c := range all[0] {
		head[c] = i
	}
	return head, all[1:]
}

// marylebone is the hourly record of Marylebone Road, London, 1998 to 2005.
func marylebone(t testing.TB, species string) (readings []upwind.Observation, wind []upwind.Wind, rows [][]string, head map[string]int) {
	head, rows = zipped(t, shared(t, "openair", "mydata.csv.gz"))
	for _, r := range rows {
		at, err := time.Parse("2006-01-02 15:04:05", r[head["date"]])
		require.NoError(t, err)
		if v, err := strconv.ParseFloat(r[head[species]], 64); err == nil {
			readings = append(readings, upwind.Observation{StationID: "my1", Start: at, DurationS: 3600, Lon: -0.1546, Lat: 51.5225, HeightM: 3, Species: species, Value: v, Unit: "ppb"})
		}
		speed, err1 := strconv.ParseFloat(r[head["ws"]], 64)
		from, err2 := strconv.ParseFloat(r[head["wd"]], 64)
		if err1 == nil && err2 == nil {
			u, v := upwind.UV(speed, from)
			wind = append(wind, upwind.Wind{StationID: "my1", Start: at, DurationS: 3600, Lon: -0.1546, Lat: 51.5225, HeightM: 10, U: u, V: v})
		}
	}
	return readings, wind, rows, head
}

// CPF of SO2 at the 90th percentile by sectors of 10 degrees, calm excluded, against a count of the table's own rows.
func TestCPFEqualsACountByHand(t *testing.T) {
	for _, species := range []string{"so2", "nox", "pm10"} {
		readings, wind, rows, head := marylebone(t, species)
		samples, _, err := Join(readings, wind)
		require.NoError(t, err)
		c, err := NewCPF(samples, CPFOptions{Quantile: 0.9})
		require.NoError(t, err)
		var v []float64
		type row struct{ from, value float64 }
		var kept []row
		for _, r := range rows {
			speed, e1 := strconv.ParseFloat(r[head["ws"]], 64)
			from, e2 := strconv.ParseFloat(r[head["wd"]], 64)
			value, e3 := strconv.ParseFloat(r[head[species]], 64)
			if e1 != nil || e2 != nil || e3 != nil {
				continue
			}
			v = append(v, value)
			if speed > 0 {
				kept = append(kept, row{from, value})
			}
		}
		slices.Sort(v)
		h := 0.9 * float64(len(v)-1)
		q := v[int(h)] + (h-math.Floor(h))*(v[int(h)+1]-v[int(h)])
		require.InDelta(t, q, c.Threshold, 1e-12)
		n, m := map[int]int{}, map[int]int{}
		for _, r := range kept {
			k := int(r.from) / 10 * 10 % 360 // all directions are tens
			n[k]++
			if r.value >= q {
				m[k]++
			}
		}
		require.Len(t, c.Sectors, 36)
		for _, s := range c.Sectors {
			require.Equal(t, n[int(s.FromDeg)], s.N, "%s from %g", species, s.FromDeg)
			require.Equal(t, m[int(s.FromDeg)], s.M, "%s from %g", species, s.FromDeg)
			require.InDelta(t, float64(s.M)/float64(s.N), s.P.Value, 1e-12)
			require.LessOrEqual(t, s.P.Lo95, s.P.Value)
			require.GreaterOrEqual(t, s.P.Hi95, s.P.Value)
		}
		sum := c.Calm.N
		for _, s := range c.Sectors {
			sum += s.N
		}
		require.Equal(t, c.All.N, sum)
		peak := c.Sectors[c.Peak]
		t.Logf("%s: threshold %.4g, peak from %.0f: %.3f (%.3f to %.3f), n %d; share of resamples %.2f; calms %d", species, c.Threshold, peak.FromDeg, peak.P.Value, peak.P.Lo95, peak.P.Hi95, peak.N, c.PeakShare, c.Calm.N)
	}
}

// The winter of twelve Beijing stations: 16-point wind, gaps, and rows handed in twice and out of order.
func TestBeijingWithSixteenPoints(t *testing.T) {
	head, rows := zipped(t, shared(t, "beijing", "prsa_12stations_2016-11_2017-02.csv.gz"))
	points := strings.Split("N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW", " ")
	var readings []upwind.Observation
	var wind []upwind.Wind
	n, m := map[int]int{}, map[int]int{}
	for _, r := range rows {
		if r[head["station"]] != "Dongsi" {
			continue
		}
		num := func(c string) float64 {
			v, err := strconv.ParseFloat(r[head[c]], 64)
			if err != nil {
				return math.NaN()
			}
			return v
		}
		at := time.Date(int(num("year")), time.Month(int(num("month"))), int(num("day")), int(num("hour")), 0, 0, 0, time.UTC)
		k, value, speed := slices.Index(points, r[head["wd"]]), num("PM2.5"), num("WSPM")
		readings = append(readings, upwind.Observation{StationID: "d", Start: at, DurationS: 3600, Lon: 116.417, Lat: 39.929, Species: "PM2.5", Value: value, Unit: "ug/m3"})
		if k < 0 || math.IsNaN(speed) {
			continue
		}
		u, v := upwind.UV(speed, 22.5*float64(k))
		wind = append(wind, upwind.Wind{StationID: "d", Start: at, DurationS: 3600, Lon: 116.417, Lat: 39.929, HeightM: 10, U: u, V: v})
		if !math.IsNaN(value) && speed > 0 {
			n[k]++
			if value >= 150 {
				m[k]++
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	readings = append(readings, readings[:100]...)
	r.Shuffle(len(readings), func(i, j int) { readings[i], readings[j] = readings[j], readings[i] })
	r.Shuffle(len(wind), func(i, j int) { wind[i], wind[j] = wind[j], wind[i] })
	samples, notes, err := Join(readings, wind)
	require.NoError(t, err)
	require.Contains(t, strings.Join(notes, "; "), "100 of")
	c, err := NewCPF(samples, CPFOptions{Threshold: 150})
	require.NoError(t, err)
	require.Equal(t, 22.5, c.SectorDeg)
	for i, s := range c.Sectors {
		require.Equal(t, [2]int{n[i], m[i]}, [2]int{s.N, s.M}, points[i])
	}
	_, err = NewCPF(samples, CPFOptions{SectorDeg: 10})
	require.ErrorContains(t, err, "16 points")
	t.Logf("Dongsi, PM2.5 over 150: peak %s %.2f, from NNW %.2f", points[c.Peak], c.Sectors[c.Peak].P.Value, c.Sectors[15].P.Value)
}

// simulated is an hourly record with a source at fromDeg that adds to what the wind brings from there, and stretches
// of weather that last days.
func simulated(seed uint64, hours int, fromDeg, width float64) []Sample {
	r := rand.New(rand.NewPCG(seed, 2))
	dir, level := 360*r.Float64(), 0.0
	var out []Sample
	for h := range hours {
		dir += 20 * r.NormFloat64()
		level = 0.97*level + 0.25*r.NormFloat64()
		s := Sample{Unix: float64(begin.Unix()) + 3600*float64(h), DurationS: 3600, Wind: true, Value: 40 * math.Exp(0.4*level)}
		s.U, s.V = upwind.UV(1+3*r.Float64(), dir)
		if math.Abs(plane.Turn(dir, fromDeg)) < width {
			s.Value += 60
		}
		out = append(out, s)
	}
	return out
}

func TestCPFPointsToTheSourceAndCovers(t *testing.T) {
	inside, all := 0, 0
	// Away from the source the truth is the share of the background alone.
	long, err := NewCPF(simulated(1000, 150_000, 230, 15), CPFOptions{Threshold: 80, SectorDeg: 30, Bootstrap: Bootstrap{Resamples: 2}})
	require.NoError(t, err)
	for seed := range uint64(40) {
		c, err := NewCPF(simulated(seed, 3000, 230, 15), CPFOptions{Threshold: 80, SectorDeg: 30, Bootstrap: Bootstrap{Resamples: 100}})
		require.NoError(t, err)
		require.InDelta(t, 0, plane.Turn(c.Sectors[c.Peak].FromDeg, 230), 20, "seed %d", seed)
		for _, k := range []int{0, 2, 4} {
			if e := c.Sectors[k].P; e != nil {
				all++
				if truth := long.Sectors[k].P.Value; truth >= e.Lo95 && truth <= e.Hi95 {
					inside++
				}
			}
		}
	}
	t.Logf("95 %% intervals hold %d of %d", inside, all)
	require.Greater(t, float64(inside)/float64(all), 0.78, "weather that lasts as long as a block makes them a little narrow")
}

func TestCPFOptionsAndFewReadings(t *testing.T) {
	s := simulated(1, 200, 90, 20)
	c, err := NewCPF(s, CPFOptions{Least: 1000})
	require.NoError(t, err)
	require.Equal(t, -1, c.Peak)
	require.Empty(t, c.Polar)
	for _, deg := range []float64{7, 0.5, 180} {
		_, err := NewCPF(s, CPFOptions{SectorDeg: deg})
		require.True(t, upwind.IsRefusal(err), "%g", deg)
	}
	_, err = NewCPF(nil, CPFOptions{})
	require.True(t, upwind.IsRefusal(err))
	a, err := NewCPF(s, CPFOptions{Bootstrap: Bootstrap{Seed: 4}})
	require.NoError(t, err)
	b, err := NewCPF(s, CPFOptions{Bootstrap: Bootstrap{Seed: 4}})
	require.NoError(t, err)
	require.Equal(t, a, b)
}

func TestJoinTakesTheMeanOverTheReadingsTime(t *testing.T) {
	wind := []upwind.Wind{
		{StationID: "far", Start: begin, DurationS: 3600, Lon: 10, Lat: 50, U: 99, V: 99},
		{StationID: "a", Start: begin.Add(30 * time.Minute), DurationS: 1800, Lon: 0, Lat: 50, U: 4, V: 0},
		{StationID: "a", Start: begin, DurationS: 1800, Lon: 0, Lat: 50, U: 2, V: 2},
		{StationID: "a", Start: begin.Add(time.Hour), DurationS: 1200, Lon: 0, Lat: 50, U: 1, V: 0},
	}
	o := func(h int, v float64) upwind.Observation {
		return upwind.Observation{Start: begin.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: 0.01, Lat: 50, Value: v}
	}
	s, notes, err := Join([]upwind.Observation{o(1, 6), o(0, 5), o(0, 5), o(2, math.NaN())}, wind)
	require.NoError(t, err)
	require.Len(t, s, 2)
	require.Equal(t, Sample{Unix: float64(begin.Unix()), DurationS: 3600, Value: 5, U: 3, V: 1, Wind: true}, s[0])
	require.False(t, s[1].Wind, "20 minutes are less than half an hour")
	require.Len(t, notes, 3)
	_, _, err = Join(nil, wind)
	require.True(t, upwind.IsRefusal(err))
	_, _, err = Join([]upwind.Observation{o(50, 1)}, wind)
	require.True(t, upwind.IsRefusal(err))
}

func ExampleNewCPF() {
	var samples []Sample
	for h := range 400 {
		from, value := float64(h%36)*10, 20.0
		if from == 230 {
			value = 90
		}
		u, v := upwind.UV(3, from)
		samples = append(samples, Sample{Unix: 3600 * float64(h), DurationS: 3600, Value: value, U: u, V: v, Wind: true})
	}
	c, err := NewCPF(samples, CPFOptions{Threshold: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	peak := c.Sectors[c.Peak]
	fmt.Printf("from %.0f degrees %.0f %% of %d readings are bad\n", peak.FromDeg, 100*peak.P.Value, peak.N)
	// Output: from 230 degrees 100 % of 11 readings are bad
}
