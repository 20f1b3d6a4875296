package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// registryFile writes made devices as an administrator would.
func registryFile(t testing.TB, list []upwind.Station) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stations.csv")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, station.Write(f, list))
	require.NoError(t, f.Close())
	return path
}

// freePort is an address that is the same at each start of a killed server.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func waitListening(t testing.TB, addr string, s *service) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
	}
	s.kill()
	t.Fatalf("nobody listens at %s\n%s", addr, s.log)
}

// stubborn are devices that send minutes until told to stop and do not give up.
func stubborn(addr string, devices int) *simulation {
	m := &simulation{addr: addr, length: 48 * time.Hour, every: time.Minute, commands: []int{hj212.CNRealTime, hj212.CNMinute}, atOnce: true,
		over: 500 * time.Millisecond, resends: 1000, seed: 7, faults: lineFaults{badCRC: 0.002, lost: 0.2}}
	m.from = time.Now().Truncate(time.Minute).Add(-m.length)
	for _, s := range madeStations(devices) {
		m.lines = append(m.lines, []upwind.Station{s})
	}
	return m
}

// whileSending runs devices while do does its worst, then lets them finish what they are sending, and returns what they were told.
func whileSending(t testing.TB, m *simulation, do func()) (a *account, sent sendTally) {
	t.Helper()
	a = newAccount(m.lines)
	m.sent = func(s sentPacket) {
		sent.add(s)
		if err := a.promise(s); err != nil {
			t.Error(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = m.run(ctx) })
	do()
	stop()
	wg.Wait()
	return a, sent
}

// The recorder is killed again and again while devices send, and now and then the last line is torn as by a power cut. Every
// reading that was acknowledged is in the file, once.
func TestListenerKillStorm(t *testing.T) {
	const devices = 40
	m := stubborn(freePort(t), devices)
	file := filepath.Join(t.TempDir(), "readings.jsonl")
	args := []string{"hj212", "listen", "--quiet", "--listen", m.addr, "--stations", registryFile(t, madeStations(devices)), "-o", file}
	listener := start(t, nil, args...)
	waitListening(t, m.addr, listener)
	rnd := rand.New(rand.NewPCG(3, 4))
	n := max(4, kills()/2)
	torn := 0
	a, sent := whileSending(t, m, func() {
		for i := range n {
			time.Sleep(time.Duration(150+rnd.IntN(500)) * time.Millisecond)
			listener.kill()
			if i%2 == 0 {
				torn++
				tear(t, file, rnd)
			}
			listener = start(t, nil, args...)
			waitListening(t, m.addr, listener)
		}
		time.Sleep(time.Second)
	})
	require.NoError(t, listener.cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, listener.cmd.Wait(), listener.log.String())
	require.Contains(t, listener.log.String(), fmt.Sprintf("readings recorded of %d devices", devices))

	readJournal(t, file, a)
	t.Logf("%d kills, %d torn lines; %d readings acknowledged, %d stored; sent: %s", n, torn, len(a.promised), len(a.stored), asJSON(t, sent.rows()))
	require.Greater(t, len(a.promised), 1000*devices/10)
	require.Empty(t, some(a.lost()), "lost")
	require.Empty(t, some(a.doubled()), "doubled")
}

// tear leaves what a power cut may: the last line cut short, half a line more, or zeros where a line should be. Of what was
// synced nothing goes.
func tear(t testing.TB, file string, rnd *rand.Rand) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteString([]string{`{"kind":"observation","station_id":"SIM000`, `{"kin`, strings.Repeat("\x00", 700), "{\"kind\":\"wind\",\x00\x00\n\x00"}[rnd.IntN(4)])
	require.NoError(t, err)
}

func readJournal(t testing.TB, file string, a *account) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	in := bufio.NewScanner(f)
	for in.Scan() {
		var kind struct{ Kind string }
		require.NoError(t, json.Unmarshal(in.Bytes(), &kind), in.Text())
		switch kind.Kind {
		case lineObservation:
			var l observationLine
			require.NoError(t, json.Unmarshal(in.Bytes(), &l))
			a.observe(&l.Observation)
		case lineWind:
			var l windLine
			require.NoError(t, json.Unmarshal(in.Bytes(), &l))
			a.wind(&l.Wind)
		default:
			t.Fatal(in.Text())
		}
	}
	require.NoError(t, in.Err())
}

// The whole program is killed while devices send to it. Every reading that was acknowledged is in the logs, once.
func TestServerKillStormOfDevices(t *testing.T) {
	const devices = 40
	data := filepath.Join(t.TempDir(), "data")
	h, err := openData(t.Context(), data)
	require.NoError(t, err)
	require.NoError(t, h.bus.SetStations(t.Context(), madeStations(devices)))
	h.Close()
	m := stubborn(freePort(t), devices)
	args := []string{"run", "--data", data, "--listen", "127.0.0.1:0", "--hj212", m.addr, "--roles", "raster"}
	server := start(t, nil, args...)
	waitListening(t, m.addr, server)
	rnd := rand.New(rand.NewPCG(5, 6))
	n := max(3, kills()/3)
	a, sent := whileSending(t, m, func() {
		for range n {
			time.Sleep(time.Duration(300+rnd.IntN(900)) * time.Millisecond)
			server.kill()
			server = start(t, nil, args...)
			waitListening(t, m.addr, server)
		}
		time.Sleep(time.Second)
	})
	server.stop(t)

	h, err = openData(t.Context(), data)
	require.NoError(t, err)
	defer h.Close()
	require.NoError(t, a.logs(t.Context(), h.bus))
	t.Logf("%d kills; %d readings acknowledged, %d stored; sent: %s", n, len(a.promised), len(a.stored), asJSON(t, sent.rows()))
	require.Greater(t, len(a.promised), 20*devices)
	require.Empty(t, some(a.lost()), "lost")
	require.Empty(t, some(a.doubled()), "doubled")
}
