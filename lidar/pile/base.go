package pile

import "math"

// The ring around the toe.
const (
	sectors        = 24
	minSectors     = 5   // fewer directions do not hold a plane
	sectorLoss     = 0.3 // a sector that has lost more of its ring to walls, neighbours or voids is left out
	baseRounds     = 8   // of reweighting
	tukeyC         = 4.685
	sectorOutlier  = 3.5  // in robust sigmas of the sectors' medians
	sectorOutlierM = 0.15 // and at least this: kerbs and ruts are ground
	tiltPrior      = 0.1  // a base steeper than this is not believed from one side of a ring, m/m
	maxNoiseLenM   = 3.0  // longer waves are terrain, which the sectors account for
	minNoiseLenM   = 0.3
	minCorrelation = 0.15 // is what neighbouring residuals reach by chance
)

type ringCell struct {
	x, y, z, w float64
	sector     int
	res        float64
}

// baseFit is the plane a heap stands on and how well the ring holds it.
type baseFit struct {
	plane   Plane
	inv     [3]float64    // inverse of the centred second moments, per cell^2
	n       float64       // sum of weights
	ring    []ringCell    // those kept
	rms     float64       // robust spread of the ring about the plane, m
	used    float64       // share of the sectors kept
	gap     float64       // widest run of sectors left out, share of the circle
	soft    float64       // sigma of the correlated part of the noise, m
	softLen float64       // its correlation length, m
	cx, cy  float64       // what the sectors are counted around
	kept    [sectors]bool // sectors that hold the base
	wave    float64       // spread of the sectors' means beyond noise, m: waves of the ground
	waveA   float64       // correlation area of those waves, cells^2
}

// fitBase puts a robust plane through all cells of the ring, ground filter or not: in a yard the ground
// beside a heap is what the heap stands on.
func (s *site) fitBase() bool {
	ring, kept, cx, cy := s.ringCells()
	if len(ring) < 3*minSectors {
		return false
	}
	b := s.robustPlane(ring)
	// Sectors that stand off as a whole (a lorry, a bench) go, and the rest is fitted again.
	var med [sectors][]float64
	for i := range b.ring {
		med[b.ring[i].sector] = append(med[b.ring[i].sector], b.ring[i].res)
	}
	var centre, dev []float64
	var off [sectors]float64
	for k := range med {
		if len(med[k]) > 0 {
			off[k] = median(med[k])
			centre = append(centre, off[k])
		}
	}
	mid := median(centre)
	for k := range med {
		if len(med[k]) > 0 {
			dev = append(dev, math.Abs(off[k]-mid))
		}
	}
	limit := math.Max(sectorOutlierM, sectorOutlier*madToSigma*median(dev))
	rest := s.room.rest[:0]
	for _, c := range ring {
		if math.Abs(off[c.sector]-mid) <= limit {
			rest = append(rest, c)
		} else {
			kept[c.sector] = false
		}
	}
	n, run, gap := 0, 0, 0
	for k := range 2 * sectors {
		if kept[k%sectors] {
			run = 0
			if k < sectors {
				n++
			}
		} else if run++; run > gap {
			gap = run
		}
	}
	if n < minSectors || len(rest) < 3*minSectors {
		return false
	}
	s.room.rest = rest
	b = s.robustPlane(rest)
	b.cx, b.cy, b.kept = cx, cy, kept
	s.softNoise(&b)
	b.used, b.gap = float64(n)/sectors, math.Min(1, float64(gap)/sectors)
	b.groundWaves(s.f.sigma)
	s.base = b
	return true
}

// groundWaves measures how the ground around the heap rolls: the spread of the sectors' mean residuals, and
// from the likeness of neighbouring sectors how far a wave reaches. What rolls around a heap rolls under it.
func (b *baseFit) groundWaves(sigma float64) {
	var sum, wt, x, y [sectors]float64
	for _, c := range b.ring {
		k := c.sector
		sum[k], wt[k], x[k], y[k] = sum[k]+c.w*c.res, wt[k]+c.w, x[k]+c.w*c.x, y[k]+c.w*c.y
	}
	var v, noise, n, cov, pairs, step float64
	for k := range sectors {
		if wt[k] == 0 {
			continue
		}
		m := sum[k] / wt[k]
		v, noise, n = v+m*m, noise+sigma*sigma/wt[k], n+1
		if q := (k + 1) % sectors; wt[q] > 0 {
			cov += m * sum[q] / wt[q]
			pairs++
			step += math.Hypot(x[q]/wt[q]-x[k]/wt[k], y[q]/wt[q]-y[k]/wt[k])
		}
	}
	if n <= 3 || pairs == 0 {
		return
	}
	// The plane takes three degrees of freedom out of the sectors.
	v, noise = v/(n-3), noise/n
	if v <= noise {
		return
	}
	b.wave = math.Sqrt(v - noise)
	rho := math.Max(0.05, math.Min(0.95, cov/pairs/(v-noise)))
	l := -step / pairs / math.Log(rho)
	b.waveA = math.Pi * l * l
}

// ringCells gathers the ring by sector about the footprint's centroid and drops sectors that are not free.
func (s *site) ringCells() (ring []ringCell, kept [sectors]bool, cx, cy float64) {
	f := s.f
	rin := math.Max(ringInM/f.cell, float64(f.k)+0.5)
	rout := math.Max(ringOutM/f.cell, rin+2)
	ring = s.room.ring[:0]
	n := 0.0
	for i, in := range s.m {
		if in {
			x, y := s.centre(i)
			cx, cy, n = cx+x, cy+y, n+1
		}
	}
	if n == 0 {
		return nil, kept, 0, 0
	}
	cx, cy = cx/n, cy/n
	var all, lost [sectors]int
	for i, d := range s.out {
		if d <= 0 || d > rout {
			continue
		}
		x, y := s.centre(i)
		k := sectorOf(x-cx, y-cy)
		all[k]++
		j := s.global(i)
		g := f.slope(j, 0, 0)
		wall := d > float64(f.k)+0.5 && !(g < tanWall)
		if s.blocked[i] || wall {
			lost[k]++
			continue
		}
		if d < rin || f.state[j] != measured {
			continue
		}
		ring = append(ring, ringCell{x: x, y: y, z: float64(f.z[j]), w: 1, sector: k})
	}
	s.room.ring = ring
	free := ring[:0]
	for _, c := range ring {
		if float64(lost[c.sector]) <= sectorLoss*float64(all[c.sector]) {
			free = append(free, c)
			kept[c.sector] = true
		}
	}
	return free, kept, cx, cy
}

// robustPlane is iteratively reweighted least squares: absolute deviations first, which no third of bad
// cells can bend, then Tukey's biweight (Maronna, Martin and Yohai, Robust Statistics, 2006).
func (s *site) robustPlane(ring []ringCell) baseFit {
	b := baseFit{ring: ring}
	scratch := s.room.floats(len(ring))
	floor := math.Max(s.f.sigma/4, noiseFloorM)
	for round := range baseRounds {
		var fit planeFit
		for i := range ring {
			fit.add(ring[i].x, ring[i].y, ring[i].z, ring[i].w)
		}
		ridge := 0.0
		if round > 0 {
			t := tiltPrior * s.f.cell
			ridge = b.rms * b.rms / (t * t)
		}
		b.plane, b.inv = fit.solve(ridge)
		b.n = fit.n
		for i := range ring {
			ring[i].res = ring[i].z - b.plane.At(ring[i].x, ring[i].y)
			scratch[i] = math.Abs(ring[i].res)
		}
		b.rms = math.Max(floor, madToSigma*median(scratch))
		if round == baseRounds-1 {
			break
		}
		for i := range ring {
			a := math.Abs(ring[i].res)
			if round < baseRounds/2 {
				ring[i].w = 1 / math.Max(a/b.rms, 0.1)
				continue
			}
			ring[i].w = 0
			if u := a / (tukeyC * b.rms); u < 1 {
				ring[i].w = (1 - u*u) * (1 - u*u)
			}
		}
	}
	return b
}

// sectorOf is the direction of an offset.
func sectorOf(dx, dy float64) int {
	return int(math.Floor((math.Atan2(dy, dx)/(2*math.Pi)+1)*sectors)) % sectors
}

// sectorOf is the direction of a place from the footprint's middle.
func (b *baseFit) sectorOf(x, y float64) int { return sectorOf(x-b.cx, y-b.cy) }

// softNoise splits the ring's residuals, by their covariance one and two cells apart, into white noise and a
// part correlated as exp(-d/l): c1 = s^2 exp(-a/l) and c2 = s^2 exp(-2a/l).
func (s *site) softNoise(b *baseFit) {
	if s.f.noiseLen > 0 {
		b.soft, b.softLen = s.f.sigma, s.f.noiseLen
		return
	}
	at, has := s.room.floats(len(s.m)), s.room.bools(len(s.m))
	for _, c := range b.ring {
		if c.w > 0 {
			i := (int(c.y)-s.y0)*s.w + int(c.x) - s.x0
			at[i], has[i] = c.res, true
		}
	}
	var c, n [2]float64
	for i, ok := range has {
		if !ok {
			continue
		}
		for lag := range c {
			if j := i + lag + 1; i%s.w+lag+1 < s.w && has[j] {
				c[lag], n[lag] = c[lag]+at[i]*at[j], n[lag]+1
			}
			if j := i + (lag+1)*s.w; j < len(has) && has[j] {
				c[lag], n[lag] = c[lag]+at[i]*at[j], n[lag]+1
			}
		}
	}
	if n[0] == 0 || n[1] == 0 {
		return
	}
	c1, c2 := c[0]/n[0], c[1]/n[1]
	if c1 < sq(b.rms)*minCorrelation {
		return
	}
	ratio := math.Max(math.Exp(-s.f.cell/minNoiseLenM), math.Min(math.Exp(-s.f.cell/maxNoiseLenM), c2/c1))
	b.softLen = -s.f.cell / math.Log(ratio)
	b.soft = math.Sqrt(c1 / ratio)
}

// sigmaAt is the standard error of the plane's height at a place: the sectors are the independent looks
// (a cluster-robust variance), since neighbouring cells share the ground's waves.
func (b *baseFit) sigmaAt(x, y, white float64) float64 {
	dx, dy := x-b.plane.X0, y-b.plane.Y0
	var sum [sectors]float64
	var have [sectors]bool
	flat := 0.0
	for _, c := range b.ring {
		rx, ry := c.x-b.plane.X0, c.y-b.plane.Y0
		a := c.w * (1/b.n + dx*(b.inv[0]*rx+b.inv[1]*ry) + dy*(b.inv[1]*rx+b.inv[2]*ry))
		sum[c.sector] += a * c.res
		have[c.sector] = true
		flat += a * a
	}
	v, n := 0.0, 0.0
	for k := range sum {
		if have[k] {
			v += sum[k] * sum[k]
			n++
		}
	}
	v *= n / math.Max(1, n-3)
	return math.Sqrt(math.Max(v, flat*white))
}
