package tracing

import "math"

const (
	maxStepS  = 300.0 // of a trajectory
	minStepS  = 0.5
	maxPuffs  = 1500 // of a trajectory; a calm stops here
	calmMS    = 0.3  // steps are no longer than in this wind
	stepShare = 1.3  // of a puff's width from one puff to the next: a row of Gaussians d apart ripples by 2 exp(-2 (pi s/d)^2), here 2e-5
	minWidth  = 0.45 // of a cell: narrower puffs would fall between cell centres
)

// puff is a piece of a back trajectory: where the air was, how long it stayed, how wide it is known.
type puff struct {
	at     point
	age    float64 // s, at its middle
	dt     float64 // s
	sigmaH float64 // m
	sigmaZ float64 // m
}

// tracker follows air back through a wind field.
type tracker struct {
	field   *windField
	domain  rect
	maxAge  float64
	wander  float64 // rad, direction error that differs from reading to reading
	minSigM float64 // narrowest puff
}

// puffs follows the air that is at p at time t back, by midpoint steps (RK2), until it is maxAge old or
// leaves the domain. The time spent in a place is what counts, so nothing divides by the wind speed.
func (k tracker) puffs(buf []puff, p point, t, receptorM float64, m member) []puff {
	turb := k.field.turb
	turb.factor = m.spread
	sin, cos := math.Sincos(m.rotation)
	wind := func(q point, age, factor float64) (float64, float64) {
		u, v := k.field.at(q, t-age+m.shift)
		f := m.speed * factor
		return f * (u*cos + v*sin), f * (v*cos - u*sin)
	}
	age, path, run := 0.0, 0.0, 0.0
	for n := 0; age < k.maxAge && n < maxPuffs && k.domain.has(p); n++ {
		u0, v0 := wind(p, age, 1)
		ref := length(u0, v0)
		if age > 0 {
			ref = run / age
		}
		sz := turb.sigmaZ(ref, age, receptorM)
		f := turb.transport(sz, receptorM)
		speed := length(u0, v0) * f
		dt := stepShare * max(k.width(turb, ref, age, path), k.minSigM) / max(speed, calmMS)
		dt = min(max(dt, minStepS), maxStepS, max(k.field.dt, 60), k.maxAge-age+minStepS)
		mid := point{p.x - u0*f*dt/2, p.y - v0*f*dt/2}
		u1, v1 := wind(mid, age+dt/2, 1)
		next := point{p.x - u1*f*dt, p.y - v1*f*dt}
		step := length(u1, v1)
		half := age + dt/2
		run += step * dt
		buf = append(buf, puff{at: mid, age: half, dt: dt,
			sigmaH: max(k.width(turb, ref, half, path+step*f*dt/2), k.minSigM),
			sigmaZ: turb.sigmaZ(ref, half, receptorM)})
		path += step * f * dt
		age += dt
		p = next
	}
	return buf
}

// width is the horizontal 1-sigma of where the air of that age was: turbulence, and the direction error,
// which grows with the path and has a floor where the wind is weaker than its own error.
func (k tracker) width(turb turbulence, ref, age, path float64) float64 {
	angle := length(k.wander, k.field.errorSD/max(ref, 1))
	return length(turb.sigmaH(ref, age), min(angle, 1)*path)
}

// length is math.Hypot without its care for overflow, which wind and city distances do not need.
func length(x, y float64) float64 { return math.Sqrt(x*x + y*y) }
