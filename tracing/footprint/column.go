package footprint

import "math"

const (
	firstAgeS  = 2.0
	ageGrowth  = 1.15 // from one tabulated age to the next
	substeps   = 3    // of the diffusion equation between two of them
	levelsFrom = 1.0  // m, top of the lowest level
	levelRatio = 1.17
	// Slower mixing is not believed, cars and houses stir: K is no less than leastW z, up to leastK.
	leastW = 0.005 // m/s
	leastK = 0.05  // m2/s
)

// sourceHeightsM are the heights of release that a column is tabulated for; between them it is linear.
var sourceHeightsM = [...]float64{0, 5, 10, 20, 35, 60, 100}

// refHeight is the index of the height that images are laid down for.
const refHeight = 1

// column is the vertical kernel of air that is at a receptor at a time, followed back: how likely it was at each
// height when it was so old, how fast it moved, and how far turbulence spread it sideways. All is a function of
// the age alone, since the layer is the same everywhere.
type column struct {
	logFirst, logStep float64
	along, right      []float64 // transport over the wind at 10 m: along it, and to the right of it
	sigma             []float64 // m, lateral spread by turbulence
	density           [][len(sourceHeightsM)]float64
}

// newColumn solves the diffusion equation dc/da = d/dz (K dc/dz), with the flux v_d c into the ground, for a unit
// release at the receptor. The equation is its own adjoint, so c at z is the kernel from z to the receptor.
func newColumn(layer Layer, receptorM, unix float64, o Options) *column {
	n := int(math.Ceil(math.Log(o.MaxAgeS/firstAgeS)/math.Log(ageGrowth))) + 2
	c := &column{logFirst: math.Log(firstAgeS), logStep: math.Log(ageGrowth),
		along: make([]float64, n), right: make([]float64, n), sigma: make([]float64, n), density: make([][len(sourceHeightsM)]float64, n)}
	s := newShaft(layer, receptorM, unix, o.MaxAgeS)
	age := 0.0
	var turbulence, shear, meander spread
	for i := range n {
		next := firstAgeS * math.Pow(ageGrowth, float64(i))
		state := layer(unix - (age+next)/2)
		dt := (next - age) / substeps
		for range substeps {
			s.diffuse(state, dt, o.DepositionMS)
		}
		m := s.transport(state)
		turb := state.Turbulence(m.meanM)
		turbulence.add(turb.SV, turb.TV, next-age)
		// Air goes up and down through winds of different direction, as long as it takes to mix over its depth (Taylor 1953).
		shear.add(m.shearMS, m.meanM*m.meanM/state.Diffusivity(m.meanM), next-age)
		meander.add(o.MeanderMS, meanderS, next-age)
		age = next
		c.along[i], c.right[i] = m.along, m.right
		c.sigma[i] = math.Sqrt(turbulence.variance + shear.variance + meander.variance)
		for k, z := range sourceHeightsM {
			c.density[i][k] = s.at(z)
		}
	}
	return c
}

// spread is Taylor's (1921) lateral variance with a time scale that may change on the way:
// ds^2/da = 2 s_v^2 T (1 - exp(-a/T)).
type spread struct{ age, variance float64 }

func (l *spread) add(sv, t, dt float64) {
	t = max(t, 1)
	f := func(a float64) float64 { return a + t*math.Exp(-a/t) }
	l.variance += 2 * sv * sv * t * (f(l.age+dt) - f(l.age))
	l.age += dt
}

// index splits an age into the entry below and the weight of the next.
func (c *column) index(ageS float64) (int, float64) {
	x := (math.Log(max(ageS, firstAgeS)) - c.logFirst) / c.logStep
	i := min(int(x), len(c.along)-2)
	return i, min(x-float64(i), 1)
}

// transport is the wind that carries the air of an age when it is u, v at 10 m.
func (c *column) transport(ageS, u, v float64) (float64, float64) {
	i, w := c.index(ageS)
	a, r := c.along[i]+w*(c.along[i+1]-c.along[i]), c.right[i]+w*(c.right[i+1]-c.right[i])
	return a*u + r*v, a*v - r*u
}

// spreadAt is the lateral sd at an age in m; below the first entry it is linear.
func (c *column) spreadAt(ageS float64) float64 {
	if ageS < firstAgeS {
		return c.sigma[0] * ageS / firstAgeS
	}
	i, w := c.index(ageS)
	return c.sigma[i] + w*(c.sigma[i+1]-c.sigma[i])
}

// kernel is the density in 1/m at a height of sourceHeightsM.
func (c *column) kernel(ageS float64, height int) float64 {
	i, w := c.index(ageS)
	a, b := c.density[i][height], c.density[i+1][height]
	return a + w*(b-a)
}

// lift is the kernel of a release at zM over that at the reference height.
func (c *column) lift(ageS, zM float64) float64 {
	k := 0
	for k < len(sourceHeightsM)-2 && sourceHeightsM[k+1] < zM {
		k++
	}
	w := min(max((zM-sourceHeightsM[k])/(sourceHeightsM[k+1]-sourceHeightsM[k]), 0), 1)
	i, v := c.index(ageS)
	at := func(height int) float64 { // one logarithm for all three
		a, b := c.density[i][height], c.density[i+1][height]
		return a + v*(b-a)
	}
	a, b, ref := at(k), at(k+1), at(refHeight)
	if ref <= 0 {
		return 0
	}
	return (a + w*(b-a)) / ref
}
