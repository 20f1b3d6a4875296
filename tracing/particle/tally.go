package particle

import "math"

// Cells tallies residence and touchdowns on a grid of square cells about the start: cell (i, j) reaches from
// X0 + i CellM to X0 + (i+1) CellM, and likewise in y.
type Cells struct {
	X0, Y0, CellM float64
	NX, NY        int
	LowM, HighM   float64   // the slab of heights in which time is counted
	Time          []float64 // s a particle: sum of mass times dt in the slab
	Touches       []float64 // s/m a particle: sum of mass times 2/|w| of the touchdowns
}

// NewCells is an empty grid.
func NewCells(x0, y0, cellM float64, nx, ny int, lowM, highM float64) *Cells {
	return &Cells{x0, y0, cellM, nx, ny, lowM, highM, make([]float64, nx*ny), make([]float64, nx*ny)}
}

func (c *Cells) index(p *Particle) int {
	i, j := math.Floor((p.X-c.X0)/c.CellM), math.Floor((p.Y-c.Y0)/c.CellM)
	if !(i >= 0 && j >= 0 && i < float64(c.NX) && j < float64(c.NY)) {
		return -1
	}
	return int(j)*c.NX + int(i)
}

// Step implements [Tally].
func (c *Cells) Step(p *Particle, dt float64) {
	if p.Z < c.LowM || p.Z >= c.HighM {
		return
	}
	if i := c.index(p); i >= 0 {
		c.Time[i] += p.Mass * dt
	}
}

// Touch implements [Tally].
func (c *Cells) Touch(p *Particle) {
	if i := c.index(p); i >= 0 && p.W != 0 {
		c.Touches[i] += p.Mass * 2 / math.Abs(p.W)
	}
}

// SumCells adds the tallies of a walk of n particles and divides by n. Volume sources follow as Time over the slab's
// depth and the cell's area, area sources as Touches over the cell's area, both in s/m3 per unit source.
func SumCells(tallies []Tally, n int) *Cells {
	first := tallies[0].(*Cells)
	sum := NewCells(first.X0, first.Y0, first.CellM, first.NX, first.NY, first.LowM, first.HighM)
	for _, t := range tallies {
		c := t.(*Cells)
		for i := range sum.Time {
			sum.Time[i] += c.Time[i] / float64(n)
			sum.Touches[i] += c.Touches[i] / float64(n)
		}
	}
	return sum
}

// Heights tallies how material spreads with age: at each age the share of mass in each slab of heights, the mean height,
// the spread of it, and how far it went.
type Heights struct {
	AgesS []float64 // ascending
	EdgeM []float64 // ascending edges of the slabs
	Share []float64 // len(AgesS) rows of len(EdgeM)-1: mass in the slab, a particle
	Mean  []float64 // of each age: sum of mass times height, a particle
	Sq    []float64 // and of its square
	Far   []float64 // and of X
	Mass  []float64
	now   int
}

// NewHeights is an empty tally.
func NewHeights(agesS, edgeM []float64) *Heights {
	n := len(agesS)
	return &Heights{AgesS: agesS, EdgeM: edgeM, Share: make([]float64, n*(len(edgeM)-1)),
		Mean: make([]float64, n), Sq: make([]float64, n), Far: make([]float64, n), Mass: make([]float64, n)}
}

// Step implements [Tally].
func (h *Heights) Step(p *Particle, dt float64) {
	if p.AgeS == dt {
		h.now = 0 // a new particle
	}
	for h.now < len(h.AgesS) && p.AgeS >= h.AgesS[h.now] {
		h.Mass[h.now] += p.Mass
		h.Mean[h.now] += p.Mass * p.Z
		h.Sq[h.now] += p.Mass * p.Z * p.Z
		h.Far[h.now] += p.Mass * p.X
		if k := slab(h.EdgeM, p.Z); k >= 0 {
			h.Share[h.now*(len(h.EdgeM)-1)+k] += p.Mass
		}
		h.now++
	}
}

// Touch implements [Tally].
func (h *Heights) Touch(*Particle) {}

func slab(edges []float64, z float64) int {
	if z < edges[0] {
		return -1
	}
	for k := range len(edges) - 1 {
		if z < edges[k+1] {
			return k
		}
	}
	return -1
}

// SumHeights adds the tallies of a walk of n particles and divides by n.
func SumHeights(tallies []Tally, n int) *Heights {
	first := tallies[0].(*Heights)
	sum := NewHeights(first.AgesS, first.EdgeM)
	add := func(to, from []float64) {
		for i, v := range from {
			to[i] += v / float64(n)
		}
	}
	for _, t := range tallies {
		h := t.(*Heights)
		add(sum.Share, h.Share)
		add(sum.Mean, h.Mean)
		add(sum.Sq, h.Sq)
		add(sum.Far, h.Far)
		add(sum.Mass, h.Mass)
	}
	return sum
}
