package las_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

// benchRead reads all points of a scene from memory, into points.
func benchRead(b *testing.B, scene string, sel las.Layers, threads int) {
	data, err := os.ReadFile(filepath.Join(sharedData(b, "pointcloud/scenes"), scene))
	require.NoError(b, err)
	pts := make([]las.Point, 4096)
	var total int64
	b.ReportAllocs()
	for b.Loop() {
		r, err := las.OpenNamed(scene, bytes.NewReader(data), int64(len(data)))
		require.NoError(b, err)
		require.NoError(b, r.Select(sel))
		require.NoError(b, r.Threads(threads))
		for {
			n, err := r.Read(pts)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(b, err)
			total += int64(n)
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}

func BenchmarkLAZ(b *testing.B) {
	const surface = las.LayerXY | las.LayerZ | las.LayerClass
	for _, c := range []struct {
		name, scene string
		sel         las.Layers
		threads     int
	}{
		{"format1", "bcts_2.laz", las.AllLayers, 1},
		{"format1/2threads", "bcts_2.laz", las.AllLayers, 2},
		{"format3", "autzen_trim.laz", las.AllLayers, 1},
		{"format7", "autzen_trim_pdrf7.laz", las.AllLayers, 1},
		{"format7/surface", "autzen_trim_pdrf7.laz", surface, 1},
		{"format8", "las_with_several_extra_byte_bloc.laz", las.AllLayers, 1},
		{"format8/surface", "las_with_several_extra_byte_bloc.laz", surface, 1},
		{"format8/2threads", "las_with_several_extra_byte_bloc.laz", las.AllLayers, 2},
	} {
		b.Run(c.name, func(b *testing.B) { benchRead(b, c.scene, c.sel, c.threads) })
	}
}
