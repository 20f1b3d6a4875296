package tracing

import "time"

// ExceedanceOptions steer [Exceedances]. The zero value of each field means its default.
type ExceedanceOptions struct {
	StrongZ   float64 // robust z of the excess that starts an event
	WeakZ     float64 // robust z that joins one
	MinShare  float64 // excess over background that a strong hit needs at least
	MaxSpanS  float64 // longest event
	MaxWidthM float64 // widest event
}

// Defaults of [ExceedanceOptions]. With normal noise a z of 4.5 comes by chance once in 300,000 readings:
// in a city of 827 hourly stations one false start in two weeks. The tails of real noise are why a share
// of the background is asked for besides.
const (
	defaultStrongZ   = 4.5
	defaultWeakZ     = 3.0
	defaultMinShare  = 0.2
	defaultMaxSpan   = 6 * time.Hour
	defaultMaxWidthM = 25e3
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
	o.WeakZ = min(o.WeakZ, o.StrongZ)
	return o
}
