package footprint

import (
	"math"

	"upwind/tracing/air"
)

// shaft is the vertical grid on which a column is solved: levels that widen with height, from the ground to above the
// deepest layer on the way.
type shaft struct {
	edge []float64 // m, len(c)+1
	c    []float64 // 1/m, mean over the level
	a, b []float64 // scratch of the solver
	k    []float64 // exchange across the upper edge of each level, m/s
}

func newShaft(layer Layer, receptorM, unix, maxAgeS float64) *shaft {
	const looks = 24
	top := 100.0
	for i := range looks + 1 {
		top = max(top, layer(unix-maxAgeS*float64(i)/looks).MixingM)
	}
	s := &shaft{edge: []float64{0, levelsFrom}}
	for e := levelsFrom; e < top; {
		e *= levelRatio
		s.edge = append(s.edge, e)
	}
	n := len(s.edge) - 1
	s.c, s.a, s.b, s.k = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	i := s.level(receptorM)
	s.c[i] = 1 / (s.edge[i+1] - s.edge[i])
	return s
}

func (s *shaft) level(z float64) int {
	i := 0
	for i < len(s.c)-1 && s.edge[i+1] <= z {
		i++
	}
	return i
}

func (s *shaft) middle(i int) float64 { return (s.edge[i] + s.edge[i+1]) / 2 }

// diffuse is one implicit step: (c' - c) dz/dt = F_above - F_below, with nothing through the top.
func (s *shaft) diffuse(state air.State, dt, depositionMS float64) {
	n := len(s.c)
	for i := range n - 1 {
		z := s.edge[i+1]
		k := max(state.Diffusivity(z), min(leastW*z, leastK))
		s.k[i] = k / (s.middle(i+1) - s.middle(i))
	}
	s.k[n-1] = 0
	below := 0.0
	for i := range n { // Thomas' algorithm: forward elimination
		dz := (s.edge[i+1] - s.edge[i]) / dt
		diag := dz + s.k[i] + below
		if i == 0 {
			diag += depositionMS
		}
		rhs := dz * s.c[i]
		if i > 0 {
			diag -= below * s.a[i-1]
			rhs += below * s.b[i-1]
		}
		s.a[i], s.b[i] = s.k[i]/diag, rhs/diag
		below = s.k[i]
	}
	s.c[n-1] = s.b[n-1]
	for i := n - 2; i >= 0; i-- {
		s.c[i] = s.b[i] + s.a[i]*s.c[i+1]
	}
}

// motion is how what is in the shaft moves: along and to the right of the wind at 10 m, over its speed; its mean height
// in m; and the sd of the cross-wind over its depth, m/s.
type motion struct{ along, right, meanM, shearMS float64 }

func (s *shaft) transport(state air.State) motion {
	var sum, across float64
	var m motion
	u10, base := state.Speed(air.ReferenceM), veer(state.InvL, air.ReferenceM)
	for i, c := range s.c {
		z := s.middle(i)
		w := c * (s.edge[i+1] - s.edge[i])
		u := state.Speed(z)
		sin, cos := math.Sincos(veer(state.InvL, z) - base)
		sum += w
		m.meanM += w * z
		m.along += w * u * cos
		m.right += w * u * sin
		across += w * u * u * sin * sin
	}
	if !(sum > 0) || !(u10 > 0) {
		return motion{along: 1, meanM: air.ReferenceM}
	}
	right := m.right / sum
	return motion{max(m.along/sum/u10, 0.2), right / u10, m.meanM / sum, math.Sqrt(max(across/sum-right*right, 0))}
}

// turning is by how many degrees the wind turns to the right (north of the equator) from the ground to 200 m, by 1/L:
// van Ulden & Holtslag (1985, J. Climate Appl. Meteor. 24), table 1, from the mast of Cabauw.
var turning = [...]struct{ invL, deg float64 }{{-1. / 30, 12}, {-1. / 100, 10}, {-1. / 370, 9}, {0, 12}, {1. / 350, 18}, {1. / 130, 28}, {1. / 60, 35}, {1. / 20, 38}, {1. / 9, 39}}

// veer is the turn of the wind from the ground to z in rad, 1.58 (1 - e^(-z/200 m)) of that to 200 m (same source).
func veer(invL, z float64) float64 {
	n := len(turning)
	deg := turning[0].deg
	if invL >= turning[n-1].invL {
		deg = turning[n-1].deg
	} else if invL > turning[0].invL {
		k := 1
		for turning[k].invL < invL {
			k++
		}
		a, b := turning[k-1], turning[k]
		deg = a.deg + (b.deg-a.deg)*(invL-a.invL)/(b.invL-a.invL)
	}
	return deg * math.Pi / 180 * 1.58 * (1 - math.Exp(-z/200))
}

// at is the concentration at z, linear between the middles of the levels.
func (s *shaft) at(z float64) float64 {
	i := s.level(z)
	if z < s.middle(i) {
		i--
	}
	if i < 0 {
		return s.c[0]
	}
	if i >= len(s.c)-1 {
		return s.c[len(s.c)-1]
	}
	w := (z - s.middle(i)) / (s.middle(i+1) - s.middle(i))
	return s.c[i] + w*(s.c[i+1]-s.c[i])
}
