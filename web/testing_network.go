package web

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/quality/aqi"
)

// TestNetwork generates a state with n stations on the [TestGrid], the devices in them, some of which are ill, numbers that nobody
// registered, and the hourly air of days of Beijing time; the newest hour is the one before now. The same arguments give the same state.
func TestNetwork(n, days int, now time.Time) *Memory {
	m := &Memory{Cells: TestGrid(), DevicesAt: now.UTC()}
	rng := rand.New(rand.NewPCG(11, uint64(n)))
	var leaves []Cell
	for _, c := range m.Cells {
		if c.Level == LevelCell {
			leaves = append(leaves, c)
		}
	}
	for i := range n {
		m.addStation(i, leaves[(i*31+7)%len(leaves)], rng)
	}
	upwind.SortStations(m.StationL)
	for i := range 3 {
		mn := fmt.Sprintf("3715999999%014d", 40+i)
		m.DeviceL = append(m.DeviceL, upwind.DeviceState{MN: mn, Last: now.Add(-time.Duration(i) * time.Hour).UTC(), Address: fmt.Sprintf("198.51.100.%d", 7+i),
			Findings: []upwind.DeviceFinding{{Ailment: string(hj212.AilStranger), Since: now.Add(-26 * time.Hour).UTC(), Value: float64(1800 - 600*i),
				Text: fmt.Sprintf("198.51.100.%d sends as device %s, which is not on the list: nothing it sends is taken; add it, or find out who it is", 7+i, mn)}}})
	}
	m.addHours(days, now, rng)
	return m
}

var testKindNames = map[upwind.StationKind]string{upwind.StationStandard: "标准站", upwind.StationMicro: "微站", upwind.StationDust: "工地扬尘",
	upwind.StationStack: "热电厂 1 号排口", upwind.StationRiver: "河流断面", upwind.StationWeather: "气象站"}

func (m *Memory) addStation(i int, cell Cell, rng *rand.Rand) {
	kind := upwind.StationMicro
	switch {
	case i%12 == 0:
		kind = upwind.StationStandard
	case i%12 == 1:
		kind = upwind.StationDust
	case i%60 == 5:
		kind = upwind.StationStack
	case i%60 == 7:
		kind = upwind.StationRiver
	}
	p := cell.Geometry.Geometry().Bound().Center()
	town := cell.Code[:9]
	mn := fmt.Sprintf("%s%015d", town, 100+i)
	st := upwind.Station{ID: fmt.Sprintf("S%04d", i+1), Kind: kind, Lon: p[0], Lat: p[1], HeightM: 6, Town: town, Device: &upwind.Device{MN: mn, PW: "test-password"}}
	for _, c := range m.Cells {
		if c.Code == town {
			st.Name = c.Name + testKindNames[kind]
			break
		}
	}
	m.StationL = append(m.StationL, st)
	now := m.DevicesAt
	if i%97 == 31 {
		m.DeviceL = append(m.DeviceL, upwind.DeviceState{MN: mn, Findings: []upwind.DeviceFinding{{Ailment: string(hj212.AilSilent),
			Since: now.Add(-30 * time.Hour), Value: 30 * 3600, Text: "it is registered, and nothing ever came from it"}}})
		return
	}
	d := upwind.DeviceState{MN: mn, System: "air", Address: fmt.Sprintf("203.0.113.%d", i%250), First: now.Add(-40 * 24 * time.Hour),
		Last: now.Add(-time.Duration(5+rng.IntN(55)) * time.Second), Frames: 40000 + rng.IntN(20000), SkewS: 3 * rng.NormFloat64()}
	d.Readings = 8 * d.Frames
	testAil(&d, i, now)
	m.DeviceL = append(m.DeviceL, d)
}

// testAil makes one device in eight ill, of one thing or of two.
func testAil(d *upwind.DeviceState, i int, now time.Time) {
	add := func(a hj212.Ailment, factor string, since time.Duration, v float64, format string, args ...any) {
		d.Findings = append(d.Findings, upwind.DeviceFinding{Ailment: string(a), Factor: factor, Since: now.Add(-since).UTC(), Value: v, Text: fmt.Sprintf(format, args...)})
	}
	if i%8 != 3 {
		return
	}
	switch i / 8 % 9 {
	case 0:
		quiet := time.Duration(3+i%50) * time.Hour
		d.Last = now.Add(-quiet).UTC()
		add(hj212.AilSilent, "", quiet, quiet.Seconds(), "nothing came for %s; it used to send every 60 s", quiet)
	case 1:
		d.SkewS = -28793
		add(hj212.AilClock, "", 960*time.Hour, d.SkewS, "its clock is 7h59m53s slow: it runs on UTC, say so in the device's settings")
	case 2:
		add(hj212.AilUnit, "a34002", 700*time.Hour, 75600, "sends PM10 as 75600 ug/m3, which no air has: it probably sends in ng/m3; set the device's unit")
	case 3:
		add(hj212.AilFrozen, "a34004", 9*time.Hour, 35, "PM2.5 has been 35 ug/m3 for 9h0m0s, 540 values in a row")
	case 4:
		add(hj212.AilFrames, "", 960*time.Hour, 0.031, "1240 of 40000 frames from %s are faulty (last: CRC)", d.Address)
	case 5:
		add(hj212.AilRange, "a21026", 30*time.Hour, -99, "61 of 1800 values of SO2 are beyond what can be, the last -99 ug/m3")
	case 6:
		add(hj212.AilTwice, "", 200*time.Hour, 812, "two devices send under this number, from %s and 203.0.113.251: one of them was never given its own", d.Address)
	case 7:
		add(hj212.AilStandard, "", 960*time.Hour, 40100, "the Flag is missing (40100 times)")
	case 8:
		d.SkewS = 492
		add(hj212.AilClock, "", 300*time.Hour, d.SkewS, "its clock is 8m12s fast: set it (upwind hj212 listen --set-clocks does)")
		add(hj212.AilFrozen, "a34002", 5*time.Hour, 61, "PM10 has been 61 ug/m3 for 5h0m0s, 300 values in a row")
	}
}

// testLevels are what the generated air holds of each pollutant on an ordinary afternoon, ug/m3, of CO mg/m3.
var testLevels = map[aqi.Pollutant]float64{aqi.SO2: 11, aqi.NO2: 34, aqi.CO: 0.8, aqi.O3: 88, aqi.PM10: 82, aqi.PM25: 43}

// addHours gives the stations of outdoor air their hours: cleaner in the west, haze that comes and goes over days, ozone by
// day. One micro station in three measures particles alone, one station in forty is dark.
func (m *Memory) addHours(days int, now time.Time, rng *rand.Rand) {
	if days == 0 {
		return
	}
	end := now.Truncate(time.Hour)
	from := aqi.Midnight(end.Add(-time.Nanosecond)).AddDate(0, 0, 1-days)
	for i, st := range m.StationL {
		if st.Kind != upwind.StationStandard && st.Kind != upwind.StationMicro || i%40 == 9 {
			continue
		}
		own := math.Exp(0.5*math.Round(2*(st.Lon-115.95)) + 0.03*rng.NormFloat64())
		for at := from; at.Before(end); at = at.Add(time.Hour) {
			t := at.Sub(from).Hours()
			weather := math.Exp(0.5*math.Sin(t/40) + 0.15*math.Sin(t/4+float64(i)/9) + 0.05*rng.NormFloat64())
			for k, p := range aqi.Pollutants {
				if i%3 == 2 && st.Kind == upwind.StationMicro && k < 4 || (i+int(t))%50 == 0 {
					continue
				}
				v, unit := testLevels[p]*own*weather, "ug/m3"
				switch p {
				case aqi.CO:
					unit = "mg/m3"
				case aqi.O3:
					v = testLevels[p] * (0.7 + 0.6*math.Sin((t-9)*math.Pi/12)) * (0.9 + 0.2*rng.Float64())
				}
				m.Readings = append(m.Readings, upwind.Observation{StationID: st.ID, Start: at.UTC(), DurationS: 3600, Lon: st.Lon, Lat: st.Lat, HeightM: 6,
					Species: string(p), Unit: unit, Value: v})
			}
		}
	}
	slices.SortStableFunc(m.Readings, func(a, b upwind.Observation) int { return a.Start.Compare(b.Start) })
}
