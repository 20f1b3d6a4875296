package lidar

import (
	"github.com/paulmach/orb"

	outlines "upwind/raster/region"
)

// contourTolerance simplifies a contour, in cells (Douglas and Peucker, 1973). Strands of a contour run
// between the centres of the cell sides and come no closer than 0.71 cells to each other, so two that each
// move by less than half of that cannot cross.
const contourTolerance = 0.35

// heading is a side of a cell walked with the region on the right hand: the step along it, and the cells
// ahead to the right and to the left, seen from the grid corner it ends in.
type heading struct{ dx, dy, rx, ry, lx, ly int }

// headings are east, south, west and north, each the right turn of the one before.
var headings = [4]heading{
	{1, 0, 0, 0, 0, -1},
	{0, 1, -1, 0, 0, 0},
	{-1, 0, -1, -1, -1, 0},
	{0, -1, 0, -1, -1, -1},
}

// contour is the outline of a region, outer ring first, then its holes, in cells with y southward: closed
// rings through the centres of the cell sides, counterclockwise on a north-up map, holes clockwise. perimeter
// counts the cell sides of the outer ring.
func contour(labels []int32, w, h int, r region) (rings orb.Polygon, perimeter int) {
	in := func(x, y int) bool { return x >= 0 && y >= 0 && x < w && y < h && labels[y*w+x] == r.label }
	seen := make([]bool, r.box.Dx()*r.box.Dy()) // northern sides that were walked
	for y := r.box.Min.Y; y < r.box.Max.Y; y++ {
		for x := r.box.Min.X; x < r.box.Max.X; x++ {
			if !in(x, y) || in(x, y-1) || seen[(y-r.box.Min.Y)*r.box.Dx()+x-r.box.Min.X] {
				continue
			}
			ring := orb.Ring{}
			for cx, cy, d := x, y, 0; ; {
				if d == 0 { // east, along the north of cell (cx, cy)
					k := (cy-r.box.Min.Y)*r.box.Dx() + cx - r.box.Min.X
					if seen[k] {
						break
					}
					seen[k] = true
				}
				t := headings[d]
				ring = append(ring, orb.Point{float64(cx) + float64(t.dx)/2, float64(cy) + float64(t.dy)/2})
				cx, cy = cx+t.dx, cy+t.dy
				switch {
				case !in(cx+t.rx, cy+t.ry):
					d = (d + 1) % 4
				case in(cx+t.lx, cy+t.ly):
					d = (d + 3) % 4
				}
			}
			ring.Reverse()
			ring = append(ring, ring[0])
			if ringArea(ring) > 0 {
				perimeter = len(ring) - 1
				rings = append(orb.Polygon{ring}, rings...)
			} else {
				rings = append(rings, ring)
			}
		}
	}
	return rings, perimeter
}

// simplified takes the stairs out of rings.
func simplified(p orb.Polygon) orb.Polygon { return outlines.Simplify(p, contourTolerance) }

// ringArea is the signed area of a closed ring in cells^2, positive when counterclockwise on a north-up
// map.
func ringArea(r orb.Ring) float64 {
	a := 0.0
	for i := 1; i < len(r); i++ {
		a -= r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return a / 2
}
