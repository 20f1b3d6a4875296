package terrain

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"
)

// Shift is how a second survey lies to the first: what is subtracted from its heights and places. East and
// North are in m, positive where the second lies east and north of the first; UpM at the middle of the
// overlap; TiltEast and TiltNorth in m per m.
type Shift struct {
	EastM, NorthM, UpM            float64
	TiltEast, TiltNorth           float64
	SigmaEastM, SigmaNorthM       float64
	SigmaUpM                      float64
	SigmaTiltEast, SigmaTiltNorth float64
	Cells                         int     // of stable ground that decided
	NMAD                          float64 // scatter of their differences after alignment, m
	Horizontal                    bool    // whether slopes were enough to find EastM and NorthM

	midX, midY float64 // in cells
	cov        *mat.SymDense
}

// Registration.
const (
	registerRounds = 30
	registerDoneM  = 1e-3
	tukeyCut       = 4.685 // biweight, 95 % efficient
	nmadFactor     = 1.4826
	minStable      = 50
	unknownShift   = 1.0 // cells: a shift with a larger sigma is not applied
	maxShiftCells  = 20
	steepestForFit = 1.5 // walls and crowns say nothing of a shift
)

// register aligns b to a by least squares with Tukey's biweight on stable ground. With the slopes p = dz/dx
// (east), q = dz/dy (north) of a, a survey moved by (e, n, u) and tilted by (s, t) differs by
//
//	b - a = u + s x + t y - e p - n q
//
// which is Nuth and Kaab (2011) without the division by the slope (Rosenholm and Torlegard 1988): flat cells
// then speak of height only and steep ones of the shift. The equation is solved again after moving b until
// nothing changes.
func register(a, b *Grid, stable []bool) Shift {
	s := Shift{midX: float64(a.W) / 2, midY: float64(a.H) / 2}
	s.Horizontal = slopesStandOut(a, b, stable)
	for {
		if s.iterate(a, b, stable) || !s.Horizontal {
			return s
		}
		s = Shift{midX: s.midX, midY: s.midY}
	}
}

// slopesStandOut reports whether the slopes of a are more than its noise can feign: differences of cells 2c
// apart with the deviation of b - a as an upper bound for the noise. In less, least squares would find a
// shift of zero and be sure of it.
func slopesStandOut(a, b *Grid, stable []bool) bool {
	_, noise := medianNMAD((&Shift{}).difference(a, b), stable)
	east, north := make([]float32, len(a.Z)), make([]float32, len(a.Z))
	for i := range a.Z {
		p, q := a.slopes(i%a.W, i/a.W)
		east[i], north[i] = float32(p), float32(q)
	}
	_, p := medianNMAD(east, stable)
	_, q := medianNMAD(north, stable)
	return math.Min(p, q) > noise/(math.Sqrt2*a.CellM)
}

// iterate finds the shift; false when the horizontal part cannot be known.
func (s *Shift) iterate(a, b *Grid, stable []bool) bool {
	for range registerRounds {
		d := s.difference(a, b)
		step, ok := s.solve(a, d, stable)
		if !ok {
			return false
		}
		if s.Horizontal && (math.Max(s.SigmaEastM, s.SigmaNorthM) > unknownShift*a.CellM ||
			math.Hypot(s.EastM+step[3], s.NorthM+step[4]) > maxShiftCells*a.CellM) {
			return false
		}
		s.UpM, s.TiltEast, s.TiltNorth = s.UpM+step[0], s.TiltEast+step[1], s.TiltNorth+step[2]
		s.EastM, s.NorthM = s.EastM+step[3], s.NorthM+step[4]
		reach := math.Max(s.midX, s.midY) * a.CellM
		if math.Abs(step[0])+reach*(math.Abs(step[1])+math.Abs(step[2]))+math.Abs(step[3])+math.Abs(step[4]) < registerDoneM {
			break
		}
	}
	return true
}

// difference is b, moved and tilted back, less a.
func (s *Shift) difference(a, b *Grid) []float32 {
	d := make([]float32, len(a.Z))
	for y := range a.H {
		for x := range a.W {
			i := y*a.W + x
			cx, cy := float64(x)+0.5, float64(y)+0.5
			px, py := a.Place(cx, cy)
			z := b.At(px+s.EastM/a.UnitM, py+s.NorthM/a.UnitM)
			d[i] = float32(z-float64(a.Z[i])) - float32(s.plane(a, cx, cy))
		}
	}
	return d
}

// plane is the part of the alignment that is added to heights.
func (s *Shift) plane(a *Grid, cx, cy float64) float64 {
	return s.UpM + s.TiltEast*(cx-s.midX)*a.CellM + s.TiltNorth*(s.midY-cy)*a.CellM
}

// design is the row of the equation for a cell.
func (s *Shift) design(a *Grid, x, y int) (row [5]float64, ok bool) {
	p, q := a.slopes(x, y)
	if !(math.Hypot(p, q) <= steepestForFit) {
		return row, false
	}
	row = [5]float64{1, (float64(x) + 0.5 - s.midX) * a.CellM, (s.midY - float64(y) - 0.5) * a.CellM}
	if s.Horizontal {
		row[3], row[4] = -p, -q
	}
	return row, true
}

// slopes are dz/dx to the east and dz/dy to the north by central differences; NaN beside voids.
func (g *Grid) slopes(x, y int) (east, north float64) {
	if x == 0 || y == 0 || x == g.W-1 || y == g.H-1 {
		return math.NaN(), math.NaN()
	}
	i := y*g.W + x
	return float64(g.Z[i+1]-g.Z[i-1]) / (2 * g.CellM), float64(g.Z[i-g.W]-g.Z[i+g.W]) / (2 * g.CellM)
}

// solve is one reweighted least-squares step and sets the sigmas.
func (s *Shift) solve(a *Grid, d []float32, stable []bool) (step [5]float64, ok bool) {
	middle, spread := medianNMAD(d, stable)
	if !(spread >= 0) {
		return step, false
	}
	cut := tukeyCut * math.Max(spread, 1e-4)
	n := 3
	if s.Horizontal {
		n = 5
	}
	ata, atb := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	var sumW, sumR float64
	s.Cells = 0
	for y := range a.H {
		for x := range a.W {
			i := y*a.W + x
			r := float64(d[i])
			u := (r - middle) / cut
			if !(math.Abs(u) < 1) || stable != nil && !stable[i] {
				continue
			}
			row, ok := s.design(a, x, y)
			if !ok {
				continue
			}
			w := (1 - u*u) * (1 - u*u)
			for j := range n {
				for k := j; k < n; k++ {
					ata.SetSym(j, k, ata.At(j, k)+w*row[j]*row[k])
				}
				atb.SetVec(j, atb.AtVec(j)+w*row[j]*r)
			}
			s.Cells++
			sumW += w
			sumR += w * (r - middle) * (r - middle)
		}
	}
	var chol mat.Cholesky
	if s.Cells < minStable || !chol.Factorize(ata) {
		return step, false
	}
	var x mat.VecDense
	if chol.SolveVecTo(&x, atb) != nil {
		return step, false
	}
	s.cov = mat.NewSymDense(n, nil)
	if chol.InverseTo(s.cov) != nil {
		return step, false
	}
	s.NMAD = spread
	s.setSigmas(sumR / sumW)
	for j := range n {
		step[j] = x.AtVec(j)
	}
	return step, true
}

// setSigmas scales the covariance by the variance of a cell's difference.
func (s *Shift) setSigmas(variance float64) {
	s.cov.ScaleSym(variance, s.cov)
	sd := func(j int) float64 {
		if j >= s.cov.SymmetricDim() {
			return 0
		}
		return math.Sqrt(s.cov.At(j, j))
	}
	s.SigmaUpM, s.SigmaTiltEast, s.SigmaTiltNorth, s.SigmaEastM, s.SigmaNorthM = sd(0), sd(1), sd(2), sd(3), sd(4)
}

// sigma is the standard deviation that the alignment adds to the difference of a cell.
func (s *Shift) sigma(a *Grid, x, y int) float64 {
	row, ok := s.design(a, x, y)
	if !ok {
		row[0] = 1
		row[1], row[2] = (float64(x)+0.5-s.midX)*a.CellM, (s.midY-float64(y)-0.5)*a.CellM
	}
	n := s.cov.SymmetricDim()
	v := 0.0
	for j := range n {
		for k := range n {
			v += row[j] * row[k] * s.cov.At(j, k)
		}
	}
	return math.Sqrt(math.Max(0, v))
}

// medianNMAD is the median and the normalised median absolute deviation of the values that count, of every
// n-th of them when there are many.
func medianNMAD(d []float32, use []bool) (median, nmad float64) {
	var v []float64
	for i := 0; i < len(d); i += 1 + len(d)/medianSample {
		if x := d[i]; !isNaN(x) && (use == nil || use[i]) {
			v = append(v, float64(x))
		}
	}
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	sort.Float64s(v)
	median = v[len(v)/2]
	for i := range v {
		v[i] = math.Abs(v[i] - median)
	}
	sort.Float64s(v)
	return median, nmadFactor * v[len(v)/2]
}

const medianSample = 200_000
