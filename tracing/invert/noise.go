package invert

import "math"

// Noise is the error of a reading around what a dispersion model predicts. The residual is taken between
// asinh(y/2s) and asinh(c/2s): relative where the plume is strong, absolute where there is none. Its scale grows
// from the instrument's to the model's as the prediction leaves the noise.
type Noise struct {
	Model   float64 // scale of ln(y/c) inside a plume
	Freedom float64 // degrees of the Student-t
}

// DefaultNoise: dispersion models are right within about a factor of 2 (Chang & Hanna 2004), and some rows are off
// for reasons no model knows.
var DefaultNoise = Noise{Model: 0.8, Freedom: 6}

// cleanScale is the slope of asinh(y/2s) at 0 in units of 1/s.
const cleanScale = 0.5

// Scaled is the standardised residual of y around c >= 0 with instrument scale s, and the scale it was divided by.
func (n Noise) Scaled(y, c, s float64) (z, scale float64) {
	u := c / (2 * s)
	w := u / (1 + u)
	scale = math.Sqrt(cleanScale*cleanScale + n.Model*n.Model*w*w)
	return (math.Asinh(y/(2*s)) - math.Asinh(n.middle(u, w))) / scale, scale
}

// middle turns a predicted mean into the median that readings scatter about: inside a plume they flicker log-normally,
// and the median of a log-normal lies e^(-sd^2/2) below its mean. Half of the model's variance is taken to be flicker;
// the rest stays the same all through an event. w is the share of plume.
func (n Noise) middle(u, w float64) float64 { return u * (1 - w*(1-math.Exp(-n.Model*n.Model/4))) }

// Log is the log density of y around c, up to a constant of y and s alone.
func (n Noise) Log(y, c, s float64) float64 {
	z, scale := n.Scaled(y, c, s)
	return n.logT(z) - math.Log(scale)
}

// logT is the log of the Student-t density without its constant.
func (n Noise) logT(z float64) float64 { return -(n.Freedom + 1) / 2 * math.Log1p(z*z/n.Freedom) }

// Table holds ln p(y | base + x) - ln p(y | base) for x = 2 s exp(tableLow + j TableStep), j < TableSize: what a
// source that adds x to the prediction gains or costs.
type Table []float32

const (
	TableStep = 0.1 // of ln x: 10 %, far below the model's own error
	TableSize = 180
	tableLow  = -4.0 // below, x moves a reading by less than 2 % of its noise
)

// Fill computes the table for one row.
func (n Noise) Fill(t Table, y, base, s float64) {
	gy, none := math.Asinh(y/(2*s)), n.Log(y, base, s)
	b := base / (2 * s)
	for j := range t {
		u := b + math.Exp(tableLow+float64(j)*TableStep)
		w := u / (1 + u)
		v := cleanScale*cleanScale + n.Model*n.Model*w*w
		d := gy - math.Asinh(n.middle(u, w))
		t[j] = float32(-(n.Freedom+1)/2*math.Log1p(d*d/(v*n.Freedom)) - math.Log(v)/2 - none)
	}
}

// TableOffset turns ln x into a table position: position = ln(x)/TableStep + TableOffset(s).
func TableOffset(s float64) float64 { return (-math.Log(2*s) - tableLow) / TableStep }
