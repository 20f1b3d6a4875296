package city

import (
	"math"
	"slices"

	"upwind/tracing/plane"
)

const (
	knotM       = 12e3 // of the haze: what is smaller than this is no haze
	maxKnots    = 9    // a side
	fitRounds   = 4
	refitRounds = 2
	fieldSweeps = 3
	steeper     = 2.5 // how much sooner what lies above the background is an outlier to an instrument's own terms
	tailNu      = 3.0 // degrees of freedom of the Student-t errors
)

// background is the haze, smooth in space and a random walk in time, and what each instrument adds to it: an offset,
// a gain, and a share of the daily pattern of the towns.
type background struct {
	t      *table
	o      Options
	box    plane.Box
	nx, ny int
	c      [][]float64    // by slot, knots
	own    [][own]float64 // by station: offset, gain, town share
	town   []float64      // by slot, ug/m3: the pattern of the towns
	weight [][]float64    // by slot and station
	below  [][]float64    // the same, for what instruments add: what lies above is rather a source not found yet
	at     [][4]int       // by station, the knots about it
	w      [][4]float64   // and their weights
}

const own = 3

func newBackground(t *table, o Options) *background {
	b := &background{t: t, o: o, own: make([][own]float64, len(t.stations)), town: make([]float64, len(t.slots))}
	b.box = plane.Box{X0: t.stations[0].at.X, X1: t.stations[0].at.X, Y0: t.stations[0].at.Y, Y1: t.stations[0].at.Y}
	for _, s := range t.stations {
		b.box = b.box.Add(s.at.Point)
	}
	b.nx = min(int(b.box.Width()/knotM)+2, maxKnots)
	b.ny = min(int(b.box.Height()/knotM)+2, maxKnots)
	if len(t.stations) < 2*b.nx*b.ny { // too few to tell a pattern in space from their own offsets
		b.nx, b.ny = 2, 2
	}
	for _, s := range t.slots {
		b.c = append(b.c, make([]float64, b.nx*b.ny))
		b.weight = append(b.weight, make([]float64, len(s.y)))
		b.below = append(b.below, make([]float64, len(s.y)))
	}
	b.at, b.w = make([][4]int, len(t.stations)), make([][4]float64, len(t.stations))
	for i, s := range t.stations {
		b.at[i], b.w[i] = b.basis(s.at.Point)
	}
	b.start()
	return b
}

// start is the median of each slot everywhere.
func (b *background) start() {
	for k, s := range b.t.slots {
		var v []float64
		for i, y := range s.y {
			if y == y {
				v = append(v, y-s.mean[i])
			}
		}
		m := quantile(v, 0.4)
		for n := range b.c[k] {
			b.c[k][n] = m
		}
	}
}

// basis gives the four knots about a place and their weights.
func (b *background) basis(p plane.Point) (at [4]int, w [4]float64) {
	split := func(x, width float64, n int) (int, float64) {
		f := min(max(x/max(width, 1)*float64(n-1), 0), float64(n-1))
		i := min(int(f), n-2)
		return i, f - float64(i)
	}
	i, fx := split(p.X-b.box.X0, b.box.Width(), b.nx)
	j, fy := split(p.Y-b.box.Y0, b.box.Height(), b.ny)
	k := j*b.nx + i
	return [4]int{k, k + 1, k + b.nx, k + b.nx + 1}, [4]float64{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}
}

func (b *background) haze(k, i int) float64 {
	c, at, w := b.c[k], b.at[i], b.w[i]
	return c[at[0]]*w[0] + c[at[1]]*w[1] + c[at[2]]*w[2] + c[at[3]]*w[3]
}

// fit alternates between the haze, the towns' pattern and the instruments, with weights of Student-t errors, and leaves
// background and variance in the slots. What the sources found so far bring is taken off first.
func (b *background) fit(rounds int) {
	for range rounds {
		b.reweigh()
		b.fitTown()
		for i := range b.own {
			b.fitOwn(i)
		}
		b.fitHaze()
	}
	b.reweigh()
}

// refit fits some instruments anew, haze and towns as they are.
func (b *background) refit(stations []int) {
	for _, i := range stations {
		for range refitRounds {
			for k := range b.t.slots {
				b.weigh(k, i)
			}
			b.fitOwn(i)
			for k, s := range b.t.slots {
				s.back[i] = b.value(k, i)
			}
		}
	}
}

func (b *background) parts(k, i int) [own]float64 {
	return [own]float64{1, b.haze(k, i), b.town[k]}
}

func (b *background) value(k, i int) float64 {
	x := b.parts(k, i)
	return x[1] + b.own[i][0] + b.own[i][1]*x[1] + b.own[i][2]*x[2]
}

// reweigh sets background, variance and robust weights. The variance of a slot is no less than what its own residuals
// show.
func (b *background) reweigh() {
	for k, s := range b.t.slots {
		var z []float64
		for i, y := range s.y {
			s.back[i] = b.value(k, i)
			noise := max(b.o.NoiseG*micro, b.o.NoiseShare*max(s.back[i], 0))
			if s.noise[i] > 0 {
				noise = s.noise[i]
			}
			s.sigma2[i] = noise * noise
			if y == y {
				z = append(z, math.Abs(y-s.back[i]-s.mean[i])/math.Sqrt(s.sigma2[i]+s.spread[i]))
			}
		}
		scale := max(quantile(z, 0.5)/0.6745, 1)
		for i := range s.y {
			s.sigma2[i] *= scale * scale
			b.weigh(k, i)
		}
	}
}

// weigh sets the robust weights of one reading.
func (b *background) weigh(k, i int) {
	s := b.t.slots[k]
	b.weight[k][i], b.below[k][i] = 0, 0
	if y := s.y[i]; y == y {
		v := s.sigma2[i] + s.spread[i]
		r := y - s.back[i] - s.mean[i]
		b.weight[k][i] = (tailNu + 1) / (tailNu + r*r/v) / v
		b.below[k][i] = b.weight[k][i]
		if r > 0 {
			b.below[k][i] = (tailNu + 1) / (tailNu + steeper*steeper*r*r/v) / v
		}
	}
}

// fitTown is the pattern in time that stations share more or less of: the weighted mean residual of those that have a
// positive share, or of the higher half to begin with.
func (b *background) fitTown() {
	if len(b.t.stations) < leastTownStations {
		return
	}
	share := make([]float64, len(b.t.stations))
	for i := range share {
		share[i] = b.own[i][2]
	}
	if slices.Max(share) <= 0 {
		for i := range share {
			share[i] = max(b.own[i][0], 0)
		}
		if m := slices.Max(share); m > 0 {
			for i := range share {
				share[i] /= m
			}
		}
	}
	for k, s := range b.t.slots {
		num, den := 0.0, 1e-9
		for i, y := range s.y {
			if wt := b.below[k][i]; wt > 0 && share[i] > 0 {
				r := y - s.mean[i] - s.back[i] + b.own[i][2]*b.town[k]
				num += wt * share[i] * r
				den += wt * share[i] * share[i]
			}
		}
		b.town[k] = num / den
	}
	// The level of the pattern belongs to the offsets, its scale to the pattern.
	mean := 0.0
	for _, v := range b.town {
		mean += v / float64(len(b.town))
	}
	for k := range b.town {
		b.town[k] -= mean
	}
}

const (
	leastTownStations = 30
	townShareSD       = 0.7 // of a station's share in the pattern; the largest is about 1
)

// fitOwn is an instrument's offset, gain and town share, by ridge regression.
func (b *background) fitOwn(i int) {
	sd := [own]float64{b.o.OffsetG * micro, b.o.GainShare, townShareSD}
	var a [own][own]float64
	var rhs [own]float64
	for p := range own {
		a[p][p] = 1 / (sd[p] * sd[p])
	}
	for k, s := range b.t.slots {
		wt := b.below[k][i]
		if wt == 0 {
			continue
		}
		x := b.parts(k, i)
		r := s.y[i] - s.mean[i] - x[1]
		for p := range own {
			rhs[p] += wt * x[p] * r
			for q := range own {
				a[p][q] += wt * x[p] * x[q]
			}
		}
	}
	b.own[i] = solve3(a, rhs)
	b.own[i][2] = max(b.own[i][2], 0)
}

// solve3 solves a small positive definite system by elimination.
func solve3(a [own][own]float64, r [own]float64) [own]float64 {
	for p := range own {
		for q := p + 1; q < own; q++ {
			f := a[q][p] / a[p][p]
			for m := p; m < own; m++ {
				a[q][m] -= f * a[p][m]
			}
			r[q] -= f * r[p]
		}
	}
	for p := own - 1; p >= 0; p-- {
		for q := p + 1; q < own; q++ {
			r[p] -= a[p][q] * r[q]
		}
		r[p] /= a[p][p]
	}
	return r
}

// quantile of unsorted values; 0 of none. v is sorted in place.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	f := q * float64(len(v)-1)
	i := min(int(f), len(v)-1)
	j := min(i+1, len(v)-1)
	return v[i] + (v[j]-v[i])*(f-float64(i))
}
