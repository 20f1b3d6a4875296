package invert

import (
	"math"

	"upwind/lidar/scan"
)

// correct corrects every channel of a ray and fits its background.
func (c *chain) correct(i int) {
	w := c.work[i]
	w.records = make([][2]*record, len(c.parts))
	w.limit = blockedFrom(c.scan.Site, w.ray.AzimuthDeg+c.scan.Site.HeadingDeg, w.sight)
	for p, part := range c.parts {
		for k, channel := range []int{part.analog, part.photon} {
			if channel >= 0 && channel < len(w.ray.Values) {
				w.records[p][k] = c.record(w, channel)
			}
		}
	}
}

// trace takes the background away from every channel of a ray.
func (c *chain) trace(i int) {
	w := c.work[i]
	w.traces = make([][2]*trace, len(c.parts))
	w.glues = make([]glue, len(c.parts))
	for p := range c.parts {
		for k, r := range w.records[p] {
			if r != nil {
				t := r.body.subtract(r.back)
				w.traces[p][k] = &t
			}
		}
		if a, ph := w.traces[p][0], w.traces[p][1]; a != nil && ph != nil {
			w.glues[p] = compare(a, ph, w.sight.grid)
		}
	}
	w.records = nil
}

// record corrects one channel and fits its background.
func (c *chain) record(w *work, channel int) *record {
	ch := c.scan.Channels[channel]
	r := reading{channel: ch, values: w.ray.Values[channel], deadNS: c.scan.Site.DeadTimeNS, after: c.scan.Site.AfterPulse, sight: w.sight}
	if len(r.values) > ch.Bins {
		r.values = r.values[:ch.Bins]
	}
	if channel < len(w.ray.Shots) {
		r.shots = w.ray.Shots[channel]
	}
	g := w.sight.grid
	if steps := (ch.FirstM + c.o.TriggerM[ch.ID] - g.first) / g.bin; math.Abs(steps) < float64(g.n) {
		r.shift = int(math.Round(steps))
	}
	out := &record{body: r.correct()}
	if !(ch.BackgroundRemoved || ch.Unit == scan.UnitBeta || ch.Unit == scan.UnitRCS || ch.RangeCorrected) {
		out.back, out.fitted = c.background(w, &out.body), true
	}
	return out
}

// background fits the tail with the shape that suits the ray.
func (c *chain) background(w *work, body *raw) background {
	s := w.sight
	from := int(float64(s.n) * (1 - noiseTail))
	if !c.steep(w) {
		return c.horizontalBackground(w, body, from)
	}
	if ref, ok := c.statedReference(s); ok {
		if b := fitBackground(body.y, s.molecular, body.noise, ref.lo, ref.hi); finite(b.variance) {
			return b
		}
	}
	first := fitBackground(body.y, s.molecular, body.noise, from, 0)
	tool := c.scrap.Get().(*scratch)
	defer c.scrap.Put(tool)
	t := tool.above(body, first.known())
	if ref, ok := findReference(s, &t); ok {
		if b := fitBackground(body.y, s.molecular, body.noise, ref.lo, ref.hi); finite(b.variance) {
			return b
		}
	}
	return first.known()
}

// horizontalBackground fits the tail with the decay of the ray's own homogeneous stretch, where the tail still
// holds light.
func (c *chain) horizontalBackground(w *work, body *raw, from int) background {
	s := w.sight
	tool := c.scrap.Get().(*scratch)
	defer c.scrap.Put(tool)
	shape, alpha := s.haze, homogeneousAlpha
	var b background
	for range 2 {
		b = fitBackground(body.y, shape, body.noise, from, 0).known()
		if b.light*b.light < b.variance/4 {
			break
		}
		t := tool.above(body, b)
		rangeCorrect(tool.x, tool.v, &t, s)
		fit, ok := fitSlope(light{x: tool.x, v: tool.v, grid: grid{s.first, s.bin, w.limit}, varB: b.variance, correction: s.correction})
		if !ok || !(fit.Alpha > 0) || math.Abs(fit.Alpha-alpha) < fit.Sigma/4 {
			break
		}
		alpha, shape = fit.Alpha, tool.shape
		for i := from; i < s.n; i++ {
			shape[i] = math.Exp(-2*alpha*s.rangeM(i)) / s.correction[i]
		}
	}
	if half := s.n / 2; body.noise.floor > 0 && s.rangeM(half) > darkM {
		dark := tailFit{y: body.y, f: tool.shape, noise: body.noise, used: make([]bool, s.n), from: half, split: s.n, b: b.level}
		for i := half; i < s.n; i++ {
			dark.used[i], tool.shape[i] = finite(body.y[i]), 0
		}
		b.variance = math.Max(b.variance, dark.wander())
	}
	return b
}

// darkM is the range, m, beyond which a ray through the boundary layer shows no light: what a digitiser still
// shows there, its slow return to the baseline, it also shows nearer.
const darkM = 15000.0

// above is the trace above a background in scratch memory, good until the scratch is used again.
func (t *scratch) above(body *raw, b background) trace {
	body.variances(t.variance)
	for i, y := range body.y {
		t.signal[i] = y - b.level
	}
	return trace{p: t.signal, v: t.variance, varB: b.variance, dark: body.noise.variance(b.level), q: body.q, rate: body.rate}
}

// known is a background that is zero where it could not be fitted.
func (b background) known() background {
	if !finite(b.level) || !finite(b.variance) {
		return background{}
	}
	return b
}

func rangeCorrect(x, v []float64, t *trace, s *sight) {
	for i, k := range s.correction {
		x[i], v[i] = t.p[i]*k, t.v[i]*k*k
	}
}

// steep says whether a ray reaches clean air aloft.
func (c *chain) steep(w *work) bool {
	switch c.o.Boundary {
	case MolecularBoundary:
		return true
	case SlopeBoundary, CalibratedBoundary:
		return false
	}
	return w.ray.ElevationDeg >= steepDeg
}

// statedReference is the reference of the options in bins.
func (c *chain) statedReference(s *sight) (stretch, bool) {
	if !(c.o.ReferenceToM > c.o.ReferenceFromM) {
		return stretch{}, false
	}
	lo := int(math.Ceil((c.o.ReferenceFromM - s.first) / s.bin))
	hi := int(math.Floor((c.o.ReferenceToM-s.first)/s.bin)) + 1
	lo, hi = max(0, lo), min(s.n, hi)
	return stretch{lo, hi}, hi-lo > 1
}

// glueRays finds one factor a component for all rays and makes one trace of each ray's two.
func (c *chain) glueRays() {
	for p := range c.parts {
		if c.parts[p].analog < 0 || c.parts[p].photon < 0 {
			continue
		}
		var all glue
		for _, w := range c.work {
			all.add(w.glues[p])
		}
		f, offset, ok := all.line()
		a, ph := c.scan.Channels[c.parts[p].analog].ID, c.scan.Channels[c.parts[p].photon].ID
		if !ok {
			c.note("%s was inverted without %s: %d stretches in which both are good do not give one factor between them", a, ph, all.n)
		} else {
			c.note("%s (near) and %s (far) were joined with a factor of %.4g from %d stretches", a, ph, f, all.n)
		}
		for _, w := range c.work {
			t := &w.traces[p]
			if ok && t[0] != nil && t[1] != nil {
				join(t[0], t[1], f, offset)
				t[0] = nil
			} else if t[0] != nil {
				t[1] = nil
			}
		}
	}
}

// look makes a ray's signal, its targets and the boundary it shows by itself.
func (c *chain) look(i int) {
	w := c.work[i]
	s := w.sight
	if !w.assemble(c.gain) {
		w.notes = append(w.notes, "a ray without values was left empty")
		return
	}
	buffer := make([]float64, 2*s.n)
	w.x, w.v = buffer[:s.n:s.n], buffer[s.n:]
	rangeCorrect(w.x, w.v, &w.total, s)
	w.target = s.n
	if !c.o.KeepTargets && !c.steep(w) {
		w.target = opaqueTarget(w.x, w.v, w.total.q)
	}
	for j := min(w.limit, max(0, w.target-1)); j < s.n; j++ {
		w.x[j] = math.NaN()
	}
	if c.calibrated() {
		w.bound, w.bounded = calibratedBoundary(s, w.x, c.mol.RatioSr, c.o.CalibrationSigma)
		return
	}
	if c.steep(w) {
		ref, ok := c.statedReference(s)
		if !ok {
			ref, ok = findReference(s, &w.total)
		}
		if ok {
			w.bound, w.bounded = molecularBoundary(s, &w.total, w.x, ref, c.o.ReferenceRatio)
		}
		if w.bounded {
			return
		}
		w.notes = append(w.notes, "no clean air was seen aloft: the slope of a homogeneous stretch was taken for the boundary")
		w.guess = true
	}
	w.slope, w.sloped = fitSlope(w.light())
}

func (w *work) light() light {
	return light{grid: w.sight.grid, x: w.x, v: w.v, varB: w.total.varB, correction: w.sight.correction}
}

func (c *chain) calibrated() bool {
	if c.o.Boundary != AutoBoundary {
		return c.o.Boundary == CalibratedBoundary
	}
	return c.scan.Channels[c.parts[0].channels()[0]].Unit == scan.UnitBeta
}

// assemble adds polarisations up.
func (w *work) assemble(gain float64) bool {
	one := make([]*trace, len(w.traces))
	for p, t := range w.traces {
		if one[p] = t[0]; one[p] == nil {
			one[p] = t[1]
		}
		if one[p] == nil {
			return false
		}
	}
	w.traces = nil
	w.total = *one[0]
	if n := len(one); n > 1 {
		w.along, w.cross = one[n-2], one[n-1]
		w.cross.scale(1 / gain)
		if n == 2 {
			w.total = w.along.plus(w.cross)
		}
	}
	return true
}

// blockedFrom is the first bin that a site's blocked sectors take from a ray.
func blockedFrom(site scan.Site, azimuthDeg float64, s *sight) int {
	limit := s.n
	for _, b := range site.Blocked {
		if turn(azimuthDeg-b.FromDeg) <= turn(b.ToDeg-b.FromDeg) {
			limit = min(limit, max(0, int(math.Floor((b.MaxRangeM-s.first)/s.bin+0.5))))
		}
	}
	return limit
}

// turn brings an angle to 0..360.
func turn(deg float64) float64 {
	deg = math.Mod(deg, 360)
	if deg < 0 {
		deg += 360
	}
	return deg
}
