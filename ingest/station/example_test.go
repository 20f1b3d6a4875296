package station_test

import (
	"fmt"
	"strings"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

func ExampleRead() {
	const table = `id,name,kind,lon,lat,height_m,mn,units
lc-01,Textile works,air-standard,116.049,36.4674,15,690000D5800028F889221AC0,
yard-3,East gate,dust,116.061,36.471,3,DUST-3,PM10=ng/m3
`
	list, err := station.Read("stations.csv", strings.NewReader(table))
	if err != nil {
		fmt.Println(err)
		return
	}
	r := station.New(list)
	p, _ := hj212.Parse([]byte("ST=39;CN=2011;PW=123456;MN=DUST-3;Flag=5;CP=&&DataTime=20260304130500;a34002-Rtd=75600;a01007-Rtd=3;a01008-Rtd=270&&"))
	d, _ := r.Device(p.MN) // what a server asks
	readings, _, _ := p.Readings(&d)
	obs, wind := r.Observe(hj212.Upload{Device: d, Packet: p, Readings: readings})
	for _, o := range obs {
		fmt.Println(o.StationID, o.Species, o.Value, o.Unit, "sent as", o.Raw.Value, o.Raw.Unit)
	}
	fmt.Printf("wind towards east %.1f m/s\n", wind[0].U)
	// Output:
	// yard-3 PM10 75.6 ug/m3 sent as 75600 ng/m3
	// yard-3 wind_speed 3 m/s sent as 3 m/s
	// yard-3 wind_from 270 deg sent as 270 deg
	// wind towards east 3.0 m/s
}

func ExampleWrite() {
	year := 2017
	var out strings.Builder
	err := station.Write(&out, []upwind.Station{{ID: "stack-1", Name: "Power plant", Kind: upwind.StationStack, Lon: 116.1, Lat: 36.5, HeightM: 180,
		Device: &upwind.Device{MN: "88888880000001", Version: &year}, Limits: map[string]float64{"SO2": 35, "NOx": 50}}})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(strings.TrimPrefix(out.String(), "\ufeff")) // the mark by which spreadsheets know UTF-8
	// Output:
	// id,name,kind,lon,lat,height_m,town,mn,pw,version,units,stamps_end,utc,minute_s,site_id,limits,water_class
	// stack-1,Power plant,stack,116.1,36.5,180,,88888880000001,,2017,,,,,,NOx=50;SO2=35,
}

func ExampleReadCNEMC() {
	const table = `date,hour,type,9001A,9002A
20260101,0,PM2.5,35,41
20260101,0,PM2.5_24h,30,32
`
	registry := []upwind.Station{{ID: "9001A", Kind: upwind.StationStandard, Lon: 116, Lat: 36.4}}
	obs, found, err := station.ReadCNEMC("china_sites_20260101.csv", strings.NewReader(table), registry)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(obs[0].Start.Format("2006-01-02 15:04"), obs[0].StationID, obs[0].Species, obs[0].Value)
	for _, f := range found {
		fmt.Println(f)
	}
	// Output:
	// 2025-12-31 15:00 9001A PM2.5 35
	// line 1: 1 of 2 stations are not in the registry and were left out, as "9002A"
	// line 3: 1 rows of "PM2.5_24h" were left out: no hourly value
}
