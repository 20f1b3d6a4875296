package terrain

import "math"

// octagon is the Minkowski sum of a square of half-side a and a diamond of half-diagonal d: all cells with
// |x| <= a+d, |y| <= a+d and |x|+|y| <= 2a+d.
type octagon struct{ a, d int }

// nearestOctagon is the octagon that differs in the fewest cells from the disk x^2 + y^2 <= r^2.
func nearestOctagon(r int) octagon {
	best, least := octagon{}, math.MaxInt
	for d := 0; d <= r+1; d++ {
		for a := 0; a+d <= r+1; a++ {
			o, diff := octagon{a, d}, 0
			for y := -r - 1; y <= r+1; y++ {
				diff += abs(o.width(y) - diskWidth(r, y))
			}
			if diff < least {
				best, least = o, diff
			}
		}
	}
	return best
}

// width is the number of cells of row y.
func (o octagon) width(y int) int {
	if y = abs(y); y > o.a+o.d {
		return 0
	}
	return 2*(o.a+o.d-max(0, y-o.a)) + 1
}

func diskWidth(r, y int) int {
	if abs(y) > r {
		return 0
	}
	return 2*int(math.Sqrt(float64(r*r-y*y))) + 1
}

func abs(n int) int { return max(n, -n) }

// relief is a layer for morphology: heights as integers of the same order, whose minimum needs no branch.
type relief struct {
	w, h     int
	k        []int32
	tmp, pad []int32 // of one step, kept for the next
}

func (l *layer) relief() *relief {
	r := &relief{w: l.w, h: l.h, k: make([]int32, len(l.z))}
	for i, v := range l.z {
		r.k[i] = keyOf(v)
	}
	return r
}

// keyOf orders as floats do: the bits of negative ones are turned around. Its complement orders the other
// way, as a height's negative does.
func keyOf(v float32) int32 {
	k := int32(math.Float32bits(v))
	return k ^ (k >> 31 & math.MaxInt32)
}

func heightOf(k int32) float32 {
	return math.Float32frombits(uint32(k ^ (k >> 31 & math.MaxInt32)))
}

// open erodes and then dilates the layer by the octagon. What lies outside the layer does not count.
func (l *layer) open(o octagon, threads int) {
	r := l.relief()
	r.open(o, threads)
	for i, k := range r.k {
		l.z[i] = heightOf(k)
	}
}

func (r *relief) open(o octagon, threads int) {
	threads = threadsFor(len(r.k), threads)
	r.erode(o, threads)
	r.invert()
	r.erode(o, threads)
	r.invert()
}

func (r *relief) invert() {
	for i, k := range r.k {
		r.k[i] = ^k
	}
}

// erode takes the minimum over the octagon. The square is two runs along lines; the diamond is one or two
// steps of a cross and then two diagonal runs, which alone would visit every other cell only.
func (r *relief) erode(o octagon, threads int) {
	r.alongRows(o.a, threads)
	r.alongColumns(o.a, 0, threads)
	if o.d == 0 {
		return
	}
	cross := 2 - o.d%2
	for range cross {
		r.erodeCross(threads)
	}
	if k := (o.d - cross) / 2; k > 0 {
		// The way along one diagonal may leave the layer and come back along the other.
		p := r.padded(k)
		p.alongColumns(k, 1, threads)
		p.alongColumns(k, -1, threads)
		for y := range r.h {
			copy(r.k[y*r.w:(y+1)*r.w], p.k[(y+k)*p.w+k:])
		}
	}
}

// outside is higher than every height.
const outside = math.MaxInt32

// padded is the relief with k cells of outside around it.
func (r *relief) padded(k int) *relief {
	p := &relief{w: r.w + 2*k, h: r.h + 2*k}
	if n := p.w * p.h; cap(r.pad) < n {
		r.pad = make([]int32, n)
	}
	p.k = r.pad[:p.w*p.h]
	for y := range p.h {
		row := p.k[y*p.w : (y+1)*p.w]
		if y < k || y >= p.h-k {
			fillOutside(row)
			continue
		}
		fillOutside(row[:k])
		copy(row[k:], r.k[(y-k)*r.w:(y-k+1)*r.w])
		fillOutside(row[p.w-k:])
	}
	return p
}

func fillOutside(k []int32) {
	for i := range k {
		k[i] = outside
	}
}

// erodeCross takes the minimum over a cell and its four neighbours.
func (r *relief) erodeCross(threads int) {
	if r.tmp == nil {
		r.tmp = make([]int32, len(r.k))
	}
	w := r.w
	each(r.h, threads, func() func(y int) {
		return func(y int) {
			row := r.k[y*w : (y+1)*w]
			dst := r.tmp[y*w : (y+1)*w]
			up, down := row, row
			if y > 0 {
				up = r.k[(y-1)*w : y*w]
			}
			if y < r.h-1 {
				down = r.k[(y+1)*w : (y+2)*w]
			}
			minOf(dst, up, down)
			last := row[0]
			for x, v := range row[:w-1] {
				dst[x] = min(dst[x], v, last, row[x+1])
				last = v
			}
			dst[w-1] = min(dst[w-1], row[w-1], last)
		}
	})
	r.k, r.tmp = r.tmp, r.k
}

// alongRows takes the minimum over 2k+1 cells of each row (van Herk 1992; Gil and Werman 1993): blocks of
// 2k+1 cells carry running minima from both ends, and every window is one suffix and one prefix.
func (r *relief) alongRows(k, threads int) {
	if k <= 0 {
		return
	}
	each(r.h, threads, func() func(y int) {
		v := newHerk(r.w, k, 1)
		return func(y int) {
			row := r.k[y*r.w : (y+1)*r.w]
			copy(v.in[k:], row)
			v.run()
			copy(row, v.out)
		}
	})
}

// lanes is how many neighbouring lines are run together, so that memory is read in rows.
const lanes = 16

// alongColumns is [relief.alongRows] for lines that move skew columns a row.
func (r *relief) alongColumns(k, skew, threads int) {
	if k <= 0 {
		return
	}
	first, last := 0, r.w-1 // the column at row 0 of the first and the last line
	if skew > 0 {
		first -= r.h - 1
	}
	if skew < 0 {
		last += r.h - 1
	}
	each((last-first)/lanes+1, threads, func() func(s int) {
		v := newHerk(r.h, k, lanes)
		return func(s int) { r.strip(v, first+s*lanes, skew) }
	})
}

// strip runs the lines whose columns at row 0 are x0 and the following.
func (r *relief) strip(v *herk, x0, skew int) {
	y0, y1 := 0, r.h
	if skew > 0 {
		y0, y1 = max(0, 1-lanes-x0), min(r.h, r.w-x0)
	}
	if skew < 0 {
		y0, y1 = max(0, x0-r.w+1), min(r.h, x0+lanes)
	}
	if y1 <= y0 {
		return
	}
	v.resize(y1 - y0)
	for y := y0; y < y1; y++ {
		dst := v.in[(y-y0+v.k)*lanes:][:lanes]
		at := x0 + skew*y
		if at >= 0 && at+lanes <= r.w {
			copy(dst, r.k[y*r.w+at:])
			continue
		}
		for i := range dst {
			if dst[i] = outside; at+i >= 0 && at+i < r.w {
				dst[i] = r.k[y*r.w+at+i]
			}
		}
	}
	v.run()
	for y := y0; y < y1; y++ {
		src := v.out[(y-y0)*lanes:][:lanes]
		at := x0 + skew*y
		if at >= 0 && at+lanes <= r.w {
			copy(r.k[y*r.w+at:], src)
			continue
		}
		for i := range src {
			if at+i >= 0 && at+i < r.w {
				r.k[y*r.w+at+i] = src[i]
			}
		}
	}
}
