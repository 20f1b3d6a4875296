package footprint

import (
	"math"

	"upwind/tracing/plane"
)

// An image is laid down on rings and spokes about its receptor: the cells grow with the distance as the footprint's
// own width does, and a turn of the wind is a shift along the spokes.
const (
	spokes    = 128
	rings     = 45
	firstRing = 100.0 // m
	ringRatio = 1.15
	reach     = 2.8    // sd, where a Gaussian is cut
	beyond    = 0.0198 // what lies there, e^(-reach^2/2)
	leastH    = 2e-8   // s/m3: 20 g/s give 0.4 ug/m3, a tenth of the noise of a station
	wideAngle = 1.0    // rad, beyond which the Gaussian along a ring is evaluated point by point
)

// SpokeRad is the angle between two spokes.
const SpokeRad = 2 * math.Pi / spokes

var (
	ringM    = ringRadii()
	ringStep = math.Log(ringRatio)
	outer    = firstRing * math.Pow(ringRatio, rings-1)
)

// ReachM is the distance beyond which an image says nothing, about 47 km.
var ReachM = outer

// polar is the scratch image of one reading: h and h x age on every ring and spoke.
type polar struct {
	h      [rings * spokes]float64
	age    [rings]float64 // sum of weight x age, and
	weight [rings]float64 // of weight
	lo, hi int            // touched rings
}

func (g *polar) reset() {
	if g.hi >= g.lo {
		clear(g.h[g.lo*spokes : (g.hi+1)*spokes])
	}
	g.age, g.weight = [rings]float64{}, [rings]float64{}
	g.lo, g.hi = rings, -1
}

// circle holds sine and cosine of every spoke.
var circle = func() (t [spokes]struct{ sin, cos float64 }) {
	for j := range t {
		t[j].sin, t[j].cos = math.Sincos(float64(j) * SpokeRad)
	}
	return t
}()

func ringRadii() (r [rings]float64) {
	for i := range r {
		r[i] = firstRing * math.Pow(ringRatio, float64(i))
	}
	return r
}

// add lays down one puff about the receptor at c.
func (g *polar) add(c plane.Point, p puff) {
	dx, dy := p.at.X-c.X, p.at.Y-c.Y
	far := math.Sqrt(dx*dx + dy*dy)
	cut := reach * p.sigmaM
	if far-cut > outer {
		return
	}
	lo, hi := 0, min(int(math.Log((far+cut)/firstRing)/ringStep), rings-1)
	if far-cut > firstRing {
		lo = int(math.Ceil(math.Log((far-cut)/firstRing) / ringStep))
	}
	if far+cut < firstRing || lo > hi {
		return
	}
	at := math.Atan2(dx, dy) / SpokeRad // clockwise from north, in spokes
	inv := 0.5 / (p.sigmaM * p.sigmaM)
	weight := p.weight * inv / math.Pi / (1 - beyond)
	g.lo, g.hi = min(g.lo, lo), max(g.hi, hi)
	for i := lo; i <= hi; i++ {
		r := ringM[i]
		d2 := (r - far) * (r - far)
		w := weight * decay(d2*inv)
		g.age[i] += w * p.ageS
		g.weight[i] += w
		along := 2 * r * far // the squared distance is d2 + along (1 - cos angle)
		half := math.Pi
		if cut*cut-d2 < 2*along {
			half = math.Acos(1 - max(cut*cut-d2, 0)/along)
		}
		g.arc(i, at, half, w, along*inv)
	}
}

// arc adds w exp(-c (1 - cos angle)) over the spokes of ring i within half of at.
func (g *polar) arc(i int, at, half, w, c float64) {
	row := g.h[i*spokes : (i+1)*spokes]
	first, last := int(math.Ceil(at-half/SpokeRad)), int(math.Floor(at+half/SpokeRad))
	last = min(last, first+spokes-1)
	if half > wideAngle {
		sin, cos := math.Sincos(at * SpokeRad)
		for j := first; j <= last; j++ {
			t := &circle[j&(spokes-1)]
			row[j&(spokes-1)] += w * decay(c*(1-cos*t.cos-sin*t.sin))
		}
		return
	}
	// 1 - cos a is near a^2/2, and a Gaussian on even steps is a recurrence: the ratio of neighbours changes by a
	// constant factor.
	c *= SpokeRad * SpokeRad / 2
	d := float64(first) - at
	v, ratio, bend := w*math.Exp(-c*d*d), math.Exp(-c*(2*d+1)), math.Exp(-2*c)
	for j := first; j <= last; j++ {
		row[j&(spokes-1)] += v
		v *= ratio
		ratio *= bend
	}
}

// decay is e^-x for 0 <= x < 8 to a part in 10^5, by linear steps; 0 beyond.
func decay(x float64) float64 {
	x *= decaySteps
	i := int(x)
	if i >= len(decays)-1 {
		return 0
	}
	a := decays[i]
	return a + (x-float64(i))*(decays[i+1]-a)
}

const decaySteps = 128

var decays = func() (t [8*decaySteps + 1]float64) {
	for i := range t {
		t[i] = math.Exp(-float64(i) / decaySteps)
	}
	return t
}()

// ring is one ring of a stored image: n values from spoke first on, and the age of the air there.
type ring struct {
	at    uint32 // in the slot's values
	ageS  uint16
	first uint8
	n     uint8
}

// pack appends the values that count, ring by ring: on each the shortest arc that holds all of at least leastH.
func (g *polar) pack(out []ring, values []float32) []float32 {
	for i := range out {
		out[i] = ring{at: uint32(len(values))}
		if i < g.lo || i > g.hi || g.weight[i] <= 0 {
			continue
		}
		row := g.h[i*spokes : (i+1)*spokes]
		first, n := arcOf(row)
		out[i].ageS = uint16(min(g.age[i]/g.weight[i], math.MaxUint16))
		out[i].first, out[i].n = uint8(first), uint8(n)
		for j := range n {
			values = append(values, float32(row[(first+j)&(spokes-1)]))
		}
	}
	return values
}

// arcOf is the shortest arc of spokes outside of which all values lie below leastH: the complement of the longest gap.
func arcOf(row []float64) (first, n int) {
	gap, best, end, seen := 0, 0, 0, false
	for j := range 2 * spokes {
		if row[j&(spokes-1)] >= leastH {
			gap, seen = 0, true
			continue
		}
		gap++
		if gap > best && gap <= spokes {
			best, end = gap, j
		}
	}
	if !seen {
		return 0, 0
	}
	return (end + 1) & (spokes - 1), spokes - best
}
