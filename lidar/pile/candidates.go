package pile

import (
	"context"
	"math"
	"sort"
)

// Sizes of the candidate search.
const (
	minCoreCells = 9   // fewer cells have no inside
	minSplitM    = 0.4 // a saddle shallower than this is a lorry's dent, not a gap between two heaps
	splitShare   = 0.2 // nor is one shallower than this share of the lower peak's height
	splitSigmas  = 4.0 // nor one that noise makes
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

// candidates marks flanks, joins them, fills the crests they enclose, and splits the result on its valleys.
// With a trend the slope is taken relative to it, which finds heaps on hillsides.
func (f *field) candidates(ctx context.Context, t *trend, labels []int32) (pass, error) {
	const flank, seen = 1, 2
	mark := f.marks()
	bands(f.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range f.w {
				mx, my := t.at(x, y)
				if g := f.slope(y*f.w+x, mx, my); g > tanFlankLo && g < tanWall {
					mark[y*f.w+x] = flank
				}
			}
		}
	})
	p := pass{labels: labels}
	clear(labels)
	var comp []int
	for i := range mark {
		if i&0xfffff == 0 && ctx.Err() != nil {
			return p, ctx.Err()
		}
		if mark[i] != flank {
			continue
		}
		comp = append(comp[:0], i)
		mark[i] = seen
		for at := 0; at < len(comp); at++ {
			f.around(comp[at], func(n int) {
				if mark[n] == flank {
					mark[n] = seen
					comp = append(comp, n)
				}
			})
		}
		if len(comp) >= minCoreCells {
			for _, cells := range f.pinch(f.enclosed(comp)) {
				f.split(cells, &p)
			}
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
	floodOutside(mark, w, h, outside, nil)
	out := make([]int, 0, len(comp))
	for y := range h {
		for x := range w {
			c, r := x+x0, y+y0
			if mark[y*w+x] == outside || c < 0 || r < 0 || c >= f.w || r >= f.h {
				continue
			}
			if i := r*f.w + c; f.z[i] == f.z[i] {
				out = append(out, i)
			}
		}
	}
	return out
}

// floodOutside marks the zero cells that reach the window's border by sides. It returns the stack it used.
func floodOutside(mark []uint8, w, h int, as uint8, stack []int) []int {
	stack = stack[:0]
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
	return stack
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
		h float32
		i int32
	}
	order := make([]level, len(cells))
	for n, i := range cells {
		order[n] = level{float32(float64(f.smooth[i]) - base.At(float64(i%f.w)+0.5, float64(i/f.w)+0.5)), int32(i)}
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
		// The cell goes to the flood that its steepest way up leads to.
		best, steepest := -1, math.Inf(-1)
		f.around(int(o.i), func(j int) {
			if p.labels[j] >= member {
				return
			}
			b := find(int(-p.labels[j] - 2))
			up := f.rise(int(o.i), j)
			if best >= 0 && b != best {
				// Floods are numbered from the highest peak down: the greater number is the lower peak.
				hi, lo := min(best, b), max(best, b)
				if top := float64(peak[lo].h); top-float64(o.h) < math.Max(noise, splitShare*top) {
					parent[lo], best, b = hi, hi, hi
				}
			}
			if up > steepest {
				best, steepest = b, up
			}
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
			p.cores = append(p.cores, core{label: int32(len(p.cores) + 1), peak: int(peak[r].i)})
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

// rise is the slope from a cell up to a neighbour, m a cell.
func (f *field) rise(i, j int) float64 {
	d := f.smooth[j] - f.smooth[i]
	if (i-j)%f.w != 0 && i/f.w != j/f.w {
		return float64(d) / math.Sqrt2
	}
	return float64(d)
}

// rimPlane is the least-squares plane through the border cells of a component: what its heights are
// compared on, so that a slope does not decide which peak is higher.
func (f *field) rimPlane(cells []int, labels []int32) Plane {
	var fit planeFit
	for _, i := range cells {
		rim := false
		f.around(i, func(j int) { rim = rim || labels[j] != labels[i] })
		if rim {
			fit.add(float64(i%f.w)+0.5, float64(i/f.w)+0.5, float64(f.smooth[i]), 1)
		}
	}
	p, _ := fit.solve(0)
	return p
}
