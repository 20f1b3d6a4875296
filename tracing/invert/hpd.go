package invert

import "sort"

// rounding of a sum of shares.
const rounding = 1e-12

// HPD is the smallest set of cells that holds the share of the mass, densest first; ties by index. It is empty when
// there is no mass.
func HPD(mass []float64, share float64) []int {
	idx := make([]int, 0, len(mass))
	total := 0.0
	for i, m := range mass {
		if m > 0 {
			idx = append(idx, i)
			total += m
		}
	}
	sort.Slice(idx, func(a, b int) bool {
		return mass[idx[a]] > mass[idx[b]] || mass[idx[a]] == mass[idx[b]] && idx[a] < idx[b]
	})
	sum := 0.0
	for n, i := range idx {
		sum += mass[i]
		if sum >= (share-rounding)*total {
			return idx[:n+1]
		}
	}
	return idx
}
