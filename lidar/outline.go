package lidar

import (
	"math"

	"github.com/paulmach/orb"

	regions "upwind/raster/region"
)

// outline is that of a region along the sides of its cells, outer ring first, then its holes, in cells with y southward: closed rings,
// counterclockwise on a north-up map, holes clockwise. perimeter counts the cell sides of the outer ring.
func outline(labels []int32, w int, r region) (rings orb.Polygon, perimeter int) {
	var cells regions.Region
	for y := r.box.Min.Y; y < r.box.Max.Y; y++ {
		row := labels[y*w : (y+1)*w]
		for x := r.box.Min.X; x < r.box.Max.X; x++ {
			if row[x] != r.label {
				continue
			}
			from := x
			for x < r.box.Max.X && row[x] == r.label {
				x++
			}
			cells.Stretches = append(cells.Stretches, regions.Stretch{Y: int32(y), X0: int32(from), X1: int32(x)})
		}
	}
	cells.Y1 = r.box.Max.Y
	rings = cells.Outline()
	for _, ring := range rings {
		ring.Reverse()
	}
	for i := 1; i < len(rings[0]); i++ {
		a, b := rings[0][i-1], rings[0][i]
		perimeter += int(math.Abs(b[0]-a[0]) + math.Abs(b[1]-a[1]))
	}
	return rings, perimeter
}
