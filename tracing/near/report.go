package near

import (
	"fmt"
	"math"
	"sort"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

const (
	leastShare = 0.01 // explanations less probable are not told
	rateShare  = 0.98 // of the position's probability over which the rate is marginalised
	// rateModelSD, ln: what is wrong all through an event and no reading shows, as the speed at the mast against that over
	// the site, stability, and constancy. rateShift, ln: robust residuals follow the median of a plume that comes and goes,
	// which lies below its mean. Without it rates come out low by 0.3 to 0.4 on simulated releases and high by 0.3 at METEC.
	rateModelSD = 0.5
	rateShift   = 0.15
	// trust is the share of the evidence that counts for the probability that there is a source: the slope of a logistic
	// fitted to simulated scenes with and without one, each kind weighing the same.
	trust        = 0.3
	residualMost = 2.0 // beyond, the model does not describe the readings
	turnedDeg    = 5.0 // a turn of the wind that is told
	rayRatio     = 3.0 // a region that much longer than wide is a ray
)

// report collects what the stages say.
type report struct {
	e      *engine
	a      invert.Answer
	coarse *stage
	map0   lattice
	total  []float64 // prediction by row
	noSite float64   // probability that no listed site is to blame
}

func newReport(e *engine, coarse *stage) *report {
	l := coarse.f.lattice
	r := &report{e: e, coarse: coarse, map0: l, total: make([]float64, len(e.net.rows)), noSite: 1}
	r.a.Map = invert.Map{X0: l.x0, Y0: l.y0, CellM: l.cell, NX: l.nx, NY: l.ny, P: make([]float64, l.size()), Seen: make([]float64, l.size())}
	return r
}

// add tells one source from its fine stage.
func (r *report) add(s *stage, f found, coarse *stage) error {
	e := r.e
	place, total := s.best()
	_, was := coarse.best()
	probability := e.probability(f.evidence + temperPlace/temperCount*(total-was))
	listed, free := 0.0, 0.0
	mass, err := e.told(s)
	if err != nil {
		return err
	}
	n := s.f.size()
	start, end := e.net.start(f.when.lo), e.net.start(f.when.hi)
	for i := range e.p.Sites {
		listed += mass[n+i]
		if mass[n+i] >= leastShare {
			r.a.Sources = append(r.a.Sources, invert.Source{Site: i, At: e.p.Sites[i].Spot, Probability: probability * min(mass[n+i], 1),
				Rate: e.rateOf(s, []int{n + i}, []float64{1}), Start: start, End: end})
		}
	}
	r.noSite *= 1 - probability*min(listed, 1)
	for _, m := range mass[:n] {
		free += m
	}
	if free >= leastShare {
		blurred := s.blurred(mass[:n], free, e.net.blurM(f.at))
		src := r.freeSource(s, blurred)
		src.Probability, src.Start, src.End = probability*min(free, 1), start, end
		r.a.Sources = append(r.a.Sources, src)
		r.spread(s, blurred, probability)
	}
	w := s.memberWeights(e, place)
	mean, sd, ess := s.moments(w)
	if len(r.a.Sources) == 0 || r.a.ESS == 0 || ess < r.a.ESS {
		r.a.RotationRad, r.a.RotationSD, r.a.ESS = mean, sd, ess
	}
	for m := range s.members {
		if w[m] < 1e-3 {
			continue
		}
		for i, v := range s.predict(e, m, place, f.when) {
			r.total[i] += w[m] * v
		}
	}
	return nil
}

// told is the posterior of the places as it is told: of a flatter likelihood than that of the search.
func (e *engine) told(s *stage) ([]float64, error) {
	place := make([]float64, s.f.places())
	err := e.sumInto(s, place, e.share/temperTold)
	return s.massOf(place), err
}

// probability is that of a source, or of one more, given its ln evidence.
func (e *engine) probability(evidence float64) float64 {
	return 1 / (1 + math.Exp(-(math.Log(e.opt.SourceOdds) + trust*evidence)))
}

// freeSource is the unlisted explanation: its mode between the cells, and how well it is known.
func (r *report) freeSource(s *stage, mass []float64) invert.Source {
	mode := 0
	for i := range mass {
		if s.sharp[i]+s.priors[i] > s.sharp[mode]+s.priors[mode] {
			mode = i
		}
	}
	h := 0.0
	for m, v := range s.memberWeights(r.e, mode) {
		h += v * math.Log(sourceHeights[s.members[m].height])
	}
	probable := invert.HPD(mass, rateShare)
	weights := make([]float64, len(probable))
	for n, i := range probable {
		weights[n] = mass[i]
	}
	src := invert.Source{Site: -1, CellM: s.f.cell, Rate: r.e.rateOf(s, probable, weights)}
	src.At = invert.Spot{Point: s.subCell(mode), HeightM: math.Exp(h)}
	for _, i := range invert.HPD(mass, 0.5) {
		src.HPD50 = append(src.HPD50, s.f.centre(i))
	}
	for _, i := range invert.HPD(mass, 0.9) {
		src.HPD90 = append(src.HPD90, s.f.centre(i))
	}
	major, minor, bearing := s.f.axes(mass)
	src.SigmaM = math.Hypot(math.Hypot(major, minor)/math.Sqrt2, s.f.cell/math.Sqrt(12))
	if major > rayRatio*max(minor, s.f.cell/2) {
		r.a.Notes = append(r.a.Notes, fmt.Sprintf("range and rate cannot be told apart: the source lies on a ray of %.0f m along %.0f degrees, not at a point", 2*major, bearing))
	}
	return src
}

// axes are the sd along and across the long axis of a distribution over cells, m, and the bearing of that axis in
// [0, 180).
func (g lattice) axes(mass []float64) (major, minor, bearing float64) {
	var x, y, xx, xy, yy, total float64
	for i, m := range mass {
		p := g.centre(i)
		x, y, total = x+m*p.X, y+m*p.Y, total+m
	}
	x, y = x/total, y/total
	for i, m := range mass {
		p := g.centre(i)
		xx += m / total * (p.X - x) * (p.X - x)
		yy += m / total * (p.Y - y) * (p.Y - y)
		xy += m / total * (p.X - x) * (p.Y - y)
	}
	d := math.Hypot((xx-yy)/2, xy)
	east, north := xy, (yy-xx)/2+d
	if xx > yy {
		east, north = (xx-yy)/2+d, xy
	}
	bearing = math.Mod(math.Atan2(east, north)*180/math.Pi+180, 180)
	return math.Sqrt((xx+yy)/2 + d), math.Sqrt(max((xx+yy)/2-d, 0)), bearing
}

// subCell is the top of the parabolas through the ln probability of a cell and its neighbours.
func (s *stage) subCell(mode int) plane.Point {
	p := s.f.centre(mode)
	i, j := mode%s.f.nx, mode/s.f.nx
	shift := func(a, b, c int) float64 {
		l := func(k int) float64 { return s.sharp[k] + s.priors[k] }
		if den := l(a) - 2*l(b) + l(c); den < 0 && !math.IsInf(den, -1) {
			return min(max(0.5*(l(a)-l(c))/den, -0.5), 0.5)
		}
		return 0
	}
	if i > 0 && i < s.f.nx-1 {
		p.X += s.f.cell * shift(mode-1, mode, mode+1)
	}
	if j > 0 && j < s.f.ny-1 {
		p.Y += s.f.cell * shift(mode-s.f.nx, mode, mode+s.f.nx)
	}
	return p
}

// spread adds the fine mass to the cells of the map.
func (r *report) spread(s *stage, mass []float64, probability float64) {
	g := r.map0
	for i, m := range mass {
		p := s.f.centre(i)
		x := min(max(int(math.Round((p.X-g.x0)/g.cell)), 0), g.nx-1)
		y := min(max(int(math.Round((p.Y-g.y0)/g.cell)), 0), g.ny-1)
		r.a.Map.P[y*g.nx+x] += probability * m
	}
}

func (r *report) answer() invert.Answer {
	sort.SliceStable(r.a.Sources, func(i, j int) bool { return r.a.Sources[i].Probability > r.a.Sources[j].Probability })
	q := r.e.scan.q.at(rateSteps / 2)
	if len(r.a.Sources) > 0 && r.a.Sources[0].Probability > 0.5 {
		q = r.a.Sources[0].Rate.Median
	}
	r.a.Map.Seen = r.e.seen(r.coarse, q)
	r.finish()
	return r.a
}

func (r *report) finish() {
	e := r.e
	r.a.None = r.noSite
	r.a.Background = quantile(e.scan.back.base, 0.5)
	var z []float64
	for i, w := range e.net.rows {
		if w.inEvent {
			v, _ := e.scan.noise.Scaled(w.y-e.scan.back.base[i], r.total[i], e.scan.back.sigma[i])
			z = append(z, math.Abs(v))
		}
	}
	r.a.Residual = madToSigma * quantile(z, 0.5)
	note := func(format string, v ...any) { r.a.Notes = append(r.a.Notes, fmt.Sprintf(format, v...)) }
	if n := e.net.dropped; n > 0 {
		note("%d readings left out: a number is missing or impossible", n)
	}
	if r.a.Residual > residualMost {
		note("the readings scatter %.1f times as widely about the best explanation as they should: the wind, its clock, or a source that comes and goes", r.a.Residual)
	}
	if deg := r.a.RotationRad * 180 / math.Pi; math.Abs(r.a.RotationRad) > 2*r.a.RotationSD && math.Abs(deg) > turnedDeg {
		note("the readings ask for the wind to be turned by %.0f degrees: check the mast's north", deg)
	}
}

// rateOf is the marginal emission rate over the places with weights: where range and rate cannot be told apart, the
// interval says so.
func (e *engine) rateOf(s *stage, places []int, weights []float64) invert.Rate {
	p := make([]float64, rateSteps)
	k := e.share / temperRate
	logs := make([]float64, rateSteps)
	for n, place := range places {
		for i := range logs {
			logs[i] = invert.LogSumExp(len(s.members), func(m int) float64 {
				return s.members[m].logW + temperPlace/temperRate*s.extra[m] + k*float64(s.scans[m][place*rateSteps+i])
			})
		}
		for i, v := range normalise(logs) {
			p[i] += weights[n] * v
		}
	}
	total := 0.0
	for _, v := range p {
		total += v
	}
	at := func(q float64) float64 { return math.Log(e.scan.q.at(quantileOf(p, q*total))) }
	median := at(0.5)
	low, high := median-at(0.05), at(0.95)-median
	median += rateShift
	slack := rateModelSD * invert.NormalQuantile(0.95)
	return invert.Rate{
		Median: math.Exp(median),
		Lo90:   math.Exp(median - math.Hypot(low, slack)),
		Hi90:   math.Exp(median + math.Hypot(high, slack)),
	}
}

// quantileOf is the quantile of a distribution over steps, linear inside a step.
func quantileOf(p []float64, q float64) float64 {
	acc := 0.0
	for i, v := range p {
		if acc+v >= q && v > 0 {
			return float64(i) - 0.5 + (q-acc)/v
		}
		acc += v
	}
	return float64(len(p)) - 0.5
}
