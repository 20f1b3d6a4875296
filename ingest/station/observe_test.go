package station_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

func TestUnits(t *testing.T) {
	// A mole of gas is 24.465 L at 298.15 K and 1013.25 hPa, 22.414 L at 273.15 K.
	const warm, cold = 24.465, 22.414
	for name, c := range map[string]struct {
		kind          upwind.StationKind
		units         string // of the device, species=unit
		cp            string
		species, unit string
		value         float64
		raw           upwind.RawValue
	}{
		"PM10 as usual":       {upwind.StationDust, "", "a34002-Avg=75.60", "PM10", "ug/m3", 75.6, sent("a34002", "75.60", "ug/m3")},
		"PM10 by the table":   {upwind.StationDust, "PM10=ng/m3", "a34002-Avg=75600", "PM10", "ug/m3", 75.6, sent("a34002", "75600", "ng/m3")},
		"PM2.5 by code":       {upwind.StationMicro, "a34004=mg/m3", "a34004-Avg=0.025", "PM2.5", "ug/m3", 25, sent("a34004", "0.025", "mg/m3")},
		"PM1":                 {upwind.StationMicro, "", "a34005-Avg=12", "PM1", "ug/m3", 12, sent("a34005", "12", "ug/m3")},
		"SO2 of the table":    {upwind.StationStandard, "", "a21026-Avg=0.012", "SO2", "ug/m3", 12, sent("a21026", "0.012", "mg/m3")},
		"SO2 ppb":             {upwind.StationStandard, "SO2=ppb", "a21026-Avg=10", "SO2", "ug/m3", 10 * 64.064 / warm, sent("a21026", "10", "ppb")},
		"O3 ppb":              {upwind.StationStandard, "O3=ppb", "a05024-Avg=60", "O3", "ug/m3", 60 * 47.998 / warm, sent("a05024", "60", "ppb")},
		"CO ppm":              {upwind.StationStandard, "CO=ppm", "a21005-Avg=1", "CO", "mg/m3", 28.010 / warm, sent("a21005", "1", "ppm")},
		"CO":                  {upwind.StationStandard, "", "a21005-Avg=0.9", "CO", "mg/m3", 0.9, sent("a21005", "0.9", "mg/m3")},
		"SO2 in a stack":      {upwind.StationStack, "", "a21026-Avg=31.5", "SO2", "mg/m3", 31.5, sent("a21026", "31.5", "mg/m3")},
		"SO2 in a stack, ppm": {upwind.StationStack, "SO2=ppm", "a21026-Avg=10", "SO2", "mg/m3", 10 * 64.064 / cold, sent("a21026", "10", "ppm")},
		"NH3 in a stack":      {upwind.StationStack, "", "a21001-Avg=2.5", "NH3", "mg/m3", 2.5, sent("a21001", "2.5", "mg/m3")},
		"soot, code of 2005":  {upwind.StationStack, "", "01-Avg=5", "soot", "mg/m3", 5, sent("a34013", "5", "mg/m3")},
		"nickel, no species":  {upwind.StationStack, "", "a20063-Avg=0.2", "a20063", "mg/m3", 0.2, sent("a20063", "0.2", "mg/m3")},
		"total of a stack":    {upwind.StationStack, "SO2=ppm", "a21026-Cou=1.5", "SO2", "kg", 1.5, sent("a21026", "1.5", "kg")},
		"flow of water":       {upwind.StationRiver, "flow=m3/h", "w00000-Avg=7200", "flow", "L/s", 2000, sent("w00000", "7200", "m3/h")},
		"flow by name":        {upwind.StationStack, "flow=m3/h", "a00000-Avg=7200", "flow", "m3/s", 2, sent("a00000", "7200", "m3/h")},
		"flow m3/h":           {upwind.StationStack, "a00000=m3/h", "a00000-Avg=7200", "flow", "m3/s", 2, sent("a00000", "7200", "m3/h")},
		"COD":                 {upwind.StationRiver, "", "w01018-Avg=18", "COD", "mg/L", 18, sent("w01018", "18", "mg/L")},
		"Cr VI":               {upwind.StationRiver, "", "w20117-Avg=4", "CrVI", "mg/L", 0.004, sent("w20117", "4", "ug/L")},
		"conductivity":        {upwind.StationRiver, "conductivity=mS/m", "w01014-Avg=80", "conductivity", "uS/cm", 800, sent("w01014", "80", "mS/m")},
		"pressure hPa":        {upwind.StationDust, "pressure=hPa", "a01006-Avg=1002", "pressure", "kPa", 100.2, sent("a01006", "1002", "hPa")},
		"temperature":         {upwind.StationWeather, "", "a01001-Avg=-3.5", "temperature", "degC", -3.5, sent("a01001", "-3.5", "degC")},
		"noise":               {upwind.StationDust, "", "Leq-Data=61.5", "Leq", "dB", 61.5, sent("Leq", "61.5", "dB")},
		"no table has it":     {upwind.StationDust, "", "H01-Avg=52.7", "H01", "", 52.7, sent("H01", "52.7", "")},
	} {
		t.Run(name, func(t *testing.T) {
			units := map[string]string{}
			if k, v, ok := strings.Cut(c.units, "="); ok {
				units[k] = v
			}
			obs, wind := observe(t, one(c.kind, units), c.cp)
			require.Empty(t, wind)
			require.Len(t, obs, 1)
			o := obs[0]
			require.InEpsilon(t, c.value, o.Value, 1e-4)
			o.Value = 0
			require.Equal(t, upwind.Observation{StationID: "s1", Start: time.Date(2026, 3, 4, 5, 5, 0, 0, time.UTC), DurationS: 60, Lon: 115.98, Lat: 36.45, HeightM: 3,
				Species: c.species, Unit: c.unit, Medium: c.kind.Medium(), Stat: map[bool]upwind.Stat{true: upwind.StatTotal}[c.unit == "kg"], Raw: &c.raw, Received: received}, o)
		})
	}
}

func TestStatisticsAndMarks(t *testing.T) {
	obs, _ := observe(t, one(upwind.StationStack, nil), "a21026-Min=1,a21026-Avg=2,a21026-Max=3,a21026-Cou=4,a21026-ZsMin=5,a21026-ZsAvg=6,a21026-ZsMax=7,a21026-ZsRtd=8,a21026-Rtd=9")
	var got []upwind.Stat
	for _, o := range obs {
		got = append(got, o.Stat)
	}
	require.Equal(t, []upwind.Stat{upwind.StatMin, upwind.StatMean, upwind.StatMax, upwind.StatTotal, "converted-min", upwind.StatConverted, "converted-max", upwind.StatConverted, upwind.StatMean}, got)

	for mark, want := range map[string]upwind.Flag{
		"N": upwind.FlagNormal, "n": upwind.FlagNormal, "F": upwind.FlagStopped, "M": upwind.FlagMaintenance, "S": upwind.FlagSet, "D": upwind.FlagFault,
		"C": upwind.FlagCalibration, "T": upwind.FlagOverRange, "B": upwind.FlagNoLink, "P": upwind.FlagFault, "3": upwind.FlagNormal, "0": upwind.FlagCalibration, "?": upwind.FlagFault,
	} {
		obs, _ := observe(t, one(upwind.StationDust, nil), "a34002-Avg=80,a34002-Flag="+mark)
		require.Equal(t, want, obs[0].Flag, mark)
	}

	u := upload(t, "2011", "a34002-Rtd=80,a34002-Flag=D;a34004-Rtd=40;a01007-Rtd=3;a01008-Rtd=90")
	u.Late = true
	obs, wind := one(upwind.StationDust, nil).Observe(u)
	require.Empty(t, wind, "a wind of the wrong hour is none")
	require.Len(t, obs, 4)
	for _, o := range obs {
		require.Equal(t, upwind.FlagQuarantine, o.Flag)
		require.Zero(t, o.DurationS)
	}
}

func TestQuarantine(t *testing.T) {
	const q, ok = upwind.FlagQuarantine, upwind.FlagNormal
	for name, c := range map[string]struct {
		kind  upwind.StationKind
		units map[string]string
		cp    string
		want  []upwind.Flag
	}{
		"ng/m3 read as ug/m3":             {upwind.StationDust, nil, "a34002-Avg=75600", []upwind.Flag{q}},
		"a dust storm":                    {upwind.StationDust, nil, "a34002-Avg=9400;a34001-Avg=15000", []upwind.Flag{ok, ok}},
		"the unit is stated":              {upwind.StationDust, map[string]string{"PM10": "ug/m3"}, "a34002-Avg=15000", []upwind.Flag{ok}},
		"its neighbours go with it":       {upwind.StationDust, nil, "a34004-Avg=2500;a34002-Avg=75600;a01001-Avg=12;a21005-Avg=1", []upwind.Flag{q, q, ok, ok}},
		"but those whose unit is stated":  {upwind.StationDust, map[string]string{"PM2.5": "ng/m3"}, "a34004-Avg=2500;a34002-Avg=75600", []upwind.Flag{ok, q}},
		"a maximum alone proves nothing":  {upwind.StationDust, nil, "a34002-Avg=900,a34002-Max=12000;a34004-Avg=200", []upwind.Flag{ok, q, ok}},
		"ug/m3 read as mg/m3":             {upwind.StationStandard, nil, "a21026-Avg=1;a05024-Avg=80;a34002-Avg=60", []upwind.Flag{q, q, ok}},
		"the state is kept":               {upwind.StationDust, nil, "a34002-Avg=75600,a34002-Flag=C", []upwind.Flag{upwind.FlagCalibration}},
		"no value":                        {upwind.StationDust, nil, "a34002-Avg=9999;a34004-Avg=-999;a34001-Avg=20", []upwind.Flag{q, q, ok}},
		"no value proves nothing":         {upwind.StationStandard, nil, "a21026-Avg=9999;a05024-Avg=0.08", []upwind.Flag{q, ok}},
		"an analyser at zero":             {upwind.StationStandard, nil, "a21026-Avg=-0.003;a34004-Avg=-4", []upwind.Flag{ok, ok}},
		"in a stack much is possible":     {upwind.StationStack, nil, "a21026-Avg=900;a34013-Avg=300", []upwind.Flag{ok, ok}},
		"humidity":                        {upwind.StationDust, nil, "a01002-Avg=130;a01001-Avg=12", []upwind.Flag{q, ok}},
		"hPa read as kPa":                 {upwind.StationDust, nil, "a01006-Avg=1002", []upwind.Flag{q}},
		"hPa stated, and not sent":        {upwind.StationDust, map[string]string{"pressure": "hPa"}, "a01006-Avg=100.2", []upwind.Flag{q}},
		"pH":                              {upwind.StationRiver, nil, "w01001-Avg=7.8;w01009-Avg=81", []upwind.Flag{ok, q}},
		"a total is nobody's measurement": {upwind.StationDust, nil, "a34002-Avg=75600,a34002-Cou=3", []upwind.Flag{q, ok}},
	} {
		obs, _ := observe(t, one(c.kind, c.units), c.cp)
		var got []upwind.Flag
		for _, o := range obs {
			got = append(got, o.Flag)
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestSixRealFrames(t *testing.T) {
	frames := strings.Fields(string(data(t, "city", "hj212", "sample_packets.txt")))
	require.Len(t, frames, 6)
	kinds := []upwind.StationKind{upwind.StationDust, upwind.StationDust, upwind.StationDust, upwind.StationDust, upwind.StationDust, upwind.StationRiver}
	winds := []int{1, 1, 1, 1, 1, 0}
	var list []upwind.Station
	var uploads []hj212.Upload
	for i, f := range frames {
		p, err := hj212.Parse([]byte(f[6 : len(f)-4]))
		require.NoError(t, err)
		d := upwind.Device{MN: p.MN}
		rs, _, err := p.Readings(&d)
		require.NoError(t, err)
		list = append(list, upwind.Station{ID: p.MN, Kind: kinds[i], Lon: 116, Lat: 36, HeightM: 3, Device: &d})
		uploads = append(uploads, hj212.Upload{Device: d, Packet: p, Readings: rs, Received: received})
	}
	r := station.New(list)
	for i, u := range uploads {
		obs, wind := r.Observe(u)
		require.Len(t, obs, len(u.Readings), "nothing that is answered is lost")
		for k, o := range obs {
			require.Equal(t, u.Readings[k].Raw, o.Raw.Value)
			require.Equal(t, u.Readings[k].Factor.Code, o.Raw.Code)
			if i == 4 && (o.Species == "PM10" || o.Species == "PM2.5" || o.Species == "TSP") {
				require.Equal(t, upwind.FlagQuarantine, o.Flag, "%s %v: the fifth sends by the table", o.Species, o.Value)
			}
		}
		require.Len(t, wind, winds[i], "frame %d", i)
	}
	obs, wind := r.Observe(hj212.Upload{Packet: hj212.Packet{MN: "nobody"}, Readings: uploads[0].Readings})
	require.Nil(t, obs)
	require.Nil(t, wind)
}

func TestRegistryFindsDevices(t *testing.T) {
	a := upwind.Station{ID: "a", Kind: upwind.StationDust, Device: &upwind.Device{MN: "A1", PW: "secret"}}
	b := upwind.Station{ID: "b", Kind: upwind.StationWeather}
	twin := upwind.Station{ID: "c", Kind: upwind.StationDust, Device: &upwind.Device{MN: "A1"}}
	list := []upwind.Station{a, b, twin}
	r := station.New(list)
	list[0].ID = "changed"
	d, ok := r.Device("A1")
	require.True(t, ok)
	require.Equal(t, *a.Device, d)
	s, ok := r.Station("A1")
	require.True(t, ok)
	require.Equal(t, a, s, "the first has the number, and the list is copied")
	_, ok = r.Device("")
	require.False(t, ok)
	_, ok = r.Station("X")
	require.False(t, ok)
	require.Equal(t, []upwind.Station{a, b, twin}, r.All())
}

// FuzzObserve: whatever a packet says, each of its readings becomes one observation, and a wind is one that can be.
func FuzzObserve(f *testing.F) {
	f.Add("a34002-Avg=75600,a34002-Flag=N;a01007-Rtd=3;a01008-Rtd=270;LA-td=50.1", uint8(0), "PM10=ng/m3")
	f.Add("a21026-ZsAvg=31.5,a21026-Cou=1;a01006-Rtd=1002;w01018-Avg=9999", uint8(3), "SO2=ppm")
	f.Fuzz(func(t *testing.T, cp string, kind uint8, unit string) {
		k, v, _ := strings.Cut(unit, "=")
		s := upwind.Station{ID: "s", Kind: upwind.StationKinds[int(kind)%len(upwind.StationKinds)], Device: &upwind.Device{MN: mn, Units: map[string]string{k: v}}}
		p, err := hj212.Parse([]byte("ST=22;CN=2051;MN=" + mn + ";CP=&&DataTime=20260304130500;" + cp + "&&"))
		if err != nil || p.MN != mn {
			return
		}
		rs, _, err := p.Readings(s.Device)
		if err != nil {
			return
		}
		obs, wind := station.New([]upwind.Station{s}).Observe(hj212.Upload{Packet: p, Readings: rs})
		require.Len(t, obs, len(rs))
		for i, o := range obs {
			require.Equal(t, rs[i].Raw, o.Raw.Value)
			require.NotEmpty(t, o.Species)
			require.Equal(t, s.Kind.Medium(), o.Medium)
		}
		require.LessOrEqual(t, len(wind), 1)
		for _, w := range wind {
			speed, _ := upwind.SpeedFrom(w.U, w.V)
			require.LessOrEqual(t, speed, 75.001)
		}
	})
}
