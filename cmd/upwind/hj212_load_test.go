package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A city sends its minute while a fifth of the connections are slow or hostile: everything that was acknowledged is in the
// log, once. How soon is for `upwind bench hj212` to say.
func TestCityUnderAttack(t *testing.T) {
	p := cityMinute
	p.spread = 4 * time.Second
	r, err := p.run(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Logf("first byte to stored: p50 %.0f ms, p99 %.0f ms, most %.0f ms; storing p50 %.0f p99 %.0f n %d; %d hostile connections; %.1f CPU s", quantileMS(r.latency, 0.5), quantileMS(r.latency, 0.99),
		quantileMS(r.latency, 1), quantileMS(r.storing, 0.5), quantileMS(r.storing, 0.99), len(r.storing), r.hostile, r.cost.Seconds())
	require.Zero(t, r.missing, r.tally.errs)
	require.Empty(t, some(r.lost()), "lost")
	require.Empty(t, some(r.doubled()), "doubled")
	require.Len(t, r.promised, p.stations*6*(1+3), "six factors: an instant, and a minute's least, mean and most")
	require.Greater(t, r.hostile, int64(p.hostile), "nobody attacked")
}

// some are the first of many.
func some(all []readingKey) []readingKey { return all[:min(len(all), 5)] }
