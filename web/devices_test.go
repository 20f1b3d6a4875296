package web_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/web"
)

type deviceList struct {
	Version int
	At      time.Time
	Devices []struct {
		MN, Name   string
		StationID  string `json:"station_id"`
		Registered bool
		Place      []string
		Grade      int
		Last       time.Time `json:"last_utc"`
		Findings   []struct {
			Ailment, Factor, Species, Text string
			Grade                          int
		}
	}
}

var devicesAt = time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)

// fewDevices are one of each kind: silent, never heard, of two ailments, well, refused; a station without a device; a stranger.
func fewDevices() *web.Memory {
	station := func(id string) upwind.Station {
		return upwind.Station{ID: id, Name: "name of " + id, Kind: upwind.StationMicro, Town: "371501001", Device: &upwind.Device{MN: "mn-" + id, PW: "secret"}}
	}
	state := func(id string, findings ...upwind.DeviceFinding) upwind.DeviceState {
		return upwind.DeviceState{MN: "mn-" + id, Last: devicesAt.Add(-time.Minute), Frames: 7, Findings: findings}
	}
	ill := func(a hj212.Ailment, factor string) upwind.DeviceFinding {
		return upwind.DeviceFinding{Ailment: string(a), Factor: factor, Since: devicesAt.Add(-time.Hour), Value: 1, Text: "text of " + string(a)}
	}
	never := state("never", ill(hj212.AilSilent, ""))
	never.Last, never.Frames = time.Time{}, 0
	m := &web.Memory{DevicesAt: devicesAt, Cells: []web.Cell{{Level: web.LevelTown, Code: "371501001", Name: "王庄镇"}},
		StationL: []upwind.Station{station("formal"), station("frozen"), station("never"), station("silent"), station("well"), {ID: "deaf", Kind: upwind.StationRiver}},
		DeviceL: []upwind.DeviceState{state("formal", ill(hj212.AilStandard, "")), state("frozen", ill(hj212.AilFrames, ""), ill(hj212.AilFrozen, "a34002")),
			never, state("silent", ill(hj212.AilSilent, "")), state("well"), state("stranger", ill(hj212.AilStranger, ""))}}
	return m
}

func TestDevicesAreOrderedWorstFirst(t *testing.T) {
	w := ask(handler(t, fewDevices(), web.Options{}), "GET", "/api/devices")
	require.NotContains(t, w.Body.String(), "secret")
	doc := decode[deviceList](t, w)
	require.Equal(t, upwind.SchemaVersion, doc.Version)
	require.Equal(t, devicesAt, doc.At)
	var order []string
	grades := map[string]int{}
	for _, d := range doc.Devices {
		order = append(order, d.MN)
		grades[d.MN] = d.Grade
	}
	require.Equal(t, []string{"mn-never", "mn-silent", "mn-frozen", "mn-formal", "mn-well", "mn-stranger"}, order, "what is not registered stands at the end")
	require.Equal(t, map[string]int{"mn-never": 3, "mn-silent": 3, "mn-frozen": 2, "mn-formal": 1, "mn-well": 0, "mn-stranger": 3}, grades)
	require.Equal(t, "never-heard", doc.Devices[0].Findings[0].Ailment)
	require.True(t, doc.Devices[0].Last.IsZero())
	frozen := doc.Devices[2]
	require.Equal(t, "frozen", frozen.Findings[0].Ailment, "the worst finding stands first")
	require.Equal(t, "PM10", frozen.Findings[0].Species)
	require.Equal(t, []string{"371501", "王庄镇"}, frozen.Place, "the code stands for a name the grid has not")
	require.False(t, doc.Devices[5].Registered)
}

func TestDevicesBeforeAnyListener(t *testing.T) {
	m := fewDevices()
	m.DeviceL, m.DevicesAt = nil, time.Time{}
	w := ask(handler(t, m, web.Options{}), "GET", "/api/devices")
	doc := decode[deviceList](t, w)
	require.Len(t, doc.Devices, 5)
	require.NotContains(t, w.Body.String(), `"at"`)
	for _, d := range doc.Devices {
		require.Zero(t, d.Grade, "of a device nobody listened to nothing is known")
		require.NotNil(t, d.Findings)
	}
}

func TestDevicesFollowTheState(t *testing.T) {
	m := fewDevices()
	h := handler(t, m, web.Options{})
	etag := ask(h, "GET", "/api/devices").Header().Get("ETag")
	require.Equal(t, 304, ask(h, "GET", "/api/devices", "If-None-Match", etag).Code)
	m.Change(web.ChangeDevices, func(m *web.Memory) { m.DeviceL = m.DeviceL[:3] })
	require.Eventually(t, func() bool { return ask(h, "GET", "/api/devices", "If-None-Match", etag).Code == 200 }, 5*time.Second, 20*time.Millisecond)
}

func TestThousandDevices(t *testing.T) {
	h := handler(t, web.TestNetwork(1000, 0, devicesAt), web.Options{})
	doc := decode[deviceList](t, ask(h, "GET", "/api/devices"))
	require.Len(t, doc.Devices, 1003)
	for i := 1; i < 1000; i++ {
		require.GreaterOrEqual(t, doc.Devices[i-1].Grade, doc.Devices[i].Grade)
	}
	require.Less(t, ask(h, "GET", "/api/devices", "Accept-Encoding", "gzip").Body.Len(), 100<<10)
}

func TestDeviceTableIsSafeInASpreadsheet(t *testing.T) {
	m := fewDevices()
	m.StationL[4].Name = `=HYPERLINK("http://evil.example","x")`
	m.StationL[3].Name = "a,\"b\"\r\n<script>"
	w := ask(handler(t, m, web.Options{}), "GET", "/api/devices?format=csv")
	require.Equal(t, 200, w.Code)
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, `attachment; filename="upwind-devices.csv"`, w.Header().Get("Content-Disposition"))
	require.NotContains(t, w.Body.String(), "secret")
	text, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	require.True(t, marked, "spreadsheets need the byte order mark")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 7)
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	byMN := map[string][]string{}
	for _, r := range rows[1:] {
		byMN[r[at["mn"]]] = r
	}
	require.Equal(t, `'=HYPERLINK("http://evil.example","x")`, byMN["mn-well"][at["name"]])
	require.Equal(t, "a,\"b\"\n<script>", byMN["mn-silent"][at["name"]])
	require.Equal(t, "frozen; bad-frames", byMN["mn-frozen"][at["ailments"]])
	require.Equal(t, "text of frozen; text of bad-frames", byMN["mn-frozen"][at["findings"]])
	require.Empty(t, byMN["mn-never"][at["last_utc"]])
	require.Equal(t, "2026-03-05T07:59:00Z", byMN["mn-well"][at["last_utc"]])
	require.Equal(t, "王庄镇", byMN["mn-well"][at["town_name"]])
}

func TestEveryAilmentHasWordsAndAGrade(t *testing.T) {
	zh := words(t, "zh-CN.js")
	m := fewDevices()
	for _, a := range []hj212.Ailment{hj212.AilUnit, hj212.AilClock, hj212.AilFrames, hj212.AilFrozen, hj212.AilSilent, hj212.AilRange, hj212.AilTwice,
		hj212.AilStranger, hj212.AilStandard, "never-heard", "wrong-password"} {
		require.Contains(t, zh, "ailing."+string(a))
		if a != hj212.AilClock {
			require.Contains(t, zh, "ailment."+string(a))
		}
	}
	for _, k := range upwind.StationKinds {
		require.Contains(t, zh, "station."+string(k))
	}
	m.DeviceL[4].Findings = []upwind.DeviceFinding{{Ailment: "of tomorrow"}}
	for _, d := range decode[deviceList](t, ask(handler(t, m, web.Options{}), "GET", "/api/devices")).Devices {
		if d.MN == "mn-well" {
			require.Equal(t, 2, d.Grade, "an ailment that this page does not know is a doubt")
		}
	}
}
