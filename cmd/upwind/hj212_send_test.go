package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// testCentre takes what the devices of a registry send and remembers it.
type testCentre struct {
	addr string
	mu   sync.Mutex
	got  []hj212.Upload
}

func startCentre(t testing.TB, list []upwind.Station) *testCentre {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &testCentre{addr: l.Addr().String()}
	s := &hj212.Server{Lookup: station.New(list).Device, Publish: func(_ context.Context, batch []hj212.Upload) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, batch...)
		return nil
	}}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(ctx, l)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return c
}

func (c *testCentre) uploads() []hj212.Upload {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]hj212.Upload(nil), c.got...)
}

// sendDocument is what `upwind hj212 send --json` prints.
type sendDocument struct {
	Version  int
	Commands []sendRow
	Errors   []string
}

func sendTo(t testing.TB, code int, args ...string) sendDocument {
	t.Helper()
	o := upwindDo(t, append([]string{"hj212", "send", "--json"}, args...)...)
	require.Equal(t, code, o.code, o.stderr)
	var d sendDocument
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &d))
	return d
}

// Every kind of station speaks, with what can be wrong on its line: all of it arrives.
func TestSimulatedDevices(t *testing.T) {
	list := madeStations(len(upwind.StationKinds))
	for i, k := range upwind.StationKinds {
		list[i].Kind = k
	}
	old := 2005
	list[1].Device.Version, list[2].Device.PW = &old, "secret"
	list[3].Device.StampsEnd, list[3].Device.UTC = true, true
	list[2].Device.Units = map[string]string{"PM10": "ng/m3"}
	file := registryFile(t, list)
	for name, c := range map[string]struct {
		flags  []string
		parts  int
		resent bool
	}{
		"as it should be": {nil, 1, false},
		"in TCP segments": {[]string{"--split"}, 1, false},
		"slow":            {[]string{"--slow", "--minutes", "2"}, 1, false},
		"in parts":        {[]string{"--parts", "3"}, 3, false},
		"loses answers":   {[]string{"--lose-answers", "0.3", "--overtime", "1s", "--recount", "20"}, 1, true},
		"damaged":         {[]string{"--bad-crc", "0.1", "--overtime", "400ms", "--recount", "10"}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			centre := startCentre(t, list)
			d := sendTo(t, 0, append([]string{"--to", centre.addr, "--simulate", "6", "--stations", file, "--minutes", "10", "--at-once", "--cn", "2051"}, c.flags...)...)
			require.Len(t, d.Commands, 1)
			minutes := 10
			if name == "slow" {
				minutes = 2
			}
			want := 6 * minutes * c.parts
			require.Equal(t, want, d.Commands[0].Acknowledged, d.Errors)
			require.GreaterOrEqual(t, len(centre.uploads()), want)
			if c.resent {
				require.Positive(t, d.Commands[0].Resent)
			}
			for _, u := range centre.uploads() {
				require.NotEmpty(t, u.Readings)
				require.Equal(t, time.Minute, u.Readings[0].Period)
				require.WithinDuration(t, time.Now(), u.Readings[0].Time, 15*time.Minute, "stamps of %s", u.Packet.MN)
			}
		})
	}
}

func TestSkewedClockIsNoticed(t *testing.T) {
	list := madeStations(1)
	centre := startCentre(t, list)
	sendTo(t, 0, "--to", centre.addr, "--simulate", "1", "--stations", registryFile(t, list), "--cn", "2011", "--at-once", "--clock-skew", "-20m")
	got := centre.uploads()
	require.Len(t, got, 1)
	require.True(t, got[0].Late)
	require.InDelta(t, -1260, got[0].Skew.Seconds(), 60)
}

// Minutes and hours come when they are over, at their devices' pace.
func TestScheduleOfDevices(t *testing.T) {
	m := &simulation{from: time.Date(2026, 1, 1, 0, 59, 30, 0, time.UTC), length: 2 * time.Minute, every: time.Minute,
		commands: []int{hj212.CNRealTime, hj212.CNMinute, hj212.CNHour}}
	var got []string
	for _, p := range m.schedule(madeStations(1)) {
		got = append(got, commandName(p.cn)+" "+p.due.Format("15:04:05")+" of "+p.at.Format("15:04:05"))
	}
	require.Equal(t, []string{"2011 real-time data 00:59:30 of 00:59:30", "2051 minute data 01:00:00 of 00:59:00", "2061 hourly data 01:00:00 of 00:00:00",
		"2011 real-time data 01:00:30 of 01:00:30", "2051 minute data 01:01:00 of 01:00:00"}, got)
}

func TestSendFile(t *testing.T) {
	list := madeStations(1)
	list[0].Device.MN = "010000A8900016F000169DC0"
	centre := startCentre(t, list)
	path := filepath.Join(t.TempDir(), "captured.txt")
	frame := plainFrame(t, segmentA)
	require.NoError(t, os.WriteFile(path, []byte(frame+"\n"+frame+"\r\n"), 0o644))
	d := sendTo(t, 0, "--to", centre.addr, path)
	require.Equal(t, 2, d.Commands[0].Acknowledged)
	require.Equal(t, "20260101080000123", centre.uploads()[0].Packet.QN)
	d = sendTo(t, 0, "--to", centre.addr, "--now", path)
	require.Equal(t, 2, d.Commands[0].Acknowledged)
	last := centre.uploads()[3]
	require.WithinDuration(t, time.Now(), last.Readings[0].Time, 2*time.Minute)
	require.NotEqual(t, centre.uploads()[2].Packet.QN, last.Packet.QN)

	// A device that is not on the list gets no answer, and its user is told.
	list[0].Device.MN = "OTHER"
	d = sendTo(t, exitFailed, "--to", startCentre(t, list).addr, "--overtime", "200ms", "--recount", "1", path)
	require.Equal(t, []int{0, 2}, []int{d.Commands[0].Acknowledged, d.Commands[0].Failed})
	require.Contains(t, d.Errors[0], "does not answer")

	require.NoError(t, os.WriteFile(path, []byte(frame+"\n##00091234567894B37"), 0o644))
	o := upwindDo(t, "hj212", "send", "--to", centre.addr, path)
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.stderr, "captured.txt:2: ")
}
