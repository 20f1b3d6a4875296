package near

import (
	"math"
	"sort"

	"upwind/tracing/plane"
)

const (
	// blurShare of the distance to the nearest sensors is the sd of a place that no likelihood shows: ground, wakes and
	// a wind that bends on the way. Field tests miss by about that much (METEC: 8-10 m at 20-40 m).
	blurShare   = 0.1
	blurSensors = 3
	blurReach   = 3.0 // sd
)

// blurM is that sd for a source at p.
func (n *network) blurM(p plane.Point) float64 {
	ds := make([]float64, len(n.sensors))
	for i, s := range n.sensors {
		ds[i] = math.Inf(1)
		for _, q := range s.points {
			ds[i] = min(ds[i], q.To(p))
		}
	}
	sort.Float64s(ds)
	k := min(blurSensors, len(ds))
	sum := 0.0
	for _, d := range ds[:k] {
		sum += d
	}
	return blurShare * sum / float64(k)
}

// blur spreads a distribution over the cells by a Gaussian of sd metres; what would leave the lattice stays at its
// edge's side, so that the sum is kept.
func (g lattice) blur(mass []float64, sd float64) []float64 {
	r := int(math.Ceil(blurReach * sd / g.cell))
	kernel := make([]float64, 2*r+1)
	for i := range kernel {
		d := float64(i-r) * g.cell / max(sd, 1e-9)
		kernel[i] = math.Exp(-d * d / 2)
	}
	along := func(in []float64, n, m, step, stride int) []float64 {
		out := make([]float64, len(in))
		for line := range m {
			for i := range n {
				v := in[line*stride+i*step]
				if v == 0 {
					continue
				}
				lo, hi := max(i-r, 0), min(i+r, n-1)
				total := 0.0
				for j := lo; j <= hi; j++ {
					total += kernel[j-i+r]
				}
				for j := lo; j <= hi; j++ {
					out[line*stride+j*step] += v * kernel[j-i+r] / total
				}
			}
		}
		return out
	}
	return along(along(mass, g.nx, g.ny, 1, g.nx), g.ny, g.nx, g.nx, 1)
}

// blurred is the mass of the free cells after blurring, kept off places that the prior rules out; it sums to total.
func (s *stage) blurred(mass []float64, total, sd float64) []float64 {
	out := s.f.blur(mass, sd)
	sum := 0.0
	for i := range out {
		if math.IsInf(s.priors[i], -1) {
			out[i] = 0
		}
		sum += out[i]
	}
	for i := range out {
		out[i] *= total / sum
	}
	return out
}
