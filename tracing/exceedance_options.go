package tracing

import (
	"time"

	"upwind"
)

// ExceedanceOptions steer [Exceedances] and [Detect]. The zero value of each field means its default.
type ExceedanceOptions struct {
	StrongZ   float64 // robust z of the excess that starts an event
	WeakZ     float64 // robust z that joins one
	MinShare  float64 // excess over background that a strong hit needs at least
	MaxSpanS  float64 // longest event
	MaxWidthM float64 // widest event

	// Of means over half an hour or longer: an event at a place is over once nothing has stood out there for QuietHours; what
	// follows sooner is the same event.
	QuietHours float64
	// MaxPerDay is the most triggers of one species that begin on one day; the strongest are kept. Negative: no such cap.
	MaxPerDay int
	// Limits are hourly limits by species, in ug/m3; nil means [HourlyLimits], an empty map none.
	Limits map[string]float64
	// Kinds are the kinds of stations by id: small sensors (StationMicro, StationDust) are set beside their like, because damp
	// air raises them all. Stations that are not listed are taken for the same kind.
	Kinds map[string]upwind.StationKind
	// From and To bound the time to be judged: only triggers that reach into [From, To) are given. Readings before From are
	// history and readings from To on are later knowledge. Zero times mean everything.
	From, To time.Time
}

// Defaults of [ExceedanceOptions]. With normal noise a z of 4.5 comes by chance once in 300,000 readings:
// in a city of 827 hourly stations one false start in two weeks. The tails of real noise are why a share
// of the background is asked for besides.
const (
	defaultStrongZ    = 4.5
	defaultWeakZ      = 3.0
	defaultMinShare   = 0.2
	defaultMaxSpan    = 6 * time.Hour
	defaultMaxWidthM  = 25e3
	defaultQuietHours = 3
	defaultMaxPerDay  = 24 // six times what the simulated month holds: only a storm gets there
)

func (o ExceedanceOptions) withDefaults() ExceedanceOptions {
	set := func(p *float64, d float64) {
		if !(*p > 0) {
			*p = d
		}
	}
	set(&o.StrongZ, defaultStrongZ)
	set(&o.WeakZ, defaultWeakZ)
	set(&o.MinShare, defaultMinShare)
	set(&o.MaxSpanS, defaultMaxSpan.Seconds())
	set(&o.MaxWidthM, defaultMaxWidthM)
	set(&o.QuietHours, defaultQuietHours)
	if o.MaxPerDay == 0 {
		o.MaxPerDay = defaultMaxPerDay
	}
	if o.Limits == nil {
		o.Limits = HourlyLimits
	}
	o.WeakZ = min(o.WeakZ, o.StrongZ)
	return o
}

// History is how long before From readings are needed for triggers that do not depend on what came earlier: the level and the
// daily course of a station, and an event that goes on at From.
func (o ExceedanceOptions) History() time.Duration {
	o = o.withDefaults()
	return levelHours*time.Hour + recentHours*time.Hour + seconds(o.MaxSpanS) + seconds(3600*o.QuietHours)
}
