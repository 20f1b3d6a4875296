package plume

import (
	"math"
	"slices"
)

// madSigma makes a standard deviation of a median absolute deviation of normal numbers.
const madSigma = 1.4826

// median reorders its argument; NaN for none. The lower of two middle values stands for both.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return pick(x, (len(x)-1)/2)
}

// pick is the k-th smallest of x, by Hoare's selection with the median of three as the pivot.
func pick(x []float64, k int) float64 {
	lo, hi := 0, len(x)-1
	for hi-lo > 12 {
		p := middle(x[lo], x[(lo+hi)/2], x[hi])
		i, j := lo, hi
		for i <= j {
			for x[i] < p {
				i++
			}
			for x[j] > p {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	slices.Sort(x[lo : hi+1])
	return x[k]
}

func middle(a, b, c float64) float64 { return math.Max(math.Min(a, b), math.Min(math.Max(a, b), c)) }

// spread is the standard deviation of the bulk of x about a centre; it overwrites x.
func spread(x []float64, centre float64) float64 {
	for i, v := range x {
		x[i] = math.Abs(v - centre)
	}
	return madSigma * median(x)
}
