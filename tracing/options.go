package tracing

import (
	"time"

	"upwind"
)

// Version changes when the same input may give another trace.
const Version = 1

// Name is how traces name this tracer in their provenance.
const Name = "trace"

// Options steer a trace. The zero value of each field means its default.
type Options struct {
	Seed          uint64  `json:"seed"`                     // of the wind ensemble
	Members       int     `json:"members,omitempty"`        // wind ensemble size, default 12
	MaxAgeS       float64 `json:"max_age_s,omitempty"`      // how far back, default 6 h
	DirectionSD   float64 `json:"direction_sd,omitempty"`   // deg, wind direction error that stays all through an event, default 7
	WanderSD      float64 `json:"wander_sd,omitempty"`      // deg, wind direction error that differs from reading to reading, default 7
	SpeedSD       float64 `json:"speed_sd,omitempty"`       // relative, default 0.2
	RoughnessM    float64 `json:"roughness_m,omitempty"`    // aerodynamic z0, default 0.1
	MixingM       float64 `json:"mixing_m,omitempty"`       // mixing height, default 800
	CellM         float64 `json:"cell_m,omitempty"`         // of the search grid; default a quarter of the receptor spacing, 5..500
	UnlistedPrior float64 `json:"unlisted_prior,omitempty"` // prior probability that the source is on no list, default 0.5
	MaxSources    int     `json:"max_sources,omitempty"`    // ranked sources kept, default 10
	PressurePa    float64 `json:"pressure_pa,omitempty"`    // for ppm; default from the wind readings, else the standard atmosphere at sea level
	TempC         float64 `json:"temp_c,omitempty"`         // for ppm, used with PressurePa
}

// Defaults of [Options].
const (
	defaultMembers     = 12
	defaultMaxAge      = 6 * time.Hour
	defaultDirectionSD = 7.0 // with defaultWanderSD 10 deg in all: 10-20 deg is usual for station winds off the site
	defaultWanderSD    = 7.0
	defaultSpeedSD     = 0.2
	defaultRoughnessM  = 0.1   // open ground with obstacles, Davenport-Wieringa class 4
	defaultMixingM     = 800.0 // between a neutral and a convective afternoon
	defaultUnlisted    = 0.5
	defaultMaxSources  = 10

	maxMembers = 256
)

func (o Options) withDefaults() Options {
	set := func(p *float64, d float64) {
		if !(*p > 0) || *p > 1e9 {
			*p = d
		}
	}
	if o.Members <= 0 {
		o.Members = defaultMembers
	}
	o.Members = min(o.Members, maxMembers)
	if o.MaxSources <= 0 {
		o.MaxSources = defaultMaxSources
	}
	set(&o.MaxAgeS, defaultMaxAge.Seconds())
	o.MaxAgeS = min(o.MaxAgeS, 48*3600)
	set(&o.DirectionSD, defaultDirectionSD)
	set(&o.WanderSD, defaultWanderSD)
	set(&o.SpeedSD, defaultSpeedSD)
	set(&o.RoughnessM, defaultRoughnessM)
	o.RoughnessM = min(max(o.RoughnessM, 1e-4), 3)
	set(&o.MixingM, defaultMixingM)
	o.MixingM = min(max(o.MixingM, 50), 3000)
	set(&o.UnlistedPrior, defaultUnlisted)
	o.UnlistedPrior = min(max(o.UnlistedPrior, 0.01), 0.99)
	return o
}

// Input is all a trace looks at. The slices are only read.
type Input struct {
	Trigger  upwind.Trigger
	Wind     []upwind.Wind
	Readings []upwind.Observation // all readings of the species around the event, the clean ones too
	Sites    []upwind.Site
	Options  Options
}

// Progress is told how many of the steps are done; it may be nil and is called from one goroutine.
type Progress func(done, total int)
