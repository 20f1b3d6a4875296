package invert

import (
	"math"

	"upwind/lidar/scan"
)

// scratch is what a thread needs for a ray and uses again for the next.
type scratch struct {
	profile  *profile
	smoother *smoother

	shape, signal, variance, x, v []float64
}

func newScratch(n, most int) *scratch {
	t := &scratch{profile: &profile{}, smoother: newSmoother(n, most)}
	for _, a := range []*[]float64{&t.shape, &t.signal, &t.variance, &t.x, &t.v} {
		*a = make([]float64, n)
	}
	return t
}

// lowSNR is the ratio of signal to noise, over the widest mean, below which a bin shows noise.
const lowSNR = 1.0

// methodSigma is the relative error of the total backscatter that finite bins and the constants of molecular
// scattering leave in signals almost without noise: 0.6e-4 at worst in the exact plume, 1.5e-4 rms in the
// simulated haze under the least skylight. It matters there alone.
const methodSigma = 1.4e-4

// invert writes one row of the field.
func (c *chain) invert(i int) {
	w, f := c.work[i], c.field
	s := w.sight
	at := i * f.Bins
	row := &f.Rays[i]
	*row = scan.FieldRay{Start: w.ray.Start, Stop: w.ray.Stop, AzimuthDeg: turn(w.ray.AzimuthDeg + c.scan.Site.HeadingDeg),
		ElevationDeg: w.ray.ElevationDeg, BoundaryAlpha: math.NaN(), BoundarySigma: math.NaN(), BoundaryM: math.NaN()}
	quality := f.Quality[at : at+f.Bins]
	for j := range quality {
		quality[j] = s.quality[j]
		if w.x == nil {
			quality[j] |= scan.Missing
		} else {
			quality[j] |= w.total.q[j] | w.bound.quality
		}
	}
	for j := w.limit; j < s.n; j++ {
		quality[j] |= scan.Blocked
	}
	tool := c.scrap.Get().(*scratch)
	defer c.scrap.Put(tool)
	light, lightSigma := f.Light[at:at+f.Bins], f.LightSigma[at:at+f.Bins]
	for j := range light {
		light[j], lightSigma[j] = math.NaN(), math.NaN()
		if w.x != nil {
			light[j], lightSigma[j] = w.x[j], math.Sqrt(w.v[j])
		}
	}
	if w.x != nil {
		row.BackgroundSigma = math.Sqrt(w.total.own)
		if w.target < s.n {
			markTarget(quality, w.target)
		}
		c.markFaint(w, quality)
	}
	if w.bounded {
		row.BoundaryAlpha, row.BoundarySigma, row.BoundaryM = w.bound.alpha, w.bound.sigma, s.rangeM(w.bound.bin)
		tool.profile.solve(s, w.x, w.v, w.total.varB, w.bound)
	} else {
		tool.profile.blank(s.n)
	}
	c.write(w, tool, at)
	if f.Depol != nil {
		c.depolarise(w, tool, at)
	}
	w.x, w.v, w.total, w.along, w.cross = nil, nil, trace{}, nil, nil
}

// write smooths a solution and turns it into extinction and backscatter of particles with their errors.
func (c *chain) write(w *work, t *scratch, at int) {
	f, s, p := c.field, w.sight, t.profile
	t.smoother.smooth(p.beta, p.own)
	for j := range s.n {
		beta := t.smoother.value[j] - s.betaM[j]
		common := p.common[j] + sq(c.o.AirSigma*(p.airD[j]-s.betaM[j])) + sq(methodSigma*t.smoother.value[j])
		// The lidar ratio may be wrong along the whole ray, when it enters through beta and in alpha = S beta, which
		// partly cancels, or here alone, when it enters in the latter only.
		byRatio := c.o.LidarRatioSigmaSr * math.Max(math.Abs(beta+s.ratio[j]*p.ratioD[j]), math.Abs(beta))
		if math.IsNaN(beta) && f.Quality[at+j]&^(scan.BoundaryGuess|scan.OutsideMolecular) == 0 {
			// No boundary, or the solution ran away: the light says nothing here.
			f.Quality[at+j] |= scan.LowSNR
		}
		f.Backscatter[at+j] = beta
		f.Extinction[at+j] = s.ratio[j] * beta
		f.ExtinctionSigma[at+j] = math.Sqrt(sq(byRatio) + sq(s.ratio[j])*(common+sq(t.smoother.sigma[j])))
	}
}

// markFaint sets LowSNR where the signal, over the widest mean, does not stand above its noise.
func (c *chain) markFaint(w *work, quality []scan.Quality) {
	var p, v float64
	n := len(quality)
	add := func(i int, sign float64) {
		if i >= 0 && i < n && finite(w.total.p[i]) {
			p += sign * w.total.p[i]
			v += sign * w.total.v[i]
		}
	}
	for i := range c.most {
		add(i, 1)
	}
	for i := range n {
		add(i+c.most, 1)
		if !(p > 0 && p*p > lowSNR*lowSNR*v) {
			quality[i] |= scan.LowSNR
		}
		add(i-c.most, -1)
	}
}

const (
	// dustSigma is how far backscatter must stand above its error for a share of it to mean anything.
	dustSigma = 3.0
	// depolLimit is the error of the particle depolarisation above which dust (0.31) and smoke (0.05) cannot
	// be told apart.
	depolLimit = 0.1
	// depolMost is the error above which even the ratio is not given.
	depolMost = 1.0
)

// depolarise fills depolarisation and dust share of a row, over the same bins that the extinction was
// smoothed over.
func (c *chain) depolarise(w *work, t *scratch, at int) {
	f, s, o := c.field, w.sight, c.o
	for j := range s.n {
		f.Depol[at+j], f.DepolSigma[at+j] = math.NaN(), math.NaN()
		if f.DustShare != nil {
			f.DustShare[at+j] = math.NaN()
		}
		beta, sigma := f.Backscatter[at+j], f.ExtinctionSigma[at+j]/s.ratio[j]
		if !w.bounded || !finite(beta) || !finite(sigma) || !(beta > 0) {
			continue
		}
		volume, volumeSigma := w.volumeDepol(j, int(t.smoother.half[j]))
		depol, depolSigma := ParticleDepol(volume, volumeSigma, 1+beta/s.betaM[j], sigma/s.betaM[j], o.MolecularDepol)
		if !finite(depol) || !(depolSigma < depolMost) {
			continue
		}
		f.Depol[at+j], f.DepolSigma[at+j] = depol, depolSigma
		if f.DustShare != nil && beta > dustSigma*sigma && depolSigma < depolLimit {
			f.DustShare[at+j] = DustShare(depol, o.DustDepol, o.OtherDepol)
		}
	}
}

// volumeDepol is the ratio of perpendicular to parallel light over some bins, with its sigma.
func (w *work) volumeDepol(j, half int) (ratio, sigma float64) {
	var p, pv, s, sv, n float64
	for i := max(0, j-half); i <= min(j+half, len(w.cross.p)-1); i++ {
		if finite(w.cross.p[i]) && finite(w.along.p[i]) {
			p, pv = p+w.along.p[i], pv+w.along.v[i]
			s, sv = s+w.cross.p[i], sv+w.cross.v[i]
			n++
		}
	}
	ratio = s / p
	return ratio, math.Sqrt(sv+n*n*w.cross.varB+ratio*ratio*(pv+n*n*w.along.varB)) / math.Abs(p)
}
