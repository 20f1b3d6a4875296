package invert

import (
	"math"
	"math/rand/v2"

	"upwind/lidar/scan"
)

// simulation is a turn of a lidar at 532 nm over a haze with plumes, with the truth. All light is counted in
// one channel; with depol, parallel and perpendicular light in two; with shots, these as rates beside their
// digitised twins.
type simulation struct {
	rays, bins       int
	haze             float64 // particle extinction, 1/m
	ratioSr          float64
	light            float64 // counts of a bin at 1 km in pure haze, without attenuation
	skylight         float64 // counts a bin
	depol            float64 // of particles
	shots            int
	plume            func(azimuthDeg, rangeM float64) float64
	wallRay, wallBin int // an opaque wall, when wallBin > 0
	seed             uint64
}

var nan = math.NaN()

const simulatedBinM = 7.5

// run gives the scan and the true particle extinction, ray after ray.
func (m simulation) run() (*scan.Scan, []float64) {
	mol, _ := NewMolecular(532)
	p, t, _ := StandardAir().At(0)
	alphaM := mol.Extinction(p, t)
	betaM := alphaM / mol.RatioSr
	s := &scan.Scan{Format: "simulated", Kind: scan.PPI, Channels: m.channels()}
	if m.depol > 0 {
		s.Site.DepolGain = map[string]float64{"532": 1}
	}
	truth := make([]float64, m.rays*m.bins)
	rng := rand.New(rand.NewPCG(m.seed, 7))
	scale := m.light * 1e6 / (m.haze/m.ratioSr + betaM)
	for k := range m.rays {
		az := 360 * float64(k) / float64(m.rays)
		ray := scan.Ray{AzimuthDeg: az, Values: make([][]float64, len(s.Channels)), Shots: make([]int, len(s.Channels))}
		for c := range ray.Values {
			ray.Values[c], ray.Shots[c] = make([]float64, m.bins), m.shots
		}
		depth, last := 0.0, m.haze+alphaM
		for i := range m.bins {
			r := s.Channels[0].RangeM(i)
			a := m.haze
			if m.plume != nil {
				a += m.plume(az, r)
			}
			truth[k*m.bins+i] = a
			step := simulatedBinM
			if i == 0 {
				step /= 2
			}
			depth += step / 2 * (last + a + alphaM)
			last = a + alphaM
			particles := a / m.ratioSr
			light := scale * math.Exp(-2*depth) / (r * r)
			if m.wallBin > 0 && k == m.wallRay && i >= m.wallBin {
				light *= 200
				if i > m.wallBin+1 {
					light = 0
				}
			}
			cross := 0.0
			if m.depol > 0 {
				cross = light * (particles*m.depol/(1+m.depol) + betaM*defaultMolecularDepol/(1+defaultMolecularDepol))
			}
			for c := range s.Channels {
				mean := light*(particles+betaM) - cross
				if s.Channels[c].Polarization == scan.Perpendicular {
					mean = cross
				}
				ray.Values[c][i] = m.detect(rng, s.Channels[c], mean+m.skylight)
			}
		}
		s.Rays = append(s.Rays, ray)
	}
	return s, truth
}

// Constants of the simulated digitiser.
const (
	simulatedMVPerMHz = 0.7
	simulatedOffsetMV = 3.0
	simulatedNoiseMV  = 0.05
)

func (m simulation) channels() []scan.Channel {
	c := scan.Channel{ID: "532", WavelengthNM: 532, Mode: scan.Photon, Unit: scan.UnitCounts, BinM: simulatedBinM, FirstM: simulatedBinM / 2, Bins: m.bins}
	if m.depol == 0 {
		return []scan.Channel{c}
	}
	p, s := c, c
	p.ID, p.Polarization = "532.p", scan.Parallel
	s.ID, s.Polarization = "532.s", scan.Perpendicular
	if m.shots == 0 {
		return []scan.Channel{p, s}
	}
	p.Unit, s.Unit = scan.UnitMHz, scan.UnitMHz
	pa, sa := p, s
	pa.ID, pa.Mode, pa.Unit = "532.p.an", scan.Analog, scan.UnitMV
	sa.ID, sa.Mode, sa.Unit = "532.s.an", scan.Analog, scan.UnitMV
	return []scan.Channel{pa, p, sa, s}
}

// detect makes a channel's value of a mean number of photons.
func (m simulation) detect(rng *rand.Rand, c scan.Channel, mean float64) float64 {
	counts := poisson(rng, mean)
	if c.Unit == scan.UnitCounts {
		return counts
	}
	perMHz, _ := countsPerMHz(scan.Channel{Mode: scan.Photon, BinM: c.BinM}, m.shots)
	if c.Mode == scan.Photon {
		return counts / perMHz
	}
	return simulatedOffsetMV + simulatedMVPerMHz*counts/perMHz + simulatedNoiseMV*rng.NormFloat64()
}

// poisson draws a count of a mean: by Knuth's product where it is small, by the normal law where that is exact
// to a part in a thousand.
func poisson(rng *rand.Rand, mean float64) float64 {
	const normal = 200
	if mean > normal {
		return math.Max(0, math.Round(mean+rng.NormFloat64()*math.Sqrt(mean)))
	}
	least, product := math.Exp(-mean), 1.0
	for k := 0; ; k++ {
		if product *= rng.Float64(); product <= least {
			return float64(k)
		}
	}
}

// fourPlumes are smoke of 0.1 to 5 per km at four places of a turn.
func fourPlumes(azimuthDeg, rangeM float64) float64 {
	var alpha float64
	for _, p := range []struct{ azimuthDeg, rangeM, widthM, peak float64 }{
		{40, 2000, 100, 1e-3}, {120, 3500, 150, 5e-4}, {200, 1200, 60, 5e-3}, {300, 4500, 200, 1e-4},
	} {
		across := (azimuthDeg - p.azimuthDeg) * math.Pi / 180 * p.rangeM
		alpha += p.peak * math.Exp(-(across*across+(rangeM-p.rangeM)*(rangeM-p.rangeM))/(2*p.widthM*p.widthM))
	}
	return alpha
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }
