package plume

import (
	"math"
	"time"

	"upwind"
)

// measure turns a region into a plume's numbers.
func (s *sweep) measure(r region, o Options) Plume {
	p := Plume{region: r, Upright: s.upright, Outline: s.outline(r.cells)}
	p.Peak = upwind.NonNegative(r.peak, s.noise[r.at])
	s.means(&p)
	s.opticalDepth(&p)
	s.centre(&p, o)
	s.extent(&p)
	s.dust(&p)
	return p
}

// scaledSigma is the sigma of a cell's mean as the ring shows it.
func (s *sweep) scaledSigma(i int32) float64 { return s.sigma[i] * s.inflate[s.stratum[i]] }

func (s *sweep) means(p *Plume) {
	var w, alpha, base, v, seen float64
	for _, i := range p.region.cells {
		a := s.areaM2(i)
		w += a
		alpha += a * s.alpha[i]
		base += a * s.base[i]
		v += a * a * s.scaledSigma(i) * s.scaledSigma(i)
		seen += a * s.second[int(i)/s.cells]
	}
	p.AreaM2, p.Around = w, base/w
	// The lidar ratio moves all extinction together.
	ratio := 0.0
	if s.f.LidarRatioSr > 0 {
		ratio = s.f.LidarRatioSigmaSr / s.f.LidarRatioSr
	}
	noise := math.Sqrt(v) / w
	p.Mean = upwind.NonNegative(alpha/w, math.Hypot(noise, ratio*alpha/w))
	p.Excess = upwind.NonNegative((alpha-base)/w, math.Hypot(noise, ratio*(alpha-base)/w))
	p.Peak = upwind.NonNegative(p.Peak.Value, math.Hypot(p.Peak.Sigma, ratio*p.Peak.Value))
	p.Seen = s.f.Rays[0].Start.Add(time.Duration(seen / w * float64(time.Second)))
}

// opticalDepth sums the excess of each ray through the region with its halo and takes the greatest.
func (s *sweep) opticalDepth(p *Plume) {
	depth, v := make([]float64, s.n()), make([]float64, s.n())
	for _, list := range [2][]int32{p.region.cells, p.region.halo} {
		for _, i := range list {
			ray := int(i) / s.cells
			depth[ray] += (s.alpha[i] - s.base[i]) * s.cellM
			v[ray] += s.scaledSigma(i) * s.scaledSigma(i) * s.cellM * s.cellM
		}
	}
	best := 0
	for ray := range depth {
		if depth[ray] > depth[best] {
			best = ray
		}
	}
	sigma := math.Sqrt(v[best])
	if s.f.LidarRatioSr > 0 {
		sigma = math.Hypot(sigma, depth[best]*s.f.LidarRatioSigmaSr/s.f.LidarRatioSr)
	}
	p.OpticalDepth = upwind.NonNegative(depth[best], sigma)
}

// centre weighs places with the excess above a fifth of the peak.
func (s *sweep) centre(p *Plume, o Options) {
	ground := s.f.Site.AltitudeM - o.ground(s.f.Site)
	p.LowM, p.HighM = math.Inf(1), math.Inf(-1)
	core0 := coreShare * p.region.peak
	var w, se, sn, su float64
	core := make([]int32, 0, len(p.region.cells))
	for _, i := range p.region.cells {
		ray, c := int(i)/s.cells, int(i)%s.cells
		e, n, u := s.place(ray, c)
		p.LowM, p.HighM = math.Min(p.LowM, u+ground), math.Max(p.HighM, u+ground)
		if s.excess[i] <= core0 {
			continue
		}
		core = append(core, i)
		m := (s.excess[i] - core0) * s.areaM2(i)
		w, se, sn, su = w+m, se+m*e, sn+m*n, su+m*u
	}
	e0, n0, u0 := se/w, sn/w, su/w
	var ve, vn, vu float64
	for _, i := range core {
		ray, c := int(i)/s.cells, int(i)%s.cells
		e, n, u := s.place(ray, c)
		// Noise of the weight, and where in its cell the excess lies.
		q := s.areaM2(i) / w
		noise := q * s.noise[i]
		ve += noise * noise * (e - e0) * (e - e0)
		vn += noise * noise * (n - n0) * (n - n0)
		vu += noise * noise * (u - u0) * (u - u0)
		within := q * (s.excess[i] - core0) * s.arcM(ray, c) / math.Sqrt(12)
		sin, cos := math.Sincos(s.az[ray] * math.Pi / 180)
		if s.upright {
			vu += within * within
		} else {
			ve += within * within * cos * cos
			vn += within * within * sin * sin
		}
	}
	p.CentreE, p.CentreN = upwind.Normal(e0, math.Sqrt(ve)), upwind.Normal(n0, math.Sqrt(vn))
	p.Height = upwind.Normal(u0+ground, math.Hypot(math.Sqrt(vu), beamHeightSigma(p, s)))
}

// beamHeightSigma is how far the plume's middle may lie from the height at which the beam cuts it: half of
// the plume's own width, since plumes near the ground are about as deep as half their width.
func beamHeightSigma(p *Plume, s *sweep) float64 {
	if s.upright {
		return 0
	}
	return math.Sqrt(p.AreaM2) / 4
}

// dust is the excess-weighted dust share of the region, with the scatter of its cells.
func (s *sweep) dust(p *Plume) {
	f := s.f
	if f.DustShare == nil {
		return
	}
	var w, w2, sum, sq float64
	for _, i := range p.region.cells {
		row, c := s.rays[int(i)/s.cells], int(i)%s.cells
		for k := c * s.per; k < (c+1)*s.per; k++ {
			d := f.DustShare[f.At(row, k)]
			if d != d || s.excess[i] <= 0 {
				continue
			}
			m := s.excess[i] * s.areaM2(i)
			w, w2, sum, sq = w+m, w2+m*m, sum+m*d, sq+m*d*d
		}
	}
	if w == 0 {
		return
	}
	mean := sum / w
	scatter := math.Max(0, sq/w-mean*mean)
	// Means over neighbouring bins are not independent: as many as there are bins in 75 m count as one.
	sigma := math.Sqrt(scatter*w2/(w*w)*math.Max(1, dustReachM/f.BinM) + dustSigma*dustSigma)
	e := upwind.Normal(mean, sigma)
	e.Lo95, e.Hi95 = math.Max(0, e.Lo95), math.Min(1, e.Hi95)
	p.DustShare = &e
}

const (
	dustReachM = 75.0
	// dustSigma is what the assumed depolarisation of pure dust (0.31 +- 0.03) and of the rest (0.05 +-
	// 0.03) leave open (Tesche et al. 2009).
	dustSigma = 0.1
)
