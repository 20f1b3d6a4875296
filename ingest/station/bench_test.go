package station_test

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// BenchmarkObserve is a city's minute: 827 stations of ten factors.
func BenchmarkObserve(b *testing.B) {
	const stations = 827
	u := upload(b, "2051", "a34004-Avg=35,a34004-Flag=N;a34002-Avg=60,a34002-Flag=N;a34001-Avg=90,a34001-Flag=N;a21026-Avg=0.012,a21026-Flag=N;a21004-Avg=0.03,a21004-Flag=N;"+
		"a05024-Avg=0.08,a05024-Flag=N;a01001-Avg=12,a01001-Flag=N;a01006-Avg=101.2,a01006-Flag=N;a01007-Avg=3,a01007-Flag=N;a01008-Avg=200,a01008-Flag=N")
	require.Len(b, u.Readings, 10)
	var list []upwind.Station
	var uploads []hj212.Upload
	for i := range stations {
		v := u
		v.Packet.MN = "D" + strconv.Itoa(i)
		uploads = append(uploads, v)
		list = append(list, upwind.Station{ID: v.Packet.MN, Kind: upwind.StationDust, Device: &upwind.Device{MN: v.Packet.MN}})
	}
	r := station.New(list)
	b.ReportAllocs()
	n := 0
	began := cpuSeconds(b)
	for b.Loop() {
		for i := range uploads {
			obs, wind := r.Observe(uploads[i])
			n += len(obs)
			if len(wind) != 1 {
				b.Fatal("no wind")
			}
		}
	}
	b.ReportMetric(float64(n)/(cpuSeconds(b)-began), "readings/s/core")
}

// cpuSeconds is what this process has used, collection included: a busy machine does not change it.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkNew is the registry of a province.
func BenchmarkNew(b *testing.B) {
	var list []upwind.Station
	for i := range 10_000 {
		mn := "D" + strconv.Itoa(i)
		list = append(list, upwind.Station{ID: mn, Kind: upwind.StationDust, Device: &upwind.Device{MN: mn, Units: map[string]string{"PM10": "ng/m3"}}})
	}
	for b.Loop() {
		station.New(list)
	}
}
