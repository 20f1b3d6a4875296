package plume

import "math"

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

// sums are moments of weighted cells: sum of weights w, of w x, of (w sigma)^2, and of w times the common sigma.
type sums struct{ w, x, v, common float64 }

// look averages the excess over a bell of a sigma in metres: along each ray first, then over neighbouring rays, by how
// far they lie apart at that range. Hidden cells are left out.
func (s *sweep) look(sizeM float64, hidden []bool) *view {
	size := len(s.residual)
	along := make([]sums, size)
	kernel := bell(sizeM / s.cellM)
	half := len(kernel) / 2
	each(s.n(), func(i int) {
		row := i * s.cells
		for c := range s.cells {
			var a sums
			for m := max(0, c-half); m <= min(s.cells-1, c+half); m++ {
				if x := s.residual[row+m]; x == x && !hidden[row+m] {
					w := kernel[m-c+half] * s.weight[row+m]
					a.w += w
					a.x += w * x
					a.v += sq(w * s.sigma[row+m])
					a.common += w * s.common[row+m]
				}
			}
			along[row+c] = a
		}
	})
	sides := s.sides(sizeM)
	out := &view{make([]float64, size), make([]float64, size), nil}
	each(s.n(), func(i int) {
		for c := range s.cells {
			j := s.at(i, c)
			out.excess[j], out.noise[j] = math.NaN(), math.NaN()
			if s.residual[j] != s.residual[j] || hidden[j] {
				continue
			}
			a := along[j]
			common := sq(a.common)
			for _, side := range [2]int{-1, 1} {
				at := i
				for _, k := range sides[c] {
					if at = s.next(at, side); at < 0 {
						break
					}
					b := &along[s.at(at, c)]
					a.w += k * b.w
					a.x += k * b.x
					a.v += k * k * b.v
					common += sq(k * b.common)
				}
			}
			out.excess[j], out.noise[j] = a.x/a.w, math.Sqrt(a.v+common)/a.w
		}
	})
	out.inflate = s.spreads(out)
	each(s.n(), func(i int) {
		for c := range s.cells {
			out.noise[s.at(i, c)] *= out.inflate[s.stratum[s.at(i, c)]]
		}
	})
	return out
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
