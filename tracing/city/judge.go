package city

import (
	"math"

	"upwind/tracing/footprint"
	"upwind/tracing/plane"
)

const (
	rates     = 15
	rateRatio = 1.6
	rateEdge  = 0.06 // decades, over which the prior of a rate falls off beyond a decade from RateG
	turns     = 7
	offsets   = 5
	parts     = 2      // of a bin: air that came fast, and air that came from so far that the wind's error was another
	farS      = 2400.0 // age that parts them
	turnSDs   = 0.6    // sd of the wind's direction from one turn tried to the next
	sureLn    = 12.0   // what weighs less than e^-sureLn of the best is left out
	leastSeen = 0.1    // sd of the noise: a smaller signal says nothing about a rate
	overflow  = 1e100
	nu        = 7.0 // degrees of freedom of a reading's error beside a source
)

// judge weighs a place by how well a source there explains the readings: for each rate, each turn of the wind and each
// span of time the ratio of the likelihood with the source to that without. It is the scratch of one goroutine.
type judge struct {
	t         *table
	o         Options
	first     float64 // Unix seconds of the first bin
	binS      float64
	bins      int
	least     int // bins that a source works at least
	spanCount float64
	rate      [rates]float64
	rateLn    [rates]float64 // prior
	turn      [turns]float32 // spokes
	// The wind is turned by an offset all the time and by something else in each bin; both are tried on the same grid.
	offsetLn [offsets]float64        // prior, with what the other sources say of it
	aloneLn  [offsets]float64        // prior
	turnP    [turns]float64          // prior of a turn
	givenP   [offsets][turns]float64 // and given the offset

	seen  []seen
	heard []heard
	prod  []float64 // bin and part, turn, rate: running product of squared ratios, and
	ln    []float64 // what was taken out of it as a logarithm
	dirty []bool    // by bin and part

	on     []float64               // rate, bin: log ratio with the source on, over turns
	given  []float64               // offset, rate, bin: the same given the offset
	cum    []float64               // prefix sums of one row
	rise   []float64               // e to them less those at the start of its best span and its sum, and
	fall   []float64               // the other way round
	spanLn [offsets][rates]float64 // over all spans of activity, priors included
}

func newJudge(t *table, o Options) *judge {
	j := &judge{t: t, o: o}
	start, end := t.slots[0].Start, t.slots[0].End
	step := 0.0
	for _, s := range t.slots {
		start, end = min(start, s.Start), max(end, s.End)
		step += (s.End - s.Start) / float64(len(t.slots))
	}
	j.binS = max(step, (end-start+o.MaxAgeS)/maxBins)
	before := math.Ceil(o.MaxAgeS / j.binS)
	j.first = start - before*j.binS
	j.bins = int(before+math.Ceil((end-start)/j.binS-1e-9)) + 1
	j.least = max(int(o.LeastActiveS/j.binS+0.5), 1)
	j.spans(func(int, int) { j.spanCount++ })
	mid := float64(rates-1) / 2
	sum := 0.0
	for k := range j.rate {
		j.rate[k] = o.RateG * math.Pow(rateRatio, float64(k)-mid)
		j.rateLn[k] = -0.5 * math.Pow(max(math.Abs(math.Log10(j.rate[k]/o.RateG))-1, 0)/rateEdge, 2)
		sum += math.Exp(j.rateLn[k])
	}
	for k := range j.rate {
		j.rateLn[k] -= math.Log(sum)
	}
	j.setTurns()
	n := j.bins * parts * turns * rates
	j.prod, j.ln, j.dirty = make([]float64, n), make([]float64, n), make([]bool, j.bins*parts)
	for i := range j.prod {
		j.prod[i] = 1
	}
	j.on, j.given, j.cum = make([]float64, rates*j.bins), make([]float64, offsets*rates*j.bins), make([]float64, j.bins+1)
	j.rise, j.fall = make([]float64, j.bins+1), make([]float64, j.bins+1)
	return j
}

const maxBins = 60

func (j *judge) setTurns() {
	step := turnSDs * math.Hypot(j.o.TurnSD, j.o.WindSD)
	for k := range j.turn {
		j.turn[k] = float32((float64(k) - (turns-1)/2) * step / footprint.SpokeRad)
		z := (float64(k) - (turns-1)/2) * turnSDs
		j.turnP[k] = math.Exp(-z * z / 2)
	}
	share(j.turnP[:])
	for o := range offsets {
		z := (float64(o) - (offsets-1)/2) * step / j.o.TurnSD
		j.offsetLn[o] = -z * z / 2
		for k := range turns {
			z := (float64(k-(turns-1)/2) - float64(o-(offsets-1)/2)) * step / j.o.WindSD
			j.givenP[o][k] = math.Exp(-z * z / 2)
		}
		share(j.givenP[o][:])
	}
	unit(j.offsetLn[:])
	j.aloneLn = j.offsetLn
}

// hear takes into the prior of the wind's offset what other sources say of it: all share the wind's error of the whole
// span, so far as it is one.
func (j *judge) hear(others []*portrait) {
	j.offsetLn = j.aloneLn
	for _, p := range others {
		for o := range offsets {
			j.offsetLn[o] += sharedOffset * (math.Log(max(p.offset[o], leastOffset)) - j.aloneLn[o])
		}
	}
	unit(j.offsetLn[:])
}

const (
	sharedOffset = 0.4  // of what another source says
	leastOffset  = 0.02 // probability that is never taken from an offset
)

// share scales weights to a sum of one.
func share(w []float64) {
	total := 0.0
	for _, v := range w {
		total += v
	}
	for k := range w {
		w[k] /= total
	}
}

// unit scales logs of weights to a sum of one.
func unit(ln []float64) {
	total := math.Inf(-1)
	for _, v := range ln {
		total = logAdd(total, v)
	}
	for k := range ln {
		ln[k] -= total
	}
}

// group is the bin and part of air that was read at a time and is so old.
func (j *judge) group(unix, ageS float64) int {
	g := parts * min(max(int((unix-ageS-j.first)/j.binS), 0), j.bins-1)
	if ageS > farS {
		g++
	}
	return g
}

// look fills on for a source at p.
func (j *judge) look(p plane.Point, heightM, reachM float64) {
	j.gather(p, reachM)
	j.raise(heightM)
}

// heard is a reading that may have seen a source at a place, whatever its height.
type heard struct {
	slot    *slot
	station int
	h       [turns]float32
	top     float32
	ageS    float64
	group   int
}

// gather finds the readings that may have seen a source at p.
func (j *judge) gather(p plane.Point, reachM float64) {
	j.heard = j.heard[:0]
	j.seen = j.t.around(j.seen[:0], p, reachM)
	for _, s := range j.t.slots {
		for _, v := range j.seen {
			i := v.station
			if y := s.y[i]; y != y || !s.Sees(i, v.ray, j.turn[turns-1]) {
				continue
			}
			x := heard{slot: s, station: i}
			if x.top = s.AtTurns(i, v.ray, j.turn[:], x.h[:]); !(x.top > 0) {
				continue
			}
			x.ageS = s.AgeS(i, v.ray)
			x.group = j.group(s.middle(), x.ageS)
			j.heard = append(j.heard, x)
		}
	}
}

// raise fills on for a source at the place that was gathered.
func (j *judge) raise(heightM float64) {
	for g, dirty := range j.dirty {
		if dirty {
			for i := g * turns * rates; i < (g+1)*turns*rates; i++ {
				j.prod[i], j.ln[i] = 1, 0
			}
			j.dirty[g] = false
		}
	}
	for k := range j.heard {
		j.reading(&j.heard[k], heightM)
	}
	j.overTurns()
}

// reading multiplies one reading's ratios into the bin in which what it saw was emitted. With S = q h the modelled
// signal, a = sigma^2 + (kS)^2 its variance and Student-t errors of seven degrees of freedom, the squared ratio is
// [(7 sigma^2 + y^2)/(7 a + (y-S)^2)]^8 (a/sigma^2)^7.
func (j *judge) reading(x *heard, heightM float64) {
	s, i := x.slot, x.station
	sigma2 := s.sigma2[i] + s.spread[i]
	least := leastSeen * math.Sqrt(sigma2)
	if float64(x.top)*micro*j.rate[rates-1] < least {
		return
	}
	lift := s.Lift(x.ageS, heightM) * micro
	g := x.group
	j.dirty[g] = true
	y := s.y[i]
	y -= s.back[i] + s.mean[i]
	k2 := j.o.ModelShare * j.o.ModelShare
	inv := 1 / sigma2
	zero := nu*sigma2 + y*y
	for k, hk := range x.h {
		sig := float64(hk) * lift
		if sig*j.rate[rates-1] < least {
			continue
		}
		at := (g*turns + k) * rates
		prod, ln := j.prod[at:at+rates], j.ln[at:at+rates]
		for r := rates - 1; r >= 0; r-- {
			m := sig * j.rate[r]
			if m < least {
				break
			}
			a := sigma2 + k2*m*m
			f := zero / (nu*a + (y-m)*(y-m))
			w := a * inv
			f *= f
			f *= f
			w3 := w * w * w
			x := prod[r] * f * f * w3 * w3 * w
			if x > overflow || x < 1/overflow {
				ln[r] += math.Log(x)
				x = 1
			}
			prod[r] = x
		}
	}
}

// overTurns averages over the turns of the wind, bin by bin.
func (j *judge) overTurns() {
	clear(j.on)
	clear(j.given)
	for g, dirty := range j.dirty {
		if !dirty {
			continue
		}
		b := g / parts
		for r := range rates {
			top, l := math.Inf(-1), [turns]float64{}
			flat := true
			for k := range turns {
				i := (g*turns+k)*rates + r
				if j.prod[i] != 1 || j.ln[i] != 0 { // the log of 1 is not asked for
					flat, l[k] = false, j.tempered(i)
				}
				top = max(top, l[k])
			}
			if flat {
				continue
			}
			sum, under := 0.0, [offsets]float64{}
			v := 0.0
			for k := range turns {
				if k == 0 || l[k] != l[k-1] {
					v = math.Exp(l[k] - top)
				}
				sum += v * j.turnP[k]
				for o := range offsets {
					under[o] += v * j.givenP[o][k]
				}
			}
			j.on[r*j.bins+b] += top + math.Log(sum)
			for o := range offsets {
				j.given[(o*rates+r)*j.bins+b] += top + math.Log(under[o])
			}
		}
	}
}

// tempered is the log likelihood ratio of a bin's part, turn and rate.
func (j *judge) tempered(i int) float64 { return (j.ln[i] + math.Log(j.prod[i])) / 2 / j.o.Temper }
