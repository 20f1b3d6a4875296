package plume

import "math"

const (
	axisMinRatio  = 2.5  // length over width: below, a plume has no direction to speak of
	axisMinDeg    = 5.0  // a plume meanders even in steady wind
	axisBins      = 8    // stretches across the axis
	axisEnds      = 2    // of them are an end
	axisNarrow    = 0.75 // of the other end's width: an end is narrow
	axisThick     = 1.5  // times as thick as the other end
	axisEdgeCells = 2    // nearer to the rim of what is seen, an end may go on outside
)

// extent finds length and width from second moments, and the axis of what is elongated.
func (s *sweep) extent(p *Plume) {
	var w, ee, nn, en float64
	for _, i := range p.region.cells {
		x, y := s.offset(i, p)
		m := s.excess[i] * s.areaM2(i)
		w, ee, nn, en = w+m, ee+m*x*x, nn+m*y*y, en+m*x*y
	}
	ee, nn, en = ee/w, nn/w, en/w
	angle := math.Atan2(2*en, ee-nn) / 2
	mid, half := (ee+nn)/2, math.Hypot((ee-nn)/2, en)
	p.LengthM, p.WidthM = 4*math.Sqrt(mid+half), 4*math.Sqrt(math.Max(mid-half, 0))
	if s.upright || len(p.region.cells) < axisBins || !(p.LengthM >= axisMinRatio*p.WidthM) {
		return
	}
	p.Axis = s.axis(p, math.Cos(angle), math.Sin(angle))
}

// offset is a cell's place from the plume's centre: east and north, or along and up in a vertical cut.
func (s *sweep) offset(i int32, p *Plume) (x, y float64) {
	e, n, u := s.place(int(i)/s.cells, int(i)%s.cells)
	if s.upright {
		sin, cos := math.Sincos(s.az[int(i)/s.cells] * math.Pi / 180)
		return (e-p.CentreE.Value)*sin + (n-p.CentreN.Value)*cos, u - p.Height.Value
	}
	return e - p.CentreE.Value, n - p.CentreN.Value
}

// stretchOf is a slice across the axis.
type stretchOf struct{ w, t, c, cc, top, arc float64 }

func (q stretchOf) widthM() float64 {
	v := q.cc/q.w - q.c/q.w*q.c/q.w - q.arc/q.w*q.arc/q.w/12
	return math.Sqrt(math.Max(v, 0))
}

// axis decides which end a plume comes from: the one that is narrower and thicker, since what a plume carries
// spreads over its growing width. nil when the ends do not say, or the narrow one lies at the rim of the view.
func (s *sweep) axis(p *Plume, ux, uy float64) *Axis {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, i := range p.region.cells {
		x, y := s.offset(i, p)
		t := x*ux + y*uy
		lo, hi = math.Min(lo, t), math.Max(hi, t)
	}
	var q [axisBins]stretchOf
	step := (hi - lo) / axisBins
	for _, i := range p.region.cells {
		x, y := s.offset(i, p)
		t, c := x*ux+y*uy, y*ux-x*uy
		b := &q[min(axisBins-1, int((t-lo)/step))]
		m := s.excess[i] * s.areaM2(i)
		b.w += m
		b.t += m * t
		b.c += m * c
		b.cc += m * c * c
		b.top = math.Max(b.top, s.excess[i])
		b.arc += m * s.acrossM(i, ux, uy)
	}
	for _, b := range q {
		if b.w == 0 {
			return nil
		}
	}
	end := func(k int) (width, top float64) {
		step := 1
		if k > 0 {
			step = -1
		}
		for j := range axisEnds {
			width += q[k+j*step].widthM() / axisEnds
			top = math.Max(top, q[k+j*step].top)
		}
		return width, top
	}
	w0, t0 := end(0)
	w1, t1 := end(axisBins - 1)
	head, sign := 0, 1.0
	if w1/math.Max(t1, 1e-9) < w0/math.Max(t0, 1e-9) {
		head, sign = axisBins-1, -1
		w0, w1, t0, t1 = w1, w0, t1, t0
	}
	if w0 > axisNarrow*w1 && t0 < axisThick*t1 || w0 > w1 || t0 < t1 {
		return nil
	}
	b := q[head]
	t, c := lo, b.c/b.w
	if sign < 0 {
		t = hi
	}
	e, n := p.CentreE.Value+t*ux-c*uy, p.CentreN.Value+t*uy+c*ux
	if s.atRim(p, e, n) {
		p.Reasons = append(p.Reasons, "its narrow end lies at the rim of what the beam sees: it may start outside")
		return nil
	}
	toward := math.Mod(math.Atan2(sign*ux, sign*uy)*180/math.Pi+360, 360)
	return &Axis{E: e, N: n, SigmaM: math.Hypot(step/2, math.Hypot(b.widthM(), b.arc/b.w/math.Sqrt(12))),
		TowardDeg: toward, SigmaDeg: math.Max(axisMinDeg, math.Atan2(p.WidthM, p.LengthM)*180/math.Pi/2)}
}

// acrossM is how wide a cell is across the direction ux, uy.
func (s *sweep) acrossM(i int32, ux, uy float64) float64 {
	ray := int(i) / s.cells
	sin, cos := math.Sincos(s.az[ray] * math.Pi / 180)
	along := math.Abs(sin*ux + cos*uy)
	return math.Hypot(along*s.arcM(ray, int(i)%s.cells), (1-along)*s.cellM)
}

// atRim reports whether cells about a place are not seen.
func (s *sweep) atRim(p *Plume, e, n float64) bool {
	nearest, d2 := int32(-1), math.Inf(1)
	for _, i := range p.region.cells {
		x, y, _ := s.place(int(i)/s.cells, int(i)%s.cells)
		if d := (x-e)*(x-e) + (y-n)*(y-n); d < d2 {
			nearest, d2 = i, d
		}
	}
	ray, c := int(nearest)/s.cells, int(nearest)%s.cells
	for d := -axisEdgeCells; d <= axisEdgeCells; d++ {
		if c+d < 0 || c+d >= s.cells || math.IsNaN(s.excess[s.at(ray, c+d)]) {
			return true
		}
	}
	for _, side := range [2]int{-1, 1} {
		if o := s.next(ray, side); o < 0 || math.IsNaN(s.excess[s.at(o, c)]) {
			return true
		}
	}
	return false
}
