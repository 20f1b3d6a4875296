package tracing

import (
	"math"
	"runtime"
	"sync"
)

const (
	rateSteps   = 24       // emission rates tried, log-uniform
	tableStep   = 1.0 / 20 // of ln(concentration / noise); 5 % in concentration
	tableLow    = -8.0     // below, a plume is not seen
	tableSize   = 24 * 20  // up to e^16 noises
	noiseScale  = 0.5      // residual in asinh(y/2 sigma) units of clean air: the slope at 0
	modelScale  = 0.8      // and in a plume: dispersion models are right within about a factor of 2 (Chang & Hanna 2004)
	freedom     = 4.0      // degrees of the Student-t: some rows are off for reasons no model knows
	freeHeightM = 2.0      // of an unlisted source
	temperPlace = 2.0      // rows of one event are not independent; position wants 1-4 on METEC
	temperRate  = 4.0      // rate wants 2-15
)

// search explains rows by one source of constant rate, at each cell and each spot.
type search struct {
	track tracker
	rows  []row
	g     lattice
	spots []spot
	q0    float64     // lowest rate, in the rows' unit times m3/s
	qStep int         // table steps from one rate to the next
	loss  [][]float64 // of each row, see lossTable
}

// evidence is the log likelihood against no source, [place*rateSteps + rate], cells first, then spots.
type evidence []float64

// lossTable is the log likelihood of row r against that of no plume, by ln(c/(2 sigma)). asinh makes the
// residual relative for strong plumes and absolute near the noise; its scale is the noise where no plume
// is expected and grows to that of the model where one is.
func (r row) lossTable() []float64 {
	t := make([]float64, tableSize)
	gy := math.Asinh(r.y / (2 * r.sigma))
	ll := func(c float64) float64 {
		s := math.Hypot(noiseScale, modelScale*c/(c+1))
		d := (gy - math.Asinh(c)) / s
		return -(freedom+1)/2*math.Log1p(d*d/freedom) - math.Log(s)
	}
	none := ll(0)
	for j := range t {
		t[j] = ll(math.Exp(tableLow+float64(j)*tableStep)) - none
	}
	return t
}

// member is the evidence in one state of the wind.
func (s *search) member(m member) evidence {
	nc := s.g.size()
	out := make(evidence, (nc+len(s.spots))*rateSteps)
	fp := newFootprint(s.g)
	hs := make([]float64, len(s.spots))
	var puffs []puff
	for n, r := range s.rows {
		fp.reset()
		clear(hs)
		puffs = s.footprint(r, m, fp, hs, puffs)
		table := s.loss[n]
		base := math.Log(s.q0/(2*r.sigma)) - tableLow
		put := func(place int, h float64) {
			if !(h > 0) {
				return
			}
			j := int(math.Floor((math.Log(h)+base)/tableStep + 0.5))
			l := out[place*rateSteps : (place+1)*rateSteps]
			for k := range l {
				if j >= 0 {
					l[k] += table[min(j, tableSize-1)]
				}
				j += s.qStep
			}
		}
		for j := fp.j0; j <= fp.j1; j++ {
			for i := fp.i0; i <= fp.i1; i++ {
				put(j*s.g.nx+i, fp.h[j*s.g.nx+i])
			}
		}
		for i, h := range hs {
			put(nc+i, h)
		}
	}
	return out
}

// footprint sums the row's releases into the cells and the spots.
func (s *search) footprint(r row, m member, fp *footprint, hs []float64, buf []puff) []puff {
	mixing := s.track.field.turb.mixingM
	share := 1 / float64(len(r.releases))
	for _, t := range r.releases {
		buf = s.track.puffs(buf[:0], r.at, t, r.heightM, m)
		for _, p := range buf {
			p.dt *= share
			fp.add(p, p.dt*vertical(r.heightM, freeHeightM, p.sigmaZ, mixing))
			for i := range s.spots {
				hs[i] += s.spots[i].seen(p, r.heightM, mixing)
			}
		}
	}
	return buf
}

// prepare makes the tables and chooses the range of rates from what the hits ask of the cells upwind of them.
func (s *search) prepare() {
	fp := newFootprint(s.g)
	var asked []float64
	var puffs []puff
	for _, r := range s.rows {
		if r.z() < defaultWeakZ {
			continue
		}
		fp.reset()
		puffs = s.footprint(r, member{speed: 1, spread: 1}, fp, make([]float64, len(s.spots)), puffs)
		top := 0.0
		for _, h := range fp.h {
			top = max(top, h)
		}
		for i, h := range fp.h {
			if h > top*1e-3 && (i%7 == 0 || len(asked) < 2000) && len(asked) < 200000 {
				asked = append(asked, r.y/h)
			}
		}
	}
	lo, hi := 1e-3, 1e3
	if len(asked) > 0 {
		lo, hi = quantile(asked, 0.02)/5, quantile(asked, 0.9)*3
	}
	for _, r := range s.rows {
		s.loss = append(s.loss, r.lossTable())
	}
	s.q0 = lo
	s.qStep = max(1, int(math.Ceil(math.Log(hi/lo)/(rateSteps-1)/tableStep)))
}

func (s *search) rate(k float64) float64 { return s.q0 * math.Exp(k*float64(s.qStep)*tableStep) }

// members runs the ensemble on all processors; each member's evidence is its own, so their number and
// order do not matter.
func (s *search) members(ms []member, done func(), stop func() bool) []evidence {
	out := make([]evidence, len(ms))
	next := make(chan int)
	ready := make(chan struct{}, len(ms))
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(ms)) {
		wg.Go(func() {
			for i := range next {
				if !stop() {
					out[i] = s.member(ms[i])
				}
				ready <- struct{}{}
			}
		})
	}
	go func() {
		for i := range ms {
			next <- i
		}
		close(next)
	}()
	for range ms {
		<-ready
		done()
	}
	wg.Wait()
	return out
}

// logSumExp is ln of the sum of e^(f(i)), i < n.
func logSumExp(n int, f func(int) float64) float64 {
	top := math.Inf(-1)
	for i := range n {
		top = max(top, f(i))
	}
	if math.IsInf(top, -1) {
		return top
	}
	sum := 0.0
	for i := range n {
		sum += math.Exp(f(i) - top)
	}
	return top + math.Log(sum)
}
