package near

import (
	"context"
	"math"
	"runtime"
	"sync"

	"upwind/tracing/invert"
)

const rateSteps = 24 // emission rates tried, log-uniform

// evidence is the log likelihood of one more source against none, [place*rateSteps + rate].
type evidence []float32

// rates is the grid of emission rates, g/s.
type rates struct {
	q0   float64
	step int // table steps from one to the next
}

func (q rates) at(k float64) float64 { return q.q0 * math.Exp(k*float64(q.step)*invert.TableStep) }

// scanner weighs one more source everywhere, on top of what base explains.
type scanner struct {
	rows  []row
	back  backdrop
	noise invert.Noise
	q     rates
}

// tables are the gains of each row for an addition to base; one block of memory.
func (s *scanner) tables(base []float64) []invert.Table {
	all := make(invert.Table, len(s.rows)*invert.TableSize)
	out := make([]invert.Table, len(s.rows))
	for r, w := range s.rows {
		if !w.inEvent {
			continue
		}
		out[r] = all[r*invert.TableSize : (r+1)*invert.TableSize]
		b := 0.0
		if base != nil {
			b = base[r]
		}
		s.noise.Fill(out[r], w.y-s.back.base[r], b, s.back.sigma[r])
	}
	return out
}

// gain is the ln likelihood of a prediction against none.
func (s *scanner) gain(pred []float64) float64 {
	sum := 0.0
	for r, w := range s.rows {
		if w.inEvent && pred[r] > 0 {
			y := w.y - s.back.base[r]
			sum += s.noise.Log(y, pred[r], s.back.sigma[r]) - s.noise.Log(y, 0, s.back.sigma[r])
		}
	}
	return sum
}

// total is the ln density of all readings of the event given a prediction: that of the residual in asinh, with the
// slope that turns it into one of the reading, so that different noises compare.
func (s *scanner) total(pred []float64) float64 {
	sum := 0.0
	for r, w := range s.rows {
		if w.inEvent {
			y, sigma := w.y-s.back.base[r], s.back.sigma[r]
			sum += s.noise.Log(y, pred[r], sigma) - 0.5*math.Log(y*y+4*sigma*sigma)
		}
	}
	return sum
}

// duty is when a source may emit.
type duty struct {
	interval         // slots counted
	whole    bool    // all through the interval, else in any of its slots
	tempered float32 // weight of the likelihood that decides between on and off
}

// scan sums the gains of one member over the slots of the duty.
func (s *scanner) scan(m *member, tables []invert.Table, d duty) evidence {
	var out, slot evidence
	low := math.Log(s.q.q0) / invert.TableStep
	last := -1
	flush := func() {
		if slot == nil || d.whole {
			return
		}
		for i, v := range slot {
			if v != 0 {
				out[i] += onOrOff(v, d.tempered)
				slot[i] = 0
			}
		}
	}
	for r, w := range s.rows {
		pos, t := m.pos[r], tables[r]
		if pos == nil || w.slot < d.lo || w.slot >= d.hi {
			continue
		}
		if out == nil {
			out = make(evidence, len(pos)*rateSteps)
			slot = out
			if !d.whole {
				slot = make(evidence, len(out))
			}
		}
		if w.slot != last {
			flush()
			last = w.slot
		}
		off := int(math.Round(low + invert.TableOffset(s.back.sigma[r])))
		s.addRow(slot, pos, t, off)
	}
	if out != nil {
		flush()
	}
	return out
}

// softTable tabulates ln((1 + e^g)/2) over g, linear in between; beyond it is 0 less ln 2, or g less ln 2.
const (
	softRange = 16.0
	softStep  = 1.0 / 16
)

var softTable = func() (t [2*softRange/softStep + 2]float32) {
	for i := range t {
		t[i] = float32(math.Log1p(math.Exp(float64(i)*softStep-softRange)) - math.Ln2)
	}
	return t
}()

// onOrOff is the ln evidence of a slot in which the source emits or not, at even odds, against no source.
func onOrOff(gain, tempered float32) float32 {
	x := (gain*tempered + softRange) / softStep
	switch {
	case x <= 0:
		return softTable[0] / tempered
	case x >= 2*softRange/softStep:
		return gain - math.Ln2/tempered
	}
	i := int(x)
	return (softTable[i] + (x-float32(i))*(softTable[i+1]-softTable[i])) / tempered
}

func (s *scanner) addRow(out evidence, pos []int16, t invert.Table, off int) {
	for place, p := range pos {
		if p == nothing {
			continue
		}
		j := int(p) + off
		if j+(rateSteps-1)*s.q.step < 0 {
			continue
		}
		l := out[place*rateSteps : place*rateSteps+rateSteps]
		if j >= 0 && j+(rateSteps-1)*s.q.step < len(t) {
			for k := range l {
				l[k] += t[j]
				j += s.q.step
			}
			continue
		}
		for k := range l {
			if j >= 0 {
				l[k] += t[min(j, invert.TableSize-1)]
			}
			j += s.q.step
		}
	}
}

// each runs work(i) for i < n on all processors; work writes only what is i's own, so order does not matter.
func each(ctx context.Context, n int, work func(i int)) error {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() == nil {
					work(i)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return ctx.Err()
}

// rateRange is the rates that the hits ask of the places upwind of them.
func rateRange(n *network, back backdrop, m *member) rates {
	var asked []float64
	for r, w := range n.rows {
		y := w.y - back.base[r]
		if m.pos[r] == nil || y < 3*back.sigma[r] {
			continue
		}
		top := int16(nothing)
		for _, p := range m.pos[r] {
			top = max(top, p)
		}
		for place, p := range m.pos[r] {
			if p != nothing && float64(p) > float64(top)-7/invert.TableStep && (place%7 == r%7) {
				asked = append(asked, y/math.Exp(float64(p)*invert.TableStep))
			}
		}
	}
	lo, hi := 0.0, 0.0
	if len(asked) > 0 {
		lo, hi = quantile(asked, 0.02)/5, quantile(asked, 0.9)*3
	} else {
		lo, hi = silentRange(n, back, m)
	}
	step := max(1, int(math.Ceil(math.Log(hi/lo)/(rateSteps-1)/invert.TableStep)))
	return rates{q0: lo, step: step}
}

// silentRange is for readings without a hit: from what would hardly show to what nobody could miss.
func silentRange(n *network, back backdrop, m *member) (lo, hi float64) {
	var asked []float64
	for r := range n.rows {
		if m.pos[r] == nil {
			continue
		}
		top := int16(nothing)
		for _, p := range m.pos[r] {
			top = max(top, p)
		}
		if top != nothing {
			asked = append(asked, back.sigma[r]/math.Exp(float64(top)*invert.TableStep))
		}
	}
	if len(asked) == 0 {
		return 1e-3, 1e3
	}
	q := quantile(asked, 0.5)
	return q / 3, q * 1e4
}
