package pile

import "math"

// Thin things: conveyors, galleries, walls, lorries, cables, masts. From the middle of one the surface drops
// on both sides faster than anything loose can.
const (
	thinFall     = 0.9  // m/m: 42 deg, more than repose
	thinDropM    = 0.35 // and this much on top
	thinSigmas   = 6.0  // and this many times the noise
	thinEdge     = 0.4  // cells joined to a thin thing need only this share of drop and noise on top
	thinSkirtM   = 1.0  // cells this far from a thin thing may still see it: blur of pictures, mixed cells of lasers
	skirtSigmas  = 3.0
	thinPostM    = 3.5  // shorter things are posts, people, small bushes: what is under them is inferred
	beltTilt     = 0.08 // a thing that climbs by more than this is a conveyor, not a wall
	stepShare    = 0.1  // of the cells of a thing: fewer do not tell what it is
	throughFlank = 0.25 // a surface at least this steep beside a strip is a flank
	stepM        = 1.0  // the continuations of both sides under a strip differ by more: something ends there
	acrossM      = 3.0  // a strip's direction is that of its cells this near
	besideNearM  = 2.0  // from its middle line the surface beside it begins
	besideM      = 1.5  // over which the slope beside a strip is taken
)

// thinReachM are the distances at which the drop is looked for: half the width of what is thin. The last is at
// least thinCells, over which coarse cells blur it.
var thinReachM = [3]float64{0.75, 1.25, 1.75}

const thinCells = 3

// thinWays are the four lines through a cell.
var thinWays = [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}}

// ray is a line of the raster with cells at the reaches.
type ray struct {
	step [3]int // offset in cells
	dx   [3]int
	dy   [3]int
	fall [3]float32 // least drop, m
	edge [3]float32 // least drop of a cell joined to a thin thing, m
}

// thinRays are the four lines; nil when the cells are too coarse to show a thin thing.
func (f *field) thinRays() []ray {
	last := len(thinReachM) - 1
	if f.cell > thinReachM[last] {
		return nil
	}
	out := make([]ray, len(thinWays))
	for n, way := range thinWays {
		length := f.cell * math.Hypot(float64(way[0]), float64(way[1]))
		for k, reach := range thinReachM {
			c := max(1, int(math.Round(reach/length)))
			if k == last && f.cell > thinReachM[0] {
				c = max(c, thinCells)
			}
			out[n].dx[k], out[n].dy[k] = c*way[0], c*way[1]
			out[n].step[k] = c*way[1]*f.w + c*way[0]
			fall, more := thinFall*float64(c)*length, thinDropM+thinSigmas*f.sigma
			out[n].fall[k], out[n].edge[k] = float32(fall+more), float32(fall+thinEdge*more)
		}
	}
	return out
}

// removeThin takes thin things off the surface. What stands under a conveyor, a gallery, a cable or a post
// is left to be inferred; a wall or a lorry becomes a barrier.
func (f *field) removeThin() {
	rays := f.thinRays()
	if rays == nil || f.w < 3 || f.h < 3 {
		return
	}
	mark := f.marks()
	bands(f.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range f.w {
				mark[y*f.w+x] = f.thinAt(x, y, rays)
			}
		}
	})
	skirt := max(1, int(math.Round(thinSkirtM/f.cell)))
	var part []int
	for i := range mark {
		if mark[i] != thin {
			continue
		}
		part = append(part[:0], i)
		mark[i] = seen
		for at := 0; at < len(part); at++ {
			f.around(part[at], func(n int) {
				if mark[n] == thin || mark[n] == edge {
					part = append(part, n)
					mark[n] = seen
				}
			})
		}
		f.takeOff(part, mark, skirt)
	}
	// Only now do the heights go: whether a thing is a wall is told from them.
	for i, s := range f.state {
		if s != measured {
			f.z[i] = nan32
		}
	}
}

// Marks of cells: of a thin thing, of one only when joined to another, and of one that was dealt with.
const thin, edge, seen = 1, 2, 3

// thinAt marks a cell that stands above both sides across one of the lines.
func (f *field) thinAt(x, y int, rays []ray) uint8 {
	if z := f.z[y*f.w+x]; z != z {
		return 0
	}
	mark := uint8(0)
	for n := range rays {
		r := &rays[n]
		switch {
		case !f.standsOver(x, y, r, 1, &r.edge) || !f.standsOver(x, y, r, -1, &r.edge):
		case f.standsOver(x, y, r, 1, &r.fall) && f.standsOver(x, y, r, -1, &r.fall):
			return thin
		default:
			mark = edge
		}
	}
	return mark
}

// standsOver reports whether the surface drops by more than fall to one side of a cell.
func (f *field) standsOver(x, y int, r *ray, sign int, fall *[3]float32) bool {
	i := y*f.w + x
	for k := range r.step {
		if c, w := x+sign*r.dx[k], y+sign*r.dy[k]; c < 0 || w < 0 || c >= f.w || w >= f.h {
			return false
		}
		if f.z[i]-f.z[i+sign*r.step[k]] > fall[k] {
			return true
		}
	}
	return false
}

// takeOff marks the cells of one thin thing and its skirt.
func (f *field) takeOff(part []int, mark []uint8, skirt int) {
	as := removed
	if f.isWall(part, mark) {
		as = barrier
	}
	for _, i := range part {
		x, y := i%f.w, i/f.w
		for r := max(0, y-skirt); r <= min(f.h-1, y+skirt); r++ {
			for c := max(0, x-skirt); c <= min(f.w-1, x+skirt); c++ {
				if j := r*f.w + c; f.state[j] == measured && f.fallsAway(c, r, c-x, r-y) {
					f.state[j] = removed
				}
			}
		}
	}
	if as == barrier {
		for _, i := range part {
			f.state[i] = barrier
		}
	}
}

// fallsAway reports whether a cell beside a thin thing still sees it: it touches it, or the surface falls
// further outward as nothing loose does.
func (f *field) fallsAway(x, y, dx, dy int) bool {
	if max(dx, -dx, dy, -dy) <= 1 {
		return true
	}
	sign := func(v int) int { return max(-1, min(1, v)) }
	u, v := sign(dx), sign(dy)
	if x+u < 0 || y+v < 0 || x+u >= f.w || y+v >= f.h {
		return true
	}
	fall := thinFall*f.cell*math.Hypot(float64(u), float64(v)) + skirtSigmas*f.sigma
	return float64(f.z[y*f.w+x]-f.z[(y+v)*f.w+x+u]) > fall
}

// isWall tells a wall or a lorry, which stand on the ground and end what leans on them, from a conveyor,
// which climbs, and from a gallery, under which flanks go on from side to side.
func (f *field) isWall(part []int, mark []uint8) bool {
	x0, y0, x1, y1 := f.bounds(part)
	if math.Hypot(float64(x1-x0+1), float64(y1-y0+1))*f.cell < thinPostM {
		return false
	}
	var fit planeFit
	steps, through := 0, 0
	for _, i := range part {
		x, y := i%f.w, i/f.w
		fit.add(float64(x)*f.cell, float64(y)*f.cell, float64(f.z[i]), 1)
		cx, cy, nx, ny := f.across(x, y, mark)
		a, aNear, aSlope := f.beside(cx, cy, nx, ny)
		b, bNear, bSlope := f.beside(cx, cy, -nx, -ny)
		line := (aNear + bNear) / 2
		switch {
		case math.Abs(a-b) > stepM && (a < line || b < line):
			steps++
		case math.Abs(aSlope) > throughFlank && math.Abs(bSlope) > throughFlank:
			through++
		}
	}
	// The ridge holds the tilt across a strip, where its width says nothing, at zero.
	p, _ := fit.solve(float64(len(part)))
	level := math.Hypot(p.GX, p.GY) < beltTilt
	return steps > through && (level || float64(steps) > stepShare*float64(len(part))) || level && float64(through) < stepShare*float64(len(part))
}

// across is the direction across a thin thing, that of least spread of its cells near by, and the place on
// its middle line beside a cell of it.
func (f *field) across(x, y int, mark []uint8) (cx, cy, nx, ny float64) {
	r := int(math.Ceil(acrossM / f.cell))
	var n, sx, sy, xx, xy, yy float64
	for v := max(0, y-r); v <= min(f.h-1, y+r); v++ {
		for u := max(0, x-r); u <= min(f.w-1, x+r); u++ {
			if m := mark[v*f.w+u]; m == thin || m == seen {
				dx, dy := float64(u-x), float64(v-y)
				n, sx, sy, xx, xy, yy = n+1, sx+dx, sy+dy, xx+dx*dx, xy+dx*dy, yy+dy*dy
			}
		}
	}
	xx, xy, yy = xx-sx*sx/n, xy-sx*sy/n, yy-sy*sy/n
	along := 0.5 * math.Atan2(2*xy, xx-yy)
	nx, ny = -math.Sin(along), math.Cos(along)
	off := sx/n*nx + sy/n*ny
	return float64(x) + off*nx, float64(y) + off*ny, nx, ny
}

// beside is the height under the middle of a thin thing as the surface on one side leads to it, that
// surface's height, and its slope outward.
func (f *field) beside(x, y, nx, ny float64) (under, z, slope float64) {
	near, far := besideNearM/f.cell, (besideNearM+besideM)/f.cell
	at := func(d float64) float64 {
		u, v := int(math.Round(x+d*nx)), int(math.Round(y+d*ny))
		if u < 0 || v < 0 || u >= f.w || v >= f.h {
			return math.NaN()
		}
		return float64(f.z[v*f.w+u])
	}
	z = at(near)
	slope = (at(far) - z) / besideM
	return z - slope*besideNearM, z, slope
}
