package particle

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Particle is where a walk is: m from its start along and to the left of the mean wind, or east and north where a Flow
// is given; height and age in m and s, the vertical speed in m/s, and the share of its mass that is still in the air.
type Particle struct{ X, Y, Z, W, AgeS, Mass float64 }

// Tally hears of the walks of one block of particles, in order: every step with its length in s, every touch of the
// ground with the vertical speed it had there.
type Tally interface {
	Step(p *Particle, dt float64)
	Touch(p *Particle)
}

// Flow is the wind at 10 m towards east and north at an offset from the start and a time after it (before it, where
// the walk is backward), in m and s.
type Flow func(x, y, seconds float64) (u, v float64)

// Options of a walk. The zero value of each field means its default.
type Options struct {
	Seed         uint64
	Reading      uint64  // names the random numbers of one reading
	Backward     bool    // from a receptor, against the wind
	StepShare    float64 // dt over T_L, default 0.05; up to 0.1 keeps mixed air mixed within 3 %
	SettlingMS   float64 // fall speed, m/s
	DepositionMS float64 // deposition velocity at the ground, m/s
	Flow         Flow    // nil: the steady wind of the profile, along x
	Threads      int     // default all processors
}

const (
	defaultShare = 0.05
	maxShare     = 0.1
	blockSize    = 128
	referenceM   = 10.0
	goneMass     = 1e-4 // a particle with less is not followed
	maxSteps     = math.MaxInt32
	lookEvery    = 1024 // steps between two looks at the context
)

// Walk follows n particles from a height for maxAgeS and returns the tallies of its blocks, in order. newTally is
// called once a block. It ends early only when the context does.
func Walk(ctx context.Context, p *Profile, heightM float64, n int, maxAgeS float64, o Options, newTally func() Tally) ([]Tally, error) {
	if o.StepShare <= 0 {
		o.StepShare = defaultShare
	}
	o.StepShare = min(o.StepShare, maxShare)
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	heightM = min(max(heightM, p.BottomM), p.TopM)
	out := make([]Tally, (n+blockSize-1)/blockSize)
	for i := range out {
		out[i] = newTally()
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(o.Threads, len(out)) {
		group.Go(func() {
			for {
				b := int(next.Add(1)) - 1
				if b >= len(out) || ctx.Err() != nil {
					return
				}
				for i := b * blockSize; i < min(n, (b+1)*blockSize); i++ {
					walk(ctx, p, heightM, maxAgeS, &o, stream{o.Seed, o.Reading, uint32(i)}, out[b])
				}
			}
		})
	}
	group.Wait()
	return out, ctx.Err()
}

func walk(ctx context.Context, p *Profile, heightM, maxAgeS float64, o *Options, random stream, tally Tally) {
	keep := math.Exp(-o.StepShare)
	kick := math.Sqrt(1 - keep*keep)
	sign, fall := 1.0, -o.SettlingMS
	if o.Backward {
		sign, fall = -1, o.SettlingMS
	}
	stays := (1 - absorbed(o.DepositionMS, p)) / (1 + absorbed(o.DepositionMS, p))
	over10 := 1 / max(p.at(min(max(referenceM, p.BottomM), p.TopM)).u, 1e-3)
	a := Particle{Z: heightM, Mass: 1}
	q, qu, qv := random.normals(0)
	for step := uint32(1); a.AgeS < maxAgeS && a.Mass > goneMass && step < maxSteps; step++ {
		if step%lookEvery == 0 && ctx.Err() != nil {
			return
		}
		l := p.at(a.Z)
		dt := o.StepShare * l.tw
		if left := maxAgeS - a.AgeS; dt > left {
			dt = left + 1e-9
		}
		n0, n1, n2 := random.normals(step)
		q = q*keep + l.slope*l.tw*(1-keep) + kick*n0
		qu = wander(qu, dt/l.tu, n1)
		qv = wander(qv, dt/l.tv, n2)
		a.W = q * l.sw
		u, v := l.u+l.su*qu, l.sv*qv
		if o.Flow != nil {
			u, v = along(o.Flow, &a, sign, l, over10, qu, qv)
		}
		a.X += sign * u * dt
		a.Y += sign * v * dt
		a.Z += (a.W + fall) * dt
		a.AgeS += dt
		if a.Z < p.BottomM {
			a.Z = 2*p.BottomM - a.Z
			tally.Touch(&a)
			q = -q
			a.Mass *= stays
		}
		if a.Z > p.TopM {
			a.Z = 2*p.TopM - a.Z
			q = -q
		}
		a.Z = min(max(a.Z, p.BottomM), p.TopM)
		tally.Step(&a, dt)
	}
}

// absorbed is a of the partial reflection.
func absorbed(depositionMS float64, p *Profile) float64 {
	return math.Sqrt(math.Pi/2) * depositionMS / p.at(p.BottomM).sw
}

// wander steps a normal process with unit sd over x = dt/T.
func wander(q, x, normal float64) float64 {
	keep := math.Exp(-x)
	return q*keep + math.Sqrt(1-keep*keep)*normal
}

// along turns the layer's speed and the fluctuations into the direction of the flow at 10 m.
func along(flow Flow, a *Particle, sign float64, l node, over10, qu, qv float64) (u, v float64) {
	u, v = flow(a.X, a.Y, sign*a.AgeS)
	speed := math.Hypot(u, v)
	ratio := l.u * over10
	if speed == 0 {
		return l.su * qu, l.sv * qv
	}
	c, s := u/speed, v/speed
	du, dv := l.su*qu, l.sv*qv
	return u*ratio + c*du - s*dv, v*ratio + s*du + c*dv
}
