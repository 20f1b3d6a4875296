package near

import (
	"context"
	"math"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// Progress is told how much of the work is done.
type Progress func(done, total int)

const (
	warmUpS    = 3600.0 // readings before the event that inform the background
	totalSteps = 16
	mostShare  = 0.5  // of independent rows: those of one block share the errors of one wind
	leastRows  = 0.15 // and the least: over long events a background that walks makes residuals alike, which says little of the plume
	fitMembers = 8    // of the ensemble of Fit
)

// Run answers where the air of the readings came from.
func Run(ctx context.Context, p Problem, progress Progress) (invert.Answer, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	done := 0
	e, err := newEngine(ctx, &p, func() { done++; progress(min(done, totalSteps-1), totalSteps) })
	if err != nil {
		return invert.Answer{}, err
	}
	a, err := e.answer()
	if err == nil {
		progress(totalSteps, totalSteps)
	}
	return a, err
}

// Fit is the ln of the tempered evidence for one source against none, by the coarse search alone with a few members:
// cheap enough to ask whether a turned wind or another clock explains the readings better. Below 0 nothing is found.
func Fit(ctx context.Context, p Problem) (float64, error) {
	p.Options.Members = min(p.Options.withDefaults().Members, fitMembers)
	e, err := newEngine(ctx, &p, func() {})
	if err != nil {
		return 0, err
	}
	s, err := e.begin()
	if err != nil {
		return 0, err
	}
	if err := e.rebase(s, nil); err != nil {
		return 0, err
	}
	f, err := e.one(s)
	return f.evidence, err
}

func newEngine(ctx context.Context, p *Problem, step func()) (*engine, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	e := &engine{p: p, opt: p.Options.withDefaults(), ctx: ctx, share: mostShare, step: step, net: newNetwork(p, warmUpS)}
	if len(e.net.rows) == 0 {
		return nil, upwind.Refuse("trace", "near field", "no reading lies in the event", "check the times of the event")
	}
	for e.first < e.net.slots && e.net.start(e.first)+e.net.blockS/2 < p.From {
		e.first++
	}
	e.scan = &scanner{rows: e.net.rows, noise: invert.DefaultNoise, back: newBackdrop(e.net, nil)}
	return e, nil
}

// found is one source: where, when, and what it makes at each row in each member of the coarse stage.
type found struct {
	at       plane.Point
	place    int // in the coarse stage
	when     interval
	pred     [][]float64
	mean     []float64 // pred over the members by weight
	step     float64   // mean rate, in steps
	evidence float64   // ln, of the source against none, on top of the others
	odds     float64   // ln, posterior
}

func (e *engine) coarse() *field {
	b := e.p.Box
	cell := e.opt.CellM
	if !(cell > 0) {
		cell = max(b.Width(), b.Height()) / coarseSide
	}
	cell = max(cell, minCellM)
	f := &field{lattice: newLattice(b, cell)}
	for _, s := range e.p.Sites {
		f.spots = append(f.spots, spot{s.Point, s.VarianceM2})
	}
	return f
}

func (e *engine) all() interval { return interval{e.first, e.net.slots} }

// begin makes the first ensemble and infers the background.
func (e *engine) begin() (*stage, error) {
	s, err := e.build(e.coarse(), draw(e.opt, e.opt.Members, 0, e.opt.RotationSD, 1))
	if err != nil {
		return nil, err
	}
	e.scan.q = rateRange(e.net, e.scan.back, s.members[len(s.members)/2])
	return s, e.chooseBackground(s)
}

// evidence is that of all sources against none: of each on top of those before it.
func (e *engine) evidence(s *stage, set []found) (float64, error) {
	switch {
	case set[0].odds < math.Log(leastOdds) && len(set) == 1:
		return 0, nil
	case len(set) == 1:
		return set[0].evidence, nil
	}
	sum := 0.0
	for j := range set {
		if err := e.rebase(s, e.bases(s, set[:j], -1)); err != nil {
			return 0, err
		}
		f, err := e.one(s)
		if err != nil {
			return 0, err
		}
		sum += f.evidence
	}
	return sum, nil
}

func (e *engine) answer() (invert.Answer, error) {
	coarse, err := e.begin()
	if err != nil {
		return invert.Answer{}, err
	}
	set, err := e.greedy(coarse)
	if err != nil {
		return invert.Answer{}, err
	}
	if set, err = e.prune(coarse, set); err != nil {
		return invert.Answer{}, err
	}
	r := newReport(e, coarse)
	if r.a.Evidence, err = e.evidence(coarse, set); err != nil {
		return invert.Answer{}, err
	}
	thetas := e.narrow(coarse, set)
	for j := range set {
		fine, err := e.refine(coarse, set, j, thetas)
		if err != nil {
			return invert.Answer{}, err
		}
		if err := r.add(fine, set[j], coarse); err != nil {
			return invert.Answer{}, err
		}
	}
	return r.answer(), nil
}

// chooseBackground tries the best single source on two backgrounds, learns each anew, and keeps the one under which
// the readings are more probable.
func (e *engine) chooseBackground(s *stage) error {
	var kept backdrop
	share, best := e.share, math.Inf(-1)
	for _, start := range []backdrop{e.scan.back, lowBackdrop(e.net)} {
		e.scan.back, e.share = start, mostShare
		if err := e.rebase(s, nil); err != nil {
			return err
		}
		f, err := e.one(s)
		if err != nil {
			return err
		}
		e.relearn([]found{f})
		if l := e.scan.total(f.mean); l > best {
			kept, share, best = e.scan.back, e.share, l
		}
	}
	e.scan.back, e.share = kept, share
	return nil
}

// greedy takes on one source after the other as long as the odds are for it; the first one is told in any case.
func (e *engine) greedy(s *stage) ([]found, error) {
	var set []found
	for len(set) < e.opt.MaxSources {
		if err := e.rebase(s, e.bases(s, set, -1)); err != nil {
			return nil, err
		}
		f, err := e.one(s)
		if err != nil {
			return nil, err
		}
		if f.odds < math.Log(leastOdds) && len(set) > 0 {
			return set, nil
		}
		set = append(set, f)
		if f.odds < math.Log(leastOdds) {
			return set, nil
		}
	}
	return set, nil
}

// one finds the best single source on top of the bases.
func (e *engine) one(s *stage) (found, error) {
	f := found{when: e.all()}
	occam := 0.0
	d := duty{interval: f.when, whole: e.p.Whole, tempered: float32(e.share / temperPlace)}
	if err := e.weigh(s, d); err != nil {
		return f, err
	}
	if !e.p.Whole {
		place, _ := s.best()
		var when interval
		when, occam = bestInterval(e.slotGains(s, place, s.tables))
		f.when = interval{when.lo + e.first, when.hi + e.first}
		if err := e.weigh(s, duty{interval: f.when, whole: true}); err != nil {
			return f, err
		}
	}
	place, total := s.best()
	f.place, f.at = place, s.f.at(place)
	f.evidence = temperPlace / temperCount * (total + occam)
	f.odds = f.evidence + math.Log(e.opt.SourceOdds)
	f.pred = make([][]float64, len(s.members))
	f.mean = make([]float64, len(e.net.rows))
	w := s.memberWeights(e, place)
	for m := range s.members {
		f.pred[m] = s.predict(e, m, place, f.when)
		f.step += w[m] * s.bestRate(e, m, place)
		for r, v := range f.pred[m] {
			f.mean[r] += w[m] * v
		}
	}
	return f, nil
}

// bases are what all sources but one make, by member and row; nil for none.
func (e *engine) bases(s *stage, set []found, but int) [][]float64 {
	if len(set) == 0 || len(set) == 1 && but == 0 {
		return nil
	}
	out := make([][]float64, len(s.members))
	for m := range out {
		out[m] = make([]float64, len(e.net.rows))
		for j, f := range set {
			if j != but {
				for r, v := range f.pred[m] {
					out[m][r] += v
				}
			}
		}
	}
	return out
}

// relearn infers the background anew, and how much the residuals of successive rows are alike.
func (e *engine) relearn(set []found) {
	pred := e.mean(set)
	e.scan.back = newBackdrop(e.net, pred)
	series := make([][]float64, len(e.net.sensors))
	for r, w := range e.net.rows {
		if w.inEvent {
			z, _ := e.scan.noise.Scaled(w.y-e.scan.back.base[r], pred[r], e.scan.back.sigma[r])
			series[w.sensor] = append(series[w.sensor], z)
		}
	}
	if phi := invert.Lag1(series); phi == phi {
		e.share = min(max(invert.EffectiveShare(phi), leastRows), mostShare)
	}
}

// narrow draws a second ensemble where the first one found the rotation to be.
func (e *engine) narrow(s *stage, set []found) []theta {
	last := set[len(set)-1]
	mean, sd, _ := s.moments(s.memberWeights(e, last.place))
	return draw(e.opt, e.opt.Members, mean, max(1.5*sd, rotationMin), 2)
}
