package web_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/quality/aqi"
	"upwind/web"
)

type airList struct {
	Mean, Day, Table string
	At, From, To     time.Time
	LeftOut          map[string]int `json:"left_out"`
	Areas            []struct {
		Level, Code, Name, Basis string
		Place, Primary           []string
		AQI                      *int
		Class                    int
		Values                   map[string]float64
		Missing                  []struct {
			Pollutant string
			Valid, Of int
		}
	}
}

// airOf are hours of constant air at a reference station and at small sensors in two towns, of which one has particles alone.
func airOf(from time.Time, hours int) *web.Memory {
	m := &web.Memory{
		Cells: []web.Cell{{Level: web.LevelCity, Code: "371500", Name: "示例市"}, {Level: web.LevelCounty, Code: "371501", Name: "东城区"}, {Level: web.LevelTown, Code: "371501001", Name: "王庄镇"}},
		StationL: []upwind.Station{{ID: "a", Name: "甲", Kind: upwind.StationStandard, Town: "371501001"}, {ID: "b", Kind: upwind.StationMicro, Town: "371501002"},
			{ID: "d", Kind: upwind.StationDust, Town: "371501002"}},
	}
	for h := range hours {
		for id, values := range map[string]map[aqi.Pollutant]float64{
			"a": {aqi.SO2: 10, aqi.NO2: 20, aqi.CO: 1, aqi.O3: 50, aqi.PM10: 100, aqi.PM25: 30}, "b": {aqi.PM10: 100, aqi.PM25: 30}, "d": {aqi.PM10: 900},
		} {
			for p, v := range values {
				unit := "ug/m3"
				if p == aqi.CO {
					unit = "mg/m3"
				}
				m.Readings = append(m.Readings, upwind.Observation{StationID: id, Start: from.Add(time.Duration(h) * time.Hour), DurationS: 3600, Lon: 116, Lat: 36, Species: string(p), Unit: unit, Value: v})
			}
		}
	}
	return m
}

func TestAirOfAnHourAndADay(t *testing.T) {
	m := airOf(time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC), 24)
	m.Readings = append(m.Readings, upwind.Observation{StationID: "a", Start: time.Date(2026, 3, 5, 3, 0, 0, 0, time.UTC), DurationS: 600, Species: "PM10", Unit: "ug/m3", Value: 1})
	h := handler(t, m, web.Options{})
	for _, query := range []string{"", "?at=2026-03-05T04:30:00Z", "?day=2026-03-05"} {
		doc := decode[airList](t, ask(h, "GET", "/api/air"+query))
		require.Equal(t, "HJ 633-2026", doc.Table, query)
		require.Equal(t, "2026-03-05", doc.Day, query)
		require.Equal(t, map[string]int{aqi.LeftNotHour: 1}, doc.LeftOut, query)
		require.Len(t, doc.Areas, 6, "city, county, two towns, two stations; the fence monitor is none of them")
		byCode := map[string]int{}
		for i, a := range doc.Areas {
			byCode[a.Level+" "+a.Code] = i
		}
		city, town, poor := doc.Areas[byCode["city 3715"]], doc.Areas[byCode["town 371501001"]], doc.Areas[byCode["town 371501002"]]
		// PM10 of 100 ug/m3 lies between 50 and 120: 50 + 50*50/70 = 85.7, rounded up.
		require.Equal(t, 86, *town.AQI, query)
		require.Equal(t, 2, town.Class)
		require.Equal(t, []string{"PM10"}, town.Primary)
		require.Equal(t, "王庄镇", town.Name)
		require.Equal(t, []string{"东城区"}, town.Place)
		require.Equal(t, "示例市", city.Name)
		require.Nil(t, poor.AQI, "four of six are missing, and the others are below 100")
		require.Equal(t, "371501002", poor.Name, "the code stands for a name the grid has not")
		require.Equal(t, "micro", poor.Basis)
		require.Len(t, poor.Missing, 4)
		require.Zero(t, poor.Missing[0].Of)
		require.Equal(t, []string{"东城区", "王庄镇"}, doc.Areas[byCode["station a"]].Place)
	}
	last := decode[airList](t, ask(h, "GET", "/api/air"))
	require.Equal(t, time.Date(2026, 3, 5, 15, 0, 0, 0, time.UTC), last.At, "the newest hour")
	require.Equal(t, last.At, last.To)
	require.Equal(t, "hour", last.Mean)
	// Before March 2026 the older edition counts: PM10 of 100 lies between 50 and 150.
	h = handler(t, airOf(time.Date(2026, 2, 20, 16, 0, 0, 0, time.UTC), 24), web.Options{})
	doc := decode[airList](t, ask(h, "GET", "/api/air?day=2026-02-21"))
	require.Equal(t, "HJ 633-2012", doc.Table)
	require.Equal(t, 75, *doc.Areas[0].AQI)
}

func TestRankingSharesRanksOnlyWhereItMust(t *testing.T) {
	m := &web.Memory{}
	from := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC)
	for i, level := range []float64{20, 21, 90} {
		id := fmt.Sprintf("s%d", i)
		m.StationL = append(m.StationL, upwind.Station{ID: id, Kind: upwind.StationStandard, Town: fmt.Sprintf("37150100%d", i+1)})
		for h := range 31 * 24 {
			m.Readings = append(m.Readings, upwind.Observation{StationID: id, Start: from.Add(time.Duration(h) * time.Hour), DurationS: 3600, Species: "PM2.5", Unit: "ug/m3", Value: level + float64(h/24%3)})
		}
	}
	h := handler(t, m, web.Options{})
	type ranking struct {
		Month, Level, By, Unit string
		Days                   int
		MinDays                int `json:"min_days"`
		Places                 []struct {
			aqi.Ranked
			Place    []string
			Stations int
		}
	}
	doc := decode[ranking](t, ask(h, "GET", "/api/air/ranking?by=PM2.5"))
	require.Equal(t, []any{"2026-03", "town", "PM2.5", "ug/m3", 31, 27}, []any{doc.Month, doc.Level, doc.By, doc.Unit, doc.Days, doc.MinDays})
	require.Len(t, doc.Places, 3)
	require.Equal(t, []int{1, 1, 3}, []int{doc.Places[0].Rank, doc.Places[1].Rank, doc.Places[2].Rank})
	require.Less(t, doc.Places[1].Hi95, doc.Places[2].Lo95)
	require.Equal(t, []string{"371501"}, doc.Places[0].Place)
	county := decode[ranking](t, ask(h, "GET", "/api/air/ranking?by=PM2.5&level=county&month=2026-03"))
	require.Len(t, county.Places, 1)
	require.Equal(t, 3, county.Places[0].Stations)
	composite := decode[ranking](t, ask(h, "GET", "/api/air/ranking"))
	require.Equal(t, "composite", composite.By)
	require.Zero(t, composite.Places[0].Rank, "one pollutant makes no composite index")
	require.Empty(t, decode[ranking](t, ask(h, "GET", "/api/air/ranking?month=2026-07")).Places)
}

func TestReportIsServedInBothLanguages(t *testing.T) {
	m := airOf(time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC), 24)
	m.StationL[0].Name = hostileName
	h := handler(t, m, web.Options{})
	for query, title := range map[string]string{"day=2026-03-05": "日报", "day=2026-03-05&lang=en": "of the day", "month=2026-03&lang=zh&format=html": "月报"} {
		w := ask(h, "GET", "/report/air?"+query)
		require.Equal(t, 200, w.Code, query)
		require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		require.Contains(t, w.Body.String(), title)
		require.Contains(t, w.Body.String(), "示例市")
		require.NotContains(t, w.Body.String(), "<script", "what a station is called is text")
		policy := w.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "script-src")
		require.Equal(t, 304, ask(h, "GET", "/report/air?"+query, "If-None-Match", w.Header().Get("ETag")).Code)
	}
	w := ask(h, "GET", "/report/air?day=2026-03-05&format=csv")
	require.Equal(t, `attachment; filename="upwind-air-2026-03-05.csv"`, w.Header().Get("Content-Disposition"))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 7)
}

func TestAirErrorsAreSentences(t *testing.T) {
	h := handler(t, airOf(time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC), 24), web.Options{})
	for target, c := range map[string]struct {
		code int
		says string
	}{
		"/api/devices?format=xls": {400, "format is json or csv; xls is neither"},
		"/api/air?at=now":         {400, "at must be a time"},
		"/api/air?day=5":          {400, "day must be a day such as 2026-03-05"},
		"/api/air?day=2026-03-05&at=2026-03-05T00:00:00Z": {400, "give one of them"},
		"/api/air/ranking?month=March":                    {400, "month must be a month such as 2026-03"},
		"/api/air/ranking?level=city":                     {400, "town or county"},
		"/api/air/ranking?by=CH4":                         {400, "one of the six pollutants"},
		"/report/air":                                     {400, "give one of them"},
		"/report/air?day=2026-03-05&month=2026-03":        {400, "give one of them"},
		"/report/air?day=2026-03":                         {400, "no day such as"},
		"/report/air?month=2026-03-05":                    {400, "no month such as"},
		"/report/air?day=2026-03-05&lang=fr":              {400, "zh or en"},
		"/report/air?day=2026-03-05&format=pdf":           {400, "html or csv"},
		"/report/air?day=2025-01-01":                      {404, "no hourly mean"},
	} {
		w := ask(h, "GET", target)
		require.Equal(t, c.code, w.Code, target)
		require.Contains(t, w.Body.String(), c.says, target)
		require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"), target)
		require.Empty(t, w.Header().Get("Content-Disposition"), target)
	}
	require.Equal(t, 404, ask(handler(t, &web.Memory{}, web.Options{}), "GET", "/report/air?day=2026-03-05").Code)
}
