package near_test

import (
	"context"
	"encoding/json"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/air"
	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
	"upwind/tracing/plume"
)

// emitter is a true source of a synthetic event.
type emitter struct {
	at        plane.Point
	gramsPerS float64
	from, to  float64 // s after the start
}

const (
	t0      = 1.6e9
	heightM = 1.6
)

// normal is a standard normal by counter.
func normal(keys ...uint64) float64 {
	return invert.NormalQuantile((float64(invert.Hash(keys...)>>11) + 0.5) / (1 << 53))
}

// windOf turns through the sensors: a swing of 160 degrees in 40 minutes.
func windOf(hours float64) plume.Series {
	n := int(hours*60) + 90
	s := plume.Series{Start: t0 - 5400, StepS: 60, U: make([]float64, n), V: make([]float64, n), Air: make([]air.State, n)}
	for i := range n {
		speed := 3 + 0.5*normal(9, uint64(i))
		to := 1.4*math.Sin(2*math.Pi*float64(i)/40) + 0.15*normal(8, uint64(i)) + float64(i)/60
		s.U[i], s.V[i] = speed*math.Cos(to), speed*math.Sin(to)
		s.Air[i] = air.State{UStar: 0.08 * speed, Z0: 0.03, MixingM: 500, SigmaV: 0.3}
	}
	return s
}

// event makes the readings of eight points in a ring of 60 m, by the engine's own transport: what is tested is the
// inversion.
func event(t testing.TB, hours float64, emitters []emitter, sites []invert.Site) near.Problem {
	t.Helper()
	p := near.Problem{Wind: windOf(hours), Sites: sites, Box: plane.Box{X0: -80, Y0: -80, X1: 80, Y1: 80},
		From: t0, To: t0 + hours*3600, Options: near.Options{Members: 8}}
	model, err := plume.New(p.Wind, plume.NewTables(2, heightM))
	require.NoError(t, err)
	for k := range 8 {
		sin, cos := math.Sincos(float64(k) * math.Pi / 4)
		at := invert.Spot{Point: plane.Point{X: 60 * cos, Y: 60 * sin}, HeightM: 2}
		for m := -60; m < int(hours*60); m++ {
			start := t0 + float64(m)*60
			c := 1e-3 * (1.2 + 0.02*float64(k) + 0.01*math.Sin(float64(m)/50) + 0.002*normal(uint64(k), uint64(m+100)))
			for _, e := range emitters {
				if start < t0+e.from || start >= t0+e.to {
					continue
				}
				puffs := model.Puffs(nil, start, start+60, plume.Range{ReachM: 200}, plume.Tweak{})
				c += e.gramsPerS * plume.At(puffs, e.at.X-at.X, e.at.Y-at.Y, 0)
			}
			p.Readings = append(p.Readings, invert.Reading{Sensor: k, Start: start, End: start + 60, At: at, Value: c})
		}
	}
	return p
}

func always(at plane.Point, q float64) emitter { return emitter{at, q, -1e9, 1e9} }

func run(t testing.TB, p near.Problem) invert.Answer {
	t.Helper()
	a, err := near.Run(context.Background(), p, nil)
	require.NoError(t, err)
	return a
}

func TestOneSourceIsFound(t *testing.T) {
	truth := always(plane.Point{X: 13, Y: -22}, 0.5)
	p := event(t, 2, []emitter{truth}, nil)
	p.Whole = true
	a := run(t, p)
	require.Len(t, a.Sources, 1)
	s := a.Sources[0]
	require.Equal(t, -1, s.Site)
	require.Greater(t, s.Probability, 0.99)
	require.Less(t, s.At.To(truth.at), 9.0, "eight members, none of which is the truth")
	require.InEpsilon(t, truth.gramsPerS, s.Rate.Median, 0.5)
	require.Less(t, s.Rate.Lo90, truth.gramsPerS)
	require.Greater(t, s.Rate.Hi90, truth.gramsPerS)
	require.True(t, s.Holds(s.HPD90, truth.at), "the 90 % region holds the place")
	require.LessOrEqual(t, len(s.HPD50), len(s.HPD90))
	require.InDelta(t, 1.2e-3, a.Background, 0.2e-3)
	require.Equal(t, 1.0, a.None, "no site is listed")
	sum := 0.0
	for _, v := range a.Map.P {
		sum += v
	}
	require.InDelta(t, s.Probability, sum, 1e-9, "the map holds the source")
}

func TestTwoSourcesAreFound(t *testing.T) {
	one, two := always(plane.Point{X: 40, Y: -32}, 0.6), always(plane.Point{X: -36, Y: 34}, 0.5)
	p := event(t, 4, []emitter{one, two}, nil)
	p.Whole = true
	a := run(t, p)
	require.Len(t, a.Sources, 2)
	for _, truth := range []emitter{one, two} {
		best := math.Inf(1)
		for _, s := range a.Sources {
			if d := s.At.To(truth.at); d < best {
				best = d
			}
		}
		require.Less(t, best, 12.0)
	}
}

func TestCleanAirHasNoSource(t *testing.T) {
	a := run(t, event(t, 2, nil, nil))
	for _, s := range a.Sources {
		require.Less(t, s.Probability, 0.3)
	}
	require.Zero(t, a.Evidence, "nothing is found")
	require.Less(t, a.Residual, 1.5)
	seen := 0.0
	for _, v := range a.Map.Seen {
		require.True(t, v >= 0 && v <= 1)
		seen = math.Max(seen, v)
	}
	require.Greater(t, seen, 0.9, "a source among the sensors would have been seen")
}

func TestStartAndEndAreFound(t *testing.T) {
	truth := emitter{plane.Point{X: -10, Y: 18}, 0.8, 3600, 9000}
	a := run(t, event(t, 4, []emitter{truth}, nil))
	require.NotEmpty(t, a.Sources)
	s := a.Sources[0]
	require.Less(t, s.At.To(truth.at), 12.0)
	require.InDelta(t, t0+truth.from, s.Start, 1200)
	require.InDelta(t, t0+truth.to, s.End, 1200)
}

func TestListedSiteAmongDecoys(t *testing.T) {
	var sites []invert.Site
	for _, at := range []plane.Point{{X: 30, Y: 30}, {X: -30, Y: 30}, {X: 5, Y: -20}, {X: -35, Y: -10}} {
		sites = append(sites, invert.Site{Spot: invert.Spot{Point: at}, Odds: 1})
	}
	p := event(t, 2, []emitter{always(sites[2].Point, 0.5)}, sites)
	p.Whole = true
	a := run(t, p)
	require.Equal(t, 2, a.Sources[0].Site)
	require.Less(t, a.None, 0.5)

	elsewhere := event(t, 2, []emitter{always(plane.Point{X: 35, Y: -35}, 0.5)}, sites)
	elsewhere.Whole = true
	a = run(t, elsewhere)
	require.Equal(t, -1, a.Sources[0].Site, "the source is on no list")
	require.Greater(t, a.None, 0.9)
}

func TestPriorMovesTheProbability(t *testing.T) {
	p := event(t, 2, nil, nil)
	p.Prior = func(q plane.Point) float64 {
		if q.X > 0 {
			return 0
		}
		return 2
	}
	for i, v := range run(t, p).Map.P {
		if x := -80 + float64(i%37)*160/36; x > 10 {
			require.Zero(t, v)
		}
	}
}

func TestReversedWindFitsWorse(t *testing.T) {
	p := event(t, 2, []emitter{always(plane.Point{X: 13, Y: -22}, 0.5)}, nil)
	p.Whole = true
	right := run(t, p)
	w := p.Wind
	w.U, w.V = append([]float64(nil), w.U...), append([]float64(nil), w.V...)
	for i := range w.U {
		w.U[i], w.V[i] = -w.U[i], -w.V[i]
	}
	p.Wind = w
	reversed, err := near.Fit(context.Background(), p)
	require.NoError(t, err)
	require.Less(t, reversed, right.Evidence-3)
	wrong := run(t, p)
	require.Less(t, wrong.Evidence, right.Evidence-3)
	require.Greater(t, wrong.Sources[0].At.To(plane.Point{X: 13, Y: -22}), 15.0)
	require.Greater(t, wrong.Residual, right.Residual)
}

func TestOrderOfReadingsDoesNotMatter(t *testing.T) {
	p := event(t, 1, []emitter{always(plane.Point{X: 13, Y: -22}, 0.5)}, nil)
	want := bytesOf(t, p)
	q := p
	q.Readings = append([]invert.Reading(nil), p.Readings...)
	for i := len(q.Readings) - 1; i > 0; i-- {
		j := int(invert.Hash(3, uint64(i)) % uint64(i+1))
		q.Readings[i], q.Readings[j] = q.Readings[j], q.Readings[i]
	}
	require.Equal(t, want, bytesOf(t, q))
}

func TestSameBytesForAnyNumberOfThreads(t *testing.T) {
	p := event(t, 1, []emitter{always(plane.Point{X: 13, Y: -22}, 0.5)}, nil)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	want := bytesOf(t, p)
	runtime.GOMAXPROCS(5)
	require.Equal(t, want, bytesOf(t, p))
	p.Options.Seed = 1
	require.NotEqual(t, want, bytesOf(t, p), "another seed is another ensemble")
}

func bytesOf(t testing.TB, p near.Problem) string {
	t.Helper()
	b, err := json.Marshal(run(t, p))
	require.NoError(t, err)
	return string(b)
}

func TestRefusals(t *testing.T) {
	good := event(t, 1, nil, nil)
	for name, spoil := range map[string]func(*near.Problem){
		"no wind":        func(p *near.Problem) { p.Wind = plume.Series{} },
		"no time":        func(p *near.Problem) { p.To = p.From },
		"no box":         func(p *near.Problem) { p.Box = plane.Box{} },
		"wide box":       func(p *near.Problem) { p.Box.X1 = 1e6 },
		"NaN box":        func(p *near.Problem) { p.Box.X1 = math.NaN() },
		"no readings":    func(p *near.Problem) { p.Readings = nil },
		"wind too short": func(p *near.Problem) { p.Wind.V = p.Wind.V[:1] },
		"sensor":         func(p *near.Problem) { p.Readings = []invert.Reading{{Sensor: -1}} },
	} {
		p := good
		spoil(&p)
		_, err := near.Fit(context.Background(), p)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		_, err = near.Run(context.Background(), p, nil)
		require.Error(t, err, name)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
	}
}

func TestBrokenReadingsAreLeftOut(t *testing.T) {
	p := event(t, 1, []emitter{always(plane.Point{X: 13, Y: -22}, 0.5)}, nil)
	want := run(t, p).Sources[0].At
	bad := p.Readings[0]
	bad.Value = math.NaN()
	p.Readings = append(append([]invert.Reading(nil), p.Readings...), bad)
	require.Equal(t, want, run(t, p).Sources[0].At)
}

func TestCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := near.Run(ctx, event(t, 1, nil, nil), nil)
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkRun(b *testing.B) {
	p := event(b, 4, []emitter{always(plane.Point{X: 13, Y: -22}, 0.5)}, nil)
	p.Whole = true
	p.Options.Members = 0
	for b.Loop() {
		run(b, p)
	}
}
