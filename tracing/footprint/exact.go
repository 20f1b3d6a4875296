package footprint

import (
	"math"

	"upwind/tracing/plane"
)

// Turn is how a footprint may differ from what the wind field says: turned clockwise about its receptor, and wider.
type Turn struct {
	RotationRad float64
	Scale       float64 // of the sd about the centre-line; 0 means 1
}

// Exact is h in s/m3 at p at the reference height, summed over the puffs of the centre-lines instead of looked up on
// rings and spokes, with the mean age of the air that comes from there.
func Exact(w Wind, layer Layer, r Receptor, start, end float64, opt Options, p plane.Point, turn Turn) (h, ageS float64) {
	opt = opt.withDefaults()
	lines := min(max(int((end-start)/lineEveryS), 1), maxLines)
	columns := opt.columns(layer, []Receptor{r}, start, end, lines)[r.HeightM]
	scale := turn.Scale
	if scale <= 0 {
		scale = 1
	}
	sin, cos := math.Sincos(turn.RotationRad)
	dx, dy := p.X-r.At.X, p.Y-r.At.Y
	q := plane.Point{X: r.At.X + dx*cos - dy*sin, Y: r.At.Y + dx*sin + dy*cos}
	for _, f := range opt.lines(nil, w, columns, r, start, end) {
		inv := 0.5 / (f.sigmaM * f.sigmaM * scale * scale)
		ex, ey := q.X-f.at.X, q.Y-f.at.Y
		v := f.weight * inv / math.Pi * math.Exp(-(ex*ex+ey*ey)*inv)
		h += v
		ageS += v * f.ageS
	}
	if h > 0 {
		ageS /= h
	}
	return h, ageS
}
