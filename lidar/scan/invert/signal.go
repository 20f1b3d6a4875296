package invert

import (
	"math"

	"upwind/lidar/scan"
)

// lightSpeed is that of light in vacuum, m/s.
const lightSpeed = 299792458.0

// Limits of what a photon counter's record can be corrected for.
const (
	// deadShare is the busy share M tau of a counter above which the correction 1/(1 - M tau) rests on the
	// exact dead time more than on the light.
	deadShare = 0.5
	// fewCounts is where the count itself no longer says its own variance well enough and the mean of
	// countWindow bins does.
	fewCounts   = 100
	countWindow = 4 // bins to each side
)

// trace is the signal of one channel, or of a sum of channels, along a ray, on the field's grid.
type trace struct {
	p, v []float64 // signal above background, and variance of its independent noise
	varB float64   // variance of the background, an error common to all bins
	own  float64   // the part of varB that is the ray's own: neighbours share the rest
	dark float64   // variance of a bin without signal
	q    []scan.Quality
	rate float64 // MHz in one unit of p; 0 when not known
}

// reading is a channel's raw record along a ray with all that is needed to correct it.
type reading struct {
	channel scan.Channel
	values  []float64
	shots   int
	deadNS  float64
	after   []float64
	sight   *sight
	shift   int // bins the record starts later than the grid
}

// raw is a corrected record before its background is taken away.
type raw struct {
	y     []float64 // NaN where missing or saturated
	q     []scan.Quality
	noise noise
	rate  float64
}

// DeadTime corrects a non-paralyzable counter: a measured rate M in MHz and a dead time in ns give
// N = M / (1 - M tau). It is NaN where M tau reaches 1, which no such counter can show.
func DeadTime(mhz, deadNS float64) float64 {
	busy := mhz * deadNS * 1e-3
	if busy >= 1 {
		return math.NaN()
	}
	return mhz / (1 - busy)
}

// correct undoes the counter's dead time, takes the afterpulse away and marks what is not usable.
func (r *reading) correct() raw {
	c, g := r.channel, r.sight.grid
	out := raw{y: make([]float64, g.n), q: make([]scan.Quality, g.n)}
	perMHz, counted := countsPerMHz(c, r.shots)
	if counted {
		out.rate = 1
		if c.Unit == scan.UnitCounts {
			out.rate = 1 / perMHz
		}
	}
	dead := 0.0
	if c.Mode == scan.Photon && out.rate > 0 {
		dead = r.deadNS
	}
	full := math.Inf(1)
	if c.Mode == scan.Analog && c.ADCRangeMV > 0 {
		full = c.ADCRangeMV * (1 - math.Pow(2, -float64(c.ADCBits)))
		if c.ADCBits <= 0 {
			full = c.ADCRangeMV
		}
	}
	for i := range g.n {
		j := i - r.shift
		if j < 0 || j >= len(r.values) || !finite(r.values[j]) {
			out.y[i] = math.NaN()
			out.q[i] = scan.Missing
			continue
		}
		v := r.values[j]
		switch {
		case v >= full:
			out.q[i] |= scan.Saturated
			v = math.NaN()
		case dead > 0 && v*out.rate*dead*1e-3 > deadShare:
			out.q[i] |= scan.Saturated
			v = math.NaN()
		case dead > 0:
			v = DeadTime(v*out.rate, dead) / out.rate
		}
		if c.Unit == scan.UnitSNR {
			v--
		}
		if c.RangeCorrected || c.Unit == scan.UnitBeta || c.Unit == scan.UnitRCS {
			rm := g.rangeM(i)
			v /= rm * rm
		}
		if c.Mode == scan.Photon && j < len(r.after) && finite(r.after[j]) {
			v -= r.after[j]
		}
		if !finite(v) && out.q[i] == 0 {
			out.q[i] = scan.Missing
			v = math.NaN()
		}
		out.y[i] = v
	}
	out.noise = r.noiseModel(out.y, perMHz, counted)
	out.noise.dead = dead * 1e-3 * out.rate
	return out
}

// countsPerMHz is how many counts a bin of all shots holds at 1 MHz: shots 2 h / c.
func countsPerMHz(c scan.Channel, shots int) (counts float64, known bool) {
	if c.Mode != scan.Photon || shots <= 0 || c.BinM <= 0 {
		return 0, false
	}
	return float64(shots) * 2 * c.BinM / lightSpeed * 1e6, true
}

// noiseModel says how variance follows from the signal: Poisson where photons are counted, measured
// otherwise.
func (r *reading) noiseModel(y []float64, perMHz float64, counted bool) noise {
	c := r.channel
	poisson := 0.0
	switch {
	case c.Unit == scan.UnitCounts:
		poisson = 1
	case c.Unit == scan.UnitMHz && counted:
		poisson = 1 / perMHz
	}
	if poisson > 0 && !c.BackgroundRemoved {
		return noise{perSignal: poisson}
	}
	measured := measureNoise(y, r.sight.grid)
	if poisson > 0 {
		measured.perSignal = poisson
	}
	return measured
}

// subtract takes a background away, in place, and gives every bin its variance.
func (w *raw) subtract(b background) trace {
	t := trace{p: w.y, v: make([]float64, len(w.y)), varB: b.variance + b.shape, own: b.variance, dark: w.noise.variance(b.level), q: w.q, rate: w.rate}
	w.variances(t.v)
	for i := range t.p {
		t.p[i] -= b.level
	}
	return t
}

// variances fills in the variance of every bin's own noise.
func (w *raw) variances(v []float64) {
	few := 0.0
	if w.noise.perSignal > 0 && w.noise.floor == 0 {
		few = fewCounts * w.noise.perSignal
	}
	for i, y := range w.y {
		if y < few {
			y = w.nearby(i)
		}
		v[i] = w.noise.variance(y)
	}
}

// nearby is the mean of the bins around one, with one count more than was seen: a mean of zero counts is no
// proof of no light.
func (w *raw) nearby(i int) float64 {
	sum, n := w.noise.perSignal, 0
	for j := max(0, i-countWindow); j <= min(len(w.y)-1, i+countWindow); j++ {
		if !math.IsNaN(w.y[j]) {
			sum += w.y[j]
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
