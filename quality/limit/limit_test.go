package limit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/limit"
	"upwind/quality/water"
)

var t0 = time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)

var stack = upwind.Station{ID: "st", Name: "Boiler 2", Kind: upwind.StationStack, Lon: 116, Lat: 36.5, Limits: map[string]float64{"SO2": 35, "soot": 10}}

func obs(station, species string, h int, v float64, change ...func(*upwind.Observation)) upwind.Observation {
	o := upwind.Observation{StationID: station, Species: species, Medium: upwind.InStack, Stat: upwind.StatConverted, Start: t0.Add(time.Duration(h) * time.Hour), DurationS: 3600, Value: v, Unit: "mg/m3"}
	for _, f := range change {
		f(&o)
	}
	return o
}

// run is a stack's hours of SO2, one after the other; NaN-like -1 is no value.
func run(values ...float64) (out []upwind.Observation) {
	for h, v := range values {
		if v >= 0 {
			out = append(out, obs("st", "SO2", h, v))
		}
	}
	return out
}

func TestAPeriodIsOneEvent(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   [][3]int // start, end, hours
		open   bool
	}{
		{"the limit itself is kept", []float64{35, 35, 20}, nil, false},
		{"one hour", []float64{20, 36, 20, 20, 20}, [][3]int{{1, 2, 1}}, false},
		{"about the limit", []float64{36, 34, 36, 34, 34, 36, 20, 20, 20}, [][3]int{{0, 6, 3}}, false},
		{"recovered for three hours", []float64{36, 20, 20, 20, 36}, [][3]int{{0, 1, 1}, {4, 5, 1}}, true},
		{"two hours without a value", []float64{36, -1, -1, 40, 20, 20, 20}, [][3]int{{0, 4, 2}}, false},
		{"three hours without a value", []float64{36, -1, -1, -1, 40, 20}, [][3]int{{0, 1, 1}, {4, 5, 1}}, true},
	} {
		events, notes := limit.Exceeded([]upwind.Station{stack}, run(c.values...))
		require.Empty(t, notes)
		require.Len(t, events, len(c.want), c.name)
		for i, w := range c.want {
			require.Equal(t, t0.Add(time.Duration(w[0])*time.Hour), events[i].Start, c.name)
			require.Equal(t, t0.Add(time.Duration(w[1])*time.Hour), events[i].End, c.name)
			require.Equal(t, float64(w[2]), events[i].Hours, c.name)
		}
		if len(events) > 0 {
			require.Equal(t, c.open, events[len(events)-1].Open, c.name)
		}
	}
}

func TestWhatAnEventSays(t *testing.T) {
	o := run(20, 36, 52.25, 41, 20, 20, 20)
	o[2].Flag = upwind.FlagOverRange
	events, _ := limit.Exceeded([]upwind.Station{stack}, o)
	require.Equal(t, []limit.Exceedance{{
		Station: "st", Species: "SO2", Medium: upwind.InStack, Start: t0.Add(time.Hour), End: t0.Add(4 * time.Hour), Peak: 52.25, PeakAt: t0.Add(2 * time.Hour),
		Limit: 35, Unit: "mg/m3", Hours: 3, Converted: true, AtLeast: true,
		Reasons: []string{"Boiler 2: SO2 at least 52.25 mg/m3 against a limit of 35 at the reference oxygen, beyond it for 3 h between 2026-03-05 09:00 and 2026-03-05 12:00 (Beijing time)"},
	}}, events)
}

func TestWhichValuesAreHeldAgainstALimit(t *testing.T) {
	plain := func(o *upwind.Observation) { o.Stat = upwind.StatMean }
	for _, c := range []struct {
		name  string
		obs   []upwind.Observation
		event bool
		notes int
	}{
		{"converted", []upwind.Observation{obs("st", "SO2", 0, 50)}, true, 0},
		{"plain, where there is no other", []upwind.Observation{obs("st", "SO2", 0, 50, plain)}, true, 0},
		{"plain beside a converted one", []upwind.Observation{obs("st", "SO2", 0, 30), obs("st", "SO2", 0, 50, plain)}, false, 0},
		{"converted beside a plain one", []upwind.Observation{obs("st", "SO2", 0, 30, plain), obs("st", "SO2", 0, 50)}, true, 0},
		{"a correction", []upwind.Observation{obs("st", "SO2", 0, 50), obs("st", "SO2", 0, 30)}, false, 0},
		{"maintenance", []upwind.Observation{obs("st", "SO2", 0, 50, flag("M"))}, false, 0},
		{"calibration", []upwind.Observation{obs("st", "SO2", 0, 50, flag("C"))}, false, 0},
		{"fault", []upwind.Observation{obs("st", "SO2", 0, 50, flag("D"))}, false, 0},
		{"at rest", []upwind.Observation{obs("st", "SO2", 0, 50, flag("F"))}, false, 0},
		{"maximum", []upwind.Observation{obs("st", "SO2", 0, 50, func(o *upwind.Observation) { o.Stat = upwind.StatMax })}, false, 0},
		{"a minute", []upwind.Observation{obs("st", "SO2", 0, 50, func(o *upwind.Observation) { o.DurationS = 60 })}, false, 0},
		{"micrograms", []upwind.Observation{obs("st", "SO2", 0, 50e3, func(o *upwind.Observation) { o.Unit = "ug/m3" })}, true, 0},
		{"ppm", []upwind.Observation{obs("st", "SO2", 0, 50, func(o *upwind.Observation) { o.Unit = "ppm" })}, false, 1},
		{"no reading", []upwind.Observation{obs("st", "SO2", 0, -999)}, false, 1},
		{"no limit", []upwind.Observation{obs("st", "NOx", 0, 500)}, false, 0},
		{"the street", []upwind.Observation{obs("st", "SO2", 0, 50, func(o *upwind.Observation) { o.Medium = upwind.Ambient })}, false, 0},
		{"unknown station", []upwind.Observation{obs("other", "SO2", 0, 50)}, false, 0},
	} {
		events, notes := limit.Exceeded([]upwind.Station{stack}, c.obs)
		require.Equal(t, c.event, len(events) == 1, c.name)
		require.Len(t, notes, c.notes, c.name)
	}
}

func flag(f upwind.Flag) func(*upwind.Observation) {
	return func(o *upwind.Observation) { o.Flag = f }
}

func TestRivers(t *testing.T) {
	river := upwind.Station{ID: "rv", Kind: upwind.StationRiver, WaterClass: 3}
	sample := func(species string, h int, v float64, unit string) upwind.Observation {
		return upwind.Observation{StationID: "rv", Species: species, Medium: upwind.InWater, Start: t0.Add(time.Duration(h) * time.Hour), DurationS: 4 * 3600, Value: v, Unit: unit}
	}
	o := []upwind.Observation{
		sample("NH3-N", 0, 0.9, "mg/L"), sample("NH3-N", 4, 1.2, "mg/L"), sample("NH3-N", 8, 2.4, "mg/L"), sample("NH3-N", 12, 1.0, "mg/L"), sample("NH3-N", 16, 1.1, "mg/L"), sample("NH3-N", 28, 0.5, "mg/L"),
		sample("DO", 0, 5, "mg/L"), sample("DO", 4, 4.1, "mg/L"), sample("DO", 8, 2.5, "mg/L"), sample("DO", 12, 6, "mg/L"), sample("DO", 28, 6, "mg/L"),
		sample("pH", 0, 9, "1"), sample("pH", 4, 9.3, "1"), sample("CrVI", 4, 60, "ug/L"), sample("TN", 4, 20, "mg/L"), sample("COD", 4, 60, "ppm"),
	}
	events, notes := limit.Exceeded([]upwind.Station{river}, o)
	require.Equal(t, []string{"station rv: water: 60 ppm is no value of COD (1 values)"}, notes)
	require.Len(t, events, 4, "nitrogen has no limit in rivers")
	species := map[string]limit.Exceedance{}
	for _, e := range events {
		species[e.Species] = e
	}
	n := species["NH3-N"]
	require.Equal(t, 12.0, n.Hours, "of three samples")
	require.Equal(t, t0.Add(20*time.Hour), n.End)
	require.Equal(t, []any{2.4, 1.0, water.WorseThanV, water.III}, []any{n.Peak, n.Limit, n.Class, n.Target})
	require.False(t, n.Open)
	require.Contains(t, n.Reasons[0], "NH3-N 2.4 mg/L against a limit of 1 for class III (the value is worse than class V)")
	require.Equal(t, []float64{2.5, 5}, []float64{species["DO"].Peak, species["DO"].Limit}, "the lowest is the worst")
	require.Equal(t, []float64{9.3, 9}, []float64{species["pH"].Peak, species["pH"].Limit})
	require.Equal(t, []float64{0.06, 0.05}, []float64{species["CrVI"].Peak, species["CrVI"].Limit})
	require.True(t, species["CrVI"].Open)
	for name, want := range map[string]float64{"NH3-N": 2.4, "DO": 2, "pH": 1.3, "CrVI": 1.2} {
		e := species[name]
		require.InDelta(t, want, e.Over(), 1e-9, name)
	}
	require.Equal(t, 100.0, (&limit.Exceedance{Species: "DO", Limit: 5}).Over())

	river.WaterClass = 0
	events, _ = limit.Exceeded([]upwind.Station{river}, o)
	require.Empty(t, events, "no class is set")
}

// Whatever comes in, events of one station and species do not touch, each holds a value beyond the limit at each end, and
// the order of the input makes no difference.
func TestEventsAreApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for range 300 {
		var o []upwind.Observation
		beyond := 0
		for h := range 60 {
			if rng.IntN(4) > 0 {
				v := 20 + 25*rng.Float64()
				if v > 35 {
					beyond++
				}
				o = append(o, obs("st", "SO2", h, v))
			}
		}
		events, _ := limit.Exceeded([]upwind.Station{stack}, o)
		hours := 0.0
		for i, e := range events {
			hours += e.Hours
			require.Greater(t, e.Peak, e.Limit)
			require.LessOrEqual(t, e.Hours, e.End.Sub(e.Start).Hours())
			if i > 0 {
				require.Greater(t, e.Start.Sub(events[i-1].End), 2*time.Hour)
			}
		}
		require.Equal(t, float64(beyond), hours, "no hour is lost or counted twice")
		rng.Shuffle(len(o), func(i, j int) { o[i], o[j] = o[j], o[i] })
		again, _ := limit.Exceeded([]upwind.Station{stack}, o)
		require.Equal(t, events, again)
	}
}

func ExampleExceeded() {
	events, _ := limit.Exceeded([]upwind.Station{stack}, run(30, 38, 34, 41, 20, 20, 20))
	for _, e := range events {
		fmt.Println(e.Species, e.Peak, "over", e.Limit, "in", e.Hours, "hours")
	}
	// Output: SO2 41 over 35 in 2 hours
}
