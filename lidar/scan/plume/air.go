package plume

import "math"

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

// compare finds what the air around each cell has, and what the cell has more: first with all there is, then without
// what was taken for plumes.
func (s *sweep) compare(o Options) {
	s.stratify()
	size := len(s.alpha)
	s.residual, s.base = make([]float64, size), make([]float64, size)
	s.around(s.residual)
	if len(s.f.Light) != len(s.f.Extinction) || len(s.f.LightSigma) != len(s.f.Light) {
		s.lightFromExtinction()
	}
	var plumes []bool
	for range levelRounds {
		s.level(plumes)
		plumes = make([]bool, size)
		s.cover(s.segment(o, true), plumes)
	}
	s.level(plumes)
	s.front = s.findFronts()
}

// levelRounds is how often levels and plumes are found in turn before they are taken: the second time plumes have their
// own levels behind, and a third changes nothing.
const levelRounds = 2

// around fills base with the air around each cell, and residual with what the cell has more.
func (s *sweep) around(residual []float64) {
	for i := range residual {
		residual[i], s.base[i] = math.NaN(), math.NaN()
	}
	var buf []float64
	s.typical = make([]float64, s.strata)
	s.byStratum(s.alpha, func(k int, cells []int32) {
		s.typical[k] = math.NaN()
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
			residual[i] = s.alpha[i] - m
		}
	})
	for i := range s.base {
		s.base[i] = s.typical[s.stratum[i]]
	}
	if s.upright {
		s.driftUpright(residual)
	} else {
		s.drift(residual)
	}
}
