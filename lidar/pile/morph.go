package pile

import "math"

// open3 is the morphological opening by 3 x 3 cells: it removes what is thinner than three cells.
func (r *room) open3(m []bool, w, h int) []bool {
	eroded := r.bools(len(m))
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			all := true
			for d := -1; d <= 1 && all; d++ {
				row := (y + d) * w
				all = m[row+x-1] && m[row+x] && m[row+x+1]
			}
			eroded[y*w+x] = all
		}
	}
	out := r.bools(len(m))
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			if !eroded[y*w+x] {
				continue
			}
			for d := -1; d <= 1; d++ {
				row := (y + d) * w
				out[row+x-1], out[row+x], out[row+x+1] = true, true, true
			}
		}
	}
	return out
}

// largest keeps the largest part connected by sides; of equals, the first.
func (r *room) largest(m []bool, w, h int) []bool {
	seen, out := r.bools(len(m)), r.bools(len(m))
	queue, best := r.stack[:0], [2]int{}
	for i := range m {
		if !m[i] || seen[i] {
			continue
		}
		from := len(queue)
		seen[i] = true
		queue = append(queue, i)
		for at := from; at < len(queue); at++ {
			neighbours(queue[at], w, h, func(j int) {
				if m[j] && !seen[j] {
					seen[j] = true
					queue = append(queue, j)
				}
			})
		}
		if len(queue)-from > best[1]-best[0] {
			best = [2]int{from, len(queue)}
		}
	}
	for _, i := range queue[best[0]:best[1]] {
		out[i] = true
	}
	r.stack = queue
	return out
}

// distance is the exact Euclidean distance in cells from every cell to the nearest one whose value is
// target; 0 on those. Lower envelopes of parabolas, one pass a direction (Felzenszwalb and Huttenlocher,
// "Distance transforms of sampled functions", 2012). It fills and returns d.
func (r *room) distance(d []float64, m []bool, w, h int, target bool) []float64 {
	const far = 1e12
	for i, v := range m {
		d[i] = 0
		if v != target {
			d[i] = far
		}
	}
	n := max(w, h)
	if len(r.line) < n+1 {
		r.line, r.lineOut, r.lineZ, r.lineV = make([]float64, n+1), make([]float64, n+1), make([]float64, n+1), make([]int, n+1)
	}
	line, out, v, z := r.line, r.lineOut, r.lineV, r.lineZ
	for x := range w {
		for y := range h {
			line[y] = d[y*w+x]
		}
		envelope(line[:h], out, v, z)
		for y := range h {
			d[y*w+x] = out[y]
		}
	}
	for y := range h {
		copy(line, d[y*w:(y+1)*w])
		envelope(line[:w], out, v, z)
		copy(d[y*w:(y+1)*w], out[:w])
	}
	for i := range d {
		d[i] = math.Sqrt(d[i])
	}
	return d
}

func envelope(f, out []float64, v []int, z []float64) {
	k := 0
	v[0], z[0], z[1] = 0, math.Inf(-1), math.Inf(1)
	for q := 1; q < len(f); q++ {
		cross := func(p int) float64 {
			return ((f[q] + float64(q*q)) - (f[p] + float64(p*p))) / float64(2*(q-p))
		}
		s := cross(v[k])
		for s <= z[k] {
			k--
			s = cross(v[k])
		}
		k++
		v[k], z[k], z[k+1] = q, s, math.Inf(1)
	}
	k = 0
	for q := range f {
		for z[k+1] < float64(q) {
			k++
		}
		out[q] = float64((q-v[k])*(q-v[k])) + f[v[k]]
	}
}

// neighbours calls visit with the cells that share a side with cell i.
func neighbours(i, w, h int, visit func(int)) {
	x := i % w
	if x > 0 {
		visit(i - 1)
	}
	if x < w-1 {
		visit(i + 1)
	}
	if i >= w {
		visit(i - w)
	}
	if i < (h-1)*w {
		visit(i + w)
	}
}
