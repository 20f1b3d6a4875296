package tracing

import (
	"fmt"
	"math"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// A place that is longer than wide by rayRatio is a ray: along one wind direction range and rate trade off.
const rayRatio = 2.0

// rayNote says that the best free position is a ray, from the cells that hold half of its probability; empty when it is not one.
func rayNote(sources []invert.Source) string {
	for _, s := range sources {
		if s.Site >= 0 || len(s.HPD50) < 2 {
			continue
		}
		long, short, bearing := shape(s.HPD50, s.CellM)
		if long < rayRatio*short {
			return ""
		}
		return fmt.Sprintf("one direction only: a ray, not a point; the place is uncertain by %.0f m along %.0f/%.0f degrees and by %.0f m across", long, bearing, bearing+180, short)
	}
	return ""
}

// shape is the spread of cells along their long and their short axis in m, and the bearing of the long one.
func shape(cells []plane.Point, side float64) (long, short, bearing float64) {
	n := float64(len(cells))
	var mx, my, xx, yy, xy float64
	for _, c := range cells {
		mx, my = mx+c.X/n, my+c.Y/n
	}
	for _, c := range cells {
		dx, dy := c.X-mx, c.Y-my
		xx, yy, xy = xx+dx*dx/n, yy+dy*dy/n, xy+dx*dy/n
	}
	xx, yy = xx+side*side/12, yy+side*side/12
	mid, dif := (xx+yy)/2, math.Hypot((xx-yy)/2, xy)
	angle := 0.5 * math.Atan2(2*xy, xx-yy)
	return math.Sqrt(mid + dif), math.Sqrt(max(mid-dif, 0)), math.Mod(90-angle*180/math.Pi+360, 180)
}
