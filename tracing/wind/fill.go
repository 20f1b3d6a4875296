package wind

import "math"

const (
	// Spread of a component of the field about its first guess where the stations cannot tell: of stations in a
	// plain 0.5 m/s or a fifth of the speed, of a forecast 1 m/s or a quarter (14 degrees).
	plainSpread, plainShare       = 0.5, 0.2
	forecastSpread, forecastShare = 1.0, 0.25
	spreadWeight                  = 2 // stations that this counts for

	// A station's own error: 0.2 m/s (WMO No. 8 asks for 0.5 of the speed) and 3 degrees of direction.
	ownSpeedMS = 0.2
	ownShare   = 0.05
	// In a gap the wind goes on changing: to 1 m/s or 0.4 of the speed, within 2 h.
	gapSpread, gapShare = 1.0, 0.4
	gapTimeS            = 2 * 3600.0
)

// fill lays the wind on the nodes, knot by knot.
func (f *Field) fill(g *firstGuess) {
	nodes := f.nx * f.ny
	f.uv = make([]float64, 2*nodes*f.knots)
	f.spread, f.gapS = make([]float64, f.knots), make([]float64, f.knots)
	solve := newSolver(f)
	seen, total := make([]int, len(f.series)), 0.0
	for k := range f.knots {
		s := f.sample(f.time(k))
		covered := g.covers(k)
		f.gapS[k] = s.gapS
		if covered {
			f.gapS[k] = min(f.gapS[k], g.gap(f.time(k)))
		}
		if len(s.who) == 0 && !covered {
			continue
		}
		for _, i := range s.who {
			seen[i]++
		}
		f.spread[k], total = f.layer(k, s, g, solve), total+f.speedOf(k)
	}
	filled := f.bridge()
	f.meanSpeed = total / float64(max(filled, 1))
	var usual []int
	for i, n := range seen {
		if 2*n >= f.knots {
			usual = append(usual, i)
		}
	}
	f.relative = solve.relative(usual)
}

// layer is one knot; it returns the spread of the field about its first guess.
func (f *Field) layer(k int, s sample, g *firstGuess, solve *solver) float64 {
	nodes := f.nx * f.ny
	out := f.uv[2*nodes*k : 2*nodes*(k+1)]
	covered := g.covers(k)
	for n := range nodes {
		out[2*n], out[2*n+1] = s.mu, s.mv
		if covered {
			out[2*n], out[2*n+1], _ = g.at(f.node(n), f.time(k))
		}
	}
	ss := 0.0
	if len(s.who) > 1 || covered && len(s.who) > 0 {
		du, dv := f.residuals(s, g, k)
		for j := range du {
			ss += du[j]*du[j] + dv[j]*dv[j]
		}
		wu, wv := solve.weigh(s.who, du), solve.weigh(s.who, dv)
		for n := range nodes {
			c := solve.corr[n]
			for j, i := range s.who {
				out[2*n] += c[i] * wu[j]
				out[2*n+1] += c[i] * wv[j]
			}
		}
	}
	prior := max(plainSpread, plainShare*f.speedOf(k))
	free := float64(max(len(s.who)-1, 0))
	if covered {
		prior, free = max(forecastSpread, forecastShare*f.speedOf(k)), float64(len(s.who))
	}
	return math.Sqrt((ss/2 + spreadWeight*prior*prior) / (free + spreadWeight))
}

// speedOf is the mean speed of a knot.
func (f *Field) speedOf(k int) float64 {
	nodes := f.nx * f.ny
	sum := 0.0
	for n := range nodes {
		i := 2 * (nodes*k + n)
		sum += math.Hypot(f.uv[i], f.uv[i+1])
	}
	return sum / float64(nodes)
}

// bridge gives knots without any reading the nearest knot that has one, and counts those that have.
func (f *Field) bridge() (filled int) {
	row := 2 * f.nx * f.ny
	near := make([]int, f.knots) // the nearest knot with wind
	last := -1
	for k := range f.knots {
		if f.spread[k] > 0 {
			last = k
			filled++
		}
		near[k] = last
	}
	last = -1
	for k := f.knots - 1; k >= 0; k-- {
		if f.spread[k] > 0 {
			last = k
		}
		if near[k] < 0 || last >= 0 && last-k < k-near[k] {
			near[k] = last
		}
	}
	for k, from := range near {
		if from < 0 || from == k {
			continue
		}
		copy(f.uv[row*k:row*(k+1)], f.uv[row*from:row*(from+1)])
		f.spread[k] = f.spread[from]
		f.gapS[k] = f.gapS[from] + math.Abs(float64(k-from))*f.dt
	}
	return filled
}
