package tracing

import (
	"math"
	"sort"

	"upwind"
)

const (
	// nullShare of the unlisted prior goes to a source outside the searched box, or none at all.
	nullShare   = 0.1
	modeCells   = 2 // radius of a free position, coarse cells
	maxModes    = 3 // free positions reported
	leastWeight = 0.01
	// rateModelSD is the log-normal error of the rate that no reading shows: dispersion, constancy, height.
	rateModelSD = 0.5
)

// cellMass is one cell of the unlisted source's probability map, of the fine grid or of the coarse one
// around it.
type cellMass struct {
	at    point
	cell  float64
	mass  float64
	place int
	fine  bool
}

// layer is one search with its ensemble's evidence.
type layer struct {
	*search
	ev    []evidence
	place []float64 // log evidence of each place, over rates and members
}

func (l *layer) sum() {
	n := l.g.size() + len(l.spots)
	l.place = make([]float64, n)
	per := make([]float64, len(l.ev))
	for p := range n {
		for m, e := range l.ev {
			r := e[p*rateSteps : (p+1)*rateSteps]
			per[m] = logSumExp(rateSteps, func(k int) float64 { return r[k] / temperPlace }) - math.Log(rateSteps)
		}
		l.place[p] = logSumExp(len(per), func(m int) float64 { return per[m] }) - math.Log(float64(len(per)))
	}
}

// rate is the marginal emission rate of a place, in g/s.
func (l *layer) rate(place int, toG float64) *upwind.Rate {
	if toG == 0 {
		return nil
	}
	lp := make([]float64, rateSteps)
	for k := range lp {
		lp[k] = logSumExp(len(l.ev), func(m int) float64 { return l.ev[m][place*rateSteps+k] / temperRate })
	}
	total := logSumExp(rateSteps, func(k int) float64 { return lp[k] })
	cdf, acc := make([]float64, rateSteps), 0.0
	for k := range lp {
		acc += math.Exp(lp[k] - total)
		cdf[k] = acc
	}
	at := func(p float64) float64 {
		k := sort.SearchFloat64s(cdf, p)
		if k >= rateSteps {
			return rateSteps - 1
		}
		below := 0.0
		if k > 0 {
			below = cdf[k-1]
		}
		return float64(k) - 0.5 + (p-below)/max(cdf[k]-below, 1e-300)
	}
	med := math.Log(l.search.rate(at(0.5)) * toG)
	model := rateModelSD * normalQuantile(0.95)
	lo := math.Hypot(med-math.Log(l.search.rate(at(0.05))*toG), model)
	hi := math.Hypot(math.Log(l.search.rate(at(0.95))*toG)-med, model)
	if !finite(med, lo, hi) {
		return nil
	}
	return &upwind.Rate{Median: math.Exp(med), Lo90: math.Exp(med - lo), Hi90: math.Exp(med + hi), Unit: "g/s"}
}

// posterior is the answer on places: one probability for each spot, a map of unlisted places and what is
// left for a source outside the box.
type posterior struct {
	spots  []float64
	cells  []cellMass // sorted by density, highest first
	null   float64
	none   float64 // all but the spots
	layers [2]*layer
}

// combine weighs listed spots, unlisted places and nothing at all. Listed sources share 1 - unlisted of
// the prior by their odds; unlisted ones are as likely anywhere in the box.
func combine(coarse, fine *layer, unlisted float64) posterior {
	p := posterior{layers: [2]*layer{coarse, fine}}
	best := coarse
	if fine != nil {
		best = fine
	}
	odds := 0.0
	for _, s := range best.spots {
		odds += s.odds
	}
	if len(best.spots) == 0 || odds <= 0 {
		unlisted = 1
	}
	logs := make([]float64, 0, len(best.spots)+coarse.g.size())
	for i, s := range best.spots {
		logs = append(logs, math.Log(s.odds/odds*(1-unlisted))+best.place[best.g.size()+i])
	}
	area := coarse.g.cell * coarse.g.cell * float64(coarse.g.size())
	put := func(l *layer, isFine bool, keep func(point) bool) {
		for i := range l.g.size() {
			if at := l.g.centre(i); keep(at) {
				p.cells = append(p.cells, cellMass{at: at, cell: l.g.cell, place: i, fine: isFine})
				logs = append(logs, math.Log(unlisted*(1-nullShare)*l.g.cell*l.g.cell/area)+l.place[i])
			}
		}
	}
	if fine == nil {
		put(coarse, false, func(point) bool { return true })
	} else {
		inside := fine.g.box()
		put(coarse, false, func(q point) bool { return !inside.has(q) })
		put(fine, true, func(point) bool { return true })
	}
	logs = append(logs, math.Log(unlisted*nullShare))
	total := logSumExp(len(logs), func(i int) float64 { return logs[i] })
	ns := len(best.spots)
	for i := range logs {
		w := math.Exp(logs[i] - total)
		switch {
		case i < ns:
			p.spots = append(p.spots, w)
			p.none += w
		case i < len(logs)-1:
			p.cells[i-ns].mass = w
		default:
			p.null = w
		}
	}
	p.none = min(max(1-p.none, 0), 1)
	sort.SliceStable(p.cells, func(i, j int) bool { return p.cells[i].density() > p.cells[j].density() })
	return p
}

func (c cellMass) density() float64 { return c.mass / (c.cell * c.cell) }

// hpdBox is the box of the unlisted places that hold the share of their probability.
func (p posterior) hpdBox(share float64) (box rect, cells int) {
	total, acc := 0.0, 0.0
	for _, c := range p.cells {
		total += c.mass
	}
	for i, c := range p.cells {
		if i == 0 {
			box = rect{c.at.x, c.at.y, c.at.x, c.at.y}
		}
		box = box.add(c.at)
		acc += c.mass
		cells++
		if acc >= share*total {
			break
		}
	}
	return box, cells
}

// mode is one free position: a peak of the map of unlisted places with the probability about it.
type mode struct {
	cellMass
	sigma float64 // m, spread of the probability about the peak
}

func (p posterior) modes() []mode {
	radius := modeCells * p.layers[0].g.cell
	left := append([]cellMass(nil), p.cells...)
	var out []mode
	for len(out) < maxModes && len(left) > 0 {
		top := left[0]
		m := mode{cellMass: top}
		m.mass = 0
		rest := left[:0:0]
		spread := 0.0
		for _, c := range left {
			switch d := c.at.to(top.at); {
			case d <= radius:
				m.mass += c.mass
				spread += c.mass * d * d / 2
			case d > 2*radius:
				rest = append(rest, c)
			}
		}
		if m.mass < leastWeight && len(out) > 0 {
			break
		}
		m.sigma = math.Max(top.cell/2, math.Sqrt(spread/math.Max(m.mass, 1e-300)))
		out = append(out, m)
		left = rest
	}
	return out
}

// shape is the spread, along its long and its short axis in m, of the places that hold the most likely
// half of the unlisted probability, and the bearing of the long axis. The other half has tails that
// would make any shape round.
func (p posterior) shape() (long, short, bearing float64) {
	_, n := p.hpdBox(0.5)
	var w, mx, my float64
	for _, c := range p.cells[:n] {
		w, mx, my = w+c.mass, mx+c.mass*c.at.x, my+c.mass*c.at.y
	}
	if w <= 0 {
		return 0, 0, 0
	}
	mx, my = mx/w, my/w
	var xx, yy, xy float64
	for _, c := range p.cells[:n] {
		dx, dy := c.at.x-mx, c.at.y-my
		xx, yy, xy = xx+c.mass*dx*dx/w, yy+c.mass*dy*dy/w, xy+c.mass*dx*dy/w
	}
	mid, dif := (xx+yy)/2, math.Hypot((xx-yy)/2, xy)
	angle := 0.5 * math.Atan2(2*xy, xx-yy)
	return math.Sqrt(mid + dif), math.Sqrt(max(mid-dif, 0)), math.Mod(90-angle*180/math.Pi+360, 180)
}

// rotation is the mean turn of the wind that the readings ask for and its spread, deg.
func (l *layer) rotation(ms []member) (mean, sd float64) {
	n := l.g.size() + len(l.spots)
	w := make([]float64, len(ms))
	for m := range ms {
		w[m] = logSumExp(n*rateSteps, func(i int) float64 { return l.ev[m][i] / temperPlace })
	}
	total := logSumExp(len(w), func(i int) float64 { return w[i] })
	for m := range ms {
		mean += math.Exp(w[m]-total) * ms[m].rotation
	}
	for m := range ms {
		sd += math.Exp(w[m]-total) * (ms[m].rotation - mean) * (ms[m].rotation - mean)
	}
	return mean * 180 / math.Pi, math.Sqrt(sd) * 180 / math.Pi
}
