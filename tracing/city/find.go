package city

import (
	"context"
	"math"

	"upwind/tracing/plane"
)

// find takes the best places one after the other, until none is worth a closer look.
func (s *search) find(ctx context.Context, moved map[*source]bool) error {
	s.faint = nil
	for vain := 0; len(s.sources) < s.o.MaxSources && len(s.faint) < mostFaint && vain < mostVain; {
		start, ok := s.top()
		if !ok {
			break
		}
		src, err := s.closer(ctx, start)
		if err != nil {
			return err
		}
		if src.logOdds < math.Log(worth) {
			s.bar(start)
			vain++
			if src.logOdds > math.Log(faint) {
				s.faint = append(s.faint, src)
			}
			continue
		}
		s.put(src)
		s.back.refit(src.stations())
		s.sources = append(s.sources, src)
		moved[src] = true
		if err := s.look(ctx, s.near(src.at.at)); err != nil {
			return err
		}
	}
	return nil
}

// closer places what is about start, if it has a chance, with its stations' own terms as they are when it is there.
func (s *search) closer(ctx context.Context, start plane.Point) (*source, error) {
	src, err := s.rough(ctx, start)
	if err != nil || src.logOdds < math.Log(faint)-chance {
		return src, err
	}
	s.put(src)
	touched := src.stations()
	s.halfway(src, touched)
	src, err = s.locate(ctx, src.at.at)
	s.back.refit(touched)
	return src, err
}

// again is what of a target a second look, when the background is known better, may find something at.
func (s *search) again(t target) (again target) {
	least := math.Log(faint) - 2*glance
	for _, i := range t.cells {
		if math.IsInf(s.scan[i], -1) || s.scan[i]+s.prior[i] > least {
			again.cells = append(again.cells, i)
		}
	}
	for _, k := range t.sites {
		if math.IsInf(s.siteLn[k], -1) || s.siteLn[k]+s.sitePrior(k) > least {
			again.sites = append(again.sites, k)
		}
	}
	return again
}

// top is the place or site with the most evidence; ok is false when nothing is worth a closer look.
func (s *search) top() (plane.Point, bool) {
	best, at := math.Log(faint)-glance, plane.Point{}
	ok := false
	for i, v := range s.scan {
		if v+s.prior[i] > best {
			best, at, ok = v+s.prior[i], s.centre(i), true
		}
	}
	for k, v := range s.siteLn {
		if v+s.sitePrior(k) > best {
			best, at, ok = v+s.sitePrior(k), s.p.Sites[k].Point, true
		}
	}
	return at, ok
}

// bar keeps a place that was looked at in vain from being looked at again.
func (s *search) bar(start plane.Point) {
	for i := range s.scan {
		if s.centre(i).To(start) < 1.5*scanM {
			s.scan[i] = math.Inf(-1)
		}
	}
	for k, site := range s.p.Sites {
		if site.To(start) < 1.5*scanM {
			s.siteLn[k] = math.Inf(-1)
		}
	}
}
