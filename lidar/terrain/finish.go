package terrain

import "math"

// Standard deviation of a surface between measurements: the ground rolls. On the interpolated surface the
// deviation grows with distance d as the slope of open ground wanders, about gapSlope d.
const (
	gapSlope   = 0.05
	leastNoise = 0.03 // m, ranging noise of airborne scanners
)

// finish turns sums into the core's part of the model's surface.
func (b *block) finish() {
	g := b.cells
	top := newLayer(g.w, g.h)
	known := make([]bool, len(top.z))
	for i := range top.z {
		s := &b.sums[i]
		if top.z[i] = nan32; s.n > 0 {
			top.z[i] = g.z[i] + s.z/float32(s.n)
			known[i] = true
		}
	}
	top.inpaint(b.o.Threads)
	gap := distances(known, g.w, g.h)
	m, base := b.model, float32(b.base*b.o.ZUnitM)
	for y := b.core.y0; y < b.core.y1; y++ {
		for x := b.core.x0; x < b.core.x1; x++ {
			j := (y-b.whole.y0)*g.w + x - b.whole.x0
			i := y*m.Frame.W + x
			m.z[i] = top.z[j] + base
			if !isNaN(g.z[j]) {
				m.Report.Known++
			}
			if known[j] {
				m.Report.GroundCell++
				m.err[i] = float32(b.sigma(j))
				continue
			}
			m.err[i] = -float32(math.Hypot(leastNoise, gapSlope*float64(gap[j])*g.c))
		}
	}
	b.cells, b.ground, b.fits, b.surface, b.sums = nil, nil, nil, nil, nil
}

// sigma is the standard error of the mean height of a cell: the scatter of its points, or that of its
// surroundings when it holds few, over the root of their number.
func (b *block) sigma(j int) float64 {
	s, n := &b.sums[j], float64(b.sums[j].n)
	v := leastNoise * leastNoise
	if mean := float64(s.z) / n; n >= 3 {
		v = math.Max(v, (float64(s.z2)-n*mean*mean)/(n-1))
	} else if f := &b.fits[j]; !isNaN(f.tol) {
		v = math.Max(v, float64(f.rms)*float64(f.rms))
	}
	return math.Sqrt(v / n)
}
