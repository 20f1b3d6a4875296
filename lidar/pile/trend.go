package pile

// trend is the mean gradient around blocks of cells: a hillside changes little within a block.
type trend struct {
	block, w int
	mx, my   []float32
}

const (
	trendRadiusM = 30.0 // a hillside is the mean slope over this radius: wider than most heaps, narrower than most hills
	trendBlocks  = 8    // in that radius
)

func (f *field) trend() *trend {
	r := max(4, int(trendRadiusM/f.cell))
	t := &trend{block: max(1, r/trendBlocks)}
	t.w = (f.w + t.block - 1) / t.block
	h := (f.h + t.block - 1) / t.block
	t.mx, t.my = make([]float32, t.w*h), make([]float32, t.w*h)
	each(h, func(row int) {
		sx, sy, n := make([]float64, t.w), make([]float64, t.w), make([]float64, t.w)
		for y := row * t.block; y < min(f.h, (row+1)*t.block); y++ {
			for x := range f.w {
				if a, b := f.gx[y*f.w+x], f.gy[y*f.w+x]; a == a && b == b {
					c := x / t.block
					sx[c], sy[c], n[c] = sx[c]+float64(a), sy[c]+float64(b), n[c]+1
				}
			}
		}
		for c := range n {
			t.mx[row*t.w+c], t.my[row*t.w+c] = float32(sx[c]/n[c]), float32(sy[c]/n[c])
		}
	})
	t.mx, t.my = boxMean(make([]float32, len(t.mx)), t.mx, t.w, h, trendBlocks), boxMean(make([]float32, len(t.my)), t.my, t.w, h, trendBlocks)
	return t
}

// at is the trend at a cell; none without a trend.
func (t *trend) at(x, y int) (mx, my float64) {
	if t == nil {
		return 0, 0
	}
	b := y/t.block*t.w + x/t.block
	return float64(t.mx[b]), float64(t.my[b])
}

// boxMean fills and returns out, the mean of the known values within r columns and rows; NaN where there are none.
func boxMean(out, v []float32, w, h, r int) []float32 {
	sum, num := make([]float64, w), make([]int, w)
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
