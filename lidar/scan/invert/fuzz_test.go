package invert

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
)

func FuzzReadTable(f *testing.F) {
	f.Add([]byte("range_m,signal\n1,2\n3,4e5\n"))
	f.Add([]byte("1 2\n3\n"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		columns, err := ReadTable(bytes.NewReader(b), "table")
		if err != nil {
			require.True(t, upwind.IsRefusal(err))
			return
		}
		for _, c := range columns {
			require.Len(t, c, len(columns[0]))
		}
	})
}

// Whatever values, shots, ranges and directions a reader hands over, there is a field or a refusal.
func FuzzRun(f *testing.F) {
	f.Add(bytes.Repeat([]byte{1, 2, 3, 4, 0, 0, 240, 63}, 60), 7.5, 3.75, 0.0, uint8(0), 100)
	f.Add(bytes.Repeat([]byte{255}, 800), 1e-300, -1e300, 90.0, uint8(7), -5)
	f.Add(make([]byte, 640), 15.0, 7.5, 45.0, uint8(2), 0)
	units := []string{scan.UnitMV, scan.UnitMHz, scan.UnitCounts, scan.UnitBeta, scan.UnitSNR, scan.UnitRCS}
	f.Fuzz(func(t *testing.T, b []byte, binM, firstM, elevation float64, kind uint8, shots int) {
		if len(b) > 1<<14 {
			return
		}
		values := make([]float64, len(b)/8)
		for i := range values {
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		mode := []scan.Mode{scan.Photon, scan.Analog}[kind%2]
		s := &scan.Scan{Channels: []scan.Channel{
			{ID: "a", WavelengthNM: 532, Mode: mode, Unit: units[int(kind)%len(units)], BinM: binM, FirstM: firstM, Bins: 1 << 30, Polarization: scan.Parallel},
			{ID: "b", WavelengthNM: 532, Mode: scan.Photon, Unit: scan.UnitMHz, BinM: binM, FirstM: firstM, Bins: len(values), Polarization: scan.Perpendicular},
		}}
		s.Site.DepolGain = map[string]float64{"532": 1.5}
		s.Site.DeadTimeNS = float64(kind)
		for k := range 3 {
			s.Rays = append(s.Rays, scan.Ray{AzimuthDeg: float64(k), ElevationDeg: elevation, Values: [][]float64{values, values[k*len(values)/4:]}, Shots: []int{shots, shots}})
		}
		field, err := Run(context.Background(), s, Options{})
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		for i, a := range field.Extinction {
			require.False(t, math.IsNaN(a) && field.Quality[i] == 0, "a value is missing without a reason")
		}
	})
}
