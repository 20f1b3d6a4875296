package lidar

import (
	"context"
	"math"

	"upwind/lidar/las"
)

// Progress of a detection in thousandths: two readings of the file, then the search.
const (
	progressTotal = 1000
	gridShare     = 500
)

// tiltLimit is the steepest slope, as a tangent, along which a mean is moved to the middle of its cell;
// across walls the slope means nothing.
const tiltLimit = 1.5

// cellSum gathers the points of a cell: offsets from its centre in m, heights above the grid's lowest.
type cellSum struct {
	n      uint32
	lo, hi float32
	x, y   float32
	z      float64
}

// fill grids the heights.
func (c *Cloud) fill(ctx context.Context, r *las.Reader, e extent, progress func(done, total int)) error {
	if err := r.Rewind(); err != nil {
		return err
	}
	sums := make([]cellSum, c.w*c.h)
	if c.Report.Colour {
		c.colour = make([][3]float32, len(sums))
	}
	recent := newRecent(r.Count())
	stray := strayHeightM / c.uz
	coloured := false
	err := each(ctx, r, func(done int64) { progress(gridShare/2+int(done*gridShare/2/r.Count()), progressTotal) }, func(p *las.Point) {
		if !usable(p) || p.Z < e.lo[2]-stray || p.Z > e.hi[2]+stray {
			c.Report.Dropped++
			return
		}
		fx, fy := (p.X-c.originX)*c.ux/c.cell, (c.originY-p.Y)*c.uy/c.cell
		x, y := int(math.Floor(fx)), int(math.Floor(fy))
		if x < 0 || y < 0 || x >= c.w || y >= c.h {
			c.Report.Dropped++
			return
		}
		if recent.seen(p) {
			c.Report.Duplicates++
			return
		}
		s := &sums[y*c.w+x]
		z := (p.Z - e.lo[2]) * c.uz
		if s.n == 0 || float32(z) < s.lo {
			s.lo = float32(z)
		}
		if s.n == 0 || float32(z) > s.hi {
			s.hi = float32(z)
		}
		s.n++
		s.z += z
		s.x += float32((fx - float64(x) - 0.5) * c.cell)
		s.y += float32((fy - float64(y) - 0.5) * c.cell)
		c.Report.Used++
		if c.colour != nil {
			k := &c.colour[y*c.w+x]
			for b, v := range [3]uint16{p.R, p.G, p.B} {
				k[b] += (float32(v) - k[b]) / float32(s.n)
				coloured = coloured || v != 0
			}
		}
	})
	if err != nil {
		return err
	}
	if !coloured {
		c.colour, c.Report.Colour = nil, false
	}
	c.heights(sums, e.lo[2]*c.uz)
	return ctx.Err()
}

// heights turns sums into means, moved to the cells' centres along the slope of the neighbouring means.
func (c *Cloud) heights(sums []cellSum, z0 float64) {
	c.z, c.spread = make([]float64, len(sums)), make([]float32, len(sums))
	mean := func(i int) float64 {
		if sums[i].n == 0 {
			return math.NaN()
		}
		return sums[i].z / float64(sums[i].n)
	}
	slope := func(i, lo, hi int, atLo, atHi bool) float64 {
		a, b := math.NaN(), math.NaN()
		if !atLo {
			a = mean(lo)
		}
		if !atHi {
			b = mean(hi)
		}
		switch {
		case a == a && b == b:
			return (b - a) / (2 * c.cell)
		case a == a:
			return (mean(i) - a) / c.cell
		case b == b:
			return (b - mean(i)) / c.cell
		}
		return 0
	}
	voids := 0
	for i := range sums {
		s := &sums[i]
		if s.n == 0 {
			c.z[i], c.spread[i] = math.NaN(), float32(math.NaN())
			voids++
			continue
		}
		x, y := i%c.w, i/c.w
		gx := slope(i, i-1, i+1, x == 0, x == c.w-1)
		gy := slope(i, i-c.w, i+c.w, y == 0, y == c.h-1)
		g := math.Hypot(gx, gy)
		z := mean(i)
		if g < tiltLimit {
			z -= (gx*float64(s.x) + gy*float64(s.y)) / float64(s.n)
		}
		c.z[i] = z + z0
		c.spread[i] = float32(math.Max(0, float64(s.hi-s.lo)-math.Min(g, tiltLimit)*c.cell*math.Sqrt2))
	}
	c.Report.VoidShare = float64(voids) / float64(len(sums))
}

// recent remembers points by a direct-mapped table of their stored coordinates: repeated records are
// almost always close together in a file, and a table of fixed size bounds memory.
type recent struct{ slots []uint64 }

func newRecent(count int64) *recent {
	n := 1
	for n < recentPoints && int64(n) < 2*count {
		n *= 2
	}
	return &recent{make([]uint64, n)}
}

func (r *recent) seen(p *las.Point) bool {
	h := uint64(uint32(p.XI))*0x9E3779B97F4A7C15 ^ uint64(uint32(p.YI))*0xC2B2AE3D27D4EB4F ^ uint64(uint32(p.ZI))*0x165667B19E3779F9
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 32
	h |= 1 // never the empty slot's zero
	s := &r.slots[(h>>1)&uint64(len(r.slots)-1)]
	if *s == h {
		return true
	}
	*s = h
	return false
}
