package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/aqi"
)

// airDay writes a registry of three stations in two towns and their hours of 5 March 2026, Beijing time.
func airDay(t *testing.T, dir string) (stations, readings, names string) {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	stations = write("stations.csv", "id,name,kind,lon,lat,height_m,town\n"+
		"a,东关站,air-standard,116.00,36.45,10,371502001\nb,东关二站,air-standard,116.01,36.45,10,371502001\nc,柳林站,air-micro,116.02,36.46,3,371502002\n")
	var b strings.Builder
	b.WriteString("start_utc,duration_s,id,lon,lat,height_m,value,unit,species\n")
	from := time.Date(2026, 3, 5, 0, 0, 0, 0, aqi.Beijing())
	for h := -7; h < 24; h++ {
		at := from.Add(time.Duration(h) * time.Hour).UTC().Format(time.RFC3339)
		for i, id := range []string{"a", "b", "c", "stranger"} {
			for _, v := range []struct {
				species string
				value   float64
			}{{"PM2.5", 60}, {"PM10", 100}, {"SO2", 10}, {"NO2", 30}, {"CO", 700}, {"O3", 80}} {
				fmt.Fprintf(&b, "%s,3600,%s,116.0%d,36.45,10,%.1f,ug/m3,%s\n", at, id, i, v.value+float64(10*i)*math.Sin(float64(h)), v.species)
			}
		}
	}
	readings = write("readings.csv", b.String())
	names = write("names.csv", "code,name\n3715,聊城市\n371502,东昌府区\n371502001,东关街道\n371502002,柳林镇\n")
	return stations, readings, names
}

func TestReport(t *testing.T) {
	dir := t.TempDir()
	stations, readings, names := airDay(t, dir)
	page := filepath.Join(dir, "day.html")
	_, words, err := inside(t, reportCommand(), "--stations", stations, "--readings", readings, "--names", names, "--day", "2026-03-05", "-o", page)
	require.NoError(t, err)
	require.Equal(t, "not in the registry and left out: stranger\n", words)
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "<h1>聊城市环境空气质量日报</h1>")
	require.Contains(t, string(html), "柳林镇*")

	out, _, err := inside(t, reportCommand(), "--stations", stations, "--readings", readings, "--month", "2026-03")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\r\n")
	require.Len(t, lines, 1+7*32, "a city, a county, two towns and three stations, each day and the month")
	require.Contains(t, lines[0], "period,level,code,name")
	require.Contains(t, out, "2026-03-05,city,3715,3715,reference,2,2,100,2,良,PM2.5,", "60 ug/m3 of PM2.5 are 100 in the edition of 2026")
}

func TestReportRefuses(t *testing.T) {
	dir := t.TempDir()
	stations, readings, names := airDay(t, dir)
	wrong := filepath.Join(dir, "wrong.csv")
	require.NoError(t, os.WriteFile(wrong, []byte("code,name\n37x,Nowhere\n"), 0o644))
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "name the registry of stations with --stations"},
		{[]string{"--stations", stations}, "name the readings with --readings"},
		{[]string{"--stations", stations, "--readings", readings}, "give one of --day and --month"},
		{[]string{"--stations", stations, "--readings", readings, "--day", "2026-03-05", "--month", "2026-03"}, "give one of --day and --month"},
		{[]string{"--stations", stations, "--readings", readings, "--day", "2026-03"}, "--day is a day such as 2026-03-05"},
		{[]string{"--stations", stations, "--readings", readings, "--month", "2026-03-05"}, "--month is a month such as 2026-03"},
		{[]string{"--stations", stations, "--readings", readings, "--day", "2026-03-05", "--lang", "fr"}, "--lang is zh or en"},
		{[]string{"--stations", stations, "--readings", readings, "--day", "2026-03-05", "-o", "x.pdf"}, "ends neither in .csv nor in .html"},
		{[]string{"--stations", stations, "--readings", readings, "--day", "2026-04-05"}, "no hourly mean of one of the six pollutants lies in 2026-04-05"},
		{[]string{"--stations", readings, "--readings", readings, "--day", "2026-03-05"}, "readings.csv, line 1: missing columns"},
		{[]string{"--stations", stations, "--readings", filepath.Join(dir, "none.csv"), "--day", "2026-03-05"}, "none.csv"},
		{[]string{"--stations", stations, "--readings", readings, "--names", wrong, "--day", "2026-03-05"}, `wrong.csv, line 2: "37x" is no division code`},
		{[]string{"--stations", stations, "--readings", readings, "--names", stations, "--day", "2026-03-05"}, "the columns code and name are not both there"},
	} {
		_, _, err := inside(t, reportCommand(), c.args...)
		require.ErrorContains(t, err, c.want, "%v", c.args)
	}
	// The list of towns of the civil affairs: the county's code beside the town's.
	list := filepath.Join(dir, "towns.csv")
	require.NoError(t, os.WriteFile(list, []byte("\ufeffcode,name,province,city,area,town\n371502,东关街道,37,15,02,001000\n"), 0o644))
	got, err := readNamesOf(list)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"371502001": "东关街道"}, got)
	got, err = readNamesOf(names)
	require.NoError(t, err)
	require.Len(t, got, 4)
}

func FuzzReadNames(f *testing.F) {
	for _, s := range []string{"code,name\n3715,x\n", "\ufeffcode,name,town\n371502,x,001000\n", "code,name\n37,x\n", "name,code\nx\n", "\"", "", "code,name\n371502001000,\"a\nb\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		names, err := readNames("names.csv", strings.NewReader(s))
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		for code := range names {
			require.Contains(t, []int{4, 6, 9}, len(code))
		}
	})
}
