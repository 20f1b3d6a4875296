package raster

// BoxMean is the mean over a (2k+1)-square window by running sums, counting only finite values; cells of a
// window without any are NaN.
func BoxMean(v []float32, w, h, k int) []float32 {
	if !hasNaN(v) {
		out := make([]float32, len(v))
		boxMeanWhole(out, v, w, h, k)
		return out
	}
	sum, cnt := make([]float64, w), make([]float64, w)
	out := make([]float32, len(v))
	add := func(y int, sign float64) {
		for x, f := range v[y*w : (y+1)*w] {
			if f == f {
				sum[x] += sign * float64(f)
				cnt[x] += sign
			}
		}
	}
	for y := 0; y < min(k, h); y++ {
		add(y, 1)
	}
	for y := range h {
		if y+k < h {
			add(y+k, 1)
		}
		if y-k-1 >= 0 {
			add(y-k-1, -1)
		}
		s, n := 0.0, 0.0
		for x := 0; x < min(k, w); x++ {
			s, n = s+sum[x], n+cnt[x]
		}
		for x := range w {
			if x+k < w {
				s, n = s+sum[x+k], n+cnt[x+k]
			}
			if x-k-1 >= 0 {
				s, n = s-sum[x-k-1], n-cnt[x-k-1]
			}
			if n > 0.5 {
				out[y*w+x] = float32(s / n)
			} else {
				out[y*w+x] = nan32
			}
		}
	}
	return out
}

func hasNaN(v []float32) bool {
	for _, f := range v {
		if f != f {
			return true
		}
	}
	return false
}

// boxMeanWhole is BoxMean into a slice where every value counts: the counts follow from the place.
func boxMeanWhole(out, v []float32, w, h, k int) {
	sum := make([]float64, w)
	add := func(y int, sign float64) {
		for x, f := range v[y*w : (y+1)*w] {
			sum[x] += sign * float64(f)
		}
	}
	for y := 0; y < min(k, h); y++ {
		add(y, 1)
	}
	for y := range h {
		switch in, gone := y+k < h, y-k-1 >= 0; {
		case in && gone:
			old := v[(y-k-1)*w : (y-k)*w]
			for x, f := range v[(y+k)*w : (y+k+1)*w] {
				sum[x] += float64(f) - float64(old[x])
			}
		case in:
			add(y+k, 1)
		case gone:
			add(y-k-1, -1)
		}
		rows := float64(min(h-1, y+k) - max(0, y-k) + 1)
		boxRow(out[y*w:(y+1)*w], sum, k, rows)
	}
}

// boxRow averages the column sums of so many rows over 2k+1 columns.
func boxRow(out []float32, sum []float64, k int, rows float64) {
	w, s := len(out), 0.0
	for x := 0; x < min(k, w); x++ {
		s += sum[x]
	}
	share := 1 / (rows * float64(2*k+1))
	for x := range out {
		if x+k < w {
			s += sum[x+k]
		}
		if x-k-1 >= 0 {
			s -= sum[x-k-1]
		}
		if x >= k && x+k < w {
			out[x] = float32(s * share)
		} else {
			out[x] = float32(s / (rows * float64(min(w-1, x+k)-max(0, x-k)+1)))
		}
	}
}
