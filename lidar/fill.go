package lidar

import (
	"context"
	"math"
	"sync"
)

// Progress of a detection in thousandths: two looks at the points, then the search.
const (
	progressTotal = 1000
	gridShare     = 500
)

// The rows of the grid are dealt to bands in stripes, and each band takes its points in file order, so that
// sums are the same for any number of threads.
const (
	bandCount    = 16
	stripeShift  = 4       // rows of a stripe as a power of two
	recentPoints = 1 << 20 // repeated points are looked for among about this many
)

// tiltLimit is the steepest slope, as a tangent, along which a mean is moved to the middle of its cell;
// across walls the slope means nothing.
const tiltLimit = 1.5

// cellSum gathers the points of a cell: their number, offsets from the centre in m, and heights above the
// grid's lowest as mean and sum of squares about it (Welford, "Note on a method for calculating corrected
// sums of squares and products", 1962).
type cellSum struct {
	n      uint32
	lo, hi float32
	x, y   float32
	m2     float32
	mean   float64
}

func (s *cellSum) add(x, y float32, z float64) {
	if s.n == 0 || float32(z) < s.lo {
		s.lo = float32(z)
	}
	if s.n == 0 || float32(z) > s.hi {
		s.hi = float32(z)
	}
	s.n++
	s.x += x
	s.y += y
	d := z - s.mean
	s.mean += d / float64(s.n)
	s.m2 += float32(d * (z - s.mean))
}

// band is what one band counts while it is filled.
type band struct {
	used, dropped, duplicates int64
	recent                    recent
}

// filler lays blocks of points onto the grid. Stored coordinates become cells and metres by a factor and a
// shift an axis.
type filler struct {
	c             *Cloud
	sums          []cellSum
	bands         [bandCount]band
	factor, shift [3]float64
	zLo, zHi      float64 // strays lie outside
}

// fill grids the points.
func (c *Cloud) fill(ctx context.Context, s *stream, e extent, progress func(done int64)) error {
	f := &filler{c: c, sums: make([]cellSum, c.w*c.h)}
	c.flags = make([]uint8, len(f.sums))
	if c.Report.Colour {
		c.colour, c.full = make([]tint, len(f.sums)), float64(uint32(1)<<c.Report.ColourBits-1)
	}
	h := s.r.Header()
	k := [3]float64{c.ux / c.cell, -c.uy / c.cell, c.uz}
	for i, o := range [3]float64{c.originX, c.originY, e.lo[2]} {
		f.factor[i], f.shift[i] = h.Scale[i]*k[i], (h.Offset[i]-o)*k[i]
	}
	f.zLo, f.zHi = -strayHeightM, (e.hi[2]-e.lo[2])*c.uz+strayHeightM
	for i := range f.bands {
		f.bands[i].recent = newRecent(s.r.Count())
	}
	threads := threads()
	err := s.each(ctx, progress, func(b *echoes) {
		var wg sync.WaitGroup
		for t := range threads {
			wg.Go(func() { f.lay(b, t, threads) })
		}
		wg.Wait()
	})
	if err != nil {
		return err
	}
	for i := range f.bands {
		b := &f.bands[i]
		c.Report.Used += b.used
		c.Report.Dropped += b.dropped
		c.Report.Duplicates += b.duplicates
	}
	return c.heights(ctx, f.sums, e.lo[2]*c.uz)
}

// lay takes the points of a block that fall into the bands of thread t of so many. Points outside the grid
// belong to the first.
func (f *filler) lay(b *echoes, t, threads int) {
	c := f.c
	w, h := float64(c.w), float64(c.h)
	for i := range b.at {
		p := &b.at[i]
		fx, fy := float64(p[0])*f.factor[0]+f.shift[0], float64(p[1])*f.factor[1]+f.shift[1]
		if !(fx >= 0 && fy >= 0 && fx < w && fy < h) {
			if t == 0 {
				f.bands[0].dropped++
			}
			continue
		}
		x, y := int(fx), int(fy)
		k := y >> stripeShift % bandCount
		if k%threads != t {
			continue
		}
		to := &f.bands[k]
		z := float64(p[2])*f.factor[2] + f.shift[2]
		switch {
		case z < f.zLo || z > f.zHi:
			to.dropped++
			continue
		case to.recent.seen(p):
			to.duplicates++
			continue
		}
		to.used++
		j := y*c.w + x
		f.sums[j].add(float32((fx-float64(x)-0.5)*c.cell), float32((fy-float64(y)-0.5)*c.cell), z)
		c.flags[j] |= b.flags[i]
		if c.colour != nil {
			c.colour[j].add(&b.colour[i])
		}
	}
}

// recent remembers points by a direct-mapped table of their stored coordinates: repeated records are
// almost always close together in a file, and a table of fixed size bounds memory.
type recent struct{ slots []uint64 }

// newRecent is the table of one band of a file of so many points.
func newRecent(count int64) recent {
	n := 64
	for n < recentPoints/bandCount && int64(n) < 2*count/bandCount {
		n *= 2
	}
	return recent{make([]uint64, n)}
}

func (r recent) seen(p *[3]int32) bool {
	h := uint64(uint32(p[0]))*0x9E3779B97F4A7C15 ^ uint64(uint32(p[1]))*0xC2B2AE3D27D4EB4F ^ uint64(uint32(p[2]))*0x165667B19E3779F9
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

// heights turns sums into means, moved to the cells' centres along the slope of the neighbouring means.
func (c *Cloud) heights(ctx context.Context, sums []cellSum, z0 float64) error {
	c.z, c.spread = make([]float64, len(sums)), make([]float32, len(sums))
	c.within, c.n = make([]float32, len(sums)), make([]uint32, len(sums))
	err := strips(ctx, c.h, func(y0, y1 int) {
		for i := y0 * c.w; i < y1*c.w; i++ {
			c.height(sums, i, z0)
		}
	})
	voids := 0
	for _, n := range c.n {
		if n == 0 {
			voids++
		}
	}
	c.Report.VoidShare = float64(voids) / float64(len(sums))
	return err
}

func (c *Cloud) height(sums []cellSum, i int, z0 float64) {
	nan := float32(math.NaN())
	s := &sums[i]
	c.n[i] = s.n
	if s.n == 0 {
		c.z[i], c.spread[i], c.within[i] = math.NaN(), nan, nan
		return
	}
	x, y := i%c.w, i/c.w
	gx := c.meanSlope(sums, i, 1, x > 0, x < c.w-1)
	gy := c.meanSlope(sums, i, c.w, y > 0, y < c.h-1)
	g := math.Hypot(gx, gy)
	z := s.mean
	if g < tiltLimit {
		z -= (gx*float64(s.x) + gy*float64(s.y)) / float64(s.n)
	}
	g = math.Min(g, tiltLimit)
	c.z[i] = z + z0
	c.spread[i] = float32(math.Max(0, float64(s.hi-s.lo)-g*c.cell*math.Sqrt2))
	c.within[i] = nan
	if s.n > 1 {
		// Points fall anywhere in the cell, so its slope alone spreads them by g cell / sqrt(12). Few points
		// may spread less: pooled over cells the estimate has no bias as long as it may be negative.
		c.within[i] = float32(float64(s.m2)/float64(s.n-1) - g*g*c.cell*c.cell/12)
	}
}

// meanSlope is the slope of the means of the cells before and behind a cell, one of which may be missing.
func (c *Cloud) meanSlope(sums []cellSum, i, step int, before, behind bool) float64 {
	before, behind = before && sums[i-step].n > 0, behind && sums[i+step].n > 0
	switch {
	case before && behind:
		return (sums[i+step].mean - sums[i-step].mean) / (2 * c.cell)
	case before:
		return (sums[i].mean - sums[i-step].mean) / c.cell
	case behind:
		return (sums[i+step].mean - sums[i].mean) / c.cell
	}
	return 0
}
