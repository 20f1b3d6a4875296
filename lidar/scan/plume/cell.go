package plume

import (
	"math"

	"upwind/lidar/scan"
)

// grid takes means of a few bins each.
func (s *sweep) grid() {
	f := s.f
	s.per = max(1, int(math.Round(cellM/f.BinM)))
	s.cells = f.Bins / s.per
	// Cells beyond the last bin that anything is known of are no cells.
	last := 0
	for _, row := range s.rays {
		for k := f.Bins - 1; k >= 0 && k/s.per >= last; k-- {
			if v := f.Extinction[f.At(row, k)]; v == v && usable(f.Quality[f.At(row, k)]) {
				last = k/s.per + 1
				break
			}
		}
	}
	s.cells = min(s.cells, last)
	s.cellM = float64(s.per) * f.BinM
	s.firstM = f.FirstM + (s.cellM-f.BinM)/2
	size := s.n() * s.cells
	s.alpha, s.sigma = make([]float64, size), make([]float64, size)
	s.light, s.lightSigma = make([]float64, size), make([]float64, size)
	for i, row := range s.rays {
		for c := range s.cells {
			j := s.at(i, c)
			s.alpha[j], s.sigma[j] = s.mean(row, c)
			s.light[j], s.lightSigma[j] = s.meanLight(row, c)
		}
	}
}

// meanLight is the mean light of a cell and its sigma; NaN when less than half of it is seen.
func (s *sweep) meanLight(row, cell int) (light, sigma float64) {
	f := s.f
	if len(f.Light) != len(f.Extinction) || len(f.LightSigma) != len(f.Light) {
		return math.NaN(), math.NaN()
	}
	n, v2 := 0, 0.0
	for k := cell * s.per; k < (cell+1)*s.per; k++ {
		i := f.At(row, k)
		if x, e := f.Light[i], f.LightSigma[i]; !math.IsNaN(x-x) && e > 0 && !math.IsInf(e, 1) && usable(f.Quality[i]) && f.RangeM(k) >= nearM {
			n++
			light += x
			v2 += e * e
		}
	}
	if 2*n < s.per {
		return math.NaN(), math.NaN()
	}
	return light / float64(n), math.Sqrt(v2) / float64(n)
}

// opaque reports whether something hard, or light beyond what the receiver can take, stands in a cell.
func (s *sweep) opaque(ray, cell int) bool {
	for k := cell * s.per; k < (cell+1)*s.per; k++ {
		if s.f.Quality[s.f.At(s.rays[ray], k)]&(scan.HardTarget|scan.Saturated) != 0 {
			return true
		}
	}
	return false
}

// mean is the mean extinction of a cell and its sigma; NaN when less than half of it is seen.
func (s *sweep) mean(row, cell int) (alpha, sigma float64) {
	f := s.f
	n, low := 0, 0
	v2 := 0.0
	for k := cell * s.per; k < (cell+1)*s.per; k++ {
		i := f.At(row, k)
		v, q := f.Extinction[i], f.Quality[i]
		// Not within a known error, or thicker than any cloud: no air.
		if !(math.Abs(v) < maxAlpha && f.ExtinctionSigma[i] < maxAlpha) || !usable(q) || f.RangeM(k) < nearM {
			continue
		}
		if q&scan.LowSNR != 0 {
			low++
		}
		n++
		alpha += v
		v2 += f.ExtinctionSigma[i] * f.ExtinctionSigma[i]
	}
	if 2*n < s.per || 2*low > n {
		return math.NaN(), math.NaN()
	}
	return alpha / float64(n), math.Sqrt(v2) / float64(n)
}
