package invert

import (
	"math"

	"upwind/lidar/scan"
)

const (
	// neighbourDeg is the angle over which air is taken to be alike, one e-fold of weight.
	neighbourDeg = 20.0
	// neighbourRays bounds the rays before and after in time that are asked: more than a turn has.
	neighbourRays = 360
	// alikeShare is the least scatter of extinction between rays that is believed, relative to its median.
	alikeShare = 0.05
	// trustSigma is the relative error above which a ray's own slope counts as a guess, Kunz & de Leeuw's
	// limit of use taken twice.
	trustSigma = 0.2
	// farDepth is the two-way optical depth beyond a stretch that moves the boundary to where light ends: an
	// error there has grown by a third.
	farDepth = 0.3
)

// shareBoundaries lets rays with a slope lend theirs to those that see less: each ray's extinction is the mean
// of its own and of what the rays around it say, weighted by their variances; between rays the air itself
// scatters, which is measured from neighbours. A ray without a slope has the rays around it alone.
func (c *chain) shareBoundaries() {
	var with []*work
	for _, w := range c.work {
		if w.sloped && !w.bounded && w.slope.Alpha > w.sight.alphaM[w.slope.hi-1] {
			with = append(with, w)
		} else {
			w.sloped = false
		}
	}
	scatter2 := scatter(with)
	before := 0 // rays with a slope that came earlier
	for _, w := range c.work {
		near := with[max(0, before-neighbourRays):min(len(with), before+neighbourRays)]
		if w.sloped {
			before++
		}
		if w.bounded || w.x == nil || c.calibrated() {
			continue
		}
		around, aroundVar := mean(w, near, scatter2)
		fit, own, alpha, external := w.slope, 1.0, w.slope.Alpha, 0.0
		switch {
		case w.sloped && aroundVar > 0:
			own = aroundVar / (aroundVar + sq(fit.whole()))
			alpha = own*fit.Alpha + (1-own)*around
			external = sq(1-own) * aroundVar
		case w.sloped:
			external = sq(fit.uneven()) // nobody beside it says how even the air is
		case !w.sloped && aroundVar > 0:
			own, alpha, external = 0, around, aroundVar
		case !w.sloped:
			w.notes = append(w.notes, "neither a ray nor its neighbours show a homogeneous stretch: it was left empty")
			continue
		}
		if !w.sloped {
			var ok bool
			if fit, ok = lastStretch(w.light(), alpha); !ok {
				w.notes = append(w.notes, "a ray shows no light above its noise and was left empty")
				continue
			}
		}
		guess := !w.sloped || fit.whole() > trustSigma*fit.Alpha
		// Beyond its boundary the solution runs away with exp(2 tau): where light reaches farther than the
		// stretch, behind a plume say, the boundary goes there and takes the same air with it.
		if far, ok := lastStretch(w.light(), alpha); w.sloped && ok && far.lo > fit.hi && 2*alpha*w.sight.bin*float64(far.hi-fit.hi) > farDepth {
			external += sq(own*fit.whole()) + scatter2
			fit, own = far, 0
		}
		w.bound, w.bounded = slopeBoundary(w.sight, w.x, fit, alpha, own, external)
		if guess {
			w.notes = append(w.notes, "a ray's own slope is missing or good to no better than 20 %: its boundary value leans on its neighbours")
		}
		if guess || w.guess {
			w.bound.quality |= scan.BoundaryGuess
		}
	}
}

// scatter is the variance of extinction between neighbours beyond their errors.
func scatter(with []*work) float64 {
	alphas := make([]float64, 0, len(with))
	steps := make([]float64, 0, len(with))
	noise := make([]float64, 0, len(with))
	for k, w := range with {
		alphas = append(alphas, w.slope.Alpha)
		noise = append(noise, sq(w.slope.whole()))
		if k > 0 {
			steps = append(steps, sq(w.slope.Alpha-with[k-1].slope.Alpha)/2)
		}
	}
	least := sq(alikeShare * median(alphas))
	if len(steps) < 3 {
		return least
	}
	return math.Max(least, median(steps)/medianChi2-median(noise))
}

// mean is the extinction that the rays around one agree on, and its variance as a forecast for this ray; the
// variance is 0 without any.
func mean(w *work, near []*work, scatter2 float64) (alpha, variance float64) {
	var sum, weight float64
	for _, o := range near {
		if o == w {
			continue
		}
		d := apart(w.ray, o.ray) / neighbourDeg
		if d > 9 {
			continue
		}
		k := math.Exp(-d) / (scatter2 + sq(o.slope.whole()))
		sum += k * o.slope.Alpha
		weight += k
	}
	if weight == 0 {
		return 0, 0
	}
	return sum / weight, scatter2 + 1/weight
}

// apart is the angle between two rays, degrees.
func apart(a, b *scan.Ray) float64 {
	const rad = math.Pi / 180
	sa, ca := math.Sincos(a.ElevationDeg * rad)
	sb, cb := math.Sincos(b.ElevationDeg * rad)
	cos := sa*sb + ca*cb*math.Cos((a.AzimuthDeg-b.AzimuthDeg)*rad)
	return math.Acos(math.Max(-1, math.Min(1, cos))) / rad
}
