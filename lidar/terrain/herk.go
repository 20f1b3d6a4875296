package terrain

// herk runs one bundle of lines: in has k steps of outside before and at least k behind n steps.
type herk struct {
	n, k, width  int
	in, pre, out []int32
}

func newHerk(n, k, width int) *herk {
	v := &herk{k: k, width: width}
	size := (n/(2*k+1) + 2) * (2*k + 1)
	size = max(size, n+2*k) * width
	v.in, v.pre, v.out = make([]int32, size), make([]int32, size), make([]int32, n*width)
	fillOutside(v.in)
	v.n = n
	return v
}

// resize prepares for a shorter bundle.
func (v *herk) resize(n int) {
	v.n = n
	fillOutside(v.in[(v.k+n)*v.width : (2*v.k+n)*v.width])
}

func (v *herk) run() {
	win := 2*v.k + 1
	total := v.n + 2*v.k
	for s := 0; s < total; s += win {
		if e := min(s+win, total); v.width == lanes {
			v.blockOfLanes(s, e)
		} else {
			v.block(s, e)
		}
	}
	w := v.width
	minOf(v.out[:v.n*w], v.in[:v.n*w], v.pre[(win-1)*w:(win-1+v.n)*w])
	fillOutside(v.in[:v.k*w])
	fillOutside(v.in[(v.k+v.n)*w : total*w])
}

// block makes the minima of steps s to e from the front in pre and from the back in place, for one line.
func (v *herk) block(s, e int) {
	run := int32(outside)
	pre, in := v.pre[s:e], v.in[s:e]
	for t, x := range in {
		run = min(run, x)
		pre[t] = run
	}
	run = outside
	for t := len(in) - 1; t >= 0; t-- {
		run = min(run, in[t])
		in[t] = run
	}
}

// blockOfLanes is block for a bundle.
func (v *herk) blockOfLanes(s, e int) {
	run := [lanes]int32{}
	fillOutside(run[:])
	for t := s; t < e; t++ {
		in, pre := (*[lanes]int32)(v.in[t*lanes:]), (*[lanes]int32)(v.pre[t*lanes:])
		for i := range run {
			run[i] = min(run[i], in[i])
		}
		*pre = run
	}
	fillOutside(run[:])
	for t := e - 1; t >= s; t-- {
		in := (*[lanes]int32)(v.in[t*lanes:])
		for i := range run {
			run[i] = min(run[i], in[i])
		}
		*in = run
	}
}

// minOf fills dst with the lesser of a and b.
func minOf(dst, a, b []int32) {
	b = b[:len(a)]
	dst = dst[:len(a)]
	for i, x := range a {
		dst[i] = min(x, b[i])
	}
}
