package retrieve

import (
	"upwind"
	"upwind/lidar/scan/plume"
)

// Between is the wind that shows in how plumes moved from the last turn of one scan to the first of the next, of
// the same instrument: one reading, or none when nothing can be followed or plumes do not move together.
func Between(before, after *Product) []upwind.Wind {
	first := &after.Turns[0]
	motions, _ := plume.Track(before.Last().Result, first.Result)
	m, agree := plume.Together(motions)
	if site := first.Field.Site; agree && site.Placed {
		return []upwind.Wind{m.Wind(site)}
	}
	return nil
}
