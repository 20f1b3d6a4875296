package near

import (
	"fmt"
	"math"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
	"upwind/tracing/plume"
)

// Problem is what is known about an event. All of it is SI.
type Problem struct {
	Readings []invert.Reading // in any order; those outside [From, To) only inform the background
	Wind     plume.Series     // at 10 m, the same all over the site, with the state of the air
	Sites    []invert.Site
	Prior    invert.Prior
	Box      plane.Box // where free positions are looked for
	From, To float64   // Unix seconds of the event
	// Whole says that a source, if there is one, emits all through [From, To); else its start and end are inferred.
	Whole   bool
	Options Options
}

// Options of a run; zero values take the default.
type Options struct {
	Seed       uint64
	Members    int     // of the ensemble, default 16
	BlockS     float64 // readings are averaged to blocks of that many seconds, default by duration of the event
	RotationSD float64 // rad, prior sd of the constant turn of the wind, default 5 degrees
	MaxSources int     // default 4
	SourceOdds float64 // prior odds of one source more, default DefaultSourceOdds
	Unlisted   float64 // prior share of free positions where sites are listed, default 0.5
	CellM      float64 // side of a coarse cell, default a 36th of the box
	HeightM    float64 // prior median height of a free source, default 1.5 m
}

// DefaultSourceOdds are the prior odds of a source, and of one more: most hours of most networks show none.
const DefaultSourceOdds = 0.2

const (
	defaultMembers    = 16
	maxMembers        = 256
	defaultRotationSD = 5 * math.Pi / 180 // one offset a site: instruments are aligned to 5-10 degrees
	defaultMaxSources = 4
	defaultUnlisted   = 0.5
	defaultHeightM    = 1.5
	coarseSide        = 36
	minCellM          = 0.5
	maxRows           = 650 // blocks grow until no more rows are left
	maxSensors        = 400 // beyond is a city
	maxDurationS      = 8 * 86400.0
	maxBoxM           = 20e3
)

func (o Options) withDefaults() Options {
	set := func(x *float64, d float64) {
		if !(*x > 0) {
			*x = d
		}
	}
	if o.Members <= 0 {
		o.Members = defaultMembers
	}
	o.Members = min(o.Members, maxMembers)
	if o.MaxSources <= 0 {
		o.MaxSources = defaultMaxSources
	}
	set(&o.RotationSD, defaultRotationSD)
	set(&o.SourceOdds, DefaultSourceOdds)
	set(&o.Unlisted, defaultUnlisted)
	set(&o.HeightM, defaultHeightM)
	return o
}

func (p *Problem) check() error {
	bad := func(what, do string) error { return upwind.Refuse("trace", "near field", what, do) }
	b := p.Box
	switch {
	case len(p.Wind.U) == 0 || len(p.Wind.V) != len(p.Wind.U) || len(p.Wind.Air) != len(p.Wind.U) || !(p.Wind.StepS > 0):
		return bad("there is no wind, or its parts differ in length", "give wind readings that cover the event")
	case !(p.To > p.From) || p.To-p.From > maxDurationS:
		return bad("its time span is not between 0 and 8 days", "cut the event")
	case !(b.X1 > b.X0) || !(b.Y1 > b.Y0) || !(b.Width() <= maxBoxM) || !(b.Height() <= maxBoxM):
		return bad("the box to search is empty or wider than 20 km", "give a box around the sensors; the city tracer looks further")
	}
	for i, r := range p.Readings {
		if r.Sensor < 0 || r.Sensor >= maxSensors {
			return bad(fmt.Sprintf("reading %d is of sensor %d; sensors count from 0 and there may be %d", i, r.Sensor, maxSensors), "number the sensors")
		}
	}
	return nil
}

// usable reports whether a reading is a number at a place and a time.
func usable(r invert.Reading) bool {
	ok := finite(r.Start, r.End, r.At.X, r.At.Y, r.At.HeightM, r.Value) && r.End > r.Start && r.End-r.Start <= 86400
	if r.To != nil {
		ok = ok && finite(r.To.X, r.To.Y, r.To.HeightM)
	}
	return ok
}

func finite(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
