package invert

import (
	"math"

	"upwind/lidar/scan"
)

// Counting is good between these rates: above glueHighMHz the dead time's own error counts, below glueLowMHz
// the digitiser's resolution does. The line between the two records is that of Newsom et al. (2009).
const (
	glueLowMHz  = 1.0
	glueHighMHz = 15.0
	glueBlockM  = 75.0 // means over this length are compared
	glueSNR     = 5.0  // of both means
	glueLeast   = 5    // means, of all rays
	glueShape   = 0.02 // relative misfit that is left between good records
	// glueSpread is the relative scatter of the two records about one factor above which they do not see the
	// same light, glueSigma the relative error of the factor above which it is of no use.
	glueSpread = 0.3
	glueSigma  = 0.05
)

// glue compares counted with digitised light in the range of rates both are good for: weighted sums for the
// line photon = f analog + offset. The offset is what a digitiser's baseline lacks there.
type glue struct {
	w, a, p, aa, ap, pp float64
	n                   int
}

func (g *glue) add(o glue) {
	g.w, g.a, g.p, g.n = g.w+o.w, g.a+o.a, g.p+o.p, g.n+o.n
	g.aa, g.ap, g.pp = g.aa+o.aa, g.ap+o.ap, g.pp+o.pp
}

// compare sums over the means of a ray's blocks.
func compare(analog, photon *trace, g grid) glue {
	var out glue
	if photon.rate == 0 {
		return out
	}
	block := g.span(glueBlockM)
	for lo := 0; lo+block <= len(photon.p); lo += block {
		var a, av, p, pv float64
		var q scan.Quality
		for i := lo; i < lo+block; i++ {
			a, av, p, pv = a+analog.p[i], av+analog.v[i], p+photon.p[i], pv+photon.v[i]
			q |= analog.q[i] | photon.q[i]
		}
		mhz := p / float64(block) * photon.rate
		n := float64(block)
		a, p, av, pv = a/n, p/n, av/(n*n)+analog.varB, pv/(n*n)+photon.varB
		if !(mhz > glueLowMHz && mhz < glueHighMHz) || q != 0 || !(a > 0 && a*a > glueSNR*glueSNR*av && p*p > glueSNR*glueSNR*pv) {
			continue
		}
		w := 1 / (pv + sq(p/a)*av + sq(glueShape*p))
		out.add(glue{w: w, a: w * a, p: w * p, aa: w * a * a, ap: w * a * p, pp: w * p * p, n: 1})
	}
	return out
}

// line turns analog into photon units. ok is false where the records do not agree well enough to be joined.
func (g *glue) line() (f, offset float64, ok bool) {
	if g.n < glueLeast {
		return 0, 0, false
	}
	spread := g.aa - g.a*g.a/g.w
	both := g.ap - g.a*g.p/g.w
	f = both / spread
	offset = (g.p - f*g.a) / g.w
	misfit := math.Max(0, g.pp-g.p*g.p/g.w-f*both) / float64(g.n-2)
	mean := g.p / g.w
	return f, offset, f > 0 && misfit <= sq(glueSpread*mean)*g.w/float64(g.n) && misfit/spread <= glueSigma*glueSigma*f*f
}

// join makes one trace in photon units of two, in place of the counted one: digitised light where it is bright,
// counted where it is faint, mixed in between on a logarithmic scale of the rate.
func join(analog, photon *trace, f, offset float64) {
	span := math.Log(glueHighMHz / glueLowMHz)
	for i := range photon.p {
		a, p := f*analog.p[i]+offset, photon.p[i]
		mhz := math.Max(a, p) * photon.rate
		share := 0.0 // of the analog record
		switch {
		case !finite(p), mhz >= glueHighMHz:
			share = 1
		case mhz > glueLowMHz:
			share = math.Log(mhz/glueLowMHz) / span
		}
		if !finite(a) || (math.IsNaN(share)) {
			share = 0
		}
		switch share {
		case 0:
		case 1:
			photon.p[i], photon.v[i], photon.q[i] = a, f*f*analog.v[i], analog.q[i]
		default:
			photon.p[i] = share*a + (1-share)*p
			photon.v[i] = share*share*f*f*analog.v[i] + (1-share)*(1-share)*photon.v[i]
		}
	}
}

// scale changes the unit of a trace.
func (t *trace) scale(f float64) {
	for i := range t.p {
		t.p[i] *= f
		t.v[i] *= f * f
	}
	t.varB, t.own, t.dark = t.varB*f*f, t.own*f*f, t.dark*f*f
}

// plus adds another trace.
func (t *trace) plus(o *trace) trace {
	n := len(t.p)
	buffer := make([]float64, 2*n)
	out := trace{p: buffer[:n:n], v: buffer[n:], varB: t.varB + o.varB, own: t.own + o.own, dark: t.dark + o.dark, q: make([]scan.Quality, n)}
	for i := range n {
		out.p[i] = t.p[i] + o.p[i]
		out.v[i] = t.v[i] + o.v[i]
		out.q[i] = t.q[i] | o.q[i]
	}
	return out
}
