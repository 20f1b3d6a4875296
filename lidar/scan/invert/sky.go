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
	// shapeShare is the part of the tail's light that goes to the background, or comes from it, when the decay of the
	// signal is wrong by a fifth, as it is where haze thins out along the ray: over the last quarter of 6 km in haze of
	// 0.15 /km the fit of A f + B to f exp(0.06 r/km) leaves a seventh of the light in B.
	shapeShare = 0.15
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
		sky, ok := around(fits, i)
		if !ok {
			continue
		}
		own := fits[i]
		r.back.shape = math.Min(sky.shape, own.mostShape())
		error2 := own.variance + r.back.shape
		if d := own.level - sky.level; d*d > skyReject*skyReject*(error2+sky.variance) {
			r.back.level, r.back.variance = sky.level, sky.variance
			continue
		}
		w := error2 / (error2 + sky.variance)
		r.back.level, r.back.variance = own.level+w*(sky.level-own.level), w*sky.variance
	}
}

// mostShape is the variance of a background whose signal has not quite the shape it was fitted with.
func (b background) mostShape() float64 { return sq(shapeShare * b.light) }

// around is the median background of a ray's neighbours. They scatter beyond their noise for two reasons: the shapes of
// their signals, which is an error of each of them and comes first as far as the light in their tails allows it, and then
// the sky itself. variance is that of the level as a forecast for the ray: by the sky, and by the error of the median.
func around(fits []background, i int) (sky background, ok bool) {
	var levels, own, most []float64
	for j := max(0, i-skyRays); j <= min(len(fits)-1, i+skyRays); j++ {
		if j != i {
			levels, own, most = append(levels, fits[j].level), append(own, fits[j].variance), append(most, fits[j].mostShape())
		}
	}
	if len(levels) < skyLeast {
		return sky, false
	}
	sky.level = median(levels)
	for k, x := range levels {
		levels[k] = math.Abs(x - sky.level)
	}
	spread2, noise := sq(madSigma*median(levels)), median(own)
	beyond := math.Max(0, spread2-noise)
	sky.shape = math.Min(beyond, median(most))
	sky.variance = beyond - sky.shape + medianPenalty2*math.Max(spread2, noise)/float64(len(levels))
	return sky, true
}

const (
	madSigma       = 1.4826      // a standard deviation over the median absolute deviation of normal numbers
	medianPenalty2 = math.Pi / 2 // variance of a median over that of a mean
)
