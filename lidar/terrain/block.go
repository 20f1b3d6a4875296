package terrain

import (
	"context"
	"math"

	"upwind/lidar/las"
)

// block is a part of a survey: the core it answers for and the margin around it that the filter looks at,
// in cells of the survey's frame, [x0, x1) by [y0, y1).
type block struct {
	core, whole rect

	model    *Model
	o        Options
	base     float64 // height that counts as 0, file units
	zLo, zHi float64 // extent of heights, file units
	progress func(part float64)

	cells   *cells
	ground  []bool
	fits    []cellFit
	surface *layer // through the lowest ground points
	sums    []cellSum
}

type rect struct{ x0, y0, x1, y1 int }

func (r rect) has(x, y int) bool { return x >= r.x0 && x < r.x1 && y >= r.y0 && y < r.y1 }

// margin is how far around its core a block looks. Openings hand on what they see from radius to radius; in
// chains that reach further than blockWindows of the largest, nothing is left of it. The trend, the planes and
// the rims of voids add theirs: a harmonic function loses exp(-pi d/w) over a distance d along a void of
// width w.
func margin(o Options, spacing float64) int {
	planes := (growRounds + addRounds) * (int(math.Ceil(planeReach*spacing/o.CellM)) + 1)
	return int((blockWindows*o.WindowM+2*trendM)/o.CellM) + planes + voidMargin
}

const (
	blockWindows = 8
	voidMargin   = 64 // cells
)

// split covers the frame with blocks of at most MaxCells with their margins.
func (b block) split() []block {
	f := b.model.Frame
	m := margin(b.o, b.model.Report.SpacingM)
	side := max(int(math.Sqrt(float64(b.o.MaxCells)))-2*m, minBlock)
	var bs []block
	for y := 0; y < f.H; y += side {
		for x := 0; x < f.W; x += side {
			b.core = rect{x, y, min(x+side, f.W), min(y+side, f.H)}
			b.whole = rect{max(x-m, 0), max(y-m, 0), min(b.core.x1+m, f.W), min(b.core.y1+m, f.H)}
			bs = append(bs, b)
		}
	}
	return bs
}

// census reads a survey of several blocks once for the spacing of its points, which all blocks share.
func census[S Source](ctx context.Context, b *block, files []S) (outside int64, err error) {
	f := b.model.Frame
	known := make([]uint64, (f.W*f.H+63)/64)
	for _, s := range files {
		err := scan(ctx, s, func(_ int64, p *las.Point) {
			x, y, _, in := b.place(p)
			if b.count(p, in) {
				i := int(y)*f.W + int(x)
				known[i>>6] |= 1 << (i & 63)
			}
			outside += int64(bit(!in))
		})
		if err != nil {
			return 0, err
		}
	}
	b.model.Report.SpacingM = spacingOf(f.W, f.H, f.CellM, func(i int) bool { return known[i>>6]>>(i&63)&1 != 0 })
	return outside, nil
}

// count books a point and reports whether it serves.
func (b *block) count(p *las.Point, in bool) bool {
	switch r := &b.model.Report; {
	case usable(p) && in:
		return true
	case in && !p.Withheld && p.Return < p.Returns && p.Class != las.ClassLowNoise && p.Class != las.ClassHighNoise:
		r.Early++
	default:
		r.Dropped++
	}
	return false
}

// minBlock is the least side of a core in cells, however little memory is granted.
const minBlock = 64

// cellFit is the surface against which the points of a cell are tested: a plane from the place of its lowest
// point, in m, and how far above it ground may lie. tol is NaN where too little ground is near.
type cellFit struct{ a, bx, by, tol, rms float32 }

// cellSum gathers the ground points of a cell, moved to its centre.
type cellSum struct {
	n  uint32
	z  float32
	z2 float32
}

// work runs one block. outside counts points beyond the survey's extent; counting books all points.
func work[S Source](ctx context.Context, b *block, files []S, boxes []box, counting bool) (outside int64, err error) {
	w, h := b.whole.x1-b.whole.x0, b.whole.y1-b.whole.y0
	b.cells = newCells(w, h, b.o.CellM)
	for k, f := range files {
		if !counting && !b.touches(boxes[k]) {
			continue
		}
		err := scan(ctx, f, func(_ int64, p *las.Point) {
			x, y, z, in := b.place(p)
			outside += int64(bit(!in))
			serves := in && usable(p)
			if counting {
				serves = b.count(p, in)
			}
			if serves && b.whole.has(int(x), int(y)) {
				b.cells.put(x-float64(b.whole.x0), y-float64(b.whole.y0), z)
			}
		})
		if err != nil {
			return 0, err
		}
		b.progress(readShare * float64(k+1) / float64(len(files)))
	}
	if b.filter(); ctx.Err() != nil {
		return 0, ctx.Err()
	}
	b.progress(1 - readShare)
	for k, f := range files {
		if !b.touches(boxes[k]) {
			continue
		}
		if err := scan(ctx, f, func(i int64, p *las.Point) { b.classify(k, i, p) }); err != nil {
			return 0, err
		}
		b.progress(1 - readShare + readShare*float64(k+1)/float64(len(files)))
	}
	b.finish()
	return outside, nil
}

// readShare of a block's time goes to each reading.
const readShare = 0.35

func (b *block) touches(e box) bool {
	f := b.model.Frame
	x0, y0 := f.Cell(e.lo[0], e.hi[1])
	x1, y1 := f.Cell(e.hi[0], e.lo[1])
	return x1 >= float64(b.whole.x0) && x0 < float64(b.whole.x1) && y1 >= float64(b.whole.y0) && y0 < float64(b.whole.y1)
}

// place is where a point lies in the survey's frame in cells, and its height above the base in m; in is
// false outside the frame and for heights that are none.
func (b *block) place(p *las.Point) (x, y float64, z float32, in bool) {
	f := &b.model.Frame
	x, y = f.Cell(p.X, p.Y)
	in = x >= 0 && y >= 0 && x < float64(f.W) && y < float64(f.H) && p.Z >= b.zLo && p.Z <= b.zHi
	return x, y, float32((p.Z - b.base) * b.o.ZUnitM), in
}

// filter finds the ground among the lowest points and the planes that test all others.
func (b *block) filter() {
	g, o := b.cells, b.o
	if b.model.Report.SpacingM == 0 {
		b.model.Report.SpacingM = spacingOf(g.w, g.h, g.c, func(i int) bool { return !isNaN(g.z[i]) })
	}
	spacing := b.model.Report.SpacingM
	ground, _ := bare(g, o)
	b.ground = refine(g, ground, spacing, o)
	b.surface = g.layer.clone()
	b.surface.maskBy(b.ground)
	b.surface.inpaint(o.Threads)
	b.fits = make([]cellFit, len(g.z))
	each(g.h, o.Threads, func() func(y int) {
		return func(y int) {
			for x := range g.w {
				i := y*g.w + x
				b.fits[i].tol = nan32
				if isNaN(g.z[i]) {
					continue
				}
				if p, ok := g.planeAt(x, y, spacing, b.ground); ok {
					b.fits[i] = cellFit{float32(p.a), float32(p.bx), float32(p.by), float32(o.tolerance(p)), float32(p.rms)}
				}
			}
		}
	})
	b.sums = make([]cellSum, len(g.z))
}

// classify tests a point in the second reading.
func (b *block) classify(file int, i int64, p *las.Point) {
	x, y, z, in := b.place(p)
	if !in || !usable(p) {
		return
	}
	X, Y := int(x), int(y)
	if !b.whole.has(X, Y) {
		return
	}
	j := (Y-b.whole.y0)*b.cells.w + X - b.whole.x0
	if !b.onGround(j, x-float64(b.whole.x0), y-float64(b.whole.y0), z) {
		return
	}
	f := &b.fits[j]
	c := float32(b.o.CellM)
	v := z - b.cells.z[j]
	if !isNaN(f.tol) {
		v -= f.bx*float32(x-float64(X)-0.5)*c + f.by*float32(y-float64(Y)-0.5)*c
	}
	s := &b.sums[j]
	s.n++
	s.z += v
	s.z2 += v * v
	if b.core.has(X, Y) {
		b.model.bits[file][i>>6] |= 1 << (i & 63)
		b.model.Report.Ground++
	}
}

// Where fewer than [roundPoints] ground points are near, the published test stands (Pingel 2013), on the
// surface through the lowest ground points.
const (
	aloneM     = 0.3
	aloneSlope = 1.25
)

// onGround tests a point of cell j at x, y in the block's cells.
func (b *block) onGround(j int, x, y float64, z float32) bool {
	g, f := b.cells, &b.fits[j]
	up := float64(z) - b.surface.bilinear(x, y)
	if isNaN(f.tol) {
		t := aloneM + aloneSlope*b.surface.slopeAt(x, y, g.c)
		return up <= t && up >= -belowFactor*t
	}
	px, py := g.at(j)
	dx, dy := (x-math.Floor(x))*g.c-px, (y-math.Floor(y))*g.c-py
	dz := float64(z) - float64(g.z[j]+f.a+f.bx*float32(dx)+f.by*float32(dy))
	if b.ground[j] && math.Abs(up) < math.Abs(dz) {
		dz = up
	}
	return dz <= float64(f.tol) && dz >= -belowFactor*float64(f.tol)
}
