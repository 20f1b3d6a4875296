package plume

import "math"

// noisePool is how many strata to each side pool their noise.
const noisePool = 4

// scale is how far the excess is smoothed: along the ray by a kernel of cells, and over a ray and its two
// neighbours where these are no more than sideM apart.
type scale struct {
	kernel []float64
	sideM  float64
}

// Widths at half height, with cells of 15 m: 40 m shows plumes as they are, 110 m shows thin wide ones that
// drown in the noise of single cells.
var (
	fine   = scale{kernel: bell(2, 1), sideM: 60}
	coarse = scale{kernel: bell(7, 3), sideM: 150}
)

// bell is a Gaussian of half to both sides, of a sigma in cells; the sum is 1.
func bell(half int, sigma float64) []float64 {
	k := make([]float64, 2*half+1)
	sum := 0.0
	for i := range k {
		x := float64(i-half) / sigma
		k[i] = math.Exp(-x * x / 2)
		sum += k[i]
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// smooth fills excess and noise (as stated by the field) with weighted means of neighbouring cells.
func (s *sweep) smooth(at scale) {
	size := len(s.residual)
	along, alongV := make([]float64, size), make([]float64, size)
	half := len(at.kernel) / 2
	each(s.n(), func(i int) {
		for c := range s.cells {
			j := s.at(i, c)
			along[j], alongV[j] = math.NaN(), math.NaN()
			if s.residual[j] != s.residual[j] {
				continue
			}
			var w, sum, v float64
			for m := max(0, c-half); m <= min(s.cells-1, c+half); m++ {
				x, k := s.residual[j+m-c], at.kernel[m-c+half]
				if x != x {
					continue
				}
				w += k
				sum += k * x
				v += k * k * s.sigma[j+m-c] * s.sigma[j+m-c]
			}
			along[j], alongV[j] = sum/w, v/(w*w)
		}
	})
	s.excess, s.noise = make([]float64, size), make([]float64, size)
	each(s.n(), func(i int) {
		for c := range s.cells {
			j := s.at(i, c)
			w, sum, v := 0.5, 0.5*along[j], 0.25*alongV[j]
			if s.arcM(i, c) <= at.sideM {
				for _, side := range [2]int{-1, 1} {
					if o := s.next(i, side); o >= 0 {
						if x := along[s.at(o, c)]; x == x {
							w, sum, v = w+0.25, sum+0.25*x, v+0.0625*alongV[s.at(o, c)]
						}
					}
				}
			}
			s.excess[j], s.noise[j] = sum/w, math.Sqrt(v)/w
		}
	})
}

// measureNoise scales the stated noise of excess to what each stratum shows, and lets it nowhere fall below
// the spread of the stratum or of the ray around: uneven air, and a ray that wobbles, are noise to a plume.
func (s *sweep) measureNoise() {
	ratio, spreads := make([]float64, s.strata), make([]float64, s.strata)
	var buf []float64
	s.byStratum(s.excess, func(k int, cells []int32) {
		ratio[k], spreads[k] = math.NaN(), math.NaN()
		if len(cells) < minStratum {
			return
		}
		buf = buf[:0]
		for _, i := range cells {
			buf = append(buf, s.excess[i])
		}
		spreads[k] = spread(buf, 0)
		buf = buf[:0]
		for _, i := range cells {
			if s.noise[i] > 0 {
				buf = append(buf, s.excess[i]/s.noise[i])
			}
		}
		if len(buf) >= minStratum {
			ratio[k] = spread(buf, 0)
		}
	})
	s.inflate = pooled(ratio)
	spreads = pooled(spreads)
	each(s.n(), func(i int) {
		own := s.raySpread(i)
		for c := range s.cells {
			j := s.at(i, c)
			k := s.stratum[j]
			s.noise[j] = math.Max(math.Max(s.noise[j]*s.inflate[k], spreads[k]), own[c/raySpreadCells])
		}
	})
}

const (
	raySpreadCells = 25 // between the places at which a ray's own spread is taken
	raySpreadHalf  = 50 // cells to each side that it is taken of: 750 m
)

// raySpread is the spread of the excess below zero along a ray: a ray's error has both signs, a plume has one.
func (s *sweep) raySpread(ray int) []float64 {
	out := make([]float64, s.cells/raySpreadCells+1)
	var buf []float64
	for k := range out {
		mid := k*raySpreadCells + raySpreadCells/2
		buf = buf[:0]
		for c := max(0, mid-raySpreadHalf); c <= min(s.cells-1, mid+raySpreadHalf); c++ {
			if v := s.excess[s.at(ray, c)]; v < 0 {
				buf = append(buf, v)
			}
		}
		if len(buf) >= minStratum {
			out[k] = spread(buf, 0)
		}
	}
	return out
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
