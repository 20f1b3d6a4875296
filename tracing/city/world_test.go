package city_test

import (
	"math"
	"math/rand/v2"

	"upwind/tracing/air"
	"upwind/tracing/city"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// world is a small simulated city: forward Gaussian puffs in a known wind, which the tracer is given with an error.
// It shares nothing with the footprints but the profile of the wind.
type world struct {
	rng      *rand.Rand
	sideM    float64
	hours    int
	speed    float64
	stations []plane.Point
	town     []float64
	sites    []invert.Site
	truth    []emitter
	base     float64 // deg, direction at the start
	phase    [6]float64
	rotation float64 // deg, of the wind given against the true one
	hourly   [][4]float64
}

type emitter struct {
	plane.Point
	q          float64 // g/s
	start, end float64 // h
	site       int
}

type flow struct {
	w    *world
	true bool
}

func (f flow) At(p plane.Point, unix float64) (u, v float64) {
	w, h := f.w, unix/3600
	deg := w.base + 55*math.Sin(2*math.Pi*(h+w.phase[0])/24) + 15*math.Sin(h/2.3+w.phase[1]) + 12*math.Sin(p.X/25e3+w.phase[2]+h/6)*math.Cos(p.Y/30e3)
	speed := w.speed * (1 + 0.35*math.Sin(2*math.Pi*(h+w.phase[3])/24)) * (1 + 0.15*math.Sin(p.Y/20e3+w.phase[4]))
	if f.true {
		deg += 6 * math.Sin(h*2*math.Pi*2.7+w.phase[5]) // meander inside the hour
	} else {
		k := min(max(int(h+6), 0), len(w.hourly)-2)
		x := h + 6 - float64(k)
		e := func(i int) float64 { return w.hourly[k][i]*(1-x) + w.hourly[k+1][i]*x }
		deg += w.rotation + 8*(e(0)*math.Cos(p.X/15e3)+e(1)*math.Sin(p.X/15e3+p.Y/15e3))
		speed *= 1 + 0.2*(e(2)*math.Cos(p.Y/15e3)+e(3)*math.Sin(p.Y/15e3))
	}
	s, c := math.Sincos(deg * math.Pi / 180)
	return -speed * s, -speed * c
}

// sky is the layer: unstable by day, stable by night.
func sky(unix float64) air.State {
	h := math.Mod(unix/3600+48, 24)
	day := math.Sin(math.Pi * (h - 6) / 12)
	if day > 0 {
		return air.State{UStar: 0.3, InvL: -0.02 * day, Z0: 0.5, MixingM: 250 + 900*day}
	}
	return air.State{UStar: 0.2, InvL: 0.01, Z0: 0.5, MixingM: 200}
}

func newWorld(seed uint64, sideM float64, stations, sites, sources, hours int) *world {
	rng := rand.New(rand.NewPCG(seed, 77))
	w := &world{rng: rng, sideM: sideM, hours: hours, speed: 2 + 2.5*rng.Float64(), base: 360 * rng.Float64(), rotation: 6 * rng.NormFloat64()}
	for i := range w.phase {
		w.phase[i] = 2 * math.Pi * rng.Float64()
	}
	var e [4]float64
	for range hours + 14 {
		for i := range e {
			e[i] = 0.6*e[i] + 0.8*rng.NormFloat64()
		}
		w.hourly = append(w.hourly, e)
	}
	var towns []plane.Point
	for range 12 {
		towns = append(towns, w.anywhere(0.9))
	}
	for i := range stations {
		p, t := w.anywhere(1), 0.0
		if i%10 < 7 {
			c := towns[rng.IntN(len(towns))]
			p, t = plane.Point{X: c.X + 0.04*sideM*rng.NormFloat64(), Y: c.Y + 0.04*sideM*rng.NormFloat64()}, rng.Float64()
		}
		w.stations, w.town = append(w.stations, p), append(w.town, t)
	}
	for range sites {
		w.sites = append(w.sites, invert.Site{Spot: invert.Spot{Point: w.anywhere(0.95), HeightM: 10}})
	}
	for len(w.truth) < sources {
		s := emitter{Point: w.anywhere(0.85), q: 100 * math.Pow(3, rng.Float64()), site: -1}
		if len(w.truth)%2 == 0 && sites > 0 {
			s.site = rng.IntN(sites)
			s.Point = w.sites[s.site].Point
		}
		length := min(4+20*rng.Float64(), float64(hours))
		s.start = (float64(hours) - length) * rng.Float64()
		s.end = s.start + length
		near := w.around(s.Point, 3000) < 5
		for _, o := range w.truth {
			near = near || o.To(s.Point) < 2000
		}
		if !near {
			w.truth = append(w.truth, s)
		}
	}
	return w
}

func (w *world) around(p plane.Point, m float64) (n int) {
	for _, s := range w.stations {
		if s.To(p) < m {
			n++
		}
	}
	return n
}

func (w *world) anywhere(share float64) plane.Point {
	return plane.Point{X: (w.rng.Float64() - 0.5) * share * w.sideM, Y: (w.rng.Float64() - 0.5) * share * w.sideM}
}

// signal is what the sources bring to every station and hour, ug/m3.
func (w *world) signal() [][]float64 {
	out := make([][]float64, len(w.stations))
	for i := range out {
		out[i] = make([]float64, w.hours)
	}
	const step = 150.0
	for _, s := range w.truth {
		for t := s.start * 3600; t < s.end*3600; t += step {
			w.puff(out, s, t, step)
		}
	}
	return out
}

func (w *world) puff(out [][]float64, s emitter, t, step float64) {
	p, at, path := s.Point, t, 0.0
	for age := 0.0; age < 5*3600; {
		dt := min(max(age/6, 20), step)
		u, v := flow{w, true}.At(p, at)
		state := sky(at)
		lift := math.Min(1.2+age/4000, 1.8)
		// With its depth the plume turns to the right of the wind at 10 m, as winds do in the northern hemisphere.
		sin, cos := math.Sincos(0.25 * (1 - math.Exp(-age/1500)))
		u, v = u*cos+v*sin, v*cos-u*sin
		p.X, p.Y = p.X+u*lift*dt, p.Y+v*lift*dt
		age, at, path = age+dt, at+dt, path+math.Hypot(u, v)*lift*dt
		sy := 12 + 0.16*path/math.Sqrt(1+path/4000)
		sz := 0.07 * path / math.Sqrt(1+path/3000)
		if state.InvL < 0 {
			sz *= 1.6
		}
		h := int(at / 3600)
		if h >= w.hours || math.Abs(p.X) > w.sideM || math.Abs(p.Y) > w.sideM {
			return
		}
		vertical := max(2/(math.Sqrt(2*math.Pi)*(sz+2)), 1/state.MixingM)
		for i, r := range w.stations {
			dx, dy := r.X-p.X, r.Y-p.Y
			if d2 := dx*dx + dy*dy; d2 < 12*sy*sy {
				out[i][h] += s.q * 1e6 * step * (dt / 3600) * vertical * math.Exp(-d2/2/sy/sy) / (2 * math.Pi * sy * sy)
			}
		}
	}
}

// problem is what the tracer gets. hazeG is the haze's level in ug/m3.
func (w *world) problem(haze float64) city.Problem {
	box := plane.Box{X0: -w.sideM / 2, Y0: -w.sideM / 2, X1: w.sideM / 2, Y1: w.sideM / 2}
	p := city.Problem{Wind: flow{w, false}, Layer: sky, Box: box, Sites: w.sites, Options: city.Options{RateG: 100}}
	c := w.signal()
	walk := 0.0
	level := make([]float64, w.hours)
	for h := range level {
		walk += 0.06 * w.rng.NormFloat64()
		level[h] = haze * math.Exp(walk)
	}
	for i, at := range w.stations {
		gain, offset := 1+0.1*w.rng.NormFloat64(), 3*w.rng.NormFloat64()
		for h := range w.hours {
			if w.rng.Float64() < 0.05 {
				continue
			}
			y := level[h] * (1 + 0.25*math.Sin(at.X/30e3+float64(h)/7)*math.Cos(at.Y/35e3))
			y += 12 * w.town[i] * (1 + math.Sin(2*math.Pi*float64(h-3)/12)) / 2
			y = gain*(y+c[i][h]) + offset
			y += max(3, 0.08*y) * w.rng.NormFloat64()
			p.Readings = append(p.Readings, invert.Reading{Sensor: i, Start: float64(h) * 3600, End: float64(h+1) * 3600,
				At: invert.Spot{Point: at, HeightM: 4}, Value: max(y, 0) * 1e-6})
		}
	}
	return p
}

// observable is the benchmark's rule: seen at 10 ug/m3 by two stations for three station-hours, from directions 20 deg
// apart.
func (w *world) observable() []bool {
	out := make([]bool, len(w.truth))
	for k, s := range w.truth {
		one := *w
		one.truth = []emitter{s}
		n := 0
		var bearings []float64
		for i, row := range one.signal() {
			hit := false
			for _, v := range row {
				if v >= 10 {
					n++
					hit = true
				}
			}
			if hit {
				bearings = append(bearings, s.Bearing(w.stations[i]))
			}
		}
		for _, a := range bearings {
			for _, b := range bearings {
				if math.Abs(plane.Turn(a, b)) >= 20 && n >= 3 {
					out[k] = true
				}
			}
		}
	}
	return out
}
