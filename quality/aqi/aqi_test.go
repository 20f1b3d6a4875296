package aqi_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/quality/aqi"
)

// TestEveryBreakpoint reads the tables of both standards and asks for each of their cells, and just above it.
func TestEveryBreakpoint(t *testing.T) {
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "city", "aqi_breakpoints.csv"))
	if err != nil {
		t.Skip("skipped: city/aqi_breakpoints.csv is not here (set UPWIND_DATA)")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	columns := map[string]struct {
		p aqi.Pollutant
		m aqi.Mean
	}{
		"so2_24h_ugm3": {aqi.SO2, aqi.Daily}, "so2_1h_ugm3": {aqi.SO2, aqi.Hour}, "no2_24h_ugm3": {aqi.NO2, aqi.Daily}, "no2_1h_ugm3": {aqi.NO2, aqi.Hour},
		"co_24h_mgm3": {aqi.CO, aqi.Daily}, "co_1h_mgm3": {aqi.CO, aqi.Hour}, "o3_8h_ugm3": {aqi.O3, aqi.Daily}, "o3_1h_ugm3": {aqi.O3, aqi.Hour},
		"pm10_24h_ugm3": {aqi.PM10, aqi.Daily}, "pm25_24h_ugm3": {aqi.PM25, aqi.Daily},
	}
	seen := 0
	for _, row := range rows[1:] {
		in, err := time.Parse("2006-01-02", row[1])
		require.NoError(t, err)
		table := aqi.On(in)
		require.Equal(t, row[0], table.Name)
		want, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		for k, name := range rows[0][3:] {
			if row[3+k] == "" {
				continue
			}
			c, err := strconv.ParseFloat(row[3+k], 64)
			require.NoError(t, err)
			col := columns[name]
			for _, m := range alike(col.p, col.m) {
				got, ok := table.Index(col.p, m, c)
				require.True(t, ok)
				require.Equal(t, want, got, "%s %s at %v", row[0], name, c)
				if want > 0 {
					below, ok := table.Index(col.p, m, c-1e-6)
					require.True(t, ok)
					require.Equal(t, want, below, "%s %s just below %v: rounded up", row[0], name, c)
				}
			}
			if above, ok := table.Index(col.p, col.m, c+1e-6); ok && want < 500 && !(col.p == aqi.SO2 && col.m == aqi.Hour && want == 200) && !(col.p == aqi.O3 && col.m == aqi.Daily && want == 300) {
				require.Equal(t, want+1, above, "%s %s just above %v: rounded up", row[0], name, c)
			}
			seen++
		}
	}
	require.Equal(t, 150, seen, "cells of both tables")
}

// alike are the means for which a column counts: of particles it holds for one hour too, of ozone for each running 8 h mean.
func alike(p aqi.Pollutant, m aqi.Mean) []aqi.Mean {
	switch {
	case p == aqi.PM10 || p == aqi.PM25:
		return []aqi.Mean{aqi.Daily, aqi.Hour}
	case p == aqi.O3 && m == aqi.Daily:
		return []aqi.Mean{aqi.Daily, aqi.Running}
	}
	return []aqi.Mean{m}
}

func TestBeyondTheShortTables(t *testing.T) {
	for _, c := range []struct {
		t    *aqi.Table
		p    aqi.Pollutant
		m    aqi.Mean
		c    float64
		want int
		ok   bool
	}{
		{aqi.HJ633of2012, aqi.SO2, aqi.Hour, 801, 0, false},
		{aqi.HJ633of2026, aqi.SO2, aqi.Hour, 801, 200, true},
		{aqi.HJ633of2012, aqi.O3, aqi.Daily, 801, 0, false},
		{aqi.HJ633of2026, aqi.O3, aqi.Daily, 801, 300, true},
		{aqi.HJ633of2026, aqi.PM10, aqi.Daily, 5000, 500, true},
		{aqi.HJ633of2026, aqi.PM10, aqi.Hour, 85, 75, true},
		{aqi.HJ633of2012, aqi.PM25, aqi.Daily, 75, 100, true},
		{aqi.HJ633of2026, aqi.PM25, aqi.Daily, 75, 114, true}, // 100 + 50*15/55 = 113.6
		{aqi.HJ633of2026, aqi.PM25, aqi.Daily, -3, 0, true},
		{aqi.HJ633of2026, aqi.PM25, aqi.Running, 10, 0, false},
		{aqi.HJ633of2026, aqi.PM25, aqi.Daily, math.NaN(), 0, false},
	} {
		got, ok := c.t.Index(c.p, c.m, c.c)
		require.Equal(t, c.ok, ok, "%+v", c)
		require.Equal(t, c.want, got, "%+v", c)
	}
	require.Equal(t, aqi.HJ633of2012, aqi.On(time.Date(2026, 2, 28, 23, 59, 59, 0, time.FixedZone("", 8*3600))))
	require.Equal(t, aqi.HJ633of2026, aqi.On(time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC)), "Beijing midnight")
}

func TestReport(t *testing.T) {
	clean := aqi.Values{aqi.SO2: 10, aqi.NO2: 20, aqi.CO: 0.5, aqi.O3: 60, aqi.PM10: 40, aqi.PM25: 20}
	r := aqi.HJ633of2026.Of(aqi.Daily, clean)
	require.Equal(t, 40, *r.AQI)
	require.Equal(t, aqi.Excellent, r.Class)
	require.Empty(t, r.Primary, "none up to 50")

	r = aqi.HJ633of2026.Of(aqi.Daily, aqi.Values{aqi.SO2: 10, aqi.NO2: 20, aqi.CO: 0.5, aqi.O3: 160, aqi.PM10: 120, aqi.PM25: 20})
	require.Equal(t, 100, *r.AQI)
	require.Equal(t, []aqi.Pollutant{aqi.O3, aqi.PM10}, r.Primary, "ties are co-primary")
	require.Empty(t, r.Exceeding)

	r = aqi.HJ633of2026.Of(aqi.Daily, aqi.Values{aqi.PM10: 121, aqi.O3: 60})
	require.Equal(t, 101, *r.AQI, "above 100 it is published although pollutants are missing")
	require.Equal(t, []aqi.Pollutant{aqi.PM10}, r.Exceeding)
	require.Len(t, r.Missing, 4)
	require.Equal(t, "轻度污染", r.Class.NameZH())

	r = aqi.HJ633of2026.Of(aqi.Daily, aqi.Values{aqi.PM10: 120, aqi.O3: 60})
	require.Nil(t, r.AQI)
	require.Nil(t, aqi.HJ633of2026.Of(aqi.Daily, nil).AQI)

	r = aqi.HJ633of2026.Of(aqi.Daily, aqi.Values{aqi.SO2: 50, aqi.NO2: 40, aqi.CO: 2, aqi.O3: 100, aqi.PM10: 50, aqi.PM25: 35})
	require.Equal(t, 50, *r.AQI)
	require.Empty(t, r.Primary, "at 50 exactly there is none")
	r = aqi.HJ633of2026.Of(aqi.Daily, aqi.Values{aqi.SO2: 150, aqi.NO2: 80, aqi.CO: 4, aqi.O3: 160, aqi.PM10: 120, aqi.PM25: 60})
	require.Equal(t, 100, *r.AQI)
	require.Equal(t, aqi.Pollutants, r.Primary, "all six are co-primary")
	require.Equal(t, aqi.Good, r.Class)

	r = aqi.HJ633of2026.Of(aqi.Hour, aqi.Values{aqi.SO2: 900, aqi.PM10: 10})
	require.Equal(t, 200, *r.AQI, "SO2 beyond its table of one hour counts as 200")
	r = aqi.HJ633of2012.Of(aqi.Hour, aqi.Values{aqi.SO2: 900, aqi.PM10: 10})
	require.Nil(t, r.AQI, "the edition of 2012 has no index for it, and what is left is clean")
	require.Contains(t, r.Missing, aqi.SO2)
}

func TestDay(t *testing.T) {
	h := aqi.NoHours()
	for i := 7; i < 27; i++ {
		h[i] = 100
	}
	v, ok := aqi.Day(aqi.PM10, &h)
	require.True(t, ok)
	require.Equal(t, 100.0, v)
	h[26] = math.NaN()
	_, ok = aqi.Day(aqi.PM10, &h)
	require.False(t, ok, "19 hours are too few")

	o := aqi.NoHours()
	for i := range 24 {
		o[7+i] = float64(10 * i)
	}
	v, ok = aqi.Day(aqi.O3, &o)
	require.True(t, ok)
	require.InDelta(t, 195, v, 1e-9, "hours 16 to 23")
	for i := range 12 {
		o[7+i] = math.NaN()
	}
	v, ok = aqi.Day(aqi.O3, &o)
	require.True(t, ok, "too few means, but above the limit")
	require.InDelta(t, 195, v, 1e-9)
	for i := 12; i < 24; i++ {
		o[7+i] = 100
	}
	_, ok = aqi.Day(aqi.O3, &o)
	require.False(t, ok)
}
