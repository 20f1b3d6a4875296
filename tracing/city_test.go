package tracing_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing"
)

// city is a day of 827 stations, 40 wind stations and 300 sites on 93 x 93 km, one site of 80 g/s working
// for seven hours in regional haze, wind that turns with the day.
func city() (world, []upwind.Site) {
	w := world{stations: mesh(29, 3200, 11)[:827], windAt: mesh(7, 13000, 12)[:40], hours: 24, speed: 2.5, grams: 80, source: [2]float64{4100, -2300},
		seed: 13, fromDeg: func(h int) float64 { return 200 + 9*float64(h) },
		active: func(h int) bool { return h >= 8 && h < 15 },
		haze:   func(h int) float64 { return 80 + 40*math.Sin(float64(h)/5) }}
	sites := []upwind.Site{site("the one", w.source[0], w.source[1])}
	rng := rand.New(rand.NewPCG(14, 14))
	for i := range 299 {
		sites = append(sites, site(fmt.Sprintf("site %03d", i), (rng.Float64()-0.5)*93e3, (rng.Float64()-0.5)*93e3))
	}
	return w, sites
}

func TestCityDay(t *testing.T) {
	if raceDetector {
		t.Skip("skipped the city's day: the race detector is on")
	}
	w, sites := city()
	obs, wind := w.build()
	began := time.Now()
	ts := tracing.Exceedances(obs, tracing.ExceedanceOptions{})
	t.Logf("%d readings, %d events, %v", len(obs), len(ts), time.Since(began).Round(time.Millisecond))
	require.LessOrEqual(t, len(ts), 4, "one source makes no storm of events")
	trig := biggest(t, obs)
	began = time.Now()
	got := trace(t, trig, wind, obs, sites...)
	best := got.Sources[0]
	t.Logf("%d receptors, %v: %q %.2f, none of these %.2f, rate %+v, %v", len(trig.Receptors), time.Since(began).Round(time.Millisecond), best.SiteID,
		best.Probability, got.UnknownProbability, *best.Rate, got.Reasons)
	require.Equal(t, "the one", best.SiteID)
	require.Greater(t, best.Probability, 0.5)
	require.Less(t, best.Rate.Lo90, w.grams)
	require.Greater(t, best.Rate.Hi90, w.grams)
}

func BenchmarkCityEvent(b *testing.B) {
	w, sites := city()
	obs, wind := w.build()
	trig := biggest(b, obs)
	for b.Loop() {
		if _, err := tracing.Run(context.Background(), tracing.Input{Trigger: trig, Wind: wind, Readings: obs, Sites: sites}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
