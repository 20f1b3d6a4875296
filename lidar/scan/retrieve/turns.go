package retrieve

import (
	"math"
	"time"

	"upwind/lidar/scan"
)

const (
	// A turn ends where the azimuth has gone round once, and where the instrument paused or changed its elevation.
	pauseTimes     = 20 // of the time between rays
	minPause       = time.Minute
	newElevationDg = 0.5
	leastTurnRays  = 8 // fewer belong to the turn before: an instrument overshoots
)

// Turns cuts a scan that goes round more than once into single turns, in order of time; scans of other kinds
// are one turn. The rays are shared with s. Parked rays stay with the turn that follows them.
func Turns(s *scan.Scan) []*scan.Scan {
	if s.Kind != scan.PPI && s.Kind != scan.Cone {
		return []*scan.Scan{s}
	}
	var cuts []int
	pause := pauseOf(s)
	last, begin := -1, 0
	gone := 0.0
	for i := range s.Rays {
		r := &s.Rays[i]
		if r.Parked {
			continue
		}
		if last >= 0 {
			p := &s.Rays[last]
			gone += math.Mod(r.AzimuthDeg-p.AzimuthDeg+540, 360) - 180
			step := math.Abs(math.Mod(r.AzimuthDeg-p.AzimuthDeg+540, 360) - 180)
			round := math.Abs(gone) > 360-step/2
			if round || r.Start.Sub(p.Start) > pause || math.Abs(r.ElevationDeg-p.ElevationDeg) > newElevationDg {
				if i-begin >= leastTurnRays {
					cuts = append(cuts, last+1)
					begin = i
				}
				gone = 0
			}
		}
		last = i
	}
	if n := len(cuts); n > 0 && len(s.Rays)-cuts[n-1] < leastTurnRays {
		cuts = cuts[:n-1]
	}
	var out []*scan.Scan
	from := 0
	for _, to := range append(cuts, len(s.Rays)) {
		t := *s
		t.Rays = s.Rays[from:to]
		out = append(out, &t)
		from = to
	}
	return out
}

// pauseOf is how long after a ray the next one no longer belongs to the same turn.
func pauseOf(s *scan.Scan) time.Duration {
	if len(s.Rays) < 2 {
		return minPause
	}
	span := s.Rays[len(s.Rays)-1].Start.Sub(s.Rays[0].Start)
	return max(minPause, pauseTimes*span/time.Duration(len(s.Rays)-1))
}
