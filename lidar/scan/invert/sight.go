package invert

import (
	"math"

	"upwind/lidar/scan"
)

// homogeneousAlpha is the total extinction assumed for the shape of a horizontal ray's tail before its slope
// is known, 1/m: a visual range of 20 km.
const homogeneousAlpha = 2e-4

// grid is the range axis all channels of a field share.
type grid struct {
	first, bin float64 // m
	n          int
}

func (g grid) rangeM(i int) float64 { return g.first + float64(i)*g.bin }

// span is the number of bins of a length, at least one.
func (g grid) span(m float64) int { return max(1, int(math.Round(m/g.bin))) }

// sight is what is known of the air along one elevation before any light is measured: n values each.
type sight struct {
	grid
	overlap       []float64 // share of the receiver's view filled; 1 beyond the table
	correction    []float64 // r^2 / overlap: times the signal gives X; NaN where nothing is seen
	betaM, alphaM []float64 // of molecules, 1/(m sr) and 1/m
	betaInt       []float64 // integral of betaM from the instrument, 1/sr
	ratio         []float64 // lidar ratio of particles, sr
	gain, logGain []float64 // exp(-2 int (S - S_m) beta_m), times X Fernald's Z; and its logarithm
	molecular     []float64 // molecular attenuated backscatter times overlap over r^2: shape of a clean signal
	haze          []float64 // shape of a signal of homogeneous haze of homogeneousAlpha
	transmission  []float64 // T_m^2 from the instrument
	quality       []scan.Quality
}

// newSpace is a sight of nothing.
func newSpace(g grid) *sight {
	s := &sight{grid: g, quality: make([]scan.Quality, g.n)}
	for _, a := range []*[]float64{&s.overlap, &s.correction, &s.betaM, &s.alphaM, &s.betaInt, &s.ratio, &s.gain, &s.logGain,
		&s.molecular, &s.haze, &s.transmission} {
		*a = make([]float64, g.n)
	}
	return s
}

// newSight lays the air along an elevation.
func newSight(g grid, elevationDeg float64, site scan.Site, mol Molecular, o Options) *sight {
	s := newSpace(g)
	for i := range g.n {
		r := g.rangeM(i)
		_, _, up := scan.ENU(0, elevationDeg, r)
		p, t, inside := o.Air.At(site.AltitudeM + up)
		if !inside {
			s.quality[i] |= scan.OutsideMolecular
		}
		s.alphaM[i] = mol.Extinction(p, t)
		s.betaM[i] = s.alphaM[i] / mol.RatioSr
		s.ratio[i] = o.ratioAt(up)
		s.overlap[i] = overlapAt(site.Overlap, r)
		s.correction[i] = r * r / s.overlap[i]
		switch {
		case r <= 0 || s.overlap[i] < leastOverlap:
			s.correction[i] = math.NaN()
			s.quality[i] |= scan.BelowOverlap
		case r < site.FullOverlapM:
			s.quality[i] |= scan.BelowOverlap
			if len(site.Overlap) == 0 {
				s.correction[i] = math.NaN()
			}
		}
	}
	for i := range s.haze {
		s.haze[i] = math.Exp(-2*homogeneousAlpha*s.rangeM(i)) / s.correction[i]
	}
	s.integrate(mol.RatioSr)
	return s
}

// integrate fills what follows from the air and the lidar ratio along the ray.
func (s *sight) integrate(molecularRatioSr float64) {
	excess := make([]float64, s.n)
	for i, b := range s.betaM {
		excess[i] = (s.ratio[i] - molecularRatioSr) * b
	}
	cumulative(s.logGain, excess, s.bin)
	cumulative(s.betaInt, s.betaM, s.bin)
	for i := range s.n {
		// The path from the instrument to the first bin, in the air of the first bin.
		s.betaInt[i] += s.betaM[0] * math.Max(0, s.first)
		s.logGain[i] *= -2
		s.gain[i] = math.Exp(s.logGain[i])
		s.transmission[i] = math.Exp(-2 * molecularRatioSr * s.betaInt[i])
		s.molecular[i] = s.betaM[i] * s.transmission[i] / s.correction[i]
	}
}

// leastOverlap is the share of the view below which dividing by it amplifies the table's own error beyond use.
const leastOverlap = 0.05

// overlapAt interpolates a site's overlap table, sorted by range; outside it the nearest value holds.
func overlapAt(table []scan.OverlapPoint, r float64) float64 {
	n := len(table)
	switch {
	case n == 0:
		return 1
	case r <= table[0].RangeM:
		return table[0].Share
	case r >= table[n-1].RangeM:
		return table[n-1].Share
	}
	k := 1
	for table[k].RangeM < r {
		k++
	}
	f := (r - table[k-1].RangeM) / (table[k].RangeM - table[k-1].RangeM)
	return table[k-1].Share + f*(table[k].Share-table[k-1].Share)
}

// ratioAt is the lidar ratio of particles at a height above the instrument.
func (o *Options) ratioAt(heightM float64) float64 {
	n := len(o.LidarRatio)
	switch {
	case n == 0:
		return o.LidarRatioSr
	case heightM <= o.LidarRatio[0].HeightM:
		return o.LidarRatio[0].RatioSr
	case heightM >= o.LidarRatio[n-1].HeightM:
		return o.LidarRatio[n-1].RatioSr
	}
	k := 1
	for o.LidarRatio[k].HeightM < heightM {
		k++
	}
	a, b := o.LidarRatio[k-1], o.LidarRatio[k]
	return a.RatioSr + (heightM-a.HeightM)/(b.HeightM-a.HeightM)*(b.RatioSr-a.RatioSr)
}

// cumulative integrates samples at the centres of bins from the first centre to each, with the cubic through
// four neighbours (error of order h^4, where the trapezoid has h^2). dst and f have the same length.
func cumulative(dst, f []float64, h float64) {
	n := len(f)
	if n == 0 {
		return
	}
	dst[0] = 0
	if n < 4 {
		for i := 1; i < n; i++ {
			dst[i] = dst[i-1] + h/2*(f[i-1]+f[i])
		}
		return
	}
	c := h / 24
	dst[1] = c * (9*f[0] + 19*f[1] - 5*f[2] + f[3])
	for i := 2; i < n-1; i++ {
		dst[i] = dst[i-1] + c*(13*(f[i-1]+f[i])-f[i-2]-f[i+1])
	}
	dst[n-1] = dst[n-2] + c*(9*f[n-1]+19*f[n-2]-5*f[n-3]+f[n-4])
}
