package sequence

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// lowest is the middle of the lowest places of a plume's foot, those within two cells of the lowest, and their spread with that of a cell.
func lowest(foot []orb.Point) (at orb.Point, sigma float64) {
	bottom := 0.0
	for _, p := range foot {
		bottom = math.Max(bottom, p[1])
	}
	var xs, ys []float64
	for _, p := range foot {
		if p[1] >= bottom-2 {
			xs, ys = append(xs, p[0]), append(ys, p[1])
		}
	}
	mx, sx := meanOf(xs)
	my, sy := meanOf(ys)
	return orb.Point{mx, my}, math.Hypot(math.Hypot(sx, sy), 0.5)
}

func meanOf(v []float64) (mean, sigma float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		sigma += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sigma / float64(len(v)))
}

// spread is the median and the standard deviation by the median deviation.
func spread(v []float64) (median, sigma float64) {
	s := slices.Clone(v)
	slices.Sort(s)
	median = s[len(s)/2]
	for i := range s {
		s[i] = math.Abs(s[i] - median)
	}
	slices.Sort(s)
	return median, 1.4826 * s[len(s)/2]
}

func middle(v []int) int {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// placed is a plume in cells in the pixels of a picture that was displaced and reduced.
func (p Plume) placed(factor, dx, dy int) Plume {
	to := func(q orb.Point) orb.Point {
		return orb.Point{(q[0]*cell + float64(dx)) * float64(factor), (q[1]*cell + float64(dy)) * float64(factor)}
	}
	for _, r := range p.Outline {
		for i := range r {
			r[i] = to(r[i])
		}
	}
	p.Origin, p.OriginSigmaPx = to(p.Origin), p.OriginSigmaPx*cell*float64(factor)
	return p
}
