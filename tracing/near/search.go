package near

import (
	"context"
	"math"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

const (
	leastOdds   = 1.0 // posterior odds from which one more source is taken on
	rotationMin = 2 * math.Pi / 180
)

// The likelihood of an event counts so many times less than it says: its rows share the errors of one wind and one
// dispersion. Set on simulated releases and shrunk towards the field ones, see the package comment. The mode is taken
// from a sharper likelihood than its region: tempering far down only draws it to the middle of the members.
const (
	temperMode  = 2.0 // the place told
	temperPlace = 3.0 // places while searching
	temperTold  = 4.0 // regions and probabilities of places told
	temperRate  = 3.5 // rates
	temperCount = 1.5 // whether there is a source more
)

// engine is one run.
type engine struct {
	ctx   context.Context
	p     *Problem
	opt   Options
	net   *network
	first int // slot with which the event begins
	scan  *scanner
	share float64 // of independent rows among the rows
	step  func()
}

// stage is an ensemble over one field, and what the last scan made of it.
type stage struct {
	f       *field
	priors  []float64 // ln, of places
	members []*member
	extra   []float64 // ln weight of each member by what the other sources explain
	scans   []evidence
	tables  [][]invert.Table
	place   []float64 // ln evidence of each place over rates and members, prior of places left out
	sharp   []float64 // the same for the mode
}

// build makes the members' footprints over a field.
func (e *engine) build(f *field, thetas []theta) (*stage, error) {
	o, err := newOptics(e.p, e.net, thetas)
	if err != nil {
		return nil, err
	}
	s := &stage{f: f, members: make([]*member, len(thetas)), priors: e.priors(f), extra: make([]float64, len(thetas))}
	err = each(e.ctx, len(thetas), func(i int) { s.members[i] = o.build(thetas[i], f) })
	e.step()
	return s, err
}

// rebase sets what other sources explain, by member and row; nil for nothing.
func (e *engine) rebase(s *stage, bases [][]float64) error {
	s.tables = make([][]invert.Table, len(s.members))
	if bases == nil {
		t := e.scan.tables(nil)
		for i := range s.tables {
			s.tables[i], s.extra[i] = t, 0
		}
		return nil
	}
	return each(e.ctx, len(s.members), func(i int) {
		s.tables[i] = e.scan.tables(bases[i])
		s.extra[i] = e.share / temperPlace * e.scan.gain(bases[i])
	})
}

// weigh scans all members.
func (e *engine) weigh(s *stage, d duty) error {
	s.scans = make([]evidence, len(s.members))
	err := each(e.ctx, len(s.members), func(i int) { s.scans[i] = e.scan.scan(s.members[i], s.tables[i], d) })
	if err == nil {
		err = e.sum(s)
	}
	e.step()
	return err
}

// logW is the ln weight of a member before the scan.
func (s *stage) logW(m int) float64 { return s.members[m].logW + s.extra[m] }

// sum is the evidence of places over rates and members.
func (e *engine) sum(s *stage) error {
	s.place, s.sharp = make([]float64, s.f.places()), make([]float64, s.f.places())
	if err := e.sumInto(s, s.sharp, e.share/temperMode); err != nil {
		return err
	}
	return e.sumInto(s, s.place, e.share/temperPlace)
}

func (e *engine) sumInto(s *stage, out []float64, k float64) error {
	norm := invert.LogSumExp(len(s.members), s.logW)
	return each(e.ctx, s.f.ny+1, func(j int) {
		lo, hi := j*s.f.nx, (j+1)*s.f.nx
		if j == s.f.ny {
			hi = s.f.places()
		}
		per := make([]float64, len(s.members))
		for p := lo; p < hi; p++ {
			n, fit := norm, func(int) float64 { return 0 }
			if site := e.siteAt(s.f, p); site >= 0 {
				h := e.p.Sites[site].HeightM
				fit = func(m int) float64 { return s.members[m].heightFit(h) }
				n = invert.LogSumExp(len(per), func(m int) float64 { return s.logW(m) + fit(m) })
			}
			for m, ev := range s.scans {
				per[m] = s.logW(m) + fit(m) + logMean(ev[p*rateSteps:(p+1)*rateSteps], k)
			}
			out[p] = invert.LogSumExp(len(per), func(m int) float64 { return per[m] }) - n
		}
	})
}

// logMean is ln of the mean of e^(k l).
func logMean(l evidence, k float64) float64 {
	top := l[0]
	for _, v := range l[1:] {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range l {
		if d := k * float64(v-top); d > -30 {
			sum += math.Exp(d)
		}
	}
	return k*float64(top) + math.Log(sum/float64(len(l)))
}

// siteAt is the listed site of a place, -1 if it is none.
func (e *engine) siteAt(f *field, place int) int {
	if i := place - f.size(); i >= 0 && i < len(e.p.Sites) {
		return i
	}
	return -1
}

// priors are ln of the share of the prior that each place has: listed sites by their odds, cells by area and the prior
// density; spots that are no sites have none.
func (e *engine) priors(f *field) []float64 {
	out := make([]float64, f.places())
	unlisted, odds := e.opt.Unlisted, 0.0
	for _, s := range e.p.Sites {
		odds += max(s.Odds, 0)
	}
	if odds <= 0 {
		unlisted = 1
	}
	b := e.p.Box
	for i := range out {
		out[i] = math.Inf(-1)
		switch site := e.siteAt(f, i); {
		case site >= 0:
			out[i] = math.Log(max(e.p.Sites[site].Odds, 0) / max(odds, 1e-300) * (1 - unlisted))
		case i < f.size():
			d := 1.0
			if e.p.Prior != nil {
				d = max(e.p.Prior(f.centre(i)), 0)
			}
			out[i] = math.Log(unlisted*d) + math.Log(f.cell*f.cell/(b.Width()*b.Height()))
		}
	}
	return out
}

// best is the place of the highest posterior and the ln evidence of a source anywhere in the field.
func (s *stage) best() (place int, total float64) {
	top := math.Inf(-1)
	for i, l := range s.sharp {
		if v := l + s.priors[i]; v > top {
			top, place = v, i
		}
	}
	return place, invert.LogSumExp(len(s.place), func(i int) float64 { return s.place[i] + s.priors[i] })
}

// mass is the posterior of the places given that there is a source.
func (s *stage) mass() []float64 { return s.massOf(s.place) }

// massOf is the posterior of the places from their ln evidence.
func (s *stage) massOf(place []float64) []float64 {
	out := make([]float64, len(place))
	for i := range out {
		out[i] = place[i] + s.priors[i]
	}
	return normalise(out)
}

// memberWeights are the posterior weights of the members given a source at a place; they sum to 1.
func (s *stage) memberWeights(e *engine, place int) []float64 {
	logs := make([]float64, len(s.members))
	for m, ev := range s.scans {
		logs[m] = s.logW(m) + logMean(ev[place*rateSteps:(place+1)*rateSteps], e.share/temperPlace)
	}
	return normalise(logs)
}

func normalise(logs []float64) []float64 {
	total := invert.LogSumExp(len(logs), func(i int) float64 { return logs[i] })
	out := make([]float64, len(logs))
	for i, l := range logs {
		out[i] = math.Exp(l - total)
	}
	return out
}

// bestRate is the posterior mean of the rate of a place in a member, in steps.
func (s *stage) bestRate(e *engine, m, place int) float64 {
	l := s.scans[m][place*rateSteps : (place+1)*rateSteps]
	logs := make([]float64, len(l))
	for i, v := range l {
		logs[i] = e.share / temperPlace * float64(v)
	}
	mean := 0.0
	for k, v := range normalise(logs) {
		mean += float64(k) * v
	}
	return mean
}

// predict is what a source at a place makes at each row, in one member.
func (s *stage) predict(e *engine, m, place int, when interval) []float64 {
	q := e.scan.q.at(s.bestRate(e, m, place))
	out := make([]float64, len(e.net.rows))
	for r, w := range e.net.rows {
		if w.slot >= when.lo && w.slot < when.hi {
			out[r] = q * s.members[m].value(r, place)
		}
	}
	return out
}

// cells is how many cells of the lattice the smallest region with a share of the probability has.
func (s *stage) cells(share float64) int { return len(invert.HPD(s.mass()[:s.f.size()], share)) }

// probable is the box about the probable cells.
func (s *stage) probable(share float64) (b plane.Box, ok bool) {
	for n, i := range invert.HPD(s.mass()[:s.f.size()], share) {
		p := s.f.centre(i)
		if n == 0 {
			b, ok = plane.Box{X0: p.X, Y0: p.Y, X1: p.X, Y1: p.Y}, true
		}
		b = b.Add(p)
	}
	return b, ok
}

// moments are the mean and sd of the rotation over members with weights, and their effective number.
func (s *stage) moments(w []float64) (mean, sd, ess float64) {
	sq := 0.0
	for m, v := range w {
		mean += v * s.members[m].rotation
		sq += v * v
	}
	for m, v := range w {
		d := s.members[m].rotation - mean
		sd += v * d * d
	}
	return mean, math.Sqrt(sd), 1 / sq
}
