package invert

import "math"

// record is a corrected channel of a ray and its background.
type record struct {
	body   raw
	back   background
	fitted bool
}

const (
	skyRays   = 20  // to each side whose sky is taken to be alike
	skyLeast  = 5   // rays that make a median worth having
	skyReject = 3.0 // sigma by which a ray's own background may differ from its neighbours'
)

// shareBackgrounds compares the backgrounds of rays near the horizon. What is fitted under the tail of one ray is wrong
// when a plume stands in the tail: its light, too near to be part of the tail's decay, is taken from the background,
// and all that lies behind then rises with r^2. But neighbouring rays look into nearly the same sky with the same
// electronics. So a ray whose background differs from its neighbours' median beyond the errors of both takes theirs; the
// others are drawn towards it by their variances.
func (c *chain) shareBackgrounds() {
	for p := range c.parts {
		for k := range 2 {
			var rays []*record
			for _, w := range c.work {
				if r := w.records[p][k]; r != nil && r.fitted && !c.steep(w) && finite(r.back.level) && r.back.variance > 0 && finite(r.back.variance) {
					rays = append(rays, r)
				}
			}
			share(rays)
		}
	}
}

func share(rays []*record) {
	fits := make([]background, len(rays))
	for i, r := range rays {
		fits[i] = r.back
	}
	for i, r := range rays {
		level, variance, ok := around(fits, i)
		if !ok {
			continue
		}
		own := fits[i]
		if d := own.level - level; d*d > skyReject*skyReject*(own.variance+variance) {
			r.back.level, r.back.variance = level, variance
			continue
		}
		w := own.variance / (own.variance + variance)
		r.back.level, r.back.variance = own.level+w*(level-own.level), w*variance
	}
}

// around is the median background of a ray's neighbours and its variance as a forecast for the ray: what they scatter
// beyond their errors, and the error of the median.
func around(fits []background, i int) (level, variance float64, ok bool) {
	var levels, variances []float64
	for j := max(0, i-skyRays); j <= min(len(fits)-1, i+skyRays); j++ {
		if j != i {
			levels, variances = append(levels, fits[j].level), append(variances, fits[j].variance)
		}
	}
	if len(levels) < skyLeast {
		return 0, 0, false
	}
	level = median(levels)
	for k, x := range levels {
		levels[k] = math.Abs(x - level)
	}
	usual, spread2 := median(variances), sq(madSigma*median(levels))
	return level, math.Max(0, spread2-usual) + medianPenalty2*math.Max(spread2, usual)/float64(len(levels)), true
}

const (
	madSigma       = 1.4826      // a standard deviation over the median absolute deviation of normal numbers
	medianPenalty2 = math.Pi / 2 // variance of a median over that of a mean
)
