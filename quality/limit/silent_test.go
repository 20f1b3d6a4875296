package limit_test

import (
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/limit"
)

// metres moves a place eastwards and northwards of the stack.
func metres(east, north float64) (lon, lat float64) {
	return stack.Lon + east/(111195*0.80386), stack.Lat + north/111195
}

func plume(east, north, sigma float64) upwind.Detection {
	lon, lat := metres(east, north)
	return upwind.Detection{ID: "p", Kind: upwind.SmokePlume, ObservedAt: t0.Add(30 * time.Minute), Axis: &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: sigma}}
}

func TestSilent(t *testing.T) {
	normal := []upwind.Observation{obs("st", "soot", 0, 3), obs("st", "SO2", 0, 12)}
	two := func(a, b upwind.Observation) []upwind.Observation { return []upwind.Observation{a, b} }
	for _, c := range []struct {
		name           string
		plume          upwind.Detection
		obs            []upwind.Observation
		alert, unknown bool
	}{
		{"normal", plume(20, 0, 10), normal, true, false},
		{"within 100 m", plume(0, 99, 10), normal, true, false},
		{"beyond 100 m", plume(0, 101, 10), normal, false, false},
		{"within two sigma", plume(0, 299, 150), normal, true, false},
		{"beyond two sigma", plume(0, 302, 150), normal, false, false},
		{"it exceeds", plume(20, 0, 10), two(obs("st", "soot", 0, 30), obs("st", "SO2", 0, 12)), false, false},
		{"another factor exceeds", plume(20, 0, 10), two(obs("st", "soot", 0, 3), obs("st", "SO2", 0, 50)), false, false},
		{"in calibration", plume(20, 0, 10), two(obs("st", "soot", 0, 3, flag("C")), obs("st", "SO2", 0, 12)), false, false},
		{"its source rests", plume(20, 0, 10), two(obs("st", "soot", 0, 0, flag("F")), obs("st", "SO2", 0, 0, flag("F"))), false, false},
		{"it sent nothing", plume(20, 0, 10), nil, false, true},
		{"it sent no soot", plume(20, 0, 10), normal[1:], false, true},
		{"it sent another hour", plume(20, 0, 10), two(obs("st", "soot", 1, 3), obs("st", "soot", -1, 3)), false, true},
		{"it sent the street's air", plume(20, 0, 10), two(obs("st", "soot", 0, 3, func(o *upwind.Observation) { o.Medium = upwind.Ambient }), normal[1]), false, true},
		{"an instant near", plume(20, 0, 10), two(obs("st", "soot", 0, 3, func(o *upwind.Observation) { o.DurationS, o.Start = 0, t0.Add(22*time.Minute) }), normal[1]), true, false},
		{"an instant far", plume(20, 0, 10), two(obs("st", "soot", 0, 3, func(o *upwind.Observation) { o.DurationS, o.Start = 0, t0.Add(12*time.Minute) }), normal[1]), false, true},
		{"the plain value is beyond, the converted one not", plume(20, 0, 10), two(normal[0], obs("st", "soot", 0, 12, func(o *upwind.Observation) { o.Stat = upwind.StatMean })), true, false},
	} {
		alerts, unknown := limit.Silent([]upwind.Detection{c.plume}, []upwind.Station{stack}, c.obs, nil)
		require.Equal(t, c.alert, len(alerts) == 1, c.name)
		require.Equal(t, c.unknown, len(unknown) == 1, c.name)
	}
	none := plume(20, 0, 10)
	none.Axis = nil
	soil := plume(20, 0, 10)
	soil.Kind = upwind.BareSoil
	timeless := plume(20, 0, 10)
	timeless.ObservedAt = time.Time{}
	alerts, unknown := limit.Silent([]upwind.Detection{none, soil, timeless}, []upwind.Station{stack}, normal, nil)
	require.Empty(t, alerts)
	require.Empty(t, unknown)
}

func TestWhatAnAlertSays(t *testing.T) {
	alerts, _ := limit.Silent([]upwind.Detection{plume(30, 40, 10)}, []upwind.Station{stack}, []upwind.Observation{obs("st", "soot", 0, 3.2), obs("st", "SO2", 0, 12)}, nil)
	require.Len(t, alerts, 1)
	a := alerts[0]
	require.InDelta(t, 50, a.DistanceM, 0.5)
	require.Equal(t, 100.0, a.ReachM)
	require.Equal(t, []string{"SO2", "soot"}, []string{a.Values[0].Species, a.Values[1].Species})
	require.Equal(t, "the plume seen at 2026-03-05 08:30 (Beijing time) begins 50 m from the stack Boiler 2, whose monitor says normal: SO2 12 of 35 mg/m3, soot 3.2 of 10 mg/m3", a.Reasons[0])
	require.Contains(t, a.Reasons[1], "water droplets")
}

// A works with two stacks: the plume counts for its ground, and one stack that exceeds explains it.
func TestStacksOfOneSite(t *testing.T) {
	w, s := metres(-300, -300)
	e, n := metres(300, 300)
	site := upwind.Site{ID: "works", Kind: "stack", Geometry: geojson.NewGeometry(orb.Polygon{{{w, s}, {e, s}, {e, n}, {w, n}, {w, s}}})}
	a, b := stack, stack
	a.SiteID, b.SiteID, b.ID, b.Name = "works", "works", "st2", "Boiler 3"
	b.Lon, b.Lat = metres(250, 0)
	p := plume(200, 0, 10)
	normal := []upwind.Observation{obs("st", "soot", 0, 3), obs("st2", "soot", 0, 4)}

	alerts, _ := limit.Silent([]upwind.Detection{p}, []upwind.Station{a}, normal, nil)
	require.Empty(t, alerts, "200 m off, its ground not known")
	alerts, _ = limit.Silent([]upwind.Detection{p}, []upwind.Station{a, b}, normal, []upwind.Site{site})
	require.Len(t, alerts, 1, "one alert a plume")
	require.Equal(t, "st2", alerts[0].Station, "the nearer stack")
	require.Zero(t, alerts[0].DistanceM)
	require.Equal(t, "the stack Boiler 2, 0 m from the origin: normal", alerts[0].Reasons[1])

	alerts, unknown := limit.Silent([]upwind.Detection{p}, []upwind.Station{a, b}, []upwind.Observation{obs("st", "soot", 0, 30), normal[1]}, []upwind.Site{site})
	require.Empty(t, alerts, "the other stack explains it")
	require.Empty(t, unknown)
	alerts, unknown = limit.Silent([]upwind.Detection{p}, []upwind.Station{a, b}, []upwind.Observation{normal[0], obs("st2", "soot", 0, 4, flag("M"))}, []upwind.Site{site})
	require.Empty(t, alerts, "the nearer one is in maintenance")
	require.Empty(t, unknown)
	_, unknown = limit.Silent([]upwind.Detection{p}, []upwind.Station{a, b}, normal[:1], []upwind.Site{site})
	require.Len(t, unknown, 1)
	require.Equal(t, limit.NoData, unknown[0].State)
	require.Contains(t, unknown[0].Reasons[0], "no value for that time")
}
