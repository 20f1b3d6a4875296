package footprint

import (
	"upwind/tracing/air"
	"upwind/tracing/plane"
)

// Wind is the wind at 10 m at a place and a Unix time, m/s towards the east and the north.
type Wind interface {
	At(p plane.Point, unix float64) (u, v float64)
}

// Layer is the state of the boundary layer over the whole area at a Unix time.
type Layer func(unix float64) air.State

// Receptor is where air is measured, with the height of its inlet above ground in m.
type Receptor struct {
	At      plane.Point
	HeightM float64
}

// Options steer the footprints. The zero value of each field means its default.
type Options struct {
	Domain       plane.Box // air that left it is not followed further; default: everywhere
	MaxAgeS      float64   // default 6 h
	WanderRad    float64   // sd of the direction that neither the wind field nor turbulence has, default 0.07
	MeanderMS    float64   // sd of the slow cross-wind that averages of the wind leave out, default 0.5; 0.1 for one-minute winds
	DepositionMS float64   // deposition velocity: 0 for gases, 5 mm/s for PM10, 1-2 mm/s for PM2.5
	Threads      int       // default all processors; the bytes are the same for any number
}

const (
	defaultMaxAgeS   = 6 * 3600.0
	defaultWanderRad = 0.07 // 4 degrees: what interpolation between stations leaves open
	// An hour's mean leaves out a meander of about 0.5 m/s whatever the speed (Hanna 1983, J. Climate Appl. Meteor. 22;
	// Hanna 1990), which lasts for a good part of the hour.
	defaultMeanderMS = 0.5
	meanderS         = 1200.0
	lineEveryS       = 1200.0
	maxLines         = 3
	stepS            = 300.0 // of the centre-lines
	minSigmaM        = 25.0  // an inlet's surroundings; keeps the nearest ring finite
	minSpeedMS       = 0.3   // steps of a calm are laid down as if it moved that fast
	spacing          = 1.2   // of the sd, from one puff to the next: a row of Gaussians d apart ripples by 2 exp(-2 (pi s/d)^2)
)

func (o Options) withDefaults() Options {
	if o.MaxAgeS <= 0 {
		o.MaxAgeS = defaultMaxAgeS
	}
	if o.WanderRad <= 0 {
		o.WanderRad = defaultWanderRad
	}
	if o.MeanderMS <= 0 {
		o.MeanderMS = defaultMeanderMS
	}
	if o.Domain == (plane.Box{}) {
		o.Domain = plane.Box{X0: -1e7, Y0: -1e7, X1: 1e7, Y1: 1e7}
	}
	return o
}
