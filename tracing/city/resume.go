package city

import (
	"math"

	"upwind/tracing/plane"
)

// resume takes over what old found, as the readings say now, and returns the cells and sites that new slots bear on, or
// that were looked at in vain.
func (s *search) resume(old *search) target {
	for _, src := range old.sources {
		now := *src
		now.bring = nil
		s.draw(&now)
		s.put(&now)
		s.sources = append(s.sources, &now)
	}
	s.back.fit(fitRounds)
	copy(s.scan, old.scan)
	copy(s.siteLn, old.siteLn)
	var todo target
	for i := range s.scan {
		if math.IsInf(s.scan[i], -1) || s.news(s.centre(i), old) {
			todo.cells = append(todo.cells, i)
		}
	}
	for k, site := range s.p.Sites {
		if math.IsInf(s.siteLn[k], -1) || s.news(site.Point, old) {
			todo.sites = append(todo.sites, k)
		}
	}
	return todo
}

// news tells whether a slot that old did not have shows more at a station downwind of p than is explained.
func (s *search) news(p plane.Point, old *search) bool {
	j := s.judges[0]
	j.seen = s.t.around(j.seen[:0], p, scanReachM)
	for _, sl := range s.t.slots {
		if old.had[sl] {
			continue
		}
		for _, v := range j.seen {
			i := v.station
			if r := sl.y[i] - sl.back[i] - sl.mean[i]; r > newsSD*math.Sqrt(sl.sigma2[i]+sl.spread[i]) && sl.Sees(i, v.ray, j.turn[turns-1]) {
				return true
			}
		}
	}
	return false
}

// concerned tells whether a source brings something to a slot that old did not have.
func (s *search) concerned(src *source, old *search) bool {
	for _, b := range src.bring {
		if !old.had[b.s] && b.mean*b.mean > b.s.sigma2[b.i] {
			return true
		}
	}
	return false
}
