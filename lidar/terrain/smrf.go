package terrain

import "math"

// Low outliers (multipath, wells): Pingel 2013 inverts the minimum grid and cuts spikes of 5 m in the
// smallest window. Clumps of low points are cut as well, where they are pits even of the surface from which
// everything that stands up has been opened away: so courtyards between walls stay.
const (
	pitM       = 5
	clumpCells = 3 // radius
)

// Thinning of the radii of the openings: from the stated radius on only every second is taken, from twice of
// it every third, and so on. On raw heights wide steps would add up the fall of a hillside; less the trend,
// that fall is gone.
const (
	rawThinning   = 12
	trendThinning = 8
)

// radii of the openings in cells. A building disappears at the first radius above its half-width.
func radii(largest, thinning int) []int {
	var rs []int
	for r := 1; r < largest; r += max(1, r/thinning) {
		rs = append(rs, r)
	}
	return append(rs, max(1, largest))
}

// bare marks the cells whose lowest point lies on bare ground by the morphological filter, and returns the
// minimum grid's filled surface without the others (Pingel, Clarke and McBride 2013, with octagons for
// disks).
func bare(g *cells, o Options) (ground []bool, surface *layer) {
	known, filled := g.dropPits(o)
	object := opened(filled, g.c, rawThinning, o)
	surface = g.without(object, known, o)
	object = standing(filled, surface, object, g.c, o)
	surface = g.without(object, known, o)
	ground = make([]bool, len(g.z))
	each(g.h, o.Threads, func() func(y int) {
		return func(y int) {
			for i := y * g.w; i < (y+1)*g.w; i++ {
				if !known[i] {
					continue
				}
				x, yy := g.at(i)
				x, yy = float64(i-y*g.w)+x/g.c, float64(y)+yy/g.c
				dz := float64(g.z[i]) - surface.bilinear(x, yy)
				ground[i] = math.Abs(dz) <= o.HeightM+o.HeightSlope*surface.slopeAt(x, yy, g.c)
			}
		}
	})
	return ground, surface
}

// without is the surface through the lowest points of the cells that are known and no objects.
func (g *cells) without(object, known []bool, o Options) *layer {
	s := g.layer.clone()
	for i := range s.z {
		if object[i] || !known[i] {
			s.z[i] = nan32
		}
	}
	s.inpaint(o.Threads)
	return s
}

// opened marks the cells that fall by more than ground may between one opening and the next.
func opened(filled *layer, c float64, thinning int, o Options) []bool {
	object := make([]bool, len(filled.z))
	before := filled.relief()
	after := filled.relief()
	for _, r := range radii(int(math.Ceil(o.WindowM/c)), thinning) {
		after.open(nearestOctagon(r), o.Threads)
		step := float32(math.Min(o.Slope*float64(r)*c, o.StepM))
		for i, k := range after.k {
			if k != before.k[i] && heightOf(before.k[i])-heightOf(k) > step {
				object[i] = true
			}
		}
		copy(before.k, after.k)
	}
	return object
}

// dropPits returns which cells are known and no low outliers, and the surface through them.
func (g *cells) dropPits(o Options) (known []bool, filled *layer) {
	known = make([]bool, len(g.z))
	for i, v := range g.z {
		known[i] = !isNaN(v)
	}
	filled = g.layer.clone()
	filled.inpaint(o.Threads)
	dropped := false
	cut := func(l *layer, r int) {
		closed := l.relief()
		closed.invert()
		closed.open(nearestOctagon(r), o.Threads)
		for i, k := range closed.k {
			if known[i] && heightOf(^k)-l.z[i] > pitM {
				known[i], dropped = false, true
			}
		}
	}
	cut(filled, 1)
	low := filled.clone()
	low.open(nearestOctagon(int(math.Ceil(o.WindowM/g.c))), o.Threads)
	cut(low, clumpCells)
	if dropped {
		filled = g.layer.clone()
		filled.maskBy(known)
		filled.inpaint(o.Threads)
	}
	return known, filled
}

func (l *layer) maskBy(keep []bool) {
	for i, k := range keep {
		if !k {
			l.z[i] = nan32
		}
	}
}

// bilinear reads the layer at x, y in cells from the north-west corner.
func (l *layer) bilinear(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	X, Y := int(math.Floor(x)), int(math.Floor(y))
	tx, ty := x-float64(X), y-float64(Y)
	x0, x1 := min(max(X, 0), l.w-1), min(max(X+1, 0), l.w-1)
	r0, r1 := min(max(Y, 0), l.h-1)*l.w, min(max(Y+1, 0), l.h-1)*l.w
	return (1-ty)*((1-tx)*float64(l.z[r0+x0])+tx*float64(l.z[r0+x1])) +
		ty*((1-tx)*float64(l.z[r1+x0])+tx*float64(l.z[r1+x1]))
}

// slopeAt is the rise over run of central differences around the cell at x, y.
func (l *layer) slopeAt(x, y, c float64) float64 {
	X, Y := min(max(int(x), 0), l.w-1), min(max(int(y), 0), l.h-1)
	x0, x1, y0, y1 := max(X-1, 0), min(X+1, l.w-1), max(Y-1, 0), min(Y+1, l.h-1)
	var gx, gy float64
	if x1 > x0 {
		gx = float64(l.z[Y*l.w+x1]-l.z[Y*l.w+x0]) / (float64(x1-x0) * c)
	}
	if y1 > y0 {
		gy = float64(l.z[y1*l.w+X]-l.z[y0*l.w+X]) / (float64(y1-y0) * c)
	}
	return math.Hypot(gx, gy)
}
