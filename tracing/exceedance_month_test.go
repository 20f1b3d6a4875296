package tracing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/month"
	"upwind/tracing"
)

// ofMonth is a part of a city for some days, with the kinds of its stations.
func ofMonth(t *testing.T, seed uint64, o month.Options) (*month.Month, []upwind.Observation, tracing.ExceedanceOptions) {
	t.Helper()
	o.Standard, o.Micro, o.Dust = 80, 240, 20
	m, err := month.New(seed, o)
	require.NoError(t, err)
	opt := tracing.ExceedanceOptions{Kinds: map[string]upwind.StationKind{}}
	for _, s := range m.Stations {
		opt.Kinds[s.ID] = s.Kind
	}
	return m, m.Readings(0, m.Hours), opt
}

func TestHazyDaysAndFaultyDevicesStartNoTraces(t *testing.T) {
	hazy := 0
	for seed := uint64(1); seed <= 3; seed++ {
		m, obs, opt := ofMonth(t, seed, month.Options{Days: 12, Releases: -1})
		got := tracing.Detect(obs, opt)
		require.Positive(t, got.Faults, "devices at fault are set aside")
		r := month.Score(m, got.Triggers)
		hazy += r.Hazy
		require.Zero(t, r.ByFault[month.Frozen]+r.ByFault[month.WrongUnit], "seed %d", seed)
		require.LessOrEqual(t, r.Events, 1, "seed %d: nothing was released in twelve days", seed)
	}
	require.LessOrEqual(t, hazy, 1, "of nine episodes; the whole network has none in 30")
}

func TestReleasesStartTraces(t *testing.T) {
	m, obs, opt := ofMonth(t, 5, month.Options{Days: 8, Releases: 60, Episodes: -1})
	r := month.Score(m, tracing.Exceedances(obs, opt))
	require.GreaterOrEqual(t, r.Observable, 10)
	require.Greater(t, float64(r.Found), 0.35*float64(r.Observable), "%d of %d", r.Found, r.Observable)
	require.Greater(t, float64(r.Right), 0.8*float64(r.Events), "%d of %d", r.Right, r.Events)
}

// As hours come in and the settler judges them, most of what the whole shows is found too.
func TestHoursComingInShowWhatTheWholeShows(t *testing.T) {
	m, obs, opt := ofMonth(t, 6, month.Options{Days: 9, Releases: 160, Episodes: -1})
	day := 7 * 24
	opt.From, opt.To = m.Hour(day), m.Hour(day+48)
	whole := tracing.Exceedances(obs, opt)
	require.NotEmpty(t, whole)
	var told []upwind.Trigger
	for h := day; h < day+48; h += 3 {
		opt.From, opt.To = m.Hour(h), m.Hour(h+3)
		told = append(told, tracing.Pending(tracing.Exceedances(m.Readings(h-int(opt.History()/time.Hour), h+3), opt), told)...)
	}
	found := 0
	for _, w := range whole {
		for _, g := range told {
			if w.Species == g.Species && !w.Start.After(g.End) && !g.Start.After(w.End) && w.Receptors[0].StationID == g.Receptors[0].StationID {
				found++
				break
			}
		}
	}
	require.GreaterOrEqual(t, float64(found), 0.6*float64(len(whole)), "%d of %d", found, len(whole))
	require.LessOrEqual(t, len(told), 3*len(whole)+3)
}

func TestWhereAllAroundAreSilentNothingIsJudged(t *testing.T) {
	m, obs, opt := ofMonth(t, 7, month.Options{Days: 8, Releases: -1, Episodes: -1})
	from, to := m.Hour(7*24+8), m.Hour(7*24+12)
	var few []upwind.Observation
	for _, o := range obs {
		if o.Start.Before(from) || !o.Start.Before(to) || o.StationID == m.Stations[0].ID {
			few = append(few, o)
		}
	}
	opt.From, opt.To = from, to
	require.Empty(t, tracing.Exceedances(few, opt))
}
