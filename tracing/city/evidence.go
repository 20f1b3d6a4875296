package city

import "math"

// spans calls f with every span of bins [a, b) a source may have worked, all with the same prior: all spans of at
// least least bins, shorter ones only where they touch the ends of what was seen.
func (j *judge) spans(f func(a, b int)) {
	for a := range j.bins {
		for b := a + 1; b <= j.bins; b++ {
			if b-a >= j.least || a == 0 || b == j.bins {
				f(a, b)
			}
		}
	}
}

// best is the log evidence by the best span of each rate and any turn in any bin, for scanning.
func (j *judge) best() float64 {
	total := math.Inf(-1)
	for r := range rates {
		total = logAdd(total, j.rateLn[r]+j.highest(j.on[r*j.bins:(r+1)*j.bins]))
	}
	return total - math.Log(float64(j.bins*j.bins)/8)
}

// highest is the largest sum over a span of at least least bins.
func (j *judge) highest(row []float64) float64 {
	sum, low, top := 0.0, math.Inf(1), math.Inf(-1)
	j.cum[0] = 0
	for b, v := range row {
		sum += v
		j.cum[b+1] = sum
		if from := b + 1 - j.least; from >= 0 {
			low = min(low, j.cum[from])
			top = max(top, sum-low)
		}
	}
	return top
}

// evidence is the log of the likelihood ratio of a source there to none, over all offsets, rates and spans.
func (j *judge) evidence() float64 {
	count := 0
	j.spans(func(a, b int) { count++ })
	best := math.Inf(-1)
	for o := range offsets {
		for r := range rates {
			j.spanLn[o][r] = j.offsetLn[o] + j.rateLn[r] + j.highest(j.row(o, r))
			best = max(best, j.spanLn[o][r])
		}
	}
	total := math.Inf(-1)
	for o := range offsets {
		for r := range rates {
			if j.spanLn[o][r] < best-sureLn {
				j.spanLn[o][r] = math.Inf(-1)
				continue
			}
			top := j.prefix(o, r)
			sum := 0.0
			j.spans(func(a, b int) {
				if d := j.cum[b] - j.cum[a] - top; d > -sureLn {
					sum += math.Exp(d)
				}
			})
			j.spanLn[o][r] = j.offsetLn[o] + j.rateLn[r] + top + math.Log(sum/float64(count))
			total = logAdd(total, j.spanLn[o][r])
		}
	}
	return total
}

func (j *judge) row(o, r int) []float64 {
	return j.given[(o*rates+r)*j.bins : (o*rates+r+1)*j.bins]
}

// prefix sets the prefix sums of a row and returns the best span's sum.
func (j *judge) prefix(o, r int) float64 {
	j.cum[0] = 0
	for b, v := range j.row(o, r) {
		j.cum[b+1] = j.cum[b] + v
	}
	top := math.Inf(-1)
	j.spans(func(a, b int) { top = max(top, j.cum[b]-j.cum[a]) })
	return top
}

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
