package plume

import (
	"math"

	"upwind/tracing/air"
)

const (
	gridRatio  = 1.08 // from one level to the next
	stepRatio  = 1.12 // from one step along the plume to the next
	firstStep  = 0.02 // of the time in which material crosses the level it starts in
	leastAbove = 1.5  // the lowest source or receptor, in roughness lengths
	roomAbove  = 1.5  // a source above the mixing height gets this much of its height as air

	nodes  = 160
	minTau = 0.01 // m, u* times the age
	maxTau = 3e4
)

var (
	logMinTau = math.Log(minTau)
	nodeStep  = math.Log(maxTau/minTau) / (nodes - 1)
)

// kernel is the vertical kernel of one state for one pair of heights at equal steps of log(u* a): v in 1/m, speed in
// units of u*, and the mean height of the material in m.
type kernel struct{ v, speed, mean [nodes]float64 }

// at interpolates at tau = u* a, m.
func (k *kernel) at(tau float64) (v, speed float64) {
	i, f := place(tau)
	return k.v[i] + f*(k.v[i+1]-k.v[i]), k.speed[i] + f*(k.speed[i+1]-k.speed[i])
}

// height is the mean height of the material at tau = u* a, m.
func (k *kernel) height(tau float64) float64 {
	i, f := place(tau)
	return k.mean[i] + f*(k.mean[i+1]-k.mean[i])
}

// place is the node below tau and the share of the way to the next.
func place(tau float64) (i int, f float64) {
	x := (math.Log(max(tau, minTau)) - logMinTau) / nodeStep
	i = min(int(x), nodes-2)
	return i, min(x-float64(i), 1)
}

// mix is (1-f) a + f b.
func (k *kernel) mix(a, b *kernel, f float64) {
	for i := range nodes {
		k.v[i] = a.v[i] + f*(b.v[i]-a.v[i])
		k.speed[i] = a.speed[i] + f*(b.speed[i]-a.speed[i])
		k.mean[i] = a.mean[i] + f*(b.mean[i]-a.mean[i])
	}
}

// newKernel solves the diffusion equation from the higher of the two heights for a state whose u* is 1.
func newKernel(s air.State, z1, z2, uptake float64) *kernel {
	s.UStar = 1
	low, high := max(min(z1, z2), leastAbove*s.Z0), max(z1, z2, leastAbove*s.Z0)
	c := newColumn(s, high)
	c.uptake = uptake
	var taus, vs, speeds, means []float64
	tau := 0.0
	step := firstStep * c.width[c.start] * c.width[c.start] * c.u[c.start] / s.Diffusivity(high)
	lastSpeed := c.u[c.start]
	for tau < maxTau {
		c.advance(step)
		flux, mass, height := c.sums()
		speed := flux / mass
		tau += step / ((speed + lastSpeed) / 2)
		lastSpeed = speed
		taus, vs, speeds, means = append(taus, tau), append(vs, c.at(low)*speed), append(speeds, speed), append(means, height)
		step *= stepRatio
	}
	memory := s.Turbulence(high).TW
	k := new(kernel)
	j := 0
	for i := range nodes {
		age := math.Exp(logMinTau + float64(i)*nodeStep)
		aged := age - memory*(-math.Expm1(-age/memory))
		for j < len(taus)-2 && taus[j+1] < aged {
			j++
		}
		f := min(max(math.Log(aged/taus[j])/math.Log(taus[j+1]/taus[j]), 0), 1)
		k.v[i] = vs[j] + f*(vs[j+1]-vs[j])
		k.speed[i] = speeds[j] + f*(speeds[j+1]-speeds[j])
		k.mean[i] = means[j] + f*(means[j+1]-means[j])
	}
	return k
}

// column is u dC/dx = d/dz (K dC/dz) in finite volumes.
type column struct {
	z, width, u []float64 // middle, depth and wind of each level
	g           []float64 // K over distance at the upper face of each level; 0 at the top
	c, rate     []float64 // concentration, and its change along x
	up, middle  []float64 // of the elimination, and between two stages
	start       int       // the level of the source
	uptake      float64   // velocity at which the ground takes material out of the lowest level
}

// newColumn puts levels in geometric progression through the height of the source, and one unit of flux there.
func newColumn(s air.State, source float64) *column {
	top := max(s.MixingM, roomAbove*source)
	c := new(column)
	face := source * math.Sqrt(gridRatio)
	for face > s.Z0*gridRatio {
		face /= gridRatio
	}
	low := s.Z0
	for low < top {
		face *= gridRatio
		high := face
		if high > top/gridRatio {
			high = top
		}
		if low <= source && source < high {
			c.start = len(c.z)
		}
		z := math.Sqrt(low * high)
		c.z, c.width, c.u = append(c.z, z), append(c.width, high-low), append(c.u, s.Speed(z))
		low = high
	}
	n := len(c.z)
	c.g, c.c, c.rate, c.up, c.middle = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n - 1 {
		between := math.Sqrt(c.z[i] * c.z[i+1])
		c.g[i] = s.BottomUp(between) / (c.z[i+1] - c.z[i])
	}
	c.c[c.start] = 1 / (c.width[c.start] * c.u[c.start])
	return c
}

// advance takes one step of the second-order, stiffly accurate SDIRK of Alexander (1977).
func (c *column) advance(step float64) {
	const gamma = 1 - 1/math.Sqrt2
	c.solve(gamma*step, c.c)
	for i := range c.c {
		c.middle[i] = c.c[i] + (1-gamma)*step*c.rate[i]
	}
	copy(c.c, c.middle)
	c.solve(gamma*step, c.c)
	for i := range c.c {
		c.c[i] = max(c.c[i]+gamma*step*c.rate[i], 0)
	}
}

// solve gives the rate r with M r = A (from + h r), M the wind times the depth and A the exchange between levels.
func (c *column) solve(h float64, from []float64) {
	n := len(c.c)
	below, flowBelow := 0.0, 0.0
	for i := range n {
		above, flow := c.g[i], 0.0
		if i < n-1 {
			flow = above * (from[i+1] - from[i])
		}
		diag := c.u[i]*c.width[i] + h*(below+above)
		right := flow - flowBelow
		if i == 0 {
			diag += h * c.uptake
			right -= c.uptake * from[0]
		} else {
			diag -= h * below * c.up[i-1]
			right += h * below * c.rate[i-1]
		}
		c.up[i] = h * above / diag
		c.rate[i] = right / diag
		below, flowBelow = above, flow
	}
	for i := n - 2; i >= 0; i-- {
		c.rate[i] += c.up[i] * c.rate[i+1]
	}
}

// sums are the flux and the mass of the column per metre across, and the mean height of that mass.
func (c *column) sums() (flux, mass, height float64) {
	for i, v := range c.c {
		mass += v * c.width[i]
		flux += v * c.width[i] * c.u[i]
		height += v * c.width[i] * c.z[i]
	}
	return flux, mass, height / mass
}

// at is the concentration at z, linear in log z.
func (c *column) at(z float64) float64 {
	n := len(c.z)
	i := 0
	for i < n-2 && c.z[i+1] < z {
		i++
	}
	f := min(max(math.Log(z/c.z[i])/math.Log(c.z[i+1]/c.z[i]), 0), 1)
	return c.c[i] + f*(c.c[i+1]-c.c[i])
}
