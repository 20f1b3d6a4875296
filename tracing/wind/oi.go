package wind

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"upwind/tracing/plane"
)

const (
	// Without stations enough to tell: an exponential correlation over three station spacings, and an own error
	// (siting, eddies) with a fifth of the variance of the field.
	corrSpacings = 3
	minCorrM     = 5e3
	maxCorrM     = 50e3
	defaultEta   = 0.2

	fitStations = 120 // looked at to find L and eta
	fitKnots    = 6
	minFit      = 6 // stations at a time from which the ones left out can tell
	cacheMasks  = 32

	calibrationKnots = 24
	minCalibration   = 3
	maxCalibration   = 3.0
)

var (
	corrChoices = []float64{2.5e3, 5e3, 10e3, 20e3, 40e3, 80e3}
	etaChoices  = []float64{0.05, 0.2, 0.5, 1, 2}
)

// sample is what the stations say at a time.
type sample struct {
	who    []int // indices of series
	u, v   []float64
	gapS   float64
	mu, mv float64
}

func (f *Field) sample(t float64) sample {
	s := sample{gapS: math.Inf(1)}
	for i := range f.series {
		u, v, gap, ok := f.value(f.series[i], t)
		if !ok {
			continue
		}
		s.who, s.u, s.v = append(s.who, i), append(s.u, u), append(s.v, v)
		s.gapS = min(s.gapS, gap)
	}
	s.mu, s.mv = mean(s.u), mean(s.v)
	return s
}

// value is a series at a knot: where knots are further apart than readings, the mean about the knot.
func (f *Field) value(s Series, t float64) (u, v, gapS float64, ok bool) {
	if f.dt <= s.StepS {
		return s.Value(t)
	}
	us, vs, gaps := s.Bins(t-f.dt/2, f.dt, 1)
	return us[0], vs[0], gaps[0], !math.IsNaN(gaps[0])
}

// residuals are the stations' readings beyond the first guess at their places.
func (f *Field) residuals(s sample, g *firstGuess, k int) (du, dv []float64) {
	du, dv = make([]float64, len(s.who)), make([]float64, len(s.who))
	for j, i := range s.who {
		gu, gv := s.mu, s.mv
		if g.covers(k) {
			gu, gv, _ = g.at(f.series[i].At, f.time(k))
			if !finite(gu, gv) {
				gu, gv = s.u[j], s.v[j] // a station beyond the grid has nothing to correct
			}
		}
		du[j], dv[j] = s.u[j]-gu, s.v[j]-gv
	}
	return du, dv
}

func (f *Field) time(k int) float64 { return f.t0 + float64(k)*f.dt }

// fit finds L and eta.
func (f *Field) fit(g *firstGuess, opt Options) {
	f.eta = defaultEta
	var spacing []float64
	for i := range f.series {
		d := math.Inf(1)
		for j := range f.series {
			if x := f.series[i].At.To(f.series[j].At); i != j && x > 0 {
				d = min(d, x)
			}
		}
		if !math.IsInf(d, 1) {
			spacing = append(spacing, d)
		}
	}
	f.corrM = min(max(corrSpacings*median(spacing), minCorrM), maxCorrM)
	if f.gridded || len(spacing) == 0 {
		f.corrM = maxCorrM
	}
	if len(f.series) >= minFit {
		f.leaveOneOut(g)
	}
	if opt.CorrM > 0 {
		f.corrM = opt.CorrM
	}
}

// trial is a time at which stations are left out one by one.
type trial struct {
	s      sample
	k      int
	du, dv []float64
}

// trials are up to most times, evenly spaced, at which enough stations report.
func (f *Field) trials(g *firstGuess, most, least int) (out []trial) {
	for n := range most {
		k := (2*n + 1) * f.knots / (2 * most)
		s := f.sample(f.time(k))
		if m := min(len(s.who), fitStations); m >= least {
			s.who, s.u, s.v = s.who[:m], s.u[:m], s.v[:m]
			s.mu, s.mv = mean(s.u), mean(s.v)
			du, dv := f.residuals(s, g, k)
			out = append(out, trial{s, k, du, dv})
		}
	}
	return out
}

// leaveOneOut takes the L and eta that foretell the stations left out best.
func (f *Field) leaveOneOut(g *firstGuess) {
	trials := f.trials(g, fitKnots, minFit)
	best := math.Inf(1)
	for _, length := range corrChoices {
		for _, eta := range etaChoices {
			sum := 0.0
			for _, t := range trials {
				missed, _ := f.leftOut(t, length, eta)
				sum += missed
			}
			if len(trials) > 0 && sum < best {
				best, f.corrM, f.eta = sum, length, eta
			}
		}
	}
}

// calibrate scales the spread of the field such that stations left out are missed by as much as is said. Copies of
// the same error in neighbours, and a mean of few stations, make what the formula says too small.
func (f *Field) calibrate(g *firstGuess) {
	most := fitKnots
	if len(f.series) < fitStations/2 {
		most = calibrationKnots
	}
	missed, said := 0.0, 0.0
	for _, t := range f.trials(g, most, minCalibration) {
		m, relative := f.leftOut(t, f.corrM, f.eta)
		if n := float64(len(t.s.who)); !g.covers(t.k) {
			m *= n / (n - 1) * n / (n - 1) // the mean held the station that is left out
		}
		missed, said = missed+m, said+2*relative*f.spread[t.k]*f.spread[t.k]
	}
	if said == 0 || math.IsInf(missed, 0) {
		return
	}
	scale := min(max(math.Sqrt(missed/said), 1/maxCalibration), maxCalibration)
	for k := range f.spread {
		f.spread[k] *= scale
	}
}

// leftOut is the sum of squares of what each station left out differs from what the others say, and the variance that
// is said of it, over that of the field.
func (f *Field) leftOut(t trial, length, eta float64) (missed, said float64) {
	chol, ok := f.factor(t.s.who, length, eta)
	if !ok {
		return math.Inf(1), 0
	}
	var inv mat.SymDense
	if chol.InverseTo(&inv) != nil {
		return math.Inf(1), 0
	}
	for i := range t.s.who {
		ru, rv := 0.0, 0.0
		for j := range t.s.who {
			ru += inv.At(i, j) * t.du[j]
			rv += inv.At(i, j) * t.dv[j]
		}
		d := inv.At(i, i)
		missed += (ru*ru + rv*rv) / (d * d)
		said += 1 / d
	}
	return missed, said
}

func (f *Field) factor(who []int, length, eta float64) (*mat.Cholesky, bool) {
	c := mat.NewSymDense(len(who), nil)
	for i, a := range who {
		for j := i + 1; j < len(who); j++ {
			c.SetSym(i, j, math.Exp(-f.series[a].At.To(f.series[who[j]].At)/length))
		}
		c.SetSym(i, i, 1+eta)
	}
	var chol mat.Cholesky
	return &chol, chol.Factorize(c)
}

// solver keeps the factors of the sets of stations met so far.
type solver struct {
	f     *Field
	cache map[string]*mat.Cholesky
	corr  [][]float64 // by node, then series
}

func newSolver(f *Field) *solver {
	s := &solver{f: f, cache: map[string]*mat.Cholesky{}, corr: make([][]float64, f.nx*f.ny)}
	for n := range s.corr {
		s.corr[n] = f.correlations(f.node(n))
	}
	return s
}

func (f *Field) correlations(p plane.Point) []float64 {
	c := make([]float64, len(f.series))
	for i := range f.series {
		c[i] = math.Exp(-p.To(f.series[i].At) / f.corrM)
	}
	return c
}

func (s *solver) factors(who []int) (*mat.Cholesky, bool) {
	mask := make([]byte, len(s.f.series))
	for _, i := range who {
		mask[i] = 1
	}
	if chol, ok := s.cache[string(mask)]; ok {
		return chol, true
	}
	chol, ok := s.f.factor(who, s.f.corrM, s.f.eta)
	if ok && len(s.cache) < cacheMasks {
		s.cache[string(mask)] = chol
	}
	return chol, ok
}

// weigh is (C + eta I)^-1 d; zeros when it cannot be had.
func (s *solver) weigh(who []int, d []float64) []float64 {
	x := mat.NewVecDense(len(d), nil)
	chol, ok := s.factors(who)
	if !ok || chol.SolveVecTo(x, mat.NewVecDense(len(d), d)) != nil {
		x.Zero()
	}
	return x.RawVector().Data
}

// relative is the error variance of the interpolation at each node over that of the field, with these stations.
func (s *solver) relative(who []int) []float64 {
	out := make([]float64, len(s.corr))
	for n := range out {
		out[n] = 1
		if len(who) == 0 {
			continue
		}
		c := make([]float64, len(who))
		for j, i := range who {
			c[j] = s.corr[n][i]
		}
		for j, w := range s.weigh(who, c) {
			out[n] -= w * c[j]
		}
		out[n] = min(max(out[n], 0), 1)
	}
	return out
}
