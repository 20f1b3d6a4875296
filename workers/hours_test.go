package workers

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

var hour0 = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func pm10(minute, second int, durationS, value float64) upwind.Observation {
	return upwind.Observation{StationID: "s", Species: "PM10", Unit: "ug/m3", DurationS: durationS, Value: value,
		Start: hour0.Add(time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)}
}

func TestHourPrefersWhatTheStationSent(t *testing.T) {
	t.Parallel()
	live := []upwind.Observation{pm10(0, 0, 3600, 50), pm10(0, 0, 0, 1)}
	for m := range 60 {
		live = append(live, pm10(m, 0, 60, 70))
	}
	require.Equal(t, 50.0, meanAt(t, hour0, live))
	require.Equal(t, 70.0, meanAt(t, hour0, live[1:]), "minutes before instants")
}

func TestHourNeeds45Minutes(t *testing.T) {
	t.Parallel()
	var live []upwind.Observation
	for m := range 44 {
		live = append(live, pm10(m, 0, 60, float64(m)))
	}
	none(t, hour0, live)
	live = append(live, pm10(59, 0, 60, 44))
	require.InDelta(t, 22.0, meanAt(t, hour0, live), 1e-12)
	none(t, hour0.Add(time.Hour), live)
}

func TestHourOfUnevenReadings(t *testing.T) {
	t.Parallel()
	// Ten-minute means beside one-minute ones: each counts as long as it lasts, and no longer than to the next.
	live := []upwind.Observation{pm10(0, 0, 1800, 10), pm10(20, 0, 600, 40), pm10(30, 0, 1800, 40)}
	require.InDelta(t, (20*10+40*40)/60.0, meanAt(t, hour0, live), 1e-12)
	// Instants every five minutes are an hour; every twenty are not.
	var often, seldom []upwind.Observation
	for m := 0; m < 60; m += 5 {
		often = append(often, pm10(m, 3, 0, 7))
		if m%20 == 0 {
			seldom = append(seldom, pm10(m, 3, 0, 7))
		}
	}
	require.Equal(t, 7.0, meanAt(t, hour0, often))
	none(t, hour0, seldom)
	from := pm10(0, 0, 3600, 350)
	from.Species = "wind_from"
	none(t, hour0, []upwind.Observation{from})
}

func meanAt(t *testing.T, hour time.Time, list []upwind.Observation) float64 {
	t.Helper()
	o, ok := hourOf(hour, list)
	require.True(t, ok)
	require.Equal(t, upwind.Observation{StationID: "s", Species: "PM10", Unit: "ug/m3", Start: hour, DurationS: 3600, Value: o.Value}, o)
	return o.Value
}

func none(t *testing.T, hour time.Time, list []upwind.Observation) {
	t.Helper()
	_, ok := hourOf(hour, list)
	require.False(t, ok)
}

func TestHourWindIsAVector(t *testing.T) {
	t.Parallel()
	var live []upwind.Wind
	temp := 10.0
	for m := range 60 {
		from := 350.0
		if m%2 == 1 {
			from = 10
		}
		w := upwind.Wind{StationID: "s", Start: hour0.Add(time.Duration(m) * time.Minute), DurationS: 60}
		w.U, w.V = upwind.UV(2, from)
		if m < 30 {
			w.TempC = &temp
		}
		live = append(live, w)
	}
	out := hourWind(hour0, live)
	require.Len(t, out, 1)
	speed, from := upwind.SpeedFrom(out[0].U, out[0].V)
	require.InDelta(t, 2*math.Cos(10*math.Pi/180), speed, 1e-12)
	require.InDelta(t, 0, math.Remainder(from, 360), 1e-9, "the mean of 350 and 10 is 0, not 180")
	require.InDelta(t, 10, *out[0].SDDeg, 0.1)
	require.Equal(t, temp, *out[0].TempC)
	require.Empty(t, hourWind(hour0, live[:40]))
}
