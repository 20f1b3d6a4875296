package tracing

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"upwind"
)

const (
	windReachM   = 150e3      // stations further away say little
	windHoldS    = 3 * 3600.0 // a station's last or next reading counts that long where there is none
	maxWindMS    = 75.0
	maxWindNodes = 24 // a side
	minNodeM     = 1000.0
	maxKnots     = 2000
	// Optimal interpolation: exponential correlation over three station spacings; an observation's error
	// (siting, eddies) has a fifth of the variance of the field.
	corrSpacings = 3
	minCorrM     = 5e3
	maxCorrM     = 50e3
	obsErrorVar  = 0.2
	maxStations  = 400 // nearest kept
)

// windField is u and v at 10 m on a lattice of nodes and times.
type windField struct {
	x0, y0, dx, dy float64
	nx, ny         int
	t0, dt         float64
	u, v           [][]float64 // by knot, then node
	stations       int
	stepS          float64 // median averaging time of the readings
	errorSD        float64 // m/s, of the interpolated components
	meanU          float64 // m/s, mean speed
	turb           turbulence
}

// newWindField interpolates the readings over the box and from..to. It fails when no reading lies near.
func newWindField(wind []upwind.Wind, pl plane, box rect, from, to time.Time, opt Options) (*windField, error) {
	kept, dur := usableWind(wind, pl, from, to)
	if len(kept) == 0 {
		return nil, noWind(from)
	}
	f := &windField{stepS: dur}
	f.turb = surface(kept, dur, opt)
	series := bySeries(kept, pl, f.turb.profile)
	f.stations = len(series)
	f.lattice(series, box)
	// Knots fall on the middles of the readings, where their times are multiples of half their length.
	f.dt = max(dur/2, to.Sub(from).Seconds()/maxKnots, 1)
	f.t0 = math.Floor(float64(from.Unix())/f.dt) * f.dt
	span := max(float64(to.Unix())-f.t0, 1)
	n := int(math.Ceil(span/f.dt)) + 1
	f.fill(series, n)
	if f.u[0] == nil {
		return nil, noWind(from)
	}
	return f, nil
}

func (f *windField) lattice(series []windSeries, box rect) {
	f.x0, f.y0, f.nx, f.ny, f.dx, f.dy = box.x0, box.y0, 1, 1, 1, 1
	if len(series) < 2 {
		return
	}
	side := func(w float64) (int, float64) {
		n := min(max(int(w/minNodeM)+1, 2), maxWindNodes)
		return n, max(w, 1) / float64(n-1)
	}
	f.nx, f.dx = side(box.x1 - box.x0)
	f.ny, f.dy = side(box.y1 - box.y0)
}

func (f *windField) fill(series []windSeries, knots int) {
	type solved struct {
		w   [][]float64 // node x station
		err float64
	}
	cache := map[string]solved{}
	f.u, f.v = make([][]float64, knots), make([][]float64, knots)
	var speeds, errs []float64
	for k := range knots {
		t := f.t0 + float64(k)*f.dt
		mask := make([]byte, len(series))
		var at []point
		var us, vs []float64
		for i, s := range series {
			if u, v, ok := s.value(t); ok {
				mask[i] = 1
				at, us, vs = append(at, s.at), append(us, u), append(vs, v)
			}
		}
		if len(at) == 0 {
			continue
		}
		sv, ok := cache[string(mask)]
		if !ok {
			sv.w, sv.err = f.weights(at)
			cache[string(mask)] = sv
		}
		f.u[k], f.v[k] = make([]float64, f.nx*f.ny), make([]float64, f.nx*f.ny)
		mu, mv := mean(us), mean(vs)
		ss := 0.0
		for i := range us {
			ss += (us[i]-mu)*(us[i]-mu) + (vs[i]-mv)*(vs[i]-mv)
		}
		for n := range f.u[k] {
			f.u[k][n], f.v[k][n] = mu, mv
			for i := range us {
				f.u[k][n] += sv.w[n][i] * (us[i] - mu)
				f.v[k][n] += sv.w[n][i] * (vs[i] - mv)
			}
			speeds = append(speeds, math.Hypot(f.u[k][n], f.v[k][n]))
		}
		errs = append(errs, math.Sqrt(ss/float64(2*len(us))*sv.err))
	}
	f.meanU, f.errorSD = mean(speeds), mean(errs)
	f.bridge()
}

// bridge gives knots without any reading the nearest knot that has one.
func (f *windField) bridge() {
	last := -1
	for k := range f.u {
		if f.u[k] != nil {
			last = k
		} else if last >= 0 {
			f.u[k], f.v[k] = f.u[last], f.v[last]
		}
	}
	last = -1
	for k := len(f.u) - 1; k >= 0; k-- {
		if f.u[k] != nil {
			last = k
		} else if last >= 0 {
			f.u[k], f.v[k] = f.u[last], f.v[last]
		}
	}
}

// weights solves the optimal interpolation for each node, and gives the mean relative error variance.
func (f *windField) weights(at []point) ([][]float64, float64) {
	nn := f.nx * f.ny
	w := make([][]float64, nn)
	if len(at) == 1 {
		for n := range w {
			w[n] = []float64{0}
		}
		return w, 1
	}
	var nearest []float64
	for i := range at {
		d := math.Inf(1)
		for j := range at {
			if i != j {
				d = min(d, at[i].to(at[j]))
			}
		}
		nearest = append(nearest, d)
	}
	length := min(max(corrSpacings*quantile(nearest, 0.5), minCorrM), maxCorrM)
	corr := func(a, b point) float64 { return math.Exp(-a.to(b) / length) }
	c := mat.NewSymDense(len(at), nil)
	for i := range at {
		for j := i; j < len(at); j++ {
			c.SetSym(i, j, corr(at[i], at[j]))
		}
		c.SetSym(i, i, 1+obsErrorVar)
	}
	var chol mat.Cholesky
	if !chol.Factorize(c) {
		for n := range w {
			w[n] = make([]float64, len(at))
		}
		return w, 1
	}
	errSum := 0.0
	b, x := mat.NewVecDense(len(at), nil), mat.NewVecDense(len(at), nil)
	for n := range w {
		p := point{f.x0 + float64(n%f.nx)*f.dx, f.y0 + float64(n/f.nx)*f.dy}
		for i := range at {
			b.SetVec(i, corr(at[i], p))
		}
		if chol.SolveVecTo(x, b) != nil {
			x.Zero()
		}
		w[n] = make([]float64, len(at))
		explained := 0.0
		for i := range at {
			w[n][i] = x.AtVec(i)
			explained += w[n][i] * b.AtVec(i)
		}
		errSum += max(0, 1-explained)
	}
	return w, errSum / float64(nn)
}

// at is the wind at a place and time of the plane, in m/s at the reference height.
func (f *windField) at(p point, t float64) (u, v float64) {
	kf := min(max((t-f.t0)/f.dt, 0), float64(len(f.u)-1))
	k := min(int(kf), max(len(f.u)-2, 0))
	wt := kf - float64(k)
	k2 := min(k+1, len(f.u)-1)
	if f.nx == 1 {
		return f.u[k][0]*(1-wt) + f.u[k2][0]*wt, f.v[k][0]*(1-wt) + f.v[k2][0]*wt
	}
	fx := min(max((p.x-f.x0)/f.dx, 0), float64(f.nx-1))
	fy := min(max((p.y-f.y0)/f.dy, 0), float64(f.ny-1))
	ix, iy := min(int(fx), f.nx-2), min(int(fy), f.ny-2)
	wx, wy := fx-float64(ix), fy-float64(iy)
	a := iy*f.nx + ix
	b := a + f.nx
	bil := func(g []float64) float64 {
		return (g[a]*(1-wx)+g[a+1]*wx)*(1-wy) + (g[b]*(1-wx)+g[b+1]*wx)*wy
	}
	return bil(f.u[k])*(1-wt) + bil(f.u[k2])*wt, bil(f.v[k])*(1-wt) + bil(f.v[k2])*wt
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// rect is a box in the plane, in m.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) has(p point) bool { return p.x >= r.x0 && p.x <= r.x1 && p.y >= r.y0 && p.y <= r.y1 }

func (r rect) grow(m float64) rect { return rect{r.x0 - m, r.y0 - m, r.x1 + m, r.y1 + m} }

func (r rect) add(p point) rect {
	return rect{min(r.x0, p.x), min(r.y0, p.y), max(r.x1, p.x), max(r.y1, p.y)}
}
