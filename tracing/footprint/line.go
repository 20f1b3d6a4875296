package footprint

import (
	"math"

	"upwind/tracing/plane"
)

// puff is a piece of a centre-line: where the air of that age was, how wide it is known, and its weight, the time
// spent there times the vertical kernel, s/m.
type puff struct {
	at     plane.Point
	ageS   float64
	sigmaM float64
	weight float64
}

// width is the horizontal sd of air that has come pathM: turbulence, what the direction is uncertain by, and the
// surroundings of the inlet.
func (o Options) width(c *column, ageS, pathM float64) float64 {
	t, w := c.spreadAt(ageS), o.WanderRad*pathM
	return math.Sqrt(t*t + w*w + minSigmaM*minSigmaM)
}

// follow lays puffs along the way of the air that is at a receptor at a time, by midpoint steps (RK2) back in time,
// until it is MaxAgeS old or has left the domain. share is this line's part of the mean.
func (o Options) follow(buf []puff, w Wind, c *column, r Receptor, unix, share float64) []puff {
	p, age, path := r.At, 0.0, 0.0
	for age < o.MaxAgeS && o.Domain.Has(p) {
		dt := min(stepS, max(age, stepS/8), o.MaxAgeS-age+1)
		u, v := w.At(p, unix-age)
		u, v = c.transport(age+dt/2, u, v)
		mid := plane.Point{X: p.X - u*dt/2, Y: p.Y - v*dt/2}
		u, v = w.At(mid, unix-age-dt/2)
		u, v = c.transport(age+dt/2, u, v)
		next := plane.Point{X: p.X - u*dt, Y: p.Y - v*dt}
		speed := math.Sqrt(u*u + v*v)
		// Between the nodes of the line the puffs lie at even distances of about spacing sd.
		for done := 0.0; done < dt; {
			s := o.width(c, age+done, path+speed*done)
			step := min(spacing*s/max(speed, minSpeedMS), dt-done)
			if rest := dt - done - step; rest < step/2 {
				step += rest
			}
			m := done + step/2
			a := age + m
			buf = append(buf, puff{plane.Point{X: p.X + (next.X-p.X)*m/dt, Y: p.Y + (next.Y-p.Y)*m/dt}, a,
				o.width(c, a, path+speed*m), share * step * c.kernel(a, refHeight)})
			done += step
		}
		p, age, path = next, age+dt, path+speed*dt
	}
	return buf
}
