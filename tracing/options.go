package tracing

import (
	"time"

	"upwind"
	"upwind/tracing/wind"
)

// Version changes when the same input may give another trace.
const Version = 2

// Name is how traces name this tracer in their provenance.
const Name = "trace"

// Options steer a trace. The zero value of each field means its default.
type Options struct {
	Seed       uint64  `json:"seed"`                  // of the ensembles
	MaxAgeS    float64 `json:"max_age_s,omitempty"`   // how far back trajectories are drawn, default 6 h
	RoughnessM float64 `json:"roughness_m,omitempty"` // aerodynamic z0; default short grass for close networks, a city's surroundings for wide ones
	MaxSources int     `json:"max_sources,omitempty"` // ranked sources kept, default 10
	PressurePa float64 `json:"pressure_pa,omitempty"` // for ppm; default from the wind readings, else the standard atmosphere at sea level
	TempC      float64 `json:"temp_c,omitempty"`      // for ppm, used with PressurePa
}

// Defaults of [Options].
const (
	defaultMaxAge     = 6 * time.Hour
	defaultMaxSources = 10
)

func (o Options) withDefaults() Options {
	if !(o.MaxAgeS > 0) {
		o.MaxAgeS = defaultMaxAge.Seconds()
	}
	o.MaxAgeS = min(o.MaxAgeS, 48*3600)
	if o.MaxSources <= 0 {
		o.MaxSources = defaultMaxSources
	}
	if !(o.RoughnessM > 0) {
		o.RoughnessM = 0
	}
	return o
}

// Input is all a trace looks at. The slices are only read.
type Input struct {
	Trigger  upwind.Trigger
	Wind     []upwind.Wind
	Grids    []wind.Grid          // gridded fields about the event
	Readings []upwind.Observation // all readings of the species around the event, the clean ones too
	Sites    []upwind.Site
	Evidence []upwind.Detection // plumes and hot spots about the event
	Options  Options
}

// Progress is told how many of the steps are done; it may be nil and is called from one goroutine.
type Progress func(done, total int)
