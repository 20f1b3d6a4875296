package weather

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

const (
	windHead = "start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg"
	readHead = "start_utc,duration_s,id,lon,lat,height_m,value,unit,species"
	windRow  = "2026-04-01T00:00:00Z,3600,s1,115.98,36.45,10,2.5,270"
	readRow  = "2026-04-01T00:00:00Z,3600,s1,115.98,36.45,3,120,ug/m3,PM10"
)

func doc(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestWind(t *testing.T) {
	text := "\xef\xbb\xbf" + strings.ReplaceAll(doc(
		"from_deg,speed_ms,id,start_utc,duration_s,lon,lat,height_m,note,temp_c,sd_deg",
		`0,1,"s, one",2026-04-01T08:00:00+08:00,60,115,36,10,"a ""b""",12.5,8`,
		"90,2,b,2026-04-01 00:01:00,60,115,36,10,,,",
		",0,c,2026-04-01T00:02:00Z,60,115,36,10,,,",
	), "\n", "\r\n")
	w, found, err := Rules{}.Wind("w.csv", strings.NewReader(text))
	require.NoError(t, err)
	require.Empty(t, found)
	require.Len(t, w, 3)
	require.Equal(t, "s, one", w[0].StationID)
	require.Equal(t, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), w[0].Start)
	require.InDelta(t, 0, w[0].U, 1e-12)
	require.InDelta(t, -1, w[0].V, 1e-12, "wind from the north blows south")
	require.InDelta(t, -2, w[1].U, 1e-12, "wind from the east blows west")
	require.Equal(t, 12.5, *w[0].TempC)
	require.Equal(t, 8.0, *w[0].SDDeg)
	require.Nil(t, w[1].TempC)
	require.Zero(t, math.Hypot(w[2].U, w[2].V))
}

func TestReadings(t *testing.T) {
	text := doc(readHead+",sigma,lon2,lat2,height2_m",
		"2026-04-01T01:00:00Z,3600,s1,115.98,36.45,3,120,µg/m³,pm10,5,,,",
		"2026-04-01T00:00:00Z,3600,s1,115.98,36.45,3,1.9,ppm,CH4,,115.99,36.46,4",
		"2026-04-01T00:00:00Z,3600,s1,115.98,36.45,3,1.9,ppm,CH4,,115.99,36.46,4",
		"2026-04-01T03:00:00Z,3600,s1,115.98,36.45,3,90,ug/m3,PM10,,,,",
		"2026-04-01T00:00:00Z,3600,s1,115.98,36.45,3,-4,ug/m3,PM10,,,,",
	)
	o, found, err := Rules{}.Readings("r.csv", strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, o, 4)
	require.Equal(t, "CH4", o[0].Species)
	require.Equal(t, &upwind.PathEnd{Lon: 115.99, Lat: 36.46, HeightM: 4}, o[0].End)
	require.Equal(t, "PM10", o[2].Species)
	require.Equal(t, "ug/m3", o[2].Unit)
	require.Equal(t, 5.0, *o[2].Sigma)
	require.Nil(t, o[2].End)
	var said []string
	for _, f := range found {
		said = append(said, f.String())
	}
	require.Equal(t, []string{
		"line 6: the times are not in order; the rows were sorted",
		"line 4: 1 rows repeat an earlier one and were collapsed",
		"line 5: 1 gaps between the rows of a station",
	}, said)
}

func TestWindRefused(t *testing.T) {
	set := func(column, value string) string {
		cols, row := strings.Split(windHead+",obukhov_m,pressure_pa", ","), strings.Split(windRow+",,", ",")
		for i, c := range cols {
			if c == column {
				row[i] = value
			}
		}
		return doc(windHead+",obukhov_m,pressure_pa", windRow+",,", strings.Join(row, ","))
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "the table is empty"},
		"no rows":       {windHead + "\n", "no rows"},
		"missing":       {doc("start_utc,id,lon,lat,height_m,speed_ms"), "line 1: missing columns: duration_s, from_deg"},
		"twice":         {doc(windHead+",lon", windRow+",1"), "column lon comes twice"},
		"semicolons":    {doc(strings.ReplaceAll(windHead, ",", ";")), "not separated by commas"},
		"utf16":         {"\xff\xfes\x00", "UTF-16"},
		"NaN":           {set("speed_ms", "NaN"), "line 3, column speed_ms: NaN"},
		"inf":           {set("speed_ms", "1e999"), "line 3, column speed_ms"},
		"blank":         {set("lat", ""), "line 3, column lat: no value"},
		"comma decimal": {set("speed_ms", `"2,5"`), `column speed_ms: "2,5" is not a number`},
		"direction":     {set("from_deg", "361"), "outside 0..360"},
		"calm only":     {set("from_deg", ""), "line 3, column from_deg: no value"},
		"swapped":       {set("lat", "115.98"), "are lon and lat exchanged"},
		"hPa":           {set("pressure_pa", "1013"), "100 times the hPa"},
		"Obukhov":       {set("obukhov_m", "0"), "column obukhov_m"},
		"duration":      {set("duration_s", "-60"), "column duration_s"},
		"time":          {set("start_utc", "01/04/2026 00:00"), "is not a time"},
		"old":           {set("start_utc", "1066-10-14T00:00:00Z"), "before 1900"},
		"future":        {set("start_utc", "2026-04-09T00:00:00Z"), "lies in the future"},
		"id":            {set("id", ""), "column id"},
		"contradiction": {set("speed_ms", "3"), "lines 2 and 3: two different rows"},
		"short row":     {doc(windHead, "2026-04-01T00:00:00Z,3600"), "line 2, column id"},
		"quote":         {doc(windHead, `2026-04-01T00:00:00Z,3600,"s1`), "line"},
		"long quote":    {doc(windHead, `2026-04-01T00:00:00Z,3600,"`+strings.Repeat("x\n", maxColumns*bytesPerColumn)), "longer than"},
		"long line":     {strings.Repeat("x", 2*maxColumns*bytesPerColumn), "longer than"},
	} {
		_, _, err := Rules{NotAfter: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}.Wind("w.csv", strings.NewReader(c.text))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.True(t, strings.HasPrefix(err.Error(), "w.csv"), name)
		require.Contains(t, err.Error(), c.want, name)
	}
}

func TestReadingsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unit":          {doc(readHead, strings.Replace(readRow, "ug/m3", "grains", 1)), `line 2, column unit: unknown unit "grains"`},
		"code":          {doc(readHead, strings.Replace(readRow, ",120,", ",-999,", 1)), "column value"},
		"half a path":   {doc(readHead+",lon2", readRow+",1"), "missing columns: lat2, height2_m"},
		"half an end":   {doc(readHead+",lon2,lat2,height2_m", readRow+",116,,"), "column lat2"},
		"species":       {doc(readHead, strings.Replace(readRow, "PM10", "<b>", 1)), "column species"},
		"contradiction": {doc(readHead, readRow, strings.Replace(readRow, "3600", "60", 1)), "lines 2 and 3"},
		"sigma":         {doc(readHead+",sigma", readRow+",-1"), "column sigma"},
	} {
		_, err := ReadReadingsCSV("r.csv", strings.NewReader(c.text))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.Contains(t, err.Error(), c.want, name)
	}
}

func TestStationsOutsideTheDomain(t *testing.T) {
	text := doc(readHead, readRow, strings.Replace(readRow, "s1", "s3", 1), strings.NewReplacer("s1", "s2", "115.98", "105.98").Replace(readRow))
	for want, rules := range map[string]Rules{
		"line 4, column lon: 105.98 lies outside the domain, 115..117": {Domain: [4]float64{115, 36, 117, 37}},
		"line 2, column lat: 36.45 lies outside the domain, 37..38":    {Domain: [4]float64{100, 37, 117, 38}},
		`line 4, column lon: station "s2" at 105.98, 36.45 lies 894`:   {ApartKM: 300},
	} {
		_, _, err := rules.Readings("r.csv", strings.NewReader(text))
		require.True(t, upwind.IsRefusal(err), want)
		require.ErrorContains(t, err, want)
	}
	_, _, err := Rules{Domain: [4]float64{100, 36, 117, 37}, ApartKM: 2000}.Readings("r.csv", strings.NewReader(text))
	require.NoError(t, err)
}

func TestReaderFaultIsNoRefusal(t *testing.T) {
	lost := errors.New("disk gone")
	_, err := ReadWindCSV("w.csv", iotest.ErrReader(lost))
	require.ErrorIs(t, err, lost)
	require.False(t, upwind.IsRefusal(err))
}

// Order of rows and columns changes nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	rows := []string{windRow}
	for i := 1; i < 20; i++ {
		rows = append(rows, fmt.Sprintf("2026-04-01T%02d:00:00Z,3600,s%d,115.98,36.45,10,%d,%d", i, i%3, i, i*17%360))
	}
	want, err := ReadWindCSV("w", strings.NewReader(doc(append([]string{windHead}, rows...)...)))
	require.NoError(t, err)
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	got, err := ReadWindCSV("w", strings.NewReader(doc(append([]string{windHead}, rows...)...)))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func FuzzWind(f *testing.F) {
	f.Add(doc(windHead, windRow))
	f.Add("\xef\xbb\xbf" + windHead + ",sd_deg\r\n" + windRow + ",3\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		rows, err := ReadWindCSV("fuzz", strings.NewReader(s))
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
		for _, w := range rows {
			if math.IsNaN(w.U+w.V+w.Lon+w.Lat+w.HeightM) || w.DurationS <= 0 || w.StationID == "" {
				t.Fatalf("%+v", w)
			}
		}
	})
}

func FuzzReadings(f *testing.F) {
	f.Add(doc(readHead, readRow))
	f.Add(doc(readHead+",sigma,lon2,lat2,height2_m", readRow+",1,116,36,2"))
	f.Fuzz(func(t *testing.T, s string) {
		rows, err := ReadReadingsCSV("fuzz", strings.NewReader(s))
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
		for _, o := range rows {
			if math.IsNaN(o.Value) || o.Unit == "" || o.Species == "" {
				t.Fatalf("%+v", o)
			}
		}
	})
}

func ExampleReadWindCSV() {
	w, err := ReadWindCSV("wind.csv", strings.NewReader(
		"start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg\n"+
			"2026-04-01T00:00:00Z,3600,s1,115.98,36.45,10,2.5,270\n"))
	fmt.Printf("%d %.1f %.1f %v\n", len(w), w[0].U, math.Abs(w[0].V), err)
	// Output: 1 2.5 0.0 <nil>
}
