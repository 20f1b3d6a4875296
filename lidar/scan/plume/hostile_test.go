package plume_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

// FuzzFind lays any numbers into a small field: nothing may panic, and what is found is finite.
func FuzzFind(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 255, 255, 255, 255, 127}, uint8(20), int16(2), true)
	f.Add([]byte{0}, uint8(9), int16(300), false)
	f.Fuzz(func(t *testing.T, raw []byte, rays uint8, step int16, upright bool) {
		if len(raw) == 0 {
			return
		}
		const bins = 24
		g := &scan.Field{Kind: scan.Mixed, WavelengthNM: 532, BinM: 7.5, FirstM: 3.75, Bins: bins, Site: scan.Site{Placed: true}}
		number := func(i int) float64 {
			var b [8]byte
			for k := range b {
				b[k] = raw[(i*8+k)%len(raw)]
			}
			v := math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
			if b[0]%2 == 0 {
				return 1e-4 * float64(b[1])
			}
			return v
		}
		for i := range int(rays) {
			r := scan.FieldRay{Start: time.Unix(int64(i), 0), Stop: time.Unix(int64(i)+1, 0), AzimuthDeg: float64(i) * float64(step) / 10}
			if upright {
				r.AzimuthDeg, r.ElevationDeg = float64(step), float64(i)
			}
			g.Rays = append(g.Rays, r)
			for k := range bins {
				v := number(i*bins + k)
				g.Extinction = append(g.Extinction, v)
				g.ExtinctionSigma = append(g.ExtinctionSigma, math.Abs(number(i+k))/10)
				g.Quality = append(g.Quality, scan.Quality(raw[(i+k)%len(raw)])&scan.LowSNR)
			}
		}
		r := find(t, g)
		ds, _ := plume.Detections(r, plume.DetectionOptions{JobID: "fuzz"})
		for _, d := range ds {
			require.NoError(t, d.Validate())
		}
		if m, err := r.Grid(50); err == nil {
			m.Render(plume.RenderOptions{})
		}
		plume.Track(r, r)
	})
}
