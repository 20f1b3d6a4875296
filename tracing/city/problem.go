package city

import (
	"upwind/tracing/footprint"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// Problem is what is known of a span of time: readings with their wind, and where somebody may emit.
type Problem struct {
	Readings []invert.Reading // of points; path means are left out and said in Notes
	Wind     footprint.Wind
	Layer    footprint.Layer
	Box      plane.Box // where sources are looked for, and how far air is followed
	Sites    []invert.Site
	Prior    invert.Prior // of free positions, nil: 1 everywhere
	Options  Options
}

// Options steer the inference. The zero value of each field means its default.
type Options struct {
	// What the instruments do.
	NoiseG, NoiseShare float64 // noise of a reading without Sigma: the larger of g/m3 (3e-6) and a share (0.08)
	OffsetG, GainShare float64 // sd of an instrument's constant offset (3e-6 g/m3) and of its gain (0.10)
	// What is expected before anything is read.
	ActiveShare  float64   // expected share of the listed sites that emits in the span, default 0.025
	FreePerKM2   float64   // expected unlisted sources a km2, default 6e-4
	RateG        float64   // median of the rates, g/s, default 2; about it log-uniform over two decades
	LeastActiveS float64   // a source works at least so long, default 4 h or a third of the span
	HeightsM     []float64 // of free positions, tried with equal odds; default 4 and 22
	// What the models are good for.
	ModelShare   float64 // sd of a modelled concentration over itself, default 0.75
	TurnSD       float64 // rad, error of the wind's direction that stays through the span, default 6 degrees
	WindSD       float64 // rad, and that changes from hour to hour, default 7 degrees
	DepositionMS float64 // default 0
	MaxAgeS      float64 // how far back air is followed, default 6 h
	Temper       float64 // of the log likelihood, default 2
	PlaceTemper  float64 // and once more, of places against each other, default 4: near a source all readings share the
	// error of one wind
	RateSD float64 // of the natural logarithm of a rate beyond what one source's readings show, default 0.4: the
	// error of mixing and speed that all readings of a span share
	MaxSources int // default 40
	Threads    int // default all processors; the answer is the same for any number
}

func (o Options) withDefaults(spanS float64) Options {
	set := func(v *float64, to float64) {
		if !(*v > 0) {
			*v = to
		}
	}
	set(&o.NoiseG, 3e-6)
	set(&o.NoiseShare, 0.08)
	set(&o.OffsetG, 3e-6)
	set(&o.GainShare, 0.10)
	set(&o.ActiveShare, 0.025)
	set(&o.FreePerKM2, 6e-4)
	set(&o.RateG, 2)
	set(&o.LeastActiveS, min(4*3600, spanS/3))
	set(&o.ModelShare, 0.75)
	set(&o.TurnSD, 0.105)
	set(&o.WindSD, 0.122)
	set(&o.MaxAgeS, 6*3600)
	set(&o.Temper, 2)
	set(&o.PlaceTemper, 4)
	set(&o.RateSD, 0.4)
	if len(o.HeightsM) == 0 {
		o.HeightsM = []float64{4, 22}
	}
	if o.MaxSources <= 0 {
		o.MaxSources = 40
	}
	return o
}

// Trace is one source as far as the readings tell: what else could explain the same readings stands beside it.
type Trace struct {
	Exists float64         // probability that something emits here that is none of the other traces
	Ranked []invert.Source // up to three places or sites, best first; their probabilities are that the source lies within 500 m or is it
	None   float64         // probability that no listed site is behind this trace
	Hours  []Hour          // when it emitted
}

// Hour is the probability that a source emitted in a span of time.
type Hour struct{ Start, End, Active float64 }

// Answer is what the readings say.
type Answer struct {
	Traces     []Trace // by the probability that they exist, highest first
	Map        invert.Map
	Evidence   float64 // natural log of the tempered evidence of all traces against none: the sum of their positive log odds
	Background float64 // g/m3, median over readings
	Residual   float64 // robust sd of the scaled residuals; 1 when the errors are as assumed
	Values     int     // stored values of the matrix H
	Notes      []string
}
