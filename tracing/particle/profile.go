package particle

import (
	"math"

	"upwind/tracing/air"
)

// Profile is the layer as a walk needs it, tabulated eight heights an octave.
type Profile struct {
	BottomM, TopM float64
	first         uint64
	nodes         []node
}

// node is the layer at a height: wind in m/s, vertical sd and its slope, time scales in s.
type node struct{ u, sw, slope, tw, su, sv, tu, tv float64 }

const (
	octaveBits = 3 // 2^3 nodes an octave
	nodeShift  = 52 - octaveBits
	// Below this many roughness lengths the time scale is held, or particles that graze the ground would take
	// endless steps.
	heldLengths = 2.0
)

// FromState is the profile of a boundary layer.
func FromState(s air.State) *Profile {
	return NewProfile(s.Z0, max(s.MixingM, 2*s.Z0), func(z float64) (float64, air.Turbulence) {
		t := s.Turbulence(min(z, 0.98*s.MixingM))
		t.TW = s.Turbulence(min(max(z, heldLengths*s.Z0), 0.98*s.MixingM)).TW
		return s.Speed(z), t
	})
}

// NewProfile tabulates any layer between two heights in m: at gives the wind in m/s and the turbulence. It panics
// unless 0 < bottom < top.
func NewProfile(bottomM, topM float64, at func(z float64) (float64, air.Turbulence)) *Profile {
	if !(bottomM > 0 && topM > bottomM) {
		panic("particle: a layer needs 0 < bottom < top")
	}
	p := &Profile{BottomM: bottomM, TopM: topM, first: math.Float64bits(bottomM) >> nodeShift}
	n := math.Float64bits(topM)>>nodeShift - p.first + 2
	for i := range n {
		z := math.Float64frombits((p.first + i) << nodeShift)
		u, t := at(min(max(z, bottomM), topM))
		p.nodes = append(p.nodes, node{u: u, sw: t.SW, tw: t.TW, su: t.SU, sv: t.SV, tu: t.TU, tv: t.TV})
	}
	for i := range n - 1 {
		z := math.Float64frombits((p.first + i) << nodeShift)
		above := math.Float64frombits((p.first + i + 1) << nodeShift)
		p.nodes[i].slope = (p.nodes[i+1].sw - p.nodes[i].sw) / (above - z)
	}
	return p
}

// at interpolates linearly between the heights of two nodes, which follow from the bits of z.
func (p *Profile) at(z float64) node {
	b := math.Float64bits(z)
	i := int(b>>nodeShift - p.first)
	f := float64(b&(1<<nodeShift-1)) / (1 << nodeShift)
	a, c := &p.nodes[i], &p.nodes[i+1]
	mix := func(x, y float64) float64 { return x + f*(y-x) }
	return node{mix(a.u, c.u), mix(a.sw, c.sw), a.slope, mix(a.tw, c.tw),
		mix(a.su, c.su), mix(a.sv, c.sv), mix(a.tu, c.tu), mix(a.tv, c.tv)}
}
