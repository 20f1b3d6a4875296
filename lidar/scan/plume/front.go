package plume

import (
	"slices"

	"upwind/lidar/scan"
)

const (
	frontShare = 0.8    // of the usual reach: a ray that ends before has been cut short
	frontM     = 1000.0 // of neighbouring rays cut short: no plume is so wide and so thick, a bank of fog is
	frontNearM = 500.0  // before the end of such a ray
	// A thing that stands where the air is this many times as thick as in the rest of its ring, and 0.1 /km
	// thicker, is a part of what is thick there: haze over a plain changes by a third.
	thickTimes = 1.6
	thickAlpha = 0.1e-3
)

// findFronts marks the rays that end early, side by side over a kilometre, though nothing hard stands there:
// the range at which light ends, 0 for other rays.
func (s *sweep) findFronts() []float64 {
	end := make([]float64, s.n())
	hard := make([]bool, s.n())
	for i, row := range s.rays {
		for c := s.cells - 1; c >= 0; c-- {
			if v := s.alpha[s.at(i, c)]; v == v {
				end[i] = s.rangeM(c)
				break
			}
		}
		for k := range s.f.Bins {
			hard[i] = hard[i] || s.f.Quality[s.f.At(row, k)]&(scan.HardTarget|scan.BehindTarget|scan.Blocked) != 0
		}
	}
	usual := median(slices.Clone(end))
	out := make([]float64, s.n())
	seen := make([]bool, s.n())
	for i := range s.rays {
		cut := func(r int) bool { return !hard[r] && end[r] < frontShare*usual }
		if seen[i] || !cut(i) {
			continue
		}
		run := []int{i}
		seen[i] = true
		for head := 0; head < len(run); head++ {
			for _, side := range [2]int{-1, 1} {
				if o := s.next(run[head], side); o >= 0 && !seen[o] && cut(o) {
					seen[o] = true
					run = append(run, o)
				}
			}
		}
		wide := 0.0
		for _, r := range run {
			wide += s.arcM(r, max(0, int((end[r]-s.firstM)/s.cellM)))
		}
		for _, r := range run {
			if wide > frontM {
				out[r] = end[r]
			}
		}
	}
	return out
}

// atFront is the share of a region's rays that end in a front just behind it.
func (s *sweep) atFront(cells []int32) float64 {
	far := map[int]float64{}
	for _, i := range cells {
		ray := int(i) / s.cells
		far[ray] = max(far[ray], s.rangeM(int(i)%s.cells))
	}
	n := 0
	for ray, r := range far {
		if s.front[ray] > 0 && s.front[ray]-r < frontNearM {
			n++
		}
	}
	return float64(n) / float64(len(far))
}

// inThickAir reports whether a region stands where the air around is thick against its ring.
func (s *sweep) inThickAir(p *Plume) bool {
	ring, here, w := 0.0, 0.0, 0.0
	for _, i := range p.region.cells {
		ring += s.typical[s.stratum[i]] * s.areaM2(i)
		here += s.base[i] * s.areaM2(i)
		w += s.areaM2(i)
	}
	return here > thickTimes*ring && here > ring+thickAlpha*w
}
