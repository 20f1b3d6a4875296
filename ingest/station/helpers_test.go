package station_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

const mn = "LC0001"

// one is a registry of one station.
func one(kind upwind.StationKind, units map[string]string) *station.Registry {
	return station.New([]upwind.Station{{ID: "s1", Kind: kind, Lon: 115.98, Lat: 36.45, HeightM: 3, Device: &upwind.Device{MN: mn, Units: units, MinuteS: 60}}})
}

var received = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// upload is what a server makes of a packet.
func upload(t testing.TB, cn, cp string) hj212.Upload {
	t.Helper()
	p, err := hj212.Parse([]byte("QN=20260304130600000;ST=22;CN=" + cn + ";PW=1;MN=" + mn + ";Flag=5;CP=&&DataTime=20260304130500;" + cp + "&&"))
	require.NoError(t, err)
	d := upwind.Device{MN: mn, MinuteS: 60}
	rs, _, err := p.Readings(&d)
	require.NoError(t, err)
	return hj212.Upload{Device: d, Packet: p, Readings: rs, Received: received}
}

func observe(t testing.TB, r *station.Registry, cp string) ([]upwind.Observation, []upwind.Wind) {
	t.Helper()
	return r.Observe(upload(t, "2051", cp))
}

// data is a file of the shared data, or skips.
func data(t testing.TB, path ...string) []byte {
	t.Helper()
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	raw, err := os.ReadFile(filepath.Join(dir, filepath.Join(path...)))
	if err != nil {
		t.Skipf("skipped: %s is not here (set UPWIND_DATA)", filepath.Join(path...))
	}
	return raw
}

func sent(code, value, unit string) upwind.RawValue {
	return upwind.RawValue{Code: code, Value: value, Unit: unit}
}
