package city

import "math"

// tiny is where products of exponentials begin to lose digits.
const tiny = 1e-290

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
			top, from := j.prefix(o, r)
			for b, v := range j.cum {
				j.rise[b], j.fall[b] = math.Exp(v-from-top), math.Exp(from-v)
			}
			sum := 0.0
			j.spans(func(a, b int) { // e to the sum of the span less the best is a product, but for spans that nothing is left of
				if d := j.cum[b] - j.cum[a] - top; d > -sureLn {
					if j.rise[b] > tiny && j.fall[a] < 1/tiny {
						sum += j.rise[b] * j.fall[a]
					} else {
						sum += math.Exp(d)
					}
				}
			})
			j.spanLn[o][r] = j.offsetLn[o] + j.rateLn[r] + top + math.Log(sum/j.spanCount)
			total = logAdd(total, j.spanLn[o][r])
		}
	}
	return total
}

func (j *judge) row(o, r int) []float64 {
	return j.given[(o*rates+r)*j.bins : (o*rates+r+1)*j.bins]
}

// prefix sets the prefix sums of a row and returns the best span's sum, and that at its start.
func (j *judge) prefix(o, r int) (top, from float64) {
	j.cum[0] = 0
	for b, v := range j.row(o, r) {
		j.cum[b+1] = j.cum[b] + v
	}
	// The best span ends at b and starts where the sum is least, at least bins before, or touches the first or the last bin.
	top = math.Inf(-1)
	better := func(b int, start float64) {
		if v := j.cum[b] - start; v > top {
			top, from = v, start
		}
	}
	low := math.Inf(1)
	for b := 1; b <= j.bins; b++ {
		if k := b - j.least; k >= 0 {
			low = min(low, j.cum[k])
			better(b, low)
		}
		better(b, j.cum[0])
	}
	for a := range j.bins {
		better(j.bins, j.cum[a])
	}
	return top, from
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
