package plume

import (
	"math"
	"sync"

	"upwind/tracing/air"
)

const (
	invLScale   = 0.002 // 1/m: 1/L is tabulated at equal steps of asinh(1/L / scale)
	invLStep    = 0.4
	mixingRatio = 1.4 // from one tabulated mixing height to the next
	leastMixing = 20.0
)

// Tables are vertical kernels between two heights, made as they are needed and kept. They are safe for use by several
// goroutines, and what they give does not depend on the order of asking.
type Tables struct {
	low, high float64
	uptake    float64
	mu        sync.Mutex
	known     map[tableKey]*kernel
}

type tableKey struct {
	invL, mixing int
	z0           float64
}

// maxHeightM bounds sources and receptors: above, nothing here holds.
const maxHeightM = 3000.0

// NewTables is for a receptor and a source at these heights in m; which is which makes no difference. Heights below
// ground, or not numbers, count as the ground.
func NewTables(receptorM, sourceM float64) *Tables {
	usable := func(h float64) float64 {
		if !(h > 0) {
			return 0
		}
		return min(h, maxHeightM)
	}
	a, b := usable(receptorM), usable(sourceM)
	return &Tables{low: min(a, b), high: max(a, b), known: map[tableKey]*kernel{}}
}

// WithUptake is the same for a ground that takes material up: the flux into it is uptake u* times the concentration at
// the roughness length. The deposition velocity at a height above follows from this and the air's own resistance.
func (t *Tables) WithUptake(uptake float64) *Tables {
	n := NewTables(t.low, t.high)
	n.uptake = uptake
	return n
}

// blend writes the kernel of a state: linear between tabulated 1/L, at the nearest tabulated mixing height.
func (t *Tables) blend(out *kernel, s air.State) {
	x := math.Asinh(s.InvL/invLScale) / invLStep
	i := math.Floor(x)
	h := math.Round(math.Log(max(s.MixingM, leastMixing)/leastMixing) / math.Log(mixingRatio))
	key := tableKey{int(i), int(h), s.Z0}
	a := t.table(key)
	if x == i {
		*out = *a
		return
	}
	key.invL++
	out.mix(a, t.table(key), x-i)
}

func (t *Tables) table(key tableKey) *kernel {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[key]
	if k == nil {
		k = newKernel(air.State{
			InvL:    invLScale * math.Sinh(float64(key.invL)*invLStep),
			MixingM: leastMixing * math.Pow(mixingRatio, float64(key.mixing)),
			Z0:      key.z0,
		}, t.low, t.high, t.uptake)
		t.known[key] = k
	}
	return k
}

// Vertical is the kernel of a state at an age in s: V in 1/m and the mean speed of the material in m/s.
func (t *Tables) Vertical(s air.State, ageS float64) (v, speed float64) {
	var k kernel
	t.blend(&k, s)
	v, speed = k.at(s.UStar * ageS)
	return v, speed * s.UStar
}

// Crosswind is the concentration integrated across the plume, in s/m2 per unit source, at x m downwind in a steady
// wind: V/U at the age at which the material is there.
func (t *Tables) Crosswind(s air.State, x float64) float64 {
	var k kernel
	t.blend(&k, s)
	tau := k.reach(x)
	v, speed := k.at(tau)
	return v / (speed * s.UStar)
}

// reach is u* times the age at which the material has travelled x m.
func (k *kernel) reach(x float64) float64 {
	tau, gone := minTau, minTau*k.speed[0]
	for i := range nodes - 1 {
		next := tau * math.Exp(nodeStep)
		leg := (next - tau) * (k.speed[i] + k.speed[i+1]) / 2
		if gone+leg >= x {
			return tau + (next-tau)*(x-gone)/leg
		}
		gone, tau = gone+leg, next
	}
	return tau
}
