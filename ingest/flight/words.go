package flight

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// natural compares names with the numbers in them as numbers: DJI_9 before DJI_10.
func natural(a, b string) int {
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	number := func(s string) (digits, rest string) {
		n := 0
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return strings.TrimLeft(s[:n], "0"), s[n:]
	}
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			var p, q string
			p, x = number(x)
			q, y = number(y)
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// median is the middle value; NaN of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*max(0, share)) }

func metres(m float64) string { return fmt.Sprintf("%.0f m", m) }
