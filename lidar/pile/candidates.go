package pile

import (
	"context"
	"math"
	"sort"
)

// Sizes of the candidate search.
const (
	trendRadiusM = 30.0 // a hillside is the mean slope over this radius: wider than most heaps, narrower than most hills
	minCoreCells = 9    // fewer cells have no inside
	minSplitM    = 0.4  // a saddle shallower than this is a lorry's dent, not a gap between two heaps
	splitShare   = 0.2  // nor is one shallower than this share of the lower peak's height
	splitSigmas  = 4.0  // nor one that noise makes
)

// core is what the search starts a pile from: the cells around one peak. label tells the cores of a pass
// apart in the pass's label grid.
type core struct {
	label int32
	cells []int
	peak  int
}

// pass is one set of candidate cores with the grid of their labels (0 = none).
type pass struct {
	cores  []core
	labels []int32
}

// trend is the mean gradient around every cell: box means by summed-area tables of a coarse copy would be
// faster, but plain running sums need no second copy of the grid.
func (f *field) trend() (mx, my []float32) {
	r := max(4, int(trendRadiusM/f.cell))
	return boxMean(f.gx, f.w, f.h, r), boxMean(f.gy, f.w, f.h, r)
}

// boxMean is the mean of the known values within r columns and rows; NaN where there are none.
func boxMean(v []float32, w, h, r int) []float32 {
	sum, num := make([]float64, w), make([]int, w)
	out := make([]float32, len(v))
	add := func(y int, sign int) {
		if y < 0 || y >= h {
			return
		}
		for x := range w {
			if a := v[y*w+x]; a == a {
				sum[x] += float64(sign) * float64(a)
				num[x] += sign
			}
		}
	}
	for y := -r; y < r; y++ {
		add(y, 1)
	}
	for y := range h {
		add(y+r, 1)
		s, n := 0.0, 0
		for x := -r; x < w; x++ {
			if c := x + r; c < w {
				s += sum[c]
				n += num[c]
			}
			if c := x - r - 1; c >= 0 {
				s -= sum[c]
				n -= num[c]
			}
			if x >= 0 {
				out[y*w+x] = float32(s / float64(n))
			}
		}
		add(y-r, -1)
	}
	return out
}

// candidates marks flanks, joins them, fills the crests they enclose, and splits the result on its valleys.
// With a trend the slope is taken relative to it, which finds heaps on hillsides.
func (f *field) candidates(ctx context.Context, mx, my []float32) (pass, error) {
	flank := make([]bool, len(f.z))
	for i := range flank {
		var tx, ty float64
		if mx != nil {
			tx, ty = float64(mx[i]), float64(my[i])
		}
		g := f.slope(i, tx, ty)
		flank[i] = g > tanFlankLo && g < tanWall
	}
	p := pass{labels: make([]int32, len(f.z))}
	seen := make([]bool, len(f.z))
	var stack []int
	for i := range flank {
		if !flank[i] || seen[i] {
			continue
		}
		if i&0xfff == 0 && ctx.Err() != nil {
			return p, ctx.Err()
		}
		comp := []int{}
		stack = append(stack[:0], i)
		seen[i] = true
		for len(stack) > 0 {
			j := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			comp = append(comp, j)
			f.around(j, func(n int) {
				if flank[n] && !seen[n] {
					seen[n] = true
					stack = append(stack, n)
				}
			})
		}
		if len(comp) >= minCoreCells {
			f.split(f.enclosed(comp), &p)
		}
	}
	return p, ctx.Err()
}

// enclosed adds to a component the cells it encloses: the crest or plateau inside a ring of flank.
func (f *field) enclosed(comp []int) []int {
	x0, y0, x1, y1 := f.bounds(comp)
	x0, y0, x1, y1 = x0-1, y0-1, x1+1, y1+1
	w, h := x1-x0+1, y1-y0+1
	const inside, outside = 1, 2
	mark := make([]uint8, w*h)
	for _, i := range comp {
		mark[(i/f.w-y0)*w+i%f.w-x0] = inside
	}
	floodOutside(mark, w, h, outside)
	out := comp[:0:0]
	for y := range h {
		for x := range w {
			c, r := x+x0, y+y0
			if mark[y*w+x] == outside || c < 0 || r < 0 || c >= f.w || r >= f.h {
				continue
			}
			if i := r*f.w + c; !math.IsNaN(f.z[i]) {
				out = append(out, i)
			}
		}
	}
	return out
}

// floodOutside marks the zero cells that reach the window's border by sides.
func floodOutside(mark []uint8, w, h int, as uint8) {
	var stack []int
	push := func(i int) {
		if mark[i] == 0 {
			mark[i] = as
			stack = append(stack, i)
		}
	}
	for x := range w {
		push(x)
		push((h-1)*w + x)
	}
	for y := range h {
		push(y * w)
		push(y*w + w - 1)
	}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		neighbours(i, w, h, push)
	}
}

func (f *field) bounds(cells []int) (x0, y0, x1, y1 int) {
	x0, y0 = f.w, f.h
	for _, i := range cells {
		x, y := i%f.w, i/f.w
		x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
	}
	return
}

// split floods a component from its peaks downward. Where two floods meet, the lower peak is swallowed when
// it stands too little above the saddle; otherwise the meeting line stays as the border of two heaps.
func (f *field) split(cells []int, p *pass) {
	const member = -1 // of this component, not flooded yet; basins are -2, -3, ...
	for _, i := range cells {
		p.labels[i] = member
	}
	base := f.rimPlane(cells, p.labels)
	type level struct {
		h float64
		i int
	}
	order := make([]level, len(cells))
	for n, i := range cells {
		order[n] = level{float64(f.smooth[i]) + f.zRef - base.At(float64(i%f.w)+0.5, float64(i/f.w)+0.5), i}
	}
	sort.Slice(order, func(a, b int) bool {
		if order[a].h != order[b].h {
			return order[a].h > order[b].h
		}
		return order[a].i < order[b].i
	})
	noise := math.Max(minSplitM, splitSigmas*f.sigma/float64(2*f.k+1))
	var parent []int
	var peak []level
	find := func(b int) int {
		for parent[b] != b {
			parent[b] = parent[parent[b]]
			b = parent[b]
		}
		return b
	}
	for _, o := range order {
		best := -1
		f.around(o.i, func(j int) {
			if p.labels[j] >= member {
				return
			}
			b := find(int(-p.labels[j] - 2))
			if best < 0 || b == best {
				best = b
				return
			}
			// Floods are numbered from the highest peak down: the greater number is the lower peak.
			hi, lo := min(best, b), max(best, b)
			if top := peak[lo].h; top-o.h < math.Max(noise, splitShare*top) {
				parent[lo] = hi
			}
			best = hi
		})
		if best < 0 {
			best = len(parent)
			parent, peak = append(parent, best), append(peak, o)
		}
		p.labels[o.i] = int32(-best - 2)
	}
	number := make([]int, len(parent))
	for _, i := range cells {
		r := find(int(-p.labels[i] - 2))
		if number[r] == 0 {
			p.cores = append(p.cores, core{label: int32(len(p.cores) + 1), peak: peak[r].i})
			number[r] = len(p.cores)
		}
		c := &p.cores[number[r]-1]
		c.cells = append(c.cells, i)
	}
	for _, n := range number {
		if n > 0 {
			for _, i := range p.cores[n-1].cells {
				p.labels[i] = int32(n)
			}
		}
	}
}

// rimPlane is the least-squares plane through the border cells of a component: what its heights are
// compared on, so that a slope does not decide which peak is higher.
func (f *field) rimPlane(cells []int, labels []int32) Plane {
	var fit planeFit
	for _, i := range cells {
		rim := false
		f.around(i, func(j int) { rim = rim || labels[j] != labels[i] })
		if rim {
			fit.add(float64(i%f.w)+0.5, float64(i/f.w)+0.5, float64(f.smooth[i])+f.zRef, 1)
		}
	}
	p, _ := fit.solve(0)
	return p
}
