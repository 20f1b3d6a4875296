package aqi_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/aqi"
)

// march5 is midnight in Beijing.
var march5 = time.Date(2026, 3, 5, 0, 0, 0, 0, aqi.Beijing())

func hour(station, species string, h int, v float64, unit string) upwind.Observation {
	return upwind.Observation{StationID: station, Species: species, Start: march5.Add(time.Duration(h) * time.Hour).UTC(), DurationS: 3600, Value: v, Unit: unit}
}

// clean fills a station's day, and the seven hours before, with air of index 40 or less.
func clean(h *aqi.Hourly, station string) {
	for k := -7; k < 24; k++ {
		for p, v := range map[string]float64{"SO2": 10, "NO2": 20, "CO": 800, "O3": 60, "PM10": 40, "PM2.5": 20} {
			h.Add(hour(station, p, k, v, "ug/m3"))
		}
	}
}

func stations(kinds ...upwind.StationKind) (out []upwind.Station) {
	for i, k := range kinds {
		out = append(out, upwind.Station{ID: fmt.Sprint("s", i), Kind: k, Town: "371502001"})
	}
	return out
}

func area(t *testing.T, areas []aqi.Area, l aqi.Level, code string) aqi.Area {
	t.Helper()
	for _, a := range areas {
		if a.Level == l && a.Code == code {
			return a
		}
	}
	require.Fail(t, "no such area", "%s %s in %v", l, code, areas)
	return aqi.Area{}
}

func TestADayInBeijing(t *testing.T) {
	h := aqi.NewHourly(march5.Add(5*time.Hour), 1)
	require.Equal(t, march5, h.Day(0))
	clean(h, "s0")
	// The last hour of the day is 15:00 UTC; the next belongs to the day after.
	h.Add(hour("s0", "PM2.5", 23, 20+24*15, "ug/m3"))
	h.Add(hour("s0", "PM2.5", 24, 1e4, "ug/m3"))
	town := area(t, aqi.Areas(stations(upwind.StationStandard)), aqi.LevelTown, "371502001")
	f := h.DayOf(town, 0)
	require.Equal(t, 35.0, f.Values[aqi.PM25])
	require.Equal(t, 0.8, f.Values[aqi.CO], "ug/m3 become mg/m3")
	require.Equal(t, 50, *f.AQI)
	require.Equal(t, "HJ 633-2026", f.Table)
	require.Equal(t, march5, f.Start)

	now := h.HourOf(town, march5.Add(23*time.Hour+30*time.Minute))
	require.Equal(t, 380.0, now.Values[aqi.PM25])
	require.Equal(t, 420, *now.AQI, "400 + 100*30/150")
	require.Equal(t, []aqi.Pollutant{aqi.PM25}, now.Primary)
	require.Nil(t, h.HourOf(town, march5.Add(30*time.Hour)).AQI, "not held")
	require.Nil(t, h.HourOf(town, march5.Add(-30*time.Hour)).AQI, "not held")
}

func TestTheTableChangesAtMidnightInBeijing(t *testing.T) {
	feb28 := time.Date(2026, 2, 28, 0, 0, 0, 0, aqi.Beijing())
	h := aqi.NewHourly(feb28, 2)
	for k := range 48 {
		o := hour("s0", "PM10", 0, 150, "ug/m3")
		o.Start = feb28.Add(time.Duration(k) * time.Hour)
		h.Add(o)
	}
	a := aqi.Area{Level: aqi.LevelStation, Code: "s0", Stations: []string{"s0"}}
	require.Equal(t, 100, h.DayOf(a, 0).Individual[aqi.PM10], "HJ 633-2012")
	require.Nil(t, h.DayOf(a, 0).AQI, "100, and five pollutants are missing")
	require.Equal(t, 112, *h.DayOf(a, 1).AQI, "HJ 633-2026: 100 + 50*30/130 = 111.5")
	require.Equal(t, "HJ 633-2012", h.HourOf(a, feb28.Add(23*time.Hour)).Table)
	require.Equal(t, "HJ 633-2026", h.HourOf(a, feb28.Add(24*time.Hour)).Table)
}

func TestWhichObservationsCount(t *testing.T) {
	h := aqi.NewHourly(march5, 1)
	for _, c := range []struct {
		change func(*upwind.Observation)
		why    string
	}{
		{func(o *upwind.Observation) { o.Flag = upwind.FlagCalibration }, aqi.LeftFlag},
		{func(o *upwind.Observation) { o.Flag = upwind.FlagQuarantine }, aqi.LeftFlag},
		{func(o *upwind.Observation) { o.DurationS = 60 }, aqi.LeftNotHour},
		{func(o *upwind.Observation) { o.Start = o.Start.Add(time.Minute) }, aqi.LeftNotHour},
		{func(o *upwind.Observation) { o.Unit = "dB" }, aqi.LeftUnit},
		{func(o *upwind.Observation) { o.Unit = "ppb" }, aqi.LeftUnit}, // of particles
		{func(o *upwind.Observation) { o.Value = -999 }, aqi.LeftValue},
		{func(o *upwind.Observation) { o.Value = math.NaN() }, aqi.LeftValue},
		{func(o *upwind.Observation) { o.Value, o.Unit = 75600, "mg/m3" }, aqi.LeftValue},
		{func(o *upwind.Observation) { o.Medium = upwind.InStack }, ""},
		{func(o *upwind.Observation) { o.Stat = upwind.StatMax }, ""},
		{func(o *upwind.Observation) { o.End = &upwind.PathEnd{} }, ""},
		{func(o *upwind.Observation) { o.Species = "TSP" }, ""},
	} {
		before := h.LeftOut()[c.why]
		o := hour("s0", "PM10", 3, 50, "ug/m3")
		c.change(&o)
		h.Add(o)
		if c.why != "" {
			require.Equal(t, before+1, h.LeftOut()[c.why], c.why)
		}
	}
	a := aqi.Area{Stations: []string{"s0"}}
	require.Empty(t, h.HourOf(a, march5.Add(3*time.Hour)).Values, "none of them counts")
	over := hour("s0", "PM10", 3, 985, "ug/m3")
	over.Flag = upwind.FlagOverRange
	h.Add(over)
	require.Equal(t, 985.0, h.HourOf(a, march5.Add(3*time.Hour)).Values[aqi.PM10], "over range is a measurement")
	h.Add(hour("s0", "PM10", 3, 75, "ug/m3"))
	require.Equal(t, 75.0, h.HourOf(a, march5.Add(3*time.Hour)).Values[aqi.PM10], "the correction counts")
	require.InDelta(t, 1.0/24, h.Complete("s0", aqi.PM10), 1e-12)
	require.Zero(t, h.Complete("s0", aqi.PM25))
	require.Zero(t, h.Complete("nobody", aqi.PM25))
}

func TestConcentration(t *testing.T) {
	for _, c := range []struct {
		p    aqi.Pollutant
		v    float64
		unit string
		want float64
	}{
		{aqi.PM10, 0.15, "mg/m3", 150}, {aqi.PM25, 35000, "ng/m3", 35}, {aqi.PM25, 35, "ug/m3", 35}, {aqi.PM10, 1e-4, "g/m3", 100},
		{aqi.CO, 4, "mg/m3", 4}, {aqi.CO, 4000, "ug/m3", 4},
		{aqi.O3, 100, "ppb", 196.2}, {aqi.NO2, 50, "ppb", 94.03}, {aqi.SO2, 0.05, "ppm", 130.9}, {aqi.CO, 1, "ppm", 1.145},
	} {
		got, err := aqi.Concentration(c.p, c.v, c.unit)
		require.NoError(t, err)
		require.InEpsilon(t, c.want, got, 1e-3, "%+v", c)
	}
	_, err := aqi.Concentration(aqi.PM10, 1, "ppm")
	require.EqualError(t, err, `aqi: "ppm" is no unit of a concentration of PM10`)
}

func TestWhichStationsCount(t *testing.T) {
	list := stations(upwind.StationStandard, upwind.StationMicro, upwind.StationDust, upwind.StationStack, upwind.StationMicro)
	list[4].Town = "371502002" // a town that has only a small sensor
	list = append(list, upwind.Station{ID: "placeless", Kind: upwind.StationStandard}, upwind.Station{ID: "dust", Kind: upwind.StationDust, Town: "37"})
	areas := aqi.Areas(list)
	require.Equal(t, aqi.Area{Level: aqi.LevelTown, Code: "371502001", Basis: aqi.Reference, Stations: []string{"s0"}}, area(t, areas, aqi.LevelTown, "371502001"))
	require.Equal(t, aqi.Area{Level: aqi.LevelTown, Code: "371502002", Basis: aqi.Sensors, Stations: []string{"s4"}}, area(t, areas, aqi.LevelTown, "371502002"))
	require.Equal(t, []string{"s0"}, area(t, areas, aqi.LevelCounty, "371502").Stations)
	require.Equal(t, aqi.Reference, area(t, areas, aqi.LevelCity, "3715").Basis)
	var ids []string
	for _, a := range areas {
		if a.Level == aqi.LevelStation {
			ids = append(ids, a.Code)
		}
	}
	require.Equal(t, []string{"placeless", "s0", "s1", "s4"}, ids, "monitors of dust and stacks have no index")
}

// The index of an area is that of the mean of its stations' daily values, not the mean of their indices, and exists while
// three quarters of them are valid, of fewer than four a half.
func TestAnAreaIsTheMeanOfItsStations(t *testing.T) {
	for _, c := range []struct {
		all, valid int
		ok         bool
	}{{1, 1, true}, {2, 1, true}, {3, 1, false}, {3, 2, true}, {4, 2, false}, {4, 3, true}, {8, 5, false}, {8, 6, true}} {
		h := aqi.NewHourly(march5, 1)
		kinds := make([]upwind.StationKind, c.all)
		for i := range kinds {
			kinds[i] = upwind.StationStandard
		}
		for i := range c.valid {
			clean(h, fmt.Sprint("s", i))
		}
		f := h.DayOf(area(t, aqi.Areas(stations(kinds...)), aqi.LevelCounty, "371502"), 0)
		require.Equal(t, c.ok, f.AQI != nil, "%+v", c)
		require.Equal(t, c.valid, f.Valid[aqi.PM10])
		require.Equal(t, c.all, f.Of[aqi.PM10], "a silent station is missed")
	}

	h := aqi.NewHourly(march5, 1)
	clean(h, "s0")
	clean(h, "s1")
	for k := range 24 {
		h.Add(hour("s1", "PM2.5", k, 205, "ug/m3"))
		h.Add(hour("s2", "PM2.5", k, 30, "ug/m3")) // measures nothing else
	}
	f := h.DayOf(area(t, aqi.Areas(stations(upwind.StationStandard, upwind.StationStandard, upwind.StationStandard)), aqi.LevelTown, "371502001"), 0)
	require.Equal(t, 85.0, f.Values[aqi.PM25], "(20 + 205 + 30) / 3")
	require.Equal(t, 123, *f.AQI, "100 + 50*25/55 = 122.7")
	require.Equal(t, 2, f.Of[aqi.SO2], "one that never sent SO2 does not measure it")
	require.Equal(t, []float64{20, 205, 30}, h.StationDays(aqi.Area{Stations: []string{"s0", "s1", "s2"}}, aqi.PM25, 0))
	require.Equal(t, []aqi.Pollutant{aqi.PM25}, f.Exceeding)
	loads := h.StationLoads(aqi.Area{Stations: []string{"s0", "s2"}}, 0)
	require.Len(t, loads, 1, "the second measures one pollutant")
	require.InDelta(t, 10/60.+20/40.+0.8/4+60/160.+40/70.+20/35., loads[0], 1e-9)
}

func TestRounded(t *testing.T) {
	for _, c := range []struct {
		p       aqi.Pollutant
		v, want float64
	}{{aqi.PM25, 35.4, 35}, {aqi.PM25, 35.5, 36}, {aqi.PM25, 34.5, 34}, {aqi.CO, 0.85, 0.8}, {aqi.CO, 1.16, 1.2}, {aqi.PM10, -2, 0}} {
		require.InDelta(t, c.want, aqi.Rounded(c.p, c.v), 1e-12, "%+v", c)
	}
}

func TestSumOfAMonth(t *testing.T) {
	var figures []aqi.Figure
	for d := range 31 {
		v := aqi.Values{aqi.SO2: 12, aqi.NO2: 30, aqi.CO: float64(d) / 10, aqi.O3: float64(100 + d), aqi.PM10: 70, aqi.PM25: 35}
		if d == 30 {
			v[aqi.PM25] = 160
		}
		if d >= 27 {
			delete(v, aqi.SO2)
		}
		figures = append(figures, aqi.Figure{Values: v, Report: aqi.HJ633of2026.Of(aqi.Daily, v)})
	}
	s := aqi.Sum(figures, aqi.MinDays(31))
	require.Equal(t, 31, s.Days)
	require.Equal(t, 28, s.Valid, "three clean days without SO2 have no index, the polluted one has")
	require.Equal(t, 27, s.Good)
	require.Equal(t, 1, s.Heavy)
	require.Equal(t, [6]int{0, 27, 0, 0, 1, 0}, s.Classes)
	require.Equal(t, 2.8, s.Values[aqi.CO], "place 1 + 30*0.95 = 29.5 of 31: 2.85, half to even")
	require.Equal(t, 127.0, s.Values[aqi.O3])
	require.Equal(t, 39.0, s.Values[aqi.PM25], "35 + 125/31")
	require.InDelta(t, 12/60.+30/40.+2.8/4+127/160.+1+39/35., *s.Composite, 0.005)
	require.Nil(t, aqi.Sum(figures, 28).Composite, "27 days of SO2 are too few")
	require.Equal(t, []int{25, 25, 27, 27, 1, 7}, []int{aqi.MinDays(28), aqi.MinDays(29), aqi.MinDays(30), aqi.MinDays(31), aqi.MinDays(1), aqi.MinDays(7)})
	require.True(t, math.IsNaN(aqi.Percentile(nil, 0.5)))
	require.Equal(t, 3.0, aqi.Percentile([]float64{3}, 0.9))
}
