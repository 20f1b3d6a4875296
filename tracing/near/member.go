package near

import (
	"math"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plume"
)

const (
	lateralSD  = 0.35 // ln, of the lateral spread: open-field tests scatter by a factor of about 1.5 (Chang & Hanna 2004)
	verticalSD = 0.25 // ln, of the vertical mixing
	// lateralMean, ln-median of that factor: eddies of a minute that the mast feels pass a sensor tens of metres away no
	// more, so more is unresolved than the mast's own means leave out.
	lateralMean = 1.4
	heightSD    = 0.5 // ln, of the height of a free source
)

// The wind at a sensor turns against the mast's by an angle that is new in every block: 7 degrees and 0.3 m/s across,
// as station winds differ over 100 m in open ground.
const (
	wanderRad  = 0.12
	wanderMS   = 0.3
	mostWander = 0.8 // rad
)

// theta is one state of what is unknown and the same all through an event.
type theta struct {
	rotation float64 // rad, clockwise turn of the wind vector
	lateral  float64 // factor on the spread across
	vertical float64 // factor on the vertical mixing
	height   int     // of the source, in sourceHeights
	logW     float64 // ln(prior / proposal)
}

// member is a theta with the footprints it makes: pos[row][place] is ln(h) in table steps; nil for rows outside the
// event.
type member struct {
	theta
	pos [][]int16
}

// draw is the ensemble: a Latin hypercube of the prior, the rotation from a Gaussian of its own with the weight that
// makes up for it.
func draw(o Options, n int, mean, sd float64, stream uint64) []theta {
	out := make([]theta, n)
	for i, z := range invert.Hypercube(n, 4, invert.Hash(o.Seed, stream)) {
		r := mean + sd*z[0]
		h := math.Log(o.HeightM) + heightSD*z[3]
		best := 0
		for k, v := range sourceHeights {
			if math.Abs(math.Log(v)-h) < math.Abs(math.Log(sourceHeights[best])-h) {
				best = k
			}
		}
		out[i] = theta{
			rotation: r,
			lateral:  lateralMean * math.Exp(lateralSD*z[1]),
			vertical: math.Exp(verticalSD * z[2]),
			height:   best,
			logW:     -0.5*(r/o.RotationSD)*(r/o.RotationSD) + z[0]*z[0]/2 + math.Log(sd/o.RotationSD),
		}
	}
	return out
}

// optics is what all members share: the network, the heights of its sample points, and the plume models of each pair
// of heights.
type optics struct {
	*network
	heights []float64               // classes of receptor heights, m
	class   [][]int                 // of each sensor's points
	models  map[[2]int]*plume.Model // receptor class, source height
	wander  []float64               // by slot, rad2
}

// newOptics prepares the models that the thetas need.
func newOptics(p *Problem, n *network, thetas []theta) (*optics, error) {
	o := &optics{network: n, class: make([][]int, len(n.sensors)), models: map[[2]int]*plume.Model{}}
	for s, sen := range n.sensors {
		for _, q := range sen.points {
			o.class[s] = append(o.class[s], o.heightClass(q.HeightM))
		}
	}
	o.wander = make([]float64, n.slots)
	for i := range o.wander {
		speed := 0.0
		lo := (n.start(i) - p.Wind.Start) / p.Wind.StepS
		k := 0.0
		for j := max(int(lo), 0); j < len(p.Wind.U) && float64(j) <= lo+n.blockS/p.Wind.StepS; j++ {
			speed += math.Hypot(p.Wind.U[j], p.Wind.V[j])
			k++
		}
		speed = max(speed/max(k, 1), 0.3)
		a := min(wanderMS/speed, mostWander)
		o.wander[i] = wanderRad*wanderRad + a*a
	}
	for _, t := range thetas {
		for c, h := range o.heights {
			key := [2]int{c, t.height}
			if o.models[key] != nil {
				continue
			}
			m, err := plume.New(p.Wind, tablesOf(h, sourceHeights[t.height]))
			if err != nil {
				return nil, upwind.Refuse("trace", "near field", err.Error(), "give the wind as a regular series with the state of the air")
			}
			o.models[key] = m
		}
	}
	return o, nil
}

// sameHeight is how much two receptor heights may differ, in ln, and share a kernel.
const sameHeight = 0.1

func (o *optics) heightClass(h float64) int {
	h = max(h, 0.2)
	for i, g := range o.heights {
		if math.Abs(math.Log(h/g)) < sameHeight {
			return i
		}
	}
	o.heights = append(o.heights, h)
	return len(o.heights) - 1
}

// widthShare of a cell is the least width of a puff: narrower ones would fall between cells.
const widthShare = 0.6

// build computes the footprints of a member.
func (o *optics) build(t theta, f *field) *member {
	m := &member{theta: t, pos: make([][]int16, len(o.rows))}
	far := f.reachM(o.network)
	side := int(math.Ceil(far/f.cell)) + 2
	ims := make([]*plume.Image, len(o.heights))
	for c := range ims {
		ims[c] = plume.NewImage(f.cell, side)
	}
	tw := plume.Tweak{RotationRad: t.rotation, Lateral: t.lateral, Vertical: t.vertical}
	within := plume.Range{ReachM: far * math.Sqrt2, WidthM: widthShare * f.cell}
	h := make([]float64, f.places())
	var puffs []plume.Puff
	slot := -1
	for r, w := range o.rows {
		if !w.inEvent {
			continue
		}
		if w.slot != slot {
			slot = w.slot
			for c, im := range ims {
				im.Clear()
				puffs = o.models[[2]int{c, t.height}].Puffs(puffs[:0], o.start(slot), o.start(slot)+o.blockS, within, tw)
				o.widen(puffs, slot)
				im.Add(puffs, 1)
			}
		}
		clear(h)
		s := o.sensors[w.sensor]
		for i, p := range s.points {
			addImage(h, ims[o.class[w.sensor][i]], f, p.Point, 1/float64(len(s.points)))
		}
		m.pos[r] = quantise(h)
	}
	return m
}

// value is h at a place, s/m3.
func (m *member) value(row, place int) float64 {
	if p := m.pos[row]; p != nil && p[place] != nothing {
		return math.Exp(float64(p[place]) * invert.TableStep)
	}
	return 0
}

// heightFit is how well the member's height suits a site that states its own.
func (t theta) heightFit(siteM float64) float64 {
	if !(siteM > 0) {
		return 0
	}
	const sd = 0.3
	d := math.Log(sourceHeights[t.height]/siteM) / sd
	return -d * d / 2
}

// widen adds what the wind at the mast does not know of that on the way: an angle that grows with the distance.
func (o *optics) widen(puffs []plume.Puff, slot int) {
	for i := range puffs {
		p := &puffs[i]
		p.Var += o.wander[slot] * (p.X*p.X + p.Y*p.Y)
	}
}
