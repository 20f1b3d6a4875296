package aqi_test

import (
	"fmt"

	"upwind/quality/aqi"
)

// The same day under both editions: 75 ug/m3 of fine dust were the end of good, and are lightly polluted now.
func ExampleTable_Of() {
	day := aqi.Values{aqi.SO2: 9, aqi.NO2: 31, aqi.CO: 0.8, aqi.O3: 92, aqi.PM10: 110, aqi.PM25: 75}
	for _, t := range []*aqi.Table{aqi.HJ633of2012, aqi.HJ633of2026} {
		r := t.Of(aqi.Daily, day)
		fmt.Println(r.Table, *r.AQI, r.Class, r.Primary)
	}
	// Output:
	// HJ 633-2012 100 good [PM2.5]
	// HJ 633-2026 114 light [PM2.5]
}

func ExampleRank() {
	days := func(values ...float64) map[string][]float64 {
		out := map[string][]float64{}
		for i, v := range values {
			out[fmt.Sprintf("2026-03-%02d", i+1)] = []float64{v}
		}
		return out
	}
	for _, r := range aqi.Rank([]aqi.Place{
		{Code: "1", Name: "Hill", Days: days(20, 31, 24, 28)},
		{Code: "2", Name: "Brook", Days: days(22, 29, 27, 26)},
		{Code: "3", Name: "Works", Days: days(81, 99, 88, 92)},
	}, aqi.RankOptions{Seed: 1}) {
		fmt.Println(r.Rank, r.Name, "of", r.Equal)
	}
	// Output:
	// 1 Hill of 2
	// 1 Brook of 2
	// 3 Works of 1
}
