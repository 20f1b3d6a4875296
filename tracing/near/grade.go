package near

import (
	"math"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// Truth is a source that is known to have emitted in an event.
type Truth struct {
	At        plane.Point
	GramsPerS float64
	Noticed   bool // by enough sensors for a place to be asked of the readings
}

// Chance is a probability that was told, and whether it came true.
type Chance struct {
	P    float64
	True bool
}

// Grade counts, over events whose truth is known, how often answers hold what they should.
type Grade struct {
	Scenes                               int
	Silent, FalseSources                 int // scenes without a source, and what was told in them at even odds or better
	Counted, RightNumber                 int // scenes whose sources were all noticed, and those with as many told
	Releases                             int // single sources that were noticed; the rest is of these
	Rate50, Rate90, Region50, Region90   int
	ErrorsM, WidthFactors, AreasM2, CRPS []float64 // place; Hi90/Lo90; 90 % region; of ln rate
	Chances                              []Chance  // that there is an unlisted source
}

// Add counts one event.
func (g *Grade) Add(a invert.Answer, truth []Truth) {
	g.Scenes++
	told, noticed := 0, 0
	var best *invert.Source
	for i := range a.Sources {
		s := &a.Sources[i]
		if s.Probability >= 0.5 {
			told++
		}
		if s.Site < 0 && best == nil {
			best = s
		}
	}
	for _, t := range truth {
		if t.Noticed {
			noticed++
		}
	}
	if len(truth) == 0 {
		g.Silent++
		g.FalseSources += told
	}
	if noticed == len(truth) {
		g.Counted++
		if told == noticed {
			g.RightNumber++
		}
	}
	if best == nil {
		return
	}
	g.Chances = append(g.Chances, Chance{best.Probability, len(truth) > 0})
	if len(truth) == 1 && noticed == 1 {
		g.release(*best, truth[0])
	}
}

// Standard normal quantiles of the bounds of the 90 and 50 % intervals.
const (
	normal95 = 1.6448536269514722
	normal75 = 0.6744897501960817
)

func (g *Grade) release(s invert.Source, t Truth) {
	g.Releases++
	g.ErrorsM = append(g.ErrorsM, s.At.To(t.At))
	lo, mid, hi, q := math.Log(s.Rate.Lo90), math.Log(s.Rate.Median), math.Log(s.Rate.Hi90), math.Log(t.GramsPerS)
	if q >= lo && q <= hi {
		g.Rate90++
	}
	const inner = normal75 / normal95
	if q >= mid+inner*(lo-mid) && q <= mid+inner*(hi-mid) {
		g.Rate50++
	}
	if s.Holds(s.HPD90, t.At) {
		g.Region90++
	}
	if s.Holds(s.HPD50, t.At) {
		g.Region50++
	}
	g.WidthFactors = append(g.WidthFactors, s.Rate.Hi90/s.Rate.Lo90)
	g.AreasM2 = append(g.AreasM2, float64(len(s.HPD90))*s.CellM*s.CellM)
	g.CRPS = append(g.CRPS, crpsNormal(q, mid, (hi-lo)/2/normal95))
}

// crpsNormal is the continuous ranked probability score of a normal forecast (Gneiting & Raftery 2007).
func crpsNormal(x, mu, sigma float64) float64 {
	z := (x - mu) / sigma
	return sigma * (z*math.Erf(z/math.Sqrt2) + 2*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi) - 1/math.Sqrt(math.Pi))
}

// Merge adds the counts of another grade.
func (g *Grade) Merge(o Grade) {
	for _, c := range [][2]*int{{&g.Scenes, &o.Scenes}, {&g.Silent, &o.Silent}, {&g.FalseSources, &o.FalseSources}, {&g.Counted, &o.Counted},
		{&g.RightNumber, &o.RightNumber}, {&g.Releases, &o.Releases}, {&g.Rate50, &o.Rate50}, {&g.Rate90, &o.Rate90},
		{&g.Region50, &o.Region50}, {&g.Region90, &o.Region90}} {
		*c[0] += *c[1]
	}
	g.ErrorsM, g.WidthFactors = append(g.ErrorsM, o.ErrorsM...), append(g.WidthFactors, o.WidthFactors...)
	g.AreasM2, g.CRPS = append(g.AreasM2, o.AreasM2...), append(g.CRPS, o.CRPS...)
	g.Chances = append(g.Chances, o.Chances...)
}

// Share is a count over the releases.
func (g *Grade) Share(count int) float64 { return float64(count) / float64(max(g.Releases, 1)) }

// Bin is how often probabilities between Lo and Hi came true.
type Bin struct {
	Lo, Hi     float64
	N          int     // scenes
	Told, True float64 // mean probability, and the share that came true
}

// reliabilityEdges part the probabilities told.
var reliabilityEdges = []float64{0, 0.1, 0.3, 0.5, 0.7, 0.9, 1}

// Reliability is the table of probabilities told against how often they came true, at the prior odds of a source that
// the answers were made with: simulations release far more often than that, so their scenes with a source weigh less.
func (g *Grade) Reliability(priorOdds float64) []Bin {
	with := 0
	for _, c := range g.Chances {
		if c.True {
			with++
		}
	}
	weight := priorOdds * float64(len(g.Chances)-with) / float64(max(with, 1))
	var out []Bin
	for i := range len(reliabilityEdges) - 1 {
		b := Bin{Lo: reliabilityEdges[i], Hi: reliabilityEdges[i+1]}
		sum := 0.0
		for _, c := range g.Chances {
			if c.P < b.Lo || c.P >= b.Hi && b.Hi < 1 {
				continue
			}
			w := 1.0
			if c.True {
				w = weight
				b.True += w
			}
			b.N++
			b.Told += w * c.P
			sum += w
		}
		if b.N > 0 && sum > 0 {
			b.Told, b.True = b.Told/sum, b.True/sum
			out = append(out, b)
		}
	}
	return out
}
