package station_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"upwind"
	"upwind/ingest/station"
)

const registryHead = "id,name,kind,lon,lat,height_m,town,mn,pw,version,units,stamps_end,utc,minute_s,site_id,limits,water_class"

func doc(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestRead(t *testing.T) {
	text := doc(registryHead,
		`lc-01,华润纺织,air-standard,116.049,36.4674,15,371502001,690000D5800028F889221AC0,123456,2017,"PM10=ng/m³; so2 = ppb",yes,TRUE,60,,,`,
		`"yard, west",Hof,dust,116.05,36.47,3,,DUST-7,,,,,,,site-9,,`,
		``,
		`stack-1,,Stack,116.1,36.5,80,,88888880000001,,2005,a21026=ppm,,,,,SO2=35; nox=50;soot=5,`,
		`river-1,,river,116.2,36.6,0,,,,,,,,,,,3`)
	year17, year05 := 2017, 2005
	want := []upwind.Station{
		{ID: "lc-01", Name: "华润纺织", Kind: upwind.StationStandard, Lon: 116.049, Lat: 36.4674, HeightM: 15, Town: "371502001", Device: &upwind.Device{
			MN: "690000D5800028F889221AC0", PW: "123456", Version: &year17, Units: map[string]string{"PM10": "ng/m3", "SO2": "ppb"}, StampsEnd: true, UTC: true, MinuteS: 60}},
		{ID: "yard, west", Name: "Hof", Kind: upwind.StationDust, Lon: 116.05, Lat: 36.47, HeightM: 3, SiteID: "site-9", Device: &upwind.Device{MN: "DUST-7"}},
		{ID: "stack-1", Kind: upwind.StationStack, Lon: 116.1, Lat: 36.5, HeightM: 80, Device: &upwind.Device{MN: "88888880000001", Version: &year05,
			Units: map[string]string{"SO2": "ppm"}}, Limits: map[string]float64{"SO2": 35, "NOx": 50, "soot": 5}},
		{ID: "river-1", Kind: upwind.StationRiver, Lon: 116.2, Lat: 36.6, WaterClass: 3},
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.ReplaceAll(text, "³", "3"))
	require.NoError(t, err)
	for name, in := range map[string]string{"plain": text, "byte order mark": "\ufeff" + text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "GBK": gbk} {
		got, err := station.Read("stations.csv", strings.NewReader(in))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
	var out bytes.Buffer
	require.NoError(t, station.Write(&out, want))
	back, err := station.Read("stations.csv", &out)
	require.NoError(t, err)
	require.Equal(t, want, back, "what is written is read back")

	few, err := station.Read("stations.csv", strings.NewReader(doc("lat,LON,Height_m,kind,name,id,remark", "36.4,116,3,dust,,s,anything")))
	require.NoError(t, err)
	require.Equal(t, []upwind.Station{{ID: "s", Kind: upwind.StationDust, Lon: 116, Lat: 36.4, HeightM: 3}}, few)
}

func TestReadRefuses(t *testing.T) {
	good := map[string]string{"id": "s1", "name": "n", "kind": "dust", "lon": "116", "lat": "36.4", "height_m": "3", "mn": "M1"}
	columns := strings.Split(registryHead, ",")
	line := func(change ...string) string {
		var cells []string
		for _, c := range columns {
			v := good[c]
			for i := 0; i < len(change); i += 2 {
				if change[i] == c {
					v = change[i+1]
				}
			}
			cells = append(cells, strconv.Quote(v))
		}
		return strings.Join(cells, ",")
	}
	one := func(change ...string) string { return doc(registryHead, line(change...)) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":                  {"", "the table is empty"},
		"no stations":            {doc(registryHead), "no stations"},
		"a column is missing":    {doc("id,name,kind,lon,lat", "s,n,dust,116,36"), "missing columns: height_m"},
		"semicolons":             {strings.ReplaceAll(one(), ",", ";"), "not separated by commas"},
		"UTF-16":                 {"\xff\xfei\x00d\x00", "UTF-16"},
		"neither UTF-8 nor GBK":  {one("name", "x") + "\x81\xff\xff", "neither UTF-8 nor GBK"},
		"no id":                  {one("id", ""), "line 2, column id"},
		"kind":                   {one("kind", "construction"), `line 2, column kind: "construction" is no kind of station; kinds are air-standard`},
		"no place":               {one("lon", ""), "line 2, column lon: no value"},
		"exchanged":              {one("lon", "36.4", "lat", "116"), "are lon and lat exchanged?"},
		"exchanged in the west":  {one("lon", "38.5", "lat", "75.2"), "75.2, 38.5 is; are lon and lat exchanged?"},
		"nobody filled it in":    {one("lon", "0", "lat", "0"), "off Africa"},
		"above the sea":          {one("height_m", "1035"), "not above the sea"},
		"town":                   {one("town", "371502"), "nine digits"},
		"town in a spreadsheet":  {one("town", "3.71502E+08"), "until a spreadsheet rounded it"},
		"MN in a spreadsheet":    {one("mn", "8.88889E+13"), `line 2, column mn: "8.88889E+13" was a long number until a spreadsheet rounded it; format the column as text`},
		"MN":                     {one("mn", "M 1"), "no device number"},
		"version":                {one("version", "2016"), "2005, 2017 or 2025"},
		"yes":                    {one("utc", "maybe"), "column utc"},
		"minute":                 {one("minute_s", "0.5"), "column minute_s"},
		"of which device":        {one("mn", "", "units", "PM10=ng/m3"), "column mn: no value, but units is"},
		"unit of what":           {one("units", "PM11=ng/m3"), `column units: "PM11" is no species`},
		"unit that does not fit": {one("units", "PM10=ppb"), `"ppb" of PM10 does not convert to ug/m3`},
		"unit nobody knows":      {one("units", "SO2=furlong"), `"furlong" of SO2 does not convert to ug/m3`},
		"unit twice":             {one("units", "SO2=ppb;a21026=ppm"), "SO2 stands twice"},
		"no unit":                {one("units", "SO2"), "no name=value"},
		"limits of dust":         {one("limits", "TSP=1"), "but for kind stack"},
		"limit":                  {one("kind", "stack", "limits", "SO2=none"), `column limits: "none" is no limit`},
		"limit of what":          {one("kind", "stack", "limits", "SO5=3"), "no species of HJ 212"},
		"class of air":           {one("water_class", "3"), "but for kind river"},
		"class":                  {one("kind", "river", "water_class", "6"), "from 1 to 5"},
		"id twice":               {doc(registryHead, line(), line("mn", "M2")), `line 3, column id: "s1" stands in line 2 already`},
		"MN twice":               {doc(registryHead, line(), line("id", "s2")), `line 3, column mn: "M1" stands in line 2 already`},
	} {
		_, err := station.Read("stations.csv", strings.NewReader(c.text))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.True(t, strings.HasPrefix(err.Error(), "stations.csv"), name)
		require.Contains(t, err.Error(), c.want, name)
	}
}

// TestNationalStations turns the national list into a registry, which shows that the columns do for it.
func TestNationalStations(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(data(t, "city", "national_air_stations.csv"))).ReadAll()
	require.NoError(t, err)
	var list []upwind.Station
	places := 0
	for _, r := range rows[1:] {
		lon, errLon := strconv.ParseFloat(r[3], 64)
		lat, errLat := strconv.ParseFloat(r[4], 64)
		if errLon != nil || errLat != nil {
			continue // eleven stations that ended before their place was noted
		}
		places++
		list = append(list, upwind.Station{ID: r[0], Name: r[2] + " " + r[1], Kind: upwind.StationStandard, Lon: lon, Lat: lat, HeightM: 15})
	}
	require.Greater(t, places, 2000)
	var out bytes.Buffer
	require.NoError(t, station.Write(&out, list))
	back, err := station.Read("national.csv", &out)
	require.NoError(t, err)
	require.Equal(t, list, back)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(doc(registryHead, "lc-01,华润纺织,air-standard,116.049,36.4674,15,371502001,69A,123456,2017,PM10=ng/m3;SO2=ppb,yes,TRUE,60,,,")))
	f.Add([]byte(doc(registryHead, "stack-1,,Stack,116.1,36.5,80,,88888880000001,,2005,a21026=ppm,,,,,SO2=35;soot=5,")))
	f.Add([]byte("\ufeffid,name,kind,lon,lat,height_m,water_class\nr,\"a\"\"b\",river,116,36,0,3\n"))
	f.Add([]byte("id,name,kind,lon,lat,height_m\ns,\xbb\xaa\xc8\xf3,dust,116,36,1e1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := station.Read("f.csv", bytes.NewReader(raw))
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		for _, s := range list {
			require.NoError(t, s.Validate())
		}
		var out bytes.Buffer
		require.NoError(t, station.Write(&out, list))
		back, err := station.Read("f.csv", &out)
		require.NoError(t, err)
		require.Equal(t, list, back)
		require.Len(t, station.New(list).All(), len(list))
	})
}
