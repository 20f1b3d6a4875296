package plume

import (
	"math"
	"slices"
)

// scalesM are the sizes at which plumes are looked for, the sigmas of the bells that the excess is averaged with: from
// a puff of 50 m across to one of 750 m. A bell of a plume's own size finds it best (the matched filter).
var scalesM = [...]float64{20, 40, 80, 160, 320}

const (
	bellReach = 2.5 // sigmas of a bell that are taken
	noisePool = 4   // strata to each side that pool their noise
)

// view is the excess at a scale: weighted means over a bell, and their noise.
type view struct{ excess, noise, inflate []float64 }

// use makes a view the one that is looked at.
func (s *sweep) use(v *view) { s.excess, s.noise, s.inflate = v.excess, v.noise, v.inflate }

// sums are moments of weighted cells: sum of weights w, of w x, of (w sigma)^2, and of w times the common sigma of a ray,
// over rays of its square.
type sums struct{ w, x, v, common float64 }

// look averages the excess over a bell of a sigma in metres: along each ray first, then over neighbouring rays, by how
// far they lie apart at that range. Hidden cells are left out.
func (s *sweep) look(sizeM float64, hidden []bool) *view {
	size := len(s.residual)
	along := make([]sums, size)
	kernel := bell(sizeM / s.cellM)
	each(s.n(), func(i int) { s.lookAlong(i, kernel, hidden, along[i*s.cells:(i+1)*s.cells]) })
	sides := s.sides(sizeM)
	out := &view{make([]float64, size), make([]float64, size), nil}
	each(s.n(), func(i int) { s.lookAround(i, sides, along, hidden, out) })
	out.inflate = s.spreads(out)
	each(s.n(), func(i int) {
		for c := range s.cells {
			out.noise[s.at(i, c)] *= out.inflate[s.stratum[s.at(i, c)]]
		}
	})
	return out
}

// lookAlong fills the sums of a ray's cells under a kernel.
func (s *sweep) lookAlong(i int, kernel []float64, hidden []bool, out []sums) {
	half := len(kernel) / 2
	for m := range s.cells {
		j := s.at(i, m)
		x := s.residual[j]
		if x != x || hidden[j] {
			continue
		}
		w := s.weight[j]
		one := sums{w, w * x, sq(w * s.sigma[j]), w * s.common[j]}
		for c := max(0, m-half); c <= min(s.cells-1, m+half); c++ {
			k, a := kernel[m-c+half], &out[c]
			a.w += k * one.w
			a.x += k * one.x
			a.v += k * k * one.v
			a.common += k * one.common
		}
	}
}

// lookAround makes the excess of a ray's cells and its noise from the sums along it and along the rays beside it. The
// nearer a cell, the more rays lie beside it within the bell.
func (s *sweep) lookAround(i int, sides [][]float64, along []sums, hidden []bool, out *view) {
	all := slices.Clone(along[i*s.cells : (i+1)*s.cells])
	for c := range all {
		all[c].common *= all[c].common
	}
	for _, side := range [2]int{-1, 1} {
		at := i
		for n := 0; n < len(sides[0]); n++ {
			if at = s.next(at, side); at < 0 {
				break
			}
			for c := 0; c < s.cells && n < len(sides[c]); c++ {
				k, a, b := sides[c][n], &all[c], &along[s.at(at, c)]
				a.w += k * b.w
				a.x += k * b.x
				a.v += k * k * b.v
				a.common += sq(k * b.common)
			}
		}
	}
	for c, a := range all {
		j := s.at(i, c)
		out.excess[j], out.noise[j] = a.x/a.w, math.Sqrt(a.v+a.common)/a.w
		if s.residual[j] != s.residual[j] || hidden[j] {
			out.excess[j], out.noise[j] = math.NaN(), math.NaN()
		}
	}
}

// sides are the weights of the first, second, ... ray beside one in a bell, by cell.
func (s *sweep) sides(sizeM float64) [][]float64 {
	out := make([][]float64, s.cells)
	for c := range out {
		arc := math.Max(s.arcM(s.n()/2, c), 1)
		for k := 1; float64(k)*arc <= bellReach*sizeM && k < s.n()/2; k++ {
			out[c] = append(out[c], math.Exp(-sq(float64(k)*arc/sizeM)/2))
		}
	}
	return out
}

// bell is a Gaussian of a sigma in cells; its middle is 1.
func bell(sigma float64) []float64 {
	half := int(math.Ceil(bellReach * sigma))
	k := make([]float64, 2*half+1)
	for i := range k {
		x := float64(i-half) / sigma
		k[i] = math.Exp(-x * x / 2)
	}
	return k
}

// narrowM is the size up to which a view is taken over the widest: a plume that it shows best has lost less than a tenth
// in the widest, and air that is uneven over a kilometre or two is gone.
const narrowM = 80.0

// over is a view over a wider one.
func (s *sweep) over(v, wide *view) *view {
	out := &view{excess: make([]float64, len(v.excess)), noise: make([]float64, len(v.noise))}
	for i := range out.excess {
		out.excess[i], out.noise[i] = v.excess[i]-wide.excess[i], v.noise[i]/v.inflate[s.stratum[i]]
	}
	out.inflate = s.spreads(out)
	for i := range out.noise {
		out.noise[i] *= out.inflate[s.stratum[i]]
	}
	return out
}

// spreads are by how much the excess of each stratum scatters more than its noise: uneven air is noise to a plume.
func (s *sweep) spreads(v *view) []float64 {
	ratio := make([]float64, s.strata)
	var buf []float64
	s.byStratum(v.excess, func(k int, cells []int32) {
		buf = buf[:0]
		for _, i := range cells {
			if v.noise[i] > 0 {
				buf = append(buf, v.excess[i]/v.noise[i])
			}
		}
		ratio[k] = math.NaN()
		if len(buf) >= minStratum {
			ratio[k] = spread(buf, 0)
		}
	})
	ratio = pooled(ratio)
	for k, x := range ratio {
		ratio[k] = math.Max(1, x)
	}
	return ratio
}

// pooled is the running median over neighbouring strata.
func pooled(x []float64) []float64 {
	out := make([]float64, len(x))
	var buf []float64
	for k := range x {
		buf = buf[:0]
		for j := max(0, k-noisePool); j <= min(len(x)-1, k+noisePool); j++ {
			if x[j] == x[j] {
				buf = append(buf, x[j])
			}
		}
		out[k] = median(buf)
	}
	return out
}
