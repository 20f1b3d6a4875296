package lidar_test

import (
	"context"
	"image/color"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

func TestChip(t *testing.T) {
	for _, c := range []struct {
		name   string
		format uint8
		px     int
	}{{"in colour", 3, 256}, {"hillshade", 1, 256}, {"small", 3, 40}} {
		t.Run(c.name, func(t *testing.T) {
			cloud, err := lidar.Grid(context.Background(), yardCloud(t, 8, 1, las.Spec{Format: c.format}, nil), flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			res, err := lidar.Detectors[0].Run(context.Background(), cloud, lidar.Options{}, nil)
			require.NoError(t, err)
			require.Len(t, res.Detections, 2)
			d := res.Detections[0]
			img, corners, err := lidar.Chip(context.Background(), cloud, d, c.px)
			require.NoError(t, err)
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			require.InDelta(t, c.px, max(w, h), 2)
			// North-west, north-east, south-east, south-west; the object lies well inside.
			b := d.Geometry.Geometry().Bound()
			require.True(t, corners[0][0] < b.Min[0] && corners[0][1] > b.Max[1])
			require.True(t, corners[2][0] > b.Max[0] && corners[2][1] < b.Min[1])
			require.InDelta(t, corners[0][1], corners[1][1], 1e-6)
			require.InDelta(t, corners[0][0], corners[3][0], 1e-6)
			// Every vertex of the outline is drawn where the corners place it.
			yellow := color.NRGBA{255, 230, 0, 255}
			drawn := func(lon, lat float64) bool {
				x := int((lon - corners[0][0]) / (corners[1][0] - corners[0][0]) * float64(w))
				y := int((lat - corners[0][1]) / (corners[3][1] - corners[0][1]) * float64(h))
				for dy := -2; dy <= 2; dy++ {
					for dx := -2; dx <= 2; dx++ {
						if img.At(x+dx, y+dy) == yellow {
							return true
						}
					}
				}
				return false
			}
			ring := d.Geometry.Geometry().(orb.Polygon)[0]
			for _, q := range ring {
				require.True(t, drawn(q[0], q[1]))
			}
			mid := b.Center()
			if c.px > 100 {
				require.False(t, drawn(mid[0], mid[1]))
			}
			r, _, blue, _ := img.At(w/2, h/2+h/20).RGBA()
			require.Equal(t, c.format == 3, r > blue+2000, "a heap of sand is warm where there is colour")
		})
	}
}

func TestChipOfTheImpossible(t *testing.T) {
	ctx, locate := context.Background(), flat(yardX, yardY)
	cloud, err := lidar.Grid(ctx, yardCloud(t, 2, 1, las.Spec{}, nil), locate, lidar.Options{}, nil)
	require.NoError(t, err)
	empty, err := lidar.Grid(ctx, yardCloud(t, 2, 1, las.Spec{}, func([]las.Point) []las.Point { return nil }), locate, lidar.Options{}, nil)
	require.NoError(t, err)
	square := func(lon, lat, size float64) upwind.Detection {
		return upwind.Detection{ID: "d", Geometry: geojson.NewGeometry(orb.Polygon{{{lon, lat}, {lon + size, lat}, {lon + size, lat + size}, {lon, lat}}})}
	}
	lon, lat := locate(yardX+20, yardY+20)
	inside := square(lon, lat, 1e-4)
	for _, c := range []struct {
		name  string
		cloud *lidar.Cloud
		d     upwind.Detection
		px    int
		want  string
	}{
		{"no grid", empty, inside, 100, "gridded"},
		{"no pixel", cloud, inside, 0, "pixel"},
		{"no geometry", cloud, upwind.Detection{ID: "d"}, 100, "polygon"},
		{"a point", cloud, upwind.Detection{ID: "d", Geometry: geojson.NewGeometry(orb.Point{lon, lat})}, 100, "polygon"},
		{"elsewhere", cloud, square(lon+1, lat, 1e-4), 100, "outside"},
		{"nowhere", cloud, square(math.NaN(), lat, 1e-4), 100, "no place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := lidar.Chip(ctx, c.cloud, c.d, c.px)
			require.ErrorContains(t, err, c.want)
		})
	}
	img, _, err := lidar.Chip(ctx, cloud, square(lon-1, lat-1, 3), 100)
	require.NoError(t, err, "larger than the cloud")
	require.LessOrEqual(t, max(img.Bounds().Dx(), img.Bounds().Dy()), 100)
}
