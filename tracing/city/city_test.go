package city_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/city"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

func run(t testing.TB, p city.Problem) city.Answer {
	a, err := city.Run(context.Background(), p, nil)
	require.NoError(t, err)
	return a
}

// small is a town of 30 km with 90 stations, half a day, and sources of the given number.
func small(seed uint64, sources int) *world { return newWorld(seed, 30e3, 90, 20, sources, 12) }

// seen is the first small town from a seed on whose sources can all be seen.
func seen(seed uint64, sources int) *world {
	for ; ; seed++ {
		if w := small(seed, sources); !slices.Contains(w.observable(), false) {
			return w
		}
	}
}

// believed is the traces that more likely exist than not.
func believed(a city.Answer) (out []city.Trace) {
	for _, tr := range a.Traces {
		if tr.Exists >= 0.5 {
			out = append(out, tr)
		}
	}
	return out
}

// off is the distance in m from a source to the nearest place of a trace, 0 for its own site.
func off(tr city.Trace, s emitter) float64 {
	best := math.Inf(1)
	for _, r := range tr.Ranked {
		if s.site >= 0 && r.Site == s.site {
			return 0
		}
		best = min(best, r.At.To(s.Point))
	}
	return best
}

func nearestTrace(a city.Answer, s emitter) (best city.Trace, m float64) {
	m = math.Inf(1)
	for _, tr := range a.Traces {
		if d := off(tr, s); d < m {
			best, m = tr, d
		}
	}
	return best, m
}

func TestOneSourceOfAListedSite(t *testing.T) {
	w := seen(3, 1)
	a := run(t, w.problem(40))
	tr, m := nearestTrace(a, w.truth[0])
	require.Zero(t, m, "the site is named")
	best := tr.Ranked[0]
	t.Logf("%.1f g/s, found %+v, probability %.2f, none %.3f", w.truth[0].q, best.Rate, best.Probability, tr.None)
	require.Equal(t, w.truth[0].site, best.Site)
	require.Greater(t, best.Probability, 0.5)
	require.Less(t, tr.None, 0.5)
	require.Less(t, best.Rate.Lo90, w.truth[0].q)
	require.Greater(t, best.Rate.Hi90, w.truth[0].q)
	require.InDelta(t, 1, a.Residual, 0.25)
}

func TestTwoSourcesOneUnlisted(t *testing.T) {
	w := seen(5, 2)
	a := run(t, w.problem(40))
	for _, s := range w.truth {
		_, m := nearestTrace(a, s)
		t.Logf("%.1f g/s from %.1f to %.1f h, site %d: %.0f m", s.q, s.start, s.end, s.site, m)
		require.Less(t, m, 800.0)
	}
	require.LessOrEqual(t, len(believed(a)), 3)
}

func TestHazeIsNobodysSource(t *testing.T) {
	for _, seed := range []uint64{7, 8} {
		a := run(t, small(seed, 0).problem(120))
		for _, tr := range believed(a) {
			t.Errorf("seed %d: exists %.2f %+v", seed, tr.Exists, tr.Ranked)
		}
		require.InDelta(t, 120e-6, a.Background, 50e-6)
	}
}

func TestCoverageIsWhereStationsAre(t *testing.T) {
	w := seen(3, 1)
	a := run(t, w.problem(40))
	near, far := 0.0, 1.0
	for i, v := range a.Map.Seen {
		p := plane.Point{X: a.Map.X0 + float64(i%a.Map.NX)*a.Map.CellM, Y: a.Map.Y0 + float64(i/a.Map.NX)*a.Map.CellM}
		d := math.Inf(1)
		for _, s := range w.stations {
			d = min(d, s.To(p))
		}
		require.True(t, v >= 0 && v <= 1)
		if d < 1000 {
			near = max(near, v)
		}
		if d > 3000 {
			far = min(far, v)
		}
	}
	require.Greater(t, near, 0.8)
	require.Less(t, far, 0.2)
}

func TestSameAnswerForAnyNumberOfThreads(t *testing.T) {
	p := seen(5, 2).problem(40)
	p.Options.Threads = 1
	one := run(t, p)
	p.Options.Threads = 3
	require.Equal(t, one, run(t, p))
}

func TestAnHourMoreIsTheDayAtOnce(t *testing.T) {
	w := seen(5, 2)
	p := w.problem(40)
	whole := run(t, p)
	e, err := city.New(p)
	require.NoError(t, err)
	var a city.Answer
	for _, part := range [][2]float64{{0, 10}, {10, 11}, {11, 12}} {
		var rs []invert.Reading
		for _, r := range p.Readings {
			if r.Start >= part[0]*3600 && r.Start < part[1]*3600 {
				rs = append(rs, r)
			}
		}
		a, err = e.Update(context.Background(), rs, nil)
		require.NoError(t, err)
	}
	require.Equal(t, whole.Values, a.Values)
	require.InDelta(t, whole.Background, a.Background, 2e-6)
	for _, s := range w.truth {
		one, m := nearestTrace(whole, s)
		more, n := nearestTrace(a, s)
		t.Logf("at once %.0f m (%.2f), hour by hour %.0f m (%.2f)", m, one.Exists, n, more.Exists)
		require.Less(t, one.Ranked[0].At.To(more.Ranked[0].At.Point), 400.0)
		require.InDelta(t, one.Exists, more.Exists, 0.2)
	}
}

// An event of the live system: few stations, few hours, a small box.
func TestEventOfTwentyStations(t *testing.T) {
	w := newWorld(21, 12e3, 20, 6, 1, 5)
	w.truth[0].q, w.truth[0].start, w.truth[0].end = 25, 0.5, 4.8
	p := w.problem(50)
	a := run(t, p)
	require.NotEmpty(t, a.Traces)
	tr, m := nearestTrace(a, w.truth[0])
	t.Logf("%.0f m, exists %.2f, none of the sites %.2f", m, tr.Exists, tr.None)
	require.Less(t, m, 1500.0)
	require.Greater(t, tr.Exists, 0.5)
	ev := a.Event()
	require.Equal(t, w.truth[0].site, ev.Sources[0].Site)
	require.Less(t, ev.None, 0.5)
}

func TestWhatCannotBeUsedIsSaid(t *testing.T) {
	_, err := city.New(city.Problem{})
	require.True(t, upwind.IsRefusal(err))
	p := small(5, 1).problem(40)
	far := p.Readings[0].At
	p.Readings = append(p.Readings[:200:200], invert.Reading{Start: 0, End: 3600, At: far, To: &far, Value: 1e-4})
	a := run(t, p)
	require.Len(t, a.Notes, 1)
	p.Readings = p.Readings[200:]
	_, err = city.Run(context.Background(), p, nil)
	require.True(t, upwind.IsRefusal(err))
	for _, bad := range []func(r *invert.Reading){
		func(r *invert.Reading) { r.End = r.Start },
		func(r *invert.Reading) { r.Start = math.NaN() },
		func(r *invert.Reading) { r.At.X = math.Inf(1) },
	} {
		q := small(5, 1).problem(40)
		bad(&q.Readings[3])
		_, err = city.Run(context.Background(), q, nil)
		require.ErrorContains(t, err, "reading 4")
	}
	q := small(5, 1).problem(40)
	q.Box = q.Box.Grow(1e7)
	_, err = city.New(q)
	require.True(t, upwind.IsRefusal(err))
	ragged := make([]invert.Reading, 2000)
	for i := range ragged {
		ragged[i] = invert.Reading{Sensor: i, Start: float64(i), End: float64(i + 1), At: p.Readings[0].At}
	}
	q = small(5, 1).problem(40)
	q.Readings = ragged
	_, err = city.Run(context.Background(), q, nil)
	require.True(t, upwind.IsRefusal(err))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = city.Run(ctx, small(5, 1).problem(40), nil)
	require.ErrorIs(t, err, context.Canceled)
}
