package pile

import "math"

// Inferring heights.
const (
	voidReachM  = 3.0 // voids are bridged this far from data; a wider one may hide anything
	voidReach   = 12  // and at most this many cells
	lonelyM     = 1.5 // from data on one side only the surface goes on this far
	slopeBaseM  = 1.5 // over which the slope beside a void is taken
	maxBridge   = 1.2 // the steepest slope that is carried on, m/m
	bridgeChunk = 1 << 14
)

// bridge gives cells without a height what the surface around them leads to expect. Along each of the four
// lines through the cell there is a known height on either side, and a slope behind it. Between the two the
// straight line is right for a slope; on a crest, where both sides lead above it, and in a valley, where both
// lead below it, the nearer of the two continuations is. The lines count by the inverse of their length.
func (f *field) bridge() {
	var empty []int32
	for i, s := range f.state {
		if s == void || s == removed {
			empty = append(empty, int32(i))
		}
	}
	value := make([]float32, len(empty))
	each((len(empty)+bridgeChunk-1)/bridgeChunk, func(n int) {
		for k := n * bridgeChunk; k < min(len(empty), (n+1)*bridgeChunk); k++ {
			value[k] = f.inferred(int(empty[k]))
		}
	})
	for k, i := range empty {
		f.z[i] = value[k]
	}
}

// side is the known surface in one direction from a cell.
type side struct {
	d     float64 // m
	z     float64
	slope float64 // rise outward, m/m
	known bool
}

func (f *field) inferred(i int) float32 {
	var sum, weight, lone, loneWeight float64
	for _, way := range thinWays {
		a, b := f.look(i, way[0], way[1]), f.look(i, -way[0], -way[1])
		switch {
		case a.known && b.known:
			w := 1 / (a.d + b.d)
			sum, weight = sum+w*between(a, b), weight+w
		case a.known && a.d <= lonelyM:
			lone, loneWeight = lone+(a.z-a.slope*a.d)/a.d, loneWeight+1/a.d
		case b.known && b.d <= lonelyM:
			lone, loneWeight = lone+(b.z-b.slope*b.d)/b.d, loneWeight+1/b.d
		}
	}
	if weight > 0 {
		return float32(sum / weight)
	}
	if loneWeight > 0 {
		return float32(lone / loneWeight)
	}
	return nan32
}

// between is the height between two sides.
func between(a, b side) float64 {
	line := (a.z*b.d + b.z*a.d) / (a.d + b.d)
	ea, eb := a.z-a.slope*a.d, b.z-b.slope*b.d
	switch {
	case ea > line && eb > line:
		return math.Min(ea, eb)
	case ea < line && eb < line:
		return math.Max(ea, eb)
	}
	return line
}

// look walks from a cell to the first measured one; walls end the walk.
func (f *field) look(i, dx, dy int) side {
	step := f.cell * math.Hypot(float64(dx), float64(dy))
	reach := min(voidReach, int(math.Ceil(voidReachM/step)))
	x, y := i%f.w, i/f.w
	for n := 1; n <= reach; n++ {
		x, y = x+dx, y+dy
		if x < 0 || y < 0 || x >= f.w || y >= f.h {
			return side{}
		}
		j := y*f.w + x
		if f.state[j] == barrier {
			return side{}
		}
		if f.state[j] != measured {
			continue
		}
		s := side{d: float64(n) * step, z: float64(f.z[j]), known: true}
		// A lone void among measured cells is bridged by the straight line: the slope behind it adds noise.
		if n > 1 {
			s.slope = f.slopeBehind(x, y, dx, dy, step)
		}
		return s
	}
	return side{}
}

// slopeBehind is the least-squares slope of the measured cells from (x, y) outward.
func (f *field) slopeBehind(x, y, dx, dy int, step float64) float64 {
	cells := max(3, int(math.Round(slopeBaseM/step))+1)
	var n, st, sz, stt, stz float64
	for c := range cells {
		u, v := x+c*dx, y+c*dy
		if u < 0 || v < 0 || u >= f.w || v >= f.h || f.state[v*f.w+u] != measured {
			break
		}
		t, z := float64(c)*step, float64(f.z[v*f.w+u])
		n, st, sz, stt, stz = n+1, st+t, sz+z, stt+t*t, stz+t*z
	}
	den := n*stt - st*st
	if n < 3 || den <= 0 {
		return 0
	}
	return math.Max(-maxBridge, math.Min(maxBridge, (n*stz-st*sz)/den))
}
