package city

import (
	"context"
	"math"
	"slices"

	"upwind/tracing/plane"
)

const (
	fillLn   = 4.0   // cells are followed as long as they weigh e^-fillLn of the best
	fillMax  = 200   // and never more than so many
	splitAt  = 0.004 // share of the mass, above which a cell is split
	finestM  = 50.0
	splitMax = 30 // cells split at each size
)

// mass is a place with its weight: a cell, or a listed site.
type mass struct {
	at      plane.Point
	heightM float64
	site    int // -1: a free place
	cellM   float64
	prior   float64 // log
	gain    float64 // log evidence
	ln      float64 // log of the weight of the place among the places: the evidence tempered once more
	p       float64 // given that the source exists
}

// locate gives all that a source near start could be: a flood over the cells of the scan from the best, split where
// the mass is, and the listed sites among them.
func (s *search) locate(ctx context.Context, start plane.Point) (*source, error) {
	s.hear()
	cells, err := s.flood(ctx, start)
	if err != nil {
		return nil, err
	}
	sites, err := s.sitesAmong(ctx, cells)
	if err != nil {
		return nil, err
	}
	for size := scanM / 2; size >= finestM; size /= 2 {
		if cells, err = s.split(ctx, cells, sites, size); err != nil {
			return nil, err
		}
	}
	all := append(cells, sites...)
	src := &source{cells: all, logOdds: odds(all)}
	s.weigh(all)
	normalise(all)
	slices.SortStableFunc(all, func(a, b mass) int { return -compare(a.p, b.p) })
	src.at = s.mode(all)
	s.draw(src)
	return src, nil
}

// hear lets the sources that are taken off tell of the wind's offset.
func (s *search) hear() {
	var all []*portrait
	for _, src := range s.sources {
		if len(src.bring) > 0 {
			all = append(all, src.portrait)
		}
	}
	for _, j := range s.judges {
		j.hear(all)
	}
}

// odds is the log of the sum of prior times evidence.
func odds(m []mass) float64 {
	total := math.Inf(-1)
	for _, c := range m {
		total = logAdd(total, c.prior+c.gain)
	}
	return total
}

// weigh sets the weights of places against each other: differences of their evidence are tempered by PlaceTemper.
func (s *search) weigh(lists ...[]mass) {
	best := math.Inf(-1)
	for _, m := range lists {
		for _, c := range m {
			best = max(best, c.gain)
		}
	}
	for _, m := range lists {
		for i := range m {
			m[i].ln = m[i].prior + best + (m[i].gain-best)/s.o.PlaceTemper
		}
	}
}

// normalise sets the probabilities and returns the log of the sum of weights.
func normalise(m []mass) float64 {
	total := math.Inf(-1)
	for _, c := range m {
		total = logAdd(total, c.ln)
	}
	for i := range m {
		m[i].p = math.Exp(m[i].ln - total)
	}
	return total
}

// mode is the best listed site if it weighs more than the best free neighbourhood, else the densest free place.
func (s *search) mode(all []mass) mass {
	free, site, dense := 0.0, mass{p: -1}, mass{ln: math.Inf(-1)}
	for _, c := range all {
		if c.site >= 0 {
			if c.p > site.p {
				site = c
			}
			continue
		}
		free += c.p
		if d := c.ln - 2*math.Log(c.cellM); dense.cellM == 0 || d > dense.ln-2*math.Log(dense.cellM) {
			dense = c
		}
	}
	if site.p > free || dense.cellM == 0 {
		return site
	}
	return dense
}

func (s *search) judgeAll(ctx context.Context, cells []mass) error {
	return s.each(ctx, len(cells), func(j *judge, i int) {
		c := &cells[i]
		if c.site >= 0 {
			j.look(c.at, c.heightM, fullReachM)
			c.prior, c.gain = s.sitePrior(c.site), j.evidence()
			return
		}
		total, best := math.Inf(-1), math.Inf(-1)
		j.gather(c.at, fullReachM)
		for _, z := range s.o.HeightsM {
			j.raise(z)
			v := j.evidence()
			if v > best {
				best, c.heightM = v, z
			}
			total = logAdd(total, v)
		}
		c.prior, c.gain = s.freePrior(c.at, c.cellM), total-math.Log(float64(len(s.o.HeightsM)))
	})
}

// flood follows the cells of the scan outwards from start, as long as they weigh something.
func (s *search) flood(ctx context.Context, start plane.Point) ([]mass, error) {
	known := map[[2]int]bool{}
	var all []mass
	cell := func(p plane.Point) [2]int {
		return [2]int{int(math.Floor((p.X - s.p.Box.X0) / scanM)), int(math.Floor((p.Y - s.p.Box.Y0) / scanM))}
	}
	var front []mass
	push := func(k [2]int) {
		if known[k] || k[0] < 0 || k[1] < 0 || k[0] >= s.nx || k[1] >= s.ny || len(known) >= fillMax {
			return
		}
		known[k] = true
		front = append(front, mass{at: plane.Point{X: s.p.Box.X0 + (float64(k[0])+0.5)*scanM, Y: s.p.Box.Y0 + (float64(k[1])+0.5)*scanM},
			site: -1, cellM: scanM})
	}
	k := cell(start)
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			push([2]int{k[0] + dx, k[1] + dy})
		}
	}
	best := math.Inf(-1)
	for len(front) > 0 {
		if err := s.judgeAll(ctx, front); err != nil {
			return nil, err
		}
		done := len(all)
		all = append(all, front...)
		front = nil
		s.weigh(all)
		for _, c := range all {
			best = max(best, c.ln)
		}
		for _, c := range all[done:] {
			if c.ln < best-fillLn {
				continue
			}
			k := cell(c.at)
			for _, d := range [][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				push([2]int{k[0] + d[0], k[1] + d[1]})
			}
		}
	}
	return all, nil
}

// sitesAmong weighs the listed sites in or beside the cells.
func (s *search) sitesAmong(ctx context.Context, cells []mass) ([]mass, error) {
	var out []mass
	for k, site := range s.p.Sites {
		for _, c := range cells {
			if math.Abs(site.X-c.at.X) <= scanM && math.Abs(site.Y-c.at.Y) <= scanM {
				out = append(out, mass{at: site.Point, heightM: site.HeightM, site: k})
				break
			}
		}
	}
	err := s.judgeAll(ctx, out)
	return out, err
}

// split cuts the cells that carry mass into four.
func (s *search) split(ctx context.Context, cells, sites []mass, size float64) ([]mass, error) {
	s.weigh(cells, sites)
	total := math.Inf(-1)
	for _, c := range cells {
		total = logAdd(total, c.ln)
	}
	for _, c := range sites {
		total = logAdd(total, c.ln)
	}
	slices.SortStableFunc(cells, func(a, b mass) int { return -compare(a.ln, b.ln) })
	var kept, fresh []mass
	for i, c := range cells {
		if i >= splitMax || c.cellM != 2*size || c.ln < total+math.Log(splitAt) {
			kept = append(kept, c)
			continue
		}
		for q := range 4 {
			d := c
			d.cellM = size
			d.at.X += (float64(q%2) - 0.5) * size
			d.at.Y += (float64(q/2) - 0.5) * size
			fresh = append(fresh, d)
		}
	}
	err := s.judgeAll(ctx, fresh)
	return append(kept, fresh...), err
}
