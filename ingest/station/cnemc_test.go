package station_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/station"
)

var nationals = []upwind.Station{
	{ID: "9001A", Kind: upwind.StationStandard, Lon: 116, Lat: 36.4, HeightM: 15},
	{ID: "9002A", Kind: upwind.StationStandard, Lon: 116.1, Lat: 36.5, HeightM: 12},
}

func TestReadCNEMC(t *testing.T) {
	obs, found, err := station.ReadCNEMC("n.csv", strings.NewReader(doc("date,hour,type,9002A,8888A,9001A",
		"20260101,0,AQI,50,51,52",
		"20260101,0,PM2.5,35,1,",
		"20260101,0,PM2.5_24h,30,2,31",
		"20260101,0,CO,0.6,3,0.7",
		"20260101,0,CO_24h,0.6,3,0.7",
		"20251231,23,PM10,80,,",
		"20260101,1,PM2.5,36,4,41",
		"20260101,1,PM2.5,36,4,41",
	)), nationals)
	require.NoError(t, err)
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return v.UTC()
	}
	hour := func(station int, end, species string, v float64, unit string) upwind.Observation {
		s := nationals[station]
		return upwind.Observation{StationID: s.ID, Start: at(end).Add(-time.Hour), DurationS: 3600, Lon: s.Lon, Lat: s.Lat, HeightM: s.HeightM, Species: species, Value: v, Unit: unit}
	}
	require.Equal(t, []upwind.Observation{
		hour(1, "2025-12-31T23:00:00+08:00", "PM10", 80, "ug/m3"),
		hour(0, "2026-01-01T00:00:00+08:00", "CO", 0.7, "mg/m3"),
		hour(1, "2026-01-01T00:00:00+08:00", "CO", 0.6, "mg/m3"),
		hour(1, "2026-01-01T00:00:00+08:00", "PM2.5", 35, "ug/m3"),
		hour(0, "2026-01-01T01:00:00+08:00", "PM2.5", 41, "ug/m3"),
		hour(1, "2026-01-01T01:00:00+08:00", "PM2.5", 36, "ug/m3"),
	}, obs)
	require.Equal(t, at("2025-12-31T15:00:00Z"), obs[3].Start, "hour 0 is the last of the day before")
	var said []string
	for _, f := range found {
		said = append(said, f.String())
	}
	require.Equal(t, []string{
		`line 1: 1 of 3 stations are not in the registry and were left out, as "8888A"`,
		`line 2: 1 rows of "AQI" were left out: no hourly value`,
		`line 6: 1 rows of "CO_24h" were left out: no hourly value`,
		`line 4: 1 rows of "PM2.5_24h" were left out: no hourly value`,
		`line 3: 2 values are missing`,
		`line 9: 2 values repeat an earlier one and were collapsed`,
	}, said)
}

func TestOzoneRowsExchanged(t *testing.T) {
	for _, c := range []struct {
		rows []string
		said bool
	}{
		{[]string{"20260101,0,O3,80,90", "20260101,0,O3_24h,120,130"}, false},
		{[]string{"20260101,0,O3_24h,80,90", "20260101,0,O3,120,130"}, true},
	} {
		obs, found, err := station.ReadCNEMC("n.csv", strings.NewReader(doc(append([]string{"date,hour,type,9001A,9002A"}, c.rows...)...)), nationals)
		require.NoError(t, err)
		require.Len(t, obs, 2)
		require.Equal(t, c.said, strings.Contains(found[len(found)-1].What, "exchanged"))
	}
}

func TestReadCNEMCRefuses(t *testing.T) {
	const head = "date,hour,type,9001A,9002A"
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", "the table is empty"},
		"no column of types":  {doc("date,hour,9001A", "20260101,0,3"), "missing columns: type"},
		"cities":              {doc("date,hour,type,北京,上海", "20260101,0,PM10,3,4"), `none of the 2 stations of this table, as "北京"`},
		"no hourly rows":      {doc(head, "20260101,0,AQI,3,4"), "no row of CO, NO2, O3, PM10, PM2.5, SO2"},
		"date":                {doc(head, "01.02.2026,0,PM10,3,4"), "line 2, column date"},
		"before it was":       {doc(head, "19700101,0,PM10,3,4"), "line 2, column date"},
		"hour 24":             {doc(head, "20260101,24,PM10,3,4"), "line 2, column hour"},
		"no number":           {doc(head, "20260101,0,PM10,3,-"), `line 2, column 9002a: "-" is not a number`},
		"no type":             {doc(head, "20260101,0,,3,4"), "line 2, column type"},
		"a code for no value": {doc(head, "20260101,0,PM10,3,-99"), "line 2, column 9002a"},
		"CO in ug/m3":         {doc(head, "20260101,0,CO,1200,800"), "line 2, column 9001a"},
		"a second header":     {doc(head, "20260101,0,PM10,3,4", head), `line 3, column hour: "hour" is not an hour`},
		"contradiction":       {doc(head, "20260101,0,PM10,3,4", "20260101,0,PM10,3,5"), "lines 2 and 3: two values of PM10 at station 9002A"},
	} {
		_, _, err := station.ReadCNEMC("n.csv", strings.NewReader(c.text), nationals)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.Contains(t, err.Error(), c.want, name)
	}
}

func FuzzReadCNEMC(f *testing.F) {
	f.Add([]byte(doc("date,hour,type,9001A,9002A", "20260101,0,PM2.5,35,1", "20260101,0,O3_24h,35,1", "20260101,0,O3,,3.5")))
	f.Add([]byte(doc("date,hour,type,9002A", "2026-01-01,23,CO,0.1", "2026/1/1,23,CO,0.1")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		obs, _, err := station.ReadCNEMC("f.csv", bytes.NewReader(raw), nationals)
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		type key struct {
			at      time.Time
			id, gas string
		}
		seen := map[key]bool{}
		for i, o := range obs {
			require.Zero(t, o.Start.Unix()%3600)
			k := key{o.Start, o.StationID, o.Species}
			require.False(t, seen[k], "one value a station, hour and species")
			seen[k] = true
			require.True(t, i == 0 || !o.Start.Before(obs[i-1].Start), "in order of time")
		}
	})
}
