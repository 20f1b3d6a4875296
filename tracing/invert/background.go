package invert

import "math"

// Background is what the air holds without the sources: B(i, t) = c(t) + o_i(t), one common random walk and a
// slower one for each sensor's offset, inferred with the readings given what the sources explain.
type Background struct {
	CommonSD float64 // of the common walk over one step
	OffsetSD float64 // of each sensor's walk over one step
	StartSD  float64 // of the sensors' offsets about the prior mean at the first step
}

// Row is one reading as the background sees it: what the sources leave, at time step T (rows sorted by T).
type Row struct {
	Sensor, T int
	Y         float64 // reading less sources
	Var       float64
}

// Smooth is the posterior mean and variance of the background at each row, by a Kalman filter with
// Rauch-Tung-Striebel smoothing (Rauch, Tung & Striebel 1965). prior is the mean at the first step for each
// sensor. Time O(steps sensors^3).
func (b Background) Smooth(rows []Row, sensors, steps int, prior []float64) (mean, variance []float64) {
	d := sensors + 1
	f := &filter{d: d, x: make([]float64, d), p: make([]float64, d*d)}
	for i := range sensors {
		f.x[1+i] = prior[i]
		f.p[(1+i)*d+1+i] = b.StartSD * b.StartSD
	}
	f.p[0] = b.StartSD * b.StartSD
	q := make([]float64, d)
	q[0] = b.CommonSD * b.CommonSD
	for i := range sensors {
		q[1+i] = b.OffsetSD * b.OffsetSD
	}
	xs, ps := make([]float64, steps*d), make([]float64, steps*d*d)
	k := 0
	for t := range steps {
		if t > 0 {
			for i := range d {
				f.p[i*d+i] += q[i]
			}
		}
		for ; k < len(rows) && rows[k].T == t; k++ {
			f.update(1+rows[k].Sensor, rows[k].Y, rows[k].Var)
		}
		copy(xs[t*d:], f.x)
		copy(ps[t*d*d:], f.p)
	}
	smoothBack(xs, ps, q, d, steps)
	mean, variance = make([]float64, len(rows)), make([]float64, len(rows))
	for r, row := range rows {
		x, p, s := xs[row.T*d:], ps[row.T*d*d:], 1+row.Sensor
		mean[r] = x[0] + x[s]
		variance[r] = max(p[0]+p[s*d+s]+2*p[s], 0)
	}
	return mean, variance
}

// filter is the state (c, o_1 .. o_n) with its covariance.
type filter struct {
	d    int
	x, p []float64
}

// update takes one scalar reading of x[0] + x[s].
func (f *filter) update(s int, y, v float64) {
	d := f.d
	g := make([]float64, d)
	for i := range d {
		g[i] = f.p[i*d] + f.p[i*d+s]
	}
	total := g[0] + g[s] + v
	e := y - f.x[0] - f.x[s]
	for i := range d {
		f.x[i] += g[i] / total * e
	}
	for i := range d {
		for j := range d {
			f.p[i*d+j] -= g[i] * g[j] / total
		}
	}
}

// smoothBack runs the Rauch-Tung-Striebel recursion in place. The transition is the identity, so the gain is
// P (P + Q)^-1.
func smoothBack(xs, ps, q []float64, d, steps int) {
	a, gain, diff := make([]float64, d*d), make([]float64, d*d), make([]float64, d*d)
	for t := steps - 2; t >= 0; t-- {
		x, p := xs[t*d:(t+1)*d], ps[t*d*d:(t+1)*d*d]
		xn, pn := xs[(t+1)*d:(t+2)*d], ps[(t+1)*d*d:(t+2)*d*d]
		copy(a, p)
		for i := range d {
			a[i*d+i] += q[i]
		}
		for i := range d * d {
			diff[i] = pn[i] - a[i]
		}
		solveGain(gain, p, a, d)
		dx := make([]float64, d)
		for i := range d {
			dx[i] = xn[i] - x[i]
		}
		for i := range d {
			for j := range d {
				x[i] += gain[i*d+j] * dx[j]
			}
		}
		addSandwich(p, gain, diff, d)
	}
}

// solveGain sets g = p a^-1 for symmetric positive definite a, by Cholesky; a is overwritten.
func solveGain(g, p, a []float64, d int) {
	for j := range d {
		for k := range j {
			a[j*d+j] -= a[j*d+k] * a[j*d+k]
		}
		a[j*d+j] = math.Sqrt(max(a[j*d+j], 1e-300))
		for i := j + 1; i < d; i++ {
			for k := range j {
				a[i*d+j] -= a[i*d+k] * a[j*d+k]
			}
			a[i*d+j] /= a[j*d+j]
		}
	}
	for r := range d {
		row := g[r*d : (r+1)*d]
		copy(row, p[r*d:(r+1)*d])
		for i := range d {
			for k := range i {
				row[i] -= a[i*d+k] * row[k]
			}
			row[i] /= a[i*d+i]
		}
		for i := d - 1; i >= 0; i-- {
			for k := i + 1; k < d; k++ {
				row[i] -= a[k*d+i] * row[k]
			}
			row[i] /= a[i*d+i]
		}
	}
}

// addSandwich adds g m g' to p.
func addSandwich(p, g, m []float64, d int) {
	gm := make([]float64, d*d)
	for i := range d {
		for k := range d {
			if w := g[i*d+k]; w != 0 {
				for j := range d {
					gm[i*d+j] += w * m[k*d+j]
				}
			}
		}
	}
	for i := range d {
		for j := range d {
			s := 0.0
			for k := range d {
				s += gm[i*d+k] * g[j*d+k]
			}
			p[i*d+j] += s
		}
	}
}
