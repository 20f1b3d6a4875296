package near

import (
	"math"

	"upwind/tracing/invert"
)

const (
	lowPercentile = 0.10 // the 10th to 20th percentile of a sensor's readings is the prior mean of its background
	madToSigma    = 1.4826022185056018
	// The noise shows in the quietest fifth of the differences between successive means, where no plume flickers; of the
	// absolute value of a standard normal the fifth quantile is 0.2533.
	quietShare    = 0.2
	quietQuantile = 0.2533471031357997
	leastRelative = 1e-3 // noise is at least that share of the background
	// Random walks over ten minutes, in noises of a block: the common air drifts, the offsets hardly.
	commonWalk  = 0.5
	offsetWalk  = 0.15
	walkS       = 600.0
	robustRound = 8
	hitSigmas   = 1.5 // a reading that far above the background may be plume: its weight falls with its height
)

// backdrop is what the readings would be without sources, and how well each is known.
type backdrop struct {
	base  []float64 // g/m3, by row
	sigma []float64 // of reading less background: noise and what is not known of the background
	noise []float64 // by sensor
}

// newBackdrop infers the background given what the sources explain, pred by row; nil for nothing. Without an
// explanation readings far above the background count little.
func newBackdrop(n *network, pred []float64) backdrop {
	k := len(n.sensors)
	series := cleanest(n, pred)
	b := backdrop{noise: make([]float64, k)}
	prior := make([]float64, k)
	var all []float64
	for s, v := range series {
		prior[s] = quantile(v, lowPercentile)
		diffs := make([]float64, 0, len(v))
		for i := 1; i < len(v); i++ {
			diffs = append(diffs, math.Abs(v[i]-v[i-1]))
		}
		b.noise[s] = quantile(diffs, quietShare) / (quietQuantile * math.Sqrt2)
		all = append(all, b.noise[s])
	}
	typical := quantile(all, 0.25)
	for s := range b.noise {
		b.noise[s] = max(min(b.noise[s], 3*typical), typical/3, leastRelative*math.Abs(prior[s]), 1e-12)
	}
	start := 0.0
	for s, v := range series {
		start = max(start, prior[s]-quantile(v, 0))
	}
	b.iterate(n, pred, prior, start)
	return b
}

// cleanShare is the least share of a sensor's rows of which its background and noise are first guessed.
const cleanShare = 0.25

// cleanest is what the sources leave of the readings, by sensor: of all rows where nothing is known of sources, else of
// those on which they bear least. Inside a plume the model errs by more than the background holds.
func cleanest(n *network, pred []float64) [][]float64 {
	left, added := make([][]float64, len(n.sensors)), make([][]float64, len(n.sensors))
	for r, w := range n.rows {
		p := 0.0
		if pred != nil {
			p = pred[r]
		}
		left[w.sensor], added[w.sensor] = append(left[w.sensor], w.y-p), append(added[w.sensor], p)
	}
	for s, v := range left {
		most := quantile(added[s], cleanShare)
		kept := v[:0]
		for i, y := range v {
			if added[s][i] <= most {
				kept = append(kept, y)
			}
		}
		left[s] = kept
	}
	return left
}

func (b *backdrop) iterate(n *network, pred, prior []float64, start float64) {
	rows := make([]invert.Row, len(n.rows))
	var variance []float64
	for range robustRound {
		noise := quantile(b.noise, 0.5)
		step := math.Sqrt(n.blockS / walkS)
		model := invert.Background{CommonSD: commonWalk * noise * step, OffsetSD: offsetWalk * noise * step, StartSD: max(5*noise, start)}
		for r, w := range n.rows {
			s := b.noise[w.sensor]
			v := s * s
			y := w.y
			if pred != nil {
				y -= pred[r]
				v += math.Pow(invert.DefaultNoise.Model*pred[r], 2)
			}
			if b.base != nil {
				if d := y - b.base[r]; d > hitSigmas*s {
					v += d * d * d * d / (s * s)
				} else if d < -3*s {
					v += d * d
				}
			}
			rows[r] = invert.Row{Sensor: w.sensor, T: w.slot, Y: y, Var: v}
		}
		b.base, variance = model.Smooth(rows, len(n.sensors), n.slots, prior)
		b.renoise(n, pred)
	}
	b.sigma = make([]float64, len(n.rows))
	for r, w := range n.rows {
		b.sigma[r] = math.Sqrt(variance[r] + max(b.noise[w.sensor]*b.noise[w.sensor], w.sigma*w.sigma))
	}
}

// renoise takes the noise of each sensor from what lies below the background, where no plume adds to it.
func (b *backdrop) renoise(n *network, pred []float64) {
	below := make([][]float64, len(n.sensors))
	for r, w := range n.rows {
		if pred != nil && pred[r] > b.noise[w.sensor] {
			continue
		}
		y := w.y
		if pred != nil {
			y -= pred[r]
		}
		if d := b.base[r] - y; d > 0 {
			below[w.sensor] = append(below[w.sensor], d)
		}
	}
	for s, v := range below {
		if len(v) < 8 {
			continue
		}
		got := madToSigma * quantile(v, 0.5)
		b.noise[s] = max(math.Sqrt(b.noise[s]*got), leastRelative*math.Abs(b.base[0]))
	}
}

// lowBackdrop takes the lowest reading of each sensor for its background all along: right where a sensor is hardly
// ever out of the plume, which no percentile shows.
func lowBackdrop(n *network) backdrop {
	k := len(n.sensors)
	low := make([]float64, k)
	for s := range low {
		low[s] = math.Inf(1)
	}
	for _, w := range n.rows {
		low[w.sensor] = min(low[w.sensor], w.low)
	}
	b := backdrop{noise: make([]float64, k), base: make([]float64, len(n.rows)), sigma: make([]float64, len(n.rows))}
	for s := range low {
		b.noise[s] = max(lowRelative*math.Abs(low[s]), 1e-12)
	}
	for r, w := range n.rows {
		b.base[r] = low[w.sensor]
		b.sigma[r] = max(b.noise[w.sensor], w.sigma)
	}
	return b
}

// lowRelative is the noise of a sensor about its lowest reading: sensors in the field drift by about 1 %.
const lowRelative = 0.01
