package city

import (
	"math"

	"upwind/tracing/plane"
)

// portrait is what a source at a place, given that it exists, does.
type portrait struct {
	rate   [rates]float64   // probability
	offset [offsets]float64 // probability of the wind's offset
	active []float64        // by bin, probability
	// By bin and part and turn, the expected rate and its square, with the probability of the turn in it.
	m1, m2 [][turns]float64
}

// portrait of the place last looked at, after evidence, which gave total.
func (j *judge) portrait(total float64) *portrait {
	p := &portrait{active: make([]float64, j.bins), m1: make([][turns]float64, j.bins*parts), m2: make([][turns]float64, j.bins*parts)}
	edge := make([]float64, j.bins+1)
	for o := range offsets {
		for r := range rates {
			share := math.Exp(j.spanLn[o][r] - total)
			p.rate[r] += share
			p.offset[o] += share
			if share > 1e-3 {
				j.paint(p, edge, o, r, share)
			}
		}
	}
	return p
}

// paint adds one rate under one offset to a portrait.
func (j *judge) paint(p *portrait, edge []float64, o, r int, weight float64) {
	clear(edge)
	top, _ := j.prefix(o, r)
	sum := 0.0
	j.spans(func(a, b int) {
		if d := j.cum[b] - j.cum[a] - top; d > -sureLn {
			w := math.Exp(d)
			sum += w
			edge[a] += w
			edge[b] -= w
		}
	})
	on := 0.0
	for b := range j.bins {
		on += edge[b] / sum
		w := weight * max(on, 0)
		p.active[b] += w
		for g := b * parts; g < (b+1)*parts; g++ {
			j.paintTurns(p, g, o, r, w)
		}
	}
}

// paintTurns shares the weight of a rate in a bin's part over the turns of the wind.
func (j *judge) paintTurns(p *portrait, g, o, r int, w float64) {
	var v [turns]float64
	top := math.Inf(-1)
	for k := range turns {
		if j.dirty[g] {
			v[k] = j.tempered((g*turns+k)*rates + r)
		}
		top = max(top, v[k])
	}
	for k := range turns {
		v[k] = j.givenP[o][k] * math.Exp(v[k]-top)
	}
	share(v[:])
	q := j.rate[r]
	for k := range turns {
		p.m1[g][k] += w * v[k] * q
		p.m2[g][k] += w * v[k] * q * q
	}
}

// bring calls f with what a source of this portrait brings to each reading: mean and variance in ug/m3.
func (j *judge) bring(p *portrait, at plane.Point, heightM, reachM float64, f func(s *slot, i int, mean, variance float64)) {
	j.seen = j.t.around(j.seen[:0], at, reachM)
	k2 := j.o.ModelShare * j.o.ModelShare
	for _, s := range j.t.slots {
		for _, v := range j.seen {
			age := s.AgeS(v.station, v.ray)
			if age == 0 {
				continue
			}
			lift := s.Lift(age, heightM) * micro
			g := j.group(s.middle(), age)
			mean, second := 0.0, 0.0
			for k, t := range j.turn {
				h := float64(s.At(v.station, v.ray, t)) * lift
				mean += p.m1[g][k] * h
				second += p.m2[g][k] * h * h
			}
			if second > 0 {
				f(s, v.station, mean, second*(1+k2)-mean*mean)
			}
		}
	}
}
