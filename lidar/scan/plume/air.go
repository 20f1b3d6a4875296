package plume

import (
	"math"
	"slices"
)

const minStratum = 8 // values that make a median

// stratify gives every cell the number of the air it is compared with: the ring of its range, or, in a
// vertical cut, the layer of its height.
func (s *sweep) stratify() {
	s.stratum = make([]int32, len(s.alpha))
	s.strata = s.cells
	for i := range s.rays {
		for c := range s.cells {
			k := c
			if s.upright {
				_, _, u := s.place(i, c)
				k = max(0, int(u/stratumM))
			}
			s.stratum[s.at(i, c)] = int32(k)
			s.strata = max(s.strata, k+1)
		}
	}
}

// byStratum calls fn with the numbers of the cells of each stratum that have a value.
func (s *sweep) byStratum(values []float64, fn func(k int, cells []int32)) {
	start := make([]int32, s.strata+1)
	for i, v := range values {
		if v == v {
			start[s.stratum[i]+1]++
		}
	}
	for k := range s.strata {
		start[k+1] += start[k]
	}
	list, fill := make([]int32, start[s.strata]), append([]int32(nil), start...)
	for i, v := range values {
		if v == v {
			k := s.stratum[i]
			list[fill[k]] = int32(i)
			fill[k]++
		}
	}
	for k := range s.strata {
		fn(k, list[start[k]:start[k+1]])
	}
}

// compare finds what the air around each cell has, and what the cell has more.
func (s *sweep) compare() {
	s.stratify()
	s.residual = make([]float64, len(s.alpha))
	s.base = make([]float64, len(s.alpha))
	s.around(s.residual)
	s.anchor()
	s.blind()
	s.around(s.residual)
	s.mesh = slices.Clone(s.base)
	s.driftRays(s.residual)
	s.front = s.findFronts()
}

// look smooths the excess over a scale and measures its noise.
func (s *sweep) look(at scale) {
	s.smooth(at)
	s.measureNoise()
}

// around fills base with the air around each cell, and residual with what the cell has more.
func (s *sweep) around(residual []float64) {
	for i := range residual {
		residual[i], s.base[i] = math.NaN(), 0
	}
	var buf []float64
	s.typical = make([]float64, s.strata)
	s.byStratum(s.alpha, func(k int, cells []int32) {
		if len(cells) < minStratum {
			return
		}
		buf = buf[:0]
		for _, i := range cells {
			buf = append(buf, s.alpha[i])
		}
		m := median(buf)
		s.typical[k] = m
		for _, i := range cells {
			s.base[i], residual[i] = m, s.alpha[i]-m
		}
	})
	if s.upright {
		s.driftUpright(residual)
	} else {
		s.drift(residual)
	}
}
