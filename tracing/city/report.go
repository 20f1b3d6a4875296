package city

import (
	"context"
	"math"
	"slices"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

const (
	nearM      = 500.0 // a place is right when the source lies so near
	ranked     = 3
	leastShare = 0.02 // of a trace, below which an alternative is not worth a line
	leastMass  = 1e-4
	// What the likelihood does not know of makes it too sure: probabilities are told as (1 - astray) p^doubt, which is what
	// came true on simulated days (seeds below 1000).
	astray = 0.1
	doubt  = 1.5
)

func (s *search) report(ctx context.Context) (Answer, error) {
	seen, err := s.coverage(ctx)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Residual: s.residual(), Evidence: s.evidence(), Background: s.level() / micro}
	for _, sl := range s.t.slots {
		a.Values += sl.Size()
	}
	m := invert.Map{X0: s.centre(0).X, Y0: s.centre(0).Y, CellM: scanM, NX: s.nx, NY: s.ny,
		P: make([]float64, s.nx*s.ny), Seen: seen}
	for _, src := range slices.Concat(s.sources, s.faint) {
		tr := s.trace(src)
		for _, c := range src.cells {
			if c.site >= 0 {
				continue
			}
			i := min(max(int((c.at.X-s.p.Box.X0)/scanM), 0), s.nx-1)
			k := min(max(int((c.at.Y-s.p.Box.Y0)/scanM), 0), s.ny-1)
			m.P[k*s.nx+i] += c.p * tr.Exists
		}
		a.Traces = append(a.Traces, tr)
	}
	slices.SortStableFunc(a.Traces, func(a, b Trace) int { return -compare(a.Exists, b.Exists) })
	a.Map = m
	return a, nil
}

// trace ranks what one source could be: again and again the site or the place with the most mass within nearM. What
// lies so near to a place named already is no other place.
func (s *search) trace(src *source) Trace {
	t := Trace{Exists: 1 / (1 + math.Exp(-src.logOdds)), None: 1}
	rest := make([]float64, len(src.cells))
	for i, c := range src.cells {
		rest[i] = c.p
		if c.site >= 0 {
			t.None -= c.p * t.Exists * (1 - astray)
		}
	}
	for range ranked {
		k, weight := s.pick(src.cells, rest)
		if k < 0 || weight < leastShare {
			break
		}
		t.Ranked = append(t.Ranked, s.source(src, k, (1-astray)*math.Pow(weight*t.Exists, doubt)))
		for i, c := range src.cells {
			if c.at.To(src.cells[k].at) <= nearM {
				rest[i] = 0
			}
		}
	}
	for b, p := range src.portrait.active {
		start := s.judges[0].first + float64(b)*s.judges[0].binS
		t.Hours = append(t.Hours, Hour{start, start + s.judges[0].binS, p})
	}
	return t
}

// pick is the place with the most of the remaining mass within nearM, or the site there that has most of that.
func (s *search) pick(cells []mass, rest []float64) (best int, weight float64) {
	best = -1
	around := func(i int) (w float64) {
		for k, d := range cells {
			if rest[k] > 0 && d.at.To(cells[i].at) <= nearM {
				w += rest[k]
			}
		}
		return w
	}
	for i := range cells {
		if rest[i] < leastMass {
			continue
		}
		if w := around(i); w > weight {
			best, weight = i, w
		}
	}
	for i, c := range cells {
		if best >= 0 && c.site >= 0 && rest[i] >= 0.5*weight && c.at.To(cells[best].at) <= nearM {
			return i, around(i)
		}
	}
	return best, weight
}

func (s *search) source(src *source, k int, probability float64) invert.Source {
	c := src.cells[k]
	out := invert.Source{Site: c.site, At: invert.Spot{Point: c.at, HeightM: c.heightM}, Probability: probability}
	j := s.judges[0]
	held := len(src.bring) > 0
	if held {
		s.lift(src)
	}
	j.look(c.at, c.heightM, fullReachM)
	p := j.portrait(j.evidence())
	if held {
		s.put(src)
	}
	out.Rate = j.interval(p)
	out.Start, out.End = j.working(p)
	if c.site < 0 {
		out.HPD50, out.HPD90, out.SigmaM, out.CellM = hpd(src.cells, c.at)
	}
	return out
}

// interval is the median and the 90 % interval of the rate: a mixture of log-normals, one about each rate tried.
func (j *judge) interval(p *portrait) invert.Rate {
	total := 0.0
	for _, v := range p.rate {
		total += v
	}
	below := func(ln float64) float64 {
		sum := 0.0
		for r, v := range p.rate {
			sum += v / total * 0.5 * math.Erfc((math.Log(j.rate[r])-ln)/(j.o.RateSD*math.Sqrt2))
		}
		return sum
	}
	at := func(q float64) float64 {
		lo, hi := math.Log(j.rate[0])-4, math.Log(j.rate[rates-1])+4
		for range 40 {
			if mid := (lo + hi) / 2; below(mid) < q {
				lo = mid
			} else {
				hi = mid
			}
		}
		return math.Exp(lo)
	}
	return invert.Rate{Median: at(0.5), Lo90: at(0.05), Hi90: at(0.95)}
}

// working is the span of bins in which the source more likely works than not.
func (j *judge) working(p *portrait) (start, end float64) {
	first, last := -1, -1
	for b, v := range p.active {
		if v >= 0.5 {
			if first < 0 {
				first = b
			}
			last = b
		}
	}
	if first < 0 {
		return 0, 0
	}
	return j.first + float64(first)*j.binS, j.first + float64(last+1)*j.binS
}

// mostHPD is about how many cells an HPD region is drawn with.
const mostHPD = 2000

// hpd are the cells of the smallest regions with half and 90 % of the free mass, densest first, and the rms distance to
// the mode along an axis within the latter. All cells have the same side, the finest that keeps them few.
func hpd(cells []mass, mode plane.Point) (half, most []plane.Point, sigmaM, cellM float64) {
	var free []mass
	total, area := 0.0, 0.0
	for _, c := range cells {
		if c.site < 0 {
			free = append(free, c)
			total += c.p
		}
	}
	slices.SortStableFunc(free, func(a, b mass) int { return -compare(a.p/(a.cellM*a.cellM), b.p/(b.cellM*b.cellM)) })
	n, sum, ss := 0, 0.0, 0.0
	for ; n < len(free) && sum <= 0.9*total; n++ {
		c := free[n]
		area += c.cellM * c.cellM
		sum += c.p
		d := c.at.To(mode)
		ss += c.p * d * d / 2
	}
	if sum > 0 {
		sigmaM = math.Sqrt(ss / sum)
	}
	for cellM = finestM; area > mostHPD*cellM*cellM; {
		cellM *= 2
	}
	drawn := map[[2]int]bool{}
	sum = 0
	for _, c := range free[:n] {
		for x := c.at.X - c.cellM/2 + finestM/2; x < c.at.X+c.cellM/2; x += cellM {
			for y := c.at.Y - c.cellM/2 + finestM/2; y < c.at.Y+c.cellM/2; y += cellM {
				k := [2]int{int(math.Floor(x / cellM)), int(math.Floor(y / cellM))}
				if drawn[k] {
					continue
				}
				drawn[k] = true
				p := plane.Point{X: (float64(k[0]) + 0.5) * cellM, Y: (float64(k[1]) + 0.5) * cellM}
				most = append(most, p)
				if sum <= 0.5*total {
					half = append(half, p)
				}
			}
		}
		sum += c.p
	}
	return half, most, sigmaM, cellM
}

func (s *search) residual() float64 {
	var z []float64
	for _, sl := range s.t.slots {
		for i, y := range sl.y {
			if y == y {
				z = append(z, math.Abs(y-sl.back[i]-sl.mean[i])/math.Sqrt(sl.sigma2[i]+sl.spread[i]))
			}
		}
	}
	return quantile(z, 0.5) / 0.6745
}

func (s *search) level() float64 {
	var v []float64
	for _, sl := range s.t.slots {
		for i, y := range sl.y {
			if y == y {
				v = append(v, sl.back[i])
			}
		}
	}
	return quantile(v, 0.5)
}
