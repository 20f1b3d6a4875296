package city

import (
	"context"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"upwind/tracing/plane"
)

const (
	scanM       = 800.0 // side of the cells of the first look
	scanHeightM = 12.0
	scanReachM  = 12e3 // stations further away are not asked at the first look
	fullReachM  = 20e3 // and never
	touchM      = 12e3 // what lies further from a source than this is not looked at again when it is found
	newsSD      = 1.5  // sd above what is explained, from which a new reading has something to say
	worth       = 0.3  // odds of existing, from which what a source brings is taken off the readings
	faint       = 0.03 // and from which it is told of
	mostFaint   = 12   // that are told of
	glance      = 3.0  // by so much the first look may take a place's log odds too low,
	chance      = 1.5  // and by so much the second
	mostVain    = 40   // places looked at a second time in vain
	sweeps      = 2    // over all sources, each placed anew with the others as they are
)

// search is the state of one inference.
type search struct {
	p       *Problem
	o       Options
	t       *table
	back    *background
	judges  []*judge
	nx, ny  int
	scan    []float64 // log evidence, by cell
	prior   []float64 // log prior of a cell
	siteLn  []float64 // log evidence, by site
	sources []*source
	faint   []*source      // that may be something, and are not taken off
	had     map[*slot]bool // the slots that this was inferred from
}

// source is something found.
type source struct {
	cells    []mass
	at       mass // where it most likely is
	logOdds  float64
	portrait *portrait
	bring    []brought
}

// brought is what a source brings to one reading.
type brought struct {
	s              *slot
	i              int
	mean, variance float64
}

func newSearch(p *Problem, t *table) *search {
	s := &search{p: p, o: p.Options, t: t, had: map[*slot]bool{}}
	s.back = newBackground(t, s.o)
	for _, sl := range t.slots {
		s.had[sl] = true
	}
	for range s.threads() {
		s.judges = append(s.judges, newJudge(t, s.o))
	}
	s.nx = max(int(math.Ceil(p.Box.Width()/scanM)), 1)
	s.ny = max(int(math.Ceil(p.Box.Height()/scanM)), 1)
	s.scan, s.prior = make([]float64, s.nx*s.ny), make([]float64, s.nx*s.ny)
	s.siteLn = make([]float64, len(p.Sites))
	for i := range s.prior {
		s.prior[i] = s.freePrior(s.centre(i), scanM)
	}
	return s
}

func (s *search) centre(i int) plane.Point {
	return plane.Point{X: s.p.Box.X0 + (float64(i%s.nx)+0.5)*scanM, Y: s.p.Box.Y0 + (float64(i/s.nx)+0.5)*scanM}
}

// freePrior is the log of the expected number of unlisted sources in a cell.
func (s *search) freePrior(p plane.Point, cellM float64) float64 {
	w := 1.0
	if s.p.Prior != nil {
		w = s.p.Prior(p)
	}
	return math.Log(max(s.o.FreePerKM2*cellM*cellM/1e6*w, 1e-300))
}

func (s *search) sitePrior(k int) float64 {
	odds := s.p.Sites[k].Odds
	if odds <= 0 {
		odds = 1
	}
	q := min(s.o.ActiveShare*odds, 0.9)
	return math.Log(q / (1 - q))
}

// each runs work for 0..n-1, every goroutine with its own judge.
func (s *search) each(ctx context.Context, n int, work func(j *judge, i int)) error {
	var g errgroup.Group
	next := make(chan int)
	for _, j := range s.judges {
		g.Go(func() error {
			for i := range next {
				work(j, i)
			}
			return nil
		})
	}
	var err error
	for i := range n {
		if err = ctx.Err(); err != nil {
			break
		}
		next <- i
	}
	close(next)
	_ = g.Wait() // no worker fails
	return err
}

// run finds sources one after the other, the best first; then each is placed anew with the others as they are, and those
// that the others explain are dropped. What old found is where it begins, if there is one; then only what new slots
// bear on is looked at again.
func (s *search) run(ctx context.Context, old *search, progress func(done, total int)) error {
	s.back.fit(2 * fitRounds)
	todo := s.everything()
	if old != nil {
		todo = s.resume(old)
	}
	moved := map[*source]bool{}
	for k := range sweeps {
		if err := s.look(ctx, todo); err != nil {
			return err
		}
		if err := s.find(ctx, moved); err != nil {
			return err
		}
		progress(2*k+1, 2*sweeps)
		s.back.fit(fitRounds)
		if err := s.sweep(ctx, func(src *source) bool { return old == nil || moved[src] || s.concerned(src, old) }); err != nil {
			return err
		}
		progress(2*k+2, 2*sweeps)
		if k == 0 {
			todo = s.again(todo)
		}
	}
	slices.SortStableFunc(s.sources, func(a, b *source) int { return -compare(a.logOdds, b.logOdds) })
	return nil
}

// draw is what a source does at the place it most likely is.
func (s *search) draw(src *source) {
	j := s.judges[0]
	j.look(src.at.at, src.at.heightM, fullReachM)
	src.portrait = j.portrait(j.evidence())
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// target is cells and sites to be looked at.
type target struct{ cells, sites []int }

func (s *search) everything() (t target) {
	for i := range s.scan {
		t.cells = append(t.cells, i)
	}
	for k := range s.siteLn {
		t.sites = append(t.sites, k)
	}
	return t
}

// near is what lies within touchM of a place.
func (s *search) near(p plane.Point) (t target) {
	for i := range s.scan {
		if s.centre(i).To(p) < touchM {
			t.cells = append(t.cells, i)
		}
	}
	for k, site := range s.p.Sites {
		if site.To(p) < touchM {
			t.sites = append(t.sites, k)
		}
	}
	return t
}

// look weighs cells and sites.
func (s *search) look(ctx context.Context, t target) error {
	return s.each(ctx, len(t.cells)+len(t.sites), func(j *judge, n int) {
		if n < len(t.cells) {
			i := t.cells[n]
			j.look(s.centre(i), scanHeightM, scanReachM)
			s.scan[i] = j.best()
			return
		}
		k := t.sites[n-len(t.cells)]
		j.look(s.p.Sites[k].Point, s.p.Sites[k].HeightM, scanReachM)
		s.siteLn[k] = j.best()
	})
}

// put takes what a source brings off the readings.
func (s *search) put(src *source) {
	j := s.judges[0]
	src.bring = src.bring[:0]
	j.bring(src.portrait, src.at.at, src.at.heightM, fullReachM, func(sl *slot, i int, mean, variance float64) {
		src.bring = append(src.bring, brought{sl, i, mean, variance})
		sl.mean[i] += mean
		sl.spread[i] += variance
	})
}

func (s *search) lift(src *source) {
	for _, b := range src.bring {
		b.s.mean[b.i] -= b.mean
		b.s.spread[b.i] = max(b.s.spread[b.i]-b.variance, 0)
	}
	src.bring = src.bring[:0]
}

// sweep places sources anew, weakest first, and drops those that are not worth keeping.
func (s *search) sweep(ctx context.Context, which func(*source) bool) error {
	order := slices.Clone(s.sources)
	slices.SortStableFunc(order, func(a, b *source) int { return compare(a.logOdds, b.logOdds) })
	var kept []*source
	for _, src := range order {
		if !which(src) {
			kept = append(kept, src)
			continue
		}
		touched := src.stations()
		s.halfway(src, touched)
		now, err := s.locate(ctx, src.at.at)
		if err != nil {
			return err
		}
		if now.logOdds < math.Log(worth) {
			s.back.refit(touched)
			continue
		}
		s.put(now)
		s.back.refit(now.stations())
		kept = append(kept, now)
	}
	s.sources = kept
	return nil
}
