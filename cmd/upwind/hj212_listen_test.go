package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// uploadOf is a minute of a made station.
func uploadOf(t testing.TB, i int, at time.Time, pm10 string) hj212.Upload {
	t.Helper()
	s := madeStations(i + 1)[i]
	p := packetOf(1, &s, []string{"a34002", "a01007", "a01008"}, hj212.CNMinute, at, time.Minute, 0)
	for k := range p.CP {
		if p.CP[k].Name == "a34002" && p.CP[k].Sub == "Avg" {
			p.CP[k].Value = pm10
		}
	}
	readings, _, err := p.Readings(s.Device)
	require.NoError(t, err)
	return hj212.Upload{Device: *s.Device, Packet: p, Readings: readings, Received: at.Add(time.Minute)}
}

const linesAMinute = 3*3 + 1 // least, mean, most of three factors, and a wind

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "readings.jsonl")
	registry := station.New(madeStations(3))
	reopen := func() *journal {
		j, err := openJournal(path, registry)
		require.NoError(t, err)
		return j
	}
	lines := func() int {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, len(b) == 0 || b[len(b)-1] == '\n')
		return strings.Count(string(b), "\n")
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx := context.Background()

	j := reopen()
	_, err := openJournal(path, registry)
	require.ErrorContains(t, err, "another listener")
	first := uploadOf(t, 0, at, "90")
	require.NoError(t, j.publish(ctx, []hj212.Upload{first, uploadOf(t, 1, at, "80"), first}))
	require.Equal(t, 2*linesAMinute, lines(), "the same twice in one batch is one")
	require.NoError(t, j.publish(ctx, []hj212.Upload{first}))
	require.Equal(t, 2*linesAMinute, lines())
	require.NoError(t, j.publish(ctx, []hj212.Upload{uploadOf(t, 0, at.Add(time.Minute), "90")}))
	require.Equal(t, 3*linesAMinute, lines())
	require.NoError(t, j.close())
	require.ErrorContains(t, j.publish(ctx, []hj212.Upload{uploadOf(t, 2, at, "1")}), "not stored", "what is not on the disk is no success")

	j = reopen()
	require.NoError(t, j.publish(ctx, []hj212.Upload{first}))
	require.Equal(t, 3*linesAMinute, lines(), "known from before")
	require.NoError(t, j.publish(ctx, []hj212.Upload{uploadOf(t, 0, at, "91")}))
	require.Equal(t, 3*linesAMinute+1, lines(), "another value of the same is a correction")
	require.NoError(t, j.close())

	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, tail := range map[string]string{
		"a line cut short": string(whole[:70]), "a few letters": `{"k`, "zeros": strings.Repeat("\x00", 5000), "zeros behind a line end": "\x00\x00\n\x00",
		"zeros in a line": `{"kind":"wind","station` + "\x00\x00\n",
	} {
		require.NoError(t, os.WriteFile(path, append(whole[:len(whole):len(whole)], tail...), 0o644))
		j = reopen()
		require.EqualValues(t, len(tail), j.cut, name)
		require.Equal(t, 3*linesAMinute+1, lines(), name)
		require.NoError(t, j.publish(ctx, []hj212.Upload{uploadOf(t, 2, at, "70")}))
		require.Equal(t, 4*linesAMinute+1, lines(), name)
		require.NoError(t, j.close())
	}
	for name, other := range map[string]string{"a text": "Dear reader", "a table": "a,b\n1,2\n", "other JSON": `{"a":1}` + "\n"} {
		require.NoError(t, os.WriteFile(path, []byte(other), 0o644))
		_, err := openJournal(path, registry)
		require.ErrorContains(t, err, "name another file", name)
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, other, string(b), "somebody else's file is left alone")
	}
}

func TestRecentLinesAreBounded(t *testing.T) {
	var r recentLines
	key := func(i int) digest { return digest{byte(i), byte(i >> 8), byte(i >> 16)} }
	for i := range 3 * recentKept {
		r.add(key(i), digest{1})
	}
	require.LessOrEqual(t, len(r.young)+len(r.old), 2*recentKept)
	require.True(t, r.has(key(3*recentKept-1), digest{1}))
	require.True(t, r.has(key(2*recentKept), digest{1}))
	require.False(t, r.has(key(3*recentKept-1), digest{2}))
	require.False(t, r.has(key(0), digest{1}))
}

// One who listens is told what came and what is wrong with the devices.
func TestListenReports(t *testing.T) {
	list := madeStations(2)
	file, out := registryFile(t, list), filepath.Join(t.TempDir(), "readings.jsonl")
	addr := freePort(t)
	s := start(t, nil, "hj212", "listen", "--json", "--quiet", "--listen", addr, "--stations", file, "-o", out)
	waitListening(t, addr, s)
	sendTo(t, 0, "--to", addr, "--simulate", "2", "--stations", file, "--minutes", "5", "--at-once", "--cn", "2051", "--factor", "a34002")
	sendTo(t, 0, "--to", addr, "--simulate", "1", "--stations", file, "--minutes", "1", "--every", "5s", "--at-once", "--cn", "2011", "--clock-skew", "-20m")
	list[0].Device.MN = "STRANGER"
	sendTo(t, exitFailed, "--to", addr, "--simulate", "1", "--stations", registryFile(t, list), "--cn", "2011", "--at-once", "--overtime", "100ms", "--recount", "1")
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, s.cmd.Wait(), s.log.String())
	var d struct {
		Version  int
		Recorded int
		Devices  []hj212.Chart
		Findings []hj212.Finding
	}
	require.NoError(t, json.Unmarshal(s.log.Bytes(), &d), s.log.String())
	require.Equal(t, 2*5*3+12*6, d.Recorded)
	require.Len(t, d.Devices, 2)
	var ailments []hj212.Ailment
	for _, f := range d.Findings {
		ailments = append(ailments, f.Ailment)
	}
	require.ElementsMatch(t, []hj212.Ailment{hj212.AilClock, hj212.AilStranger}, ailments)

	a := newAccount(nil)
	readJournal(t, out, a)
	require.Len(t, a.stored, d.Recorded)
}
