package city

import (
	"context"
	"math"

	"upwind/tracing/plane"
)

const (
	fitSources = 10 // that a wind is judged by
	fitVain    = 3  // places without evidence, after which no more are tried
	// A wind is asked to be right to a few degrees: what the search forgives would hide a clock that is an hour off.
	fitTurnSD, fitWindSD = 0.05, 0.05 // rad
)

// Fit is how well sources under the problem's wind explain its readings: the natural log of the tempered evidence of
// the few strongest against none, found one after the other and not placed finely. It compares winds for the same
// readings - as given, reversed, an hour off - and its cost is about that of the first look of [Run]. Errors are those
// of [Run].
func Fit(ctx context.Context, p Problem) (float64, error) {
	p.Options.TurnSD, p.Options.WindSD = fitTurnSD, fitWindSD
	e, err := New(p)
	if err != nil {
		return 0, err
	}
	if err := e.take(ctx, p.Readings); err != nil {
		return 0, err
	}
	s := newSearch(&e.p, &e.t)
	s.back.fit(2 * fitRounds)
	if err := s.look(ctx, s.everything()); err != nil {
		return 0, err
	}
	for vain := 0; len(s.sources) < fitSources && vain < fitVain; {
		start, ok := s.top()
		if !ok {
			break
		}
		src, err := s.rough(ctx, start)
		if err != nil {
			return 0, err
		}
		if src.logOdds <= 0 {
			s.bar(start)
			vain++
			continue
		}
		s.put(src)
		s.sources = append(s.sources, src)
		if err := s.look(ctx, s.near(src.at.at)); err != nil {
			return 0, err
		}
	}
	return s.evidence(), nil
}

// rough is a source at the best of the cells and sites about a place.
func (s *search) rough(ctx context.Context, start plane.Point) (*source, error) {
	s.hear()
	var all []mass
	for dy := -0.5; dy <= 0.5; dy += 0.5 {
		for dx := -0.5; dx <= 0.5; dx += 0.5 {
			all = append(all, mass{at: plane.Point{X: start.X + dx*scanM, Y: start.Y + dy*scanM}, site: -1, cellM: scanM / 2})
		}
	}
	sites, err := s.sitesAmong(ctx, all)
	if err != nil {
		return nil, err
	}
	if err := s.judgeAll(ctx, all); err != nil {
		return nil, err
	}
	all = append(all, sites...)
	src := &source{cells: all, logOdds: odds(all), at: all[0]}
	for _, c := range all {
		if c.prior+c.gain > src.at.prior+src.at.gain {
			src.at = c
		}
	}
	s.draw(src)
	return src, nil
}

// evidence is the sum of the positive log odds of all sources.
func (s *search) evidence() float64 {
	sum := 0.0
	for _, src := range s.sources {
		sum += math.Max(src.logOdds, 0)
	}
	return sum
}
