package lidar

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"upwind"
	"upwind/lidar/pile"
)

// Materials by colour. Nets and sheets over stockpiles are green, black or blue; bare sand and soil are warm
// also when wet. Chromaticities do not depend on light or bit depth. Grey and black say little by
// themselves: stone and cement, coal and black net look alike.
const (
	sheetMinExG    = 0.10 // green net, or plants
	sheetMinExB    = 0.20 // blue sheet; skylight alone makes shadows half as blue
	sandMinRedness = 0.01
	sandMinSat     = 0.08
	blackMaxBright = 0.20 // of full scale
	blackMaxSat    = 0.25 // wet earth keeps more colour
	shadeMaxBright = 0.02 // of full scale; no colour at all
)

// A net or a sheet drapes: from cell to cell its surface is as smooth as the smoothest the sensor sees.
// Stone and coal in lumps, and leaves, are rougher. Two things bend a smooth heap within the 3 x 3 cells that
// are looked at: a flank's means are moved by a slope known from few points, and a cone is round. The first
// grows with the rise of a flank over a cell (0.09 of it on simulated cones), the second is the sagitta of a
// circle.
const (
	lumpTimes    = 2.0  // relief over that of the smoothest ground around
	lumpM        = 0.03 // and at least so much more
	flankRelief  = 0.1  // of the rise over a cell
	sagittaShare = 0.5  // of slope x cell^2 / radius
)

// material is what a cell of a heap may be made of.
type material uint8

const (
	shade material = iota
	warm
	blue
	greenSmooth
	greenRough
	greySmooth
	greyRough
	blackSmooth
	blackRough
	materials
)

// openOdds is the probability that a heap of a material lies open. These are judgements: green and blue
// bulk material is rare, and so are grey sheets; a smooth black surface is a net as often as coal dust. What
// weeds cover does not blow away.
var openOdds = [materials]float64{
	warm: 0.97, blue: 0.03, greenSmooth: 0.03, greenRough: 0.10, greySmooth: 0.75, greyRough: 0.95, blackSmooth: 0.5, blackRough: 0.75,
}

var materialWords = [materials]string{
	warm: "warm like sand or soil", blue: "blue like a sheet", greenSmooth: "green and smooth like a net", greenRough: "green and rough like plants",
	greySmooth: "grey and smooth like fine stone or a sheet", greyRough: "grey and rough like stone",
	blackSmooth: "black and smooth like a net or coal dust", blackRough: "black and rough like coal",
}

const (
	minCoverCells  = 9
	coverKnown     = 0.5  // of the cells that must have a colour
	coverMajority  = 0.6  // of a pile is open or covered before it is called so
	coverCellNoise = 25   // neighbouring cells share their picture's pixels, light and weeds
	coverMaxSigma  = 0.35 // a share known no better is not stated
)

// Cover is whether a pile lies open.
type Cover struct {
	Class     string           // upwind.PileCovered, PileUncovered or PileUnknown
	Uncovered *upwind.Estimate // share of the footprint that lies open, 0..1; nil when nothing tells
	Plants    float64          // share of its cells that are green and rough, 0..1
	Why       string
}

// Cover tells by colour and by the smoothness of its surface whether a pile found on the cloud lies open.
// With shares f of materials, which lie open with probability q and are taken for each other as a whole,
//
//	u = sum f q,  sigma^2 = sum f^2 q (1 - q) + u (1 - u) / n
//
// and a class is given only when u stays on one side of one half by a sigma.
func (c *Cloud) Cover(p *pile.Pile) Cover {
	if c.colour == nil {
		return Cover{Class: upwind.PileUnknown, Why: "the cloud has no colour, so covered or not is unknown"}
	}
	cells, of := c.materialsOf(p)
	total := 0
	for _, n := range cells[shade+1:] {
		total += n
	}
	if total < minCoverCells || float64(total) < coverKnown*float64(of) {
		return Cover{Class: upwind.PileUnknown, Why: "too few of its cells have a colour to tell whether it is covered"}
	}
	u, v := 0.0, 0.0
	for k := warm; k < materials; k++ {
		f := float64(cells[k]) / float64(total)
		u += f * openOdds[k]
		v += f * f * openOdds[k] * (1 - openOdds[k])
	}
	sigma := math.Sqrt(v + u*(1-u)/math.Max(1, float64(total)/coverCellNoise))
	out := Cover{Class: upwind.PileUnknown, Plants: float64(cells[greenRough]) / float64(total), Why: cells.words(total)}
	if sigma <= coverMaxSigma {
		e := upwind.NonNegative(u, sigma)
		e.Hi95 = math.Min(1, e.Hi95)
		out.Uncovered = &e
	}
	switch {
	case u >= coverMajority && u-sigma > 0.5:
		out.Class = upwind.PileUncovered
	case u <= 1-coverMajority && u+sigma < 0.5:
		out.Class = upwind.PileCovered
	case out.Uncovered != nil:
		out.Why += ": partly covered"
	default:
		out.Why += ", which does not tell whether it is covered"
	}
	return out
}

// byMaterial counts cells.
type byMaterial [materials]int

// words name the materials that make up a quarter and more.
func (m byMaterial) words(total int) string {
	const worthNaming = 0.25
	var out []string
	for k := warm; k < materials; k++ {
		if f := float64(m[k]) / float64(total); f >= worthNaming {
			out = append(out, fmt.Sprintf("%.0f %% of it is %s", 100*f, materialWords[k]))
		}
	}
	if len(out) == 0 {
		return "it is of many colours"
	}
	return strings.Join(out, ", ")
}

// materialsOf counts the cells of a footprint by material, and all of them.
func (c *Cloud) materialsOf(p *pile.Pile) (cells byMaterial, of int) {
	var relief [materials][]float64
	for n, w := range p.Mask.Weight {
		x, y := p.Mask.X0+n%p.Mask.W, p.Mask.Y0+n/p.Mask.W
		if w < 0.5 || c.n[y*c.w+x] == 0 {
			continue
		}
		if of++; c.colour[y*c.w+x].n == 0 {
			continue
		}
		k := c.materialOf(c.colour[y*c.w+x])
		cells[k]++
		if l, ok := c.ground(x, y, 1, 1); ok {
			relief[k] = append(relief[k], l.relief)
		}
	}
	limit := c.lumpLimit(p)
	for _, k := range [3]material{greenSmooth, greySmooth, blackSmooth} {
		if quantile(relief[k], 0.5) > limit {
			cells[k], cells[k+1] = 0, cells[k] // its rough like
		}
	}
	return cells, of
}

// quantile of values, which it sorts; 0 when there are none.
func quantile(v []float64, share float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sort.Float64s(v)
	return v[int(share*float64(len(v)-1))]
}

func (c *Cloud) materialOf(t tint) material {
	bright, sat := t.brightness(c.full), t.saturation()
	switch {
	case bright < shadeMaxBright:
		return shade
	case bright < blackMaxBright && !(sat > blackMaxSat):
		return blackSmooth
	case t.excessGreen() > sheetMinExG:
		return greenSmooth
	case t.excessBlue() > sheetMinExB:
		return blue
	case t.redness() > sandMinRedness && sat > sandMinSat:
		return warm
	case bright < blackMaxBright:
		return blackSmooth
	}
	return greySmooth
}

// lumpLimit is the relief, m, from which the surface of a pile is rough.
func (c *Cloud) lumpLimit(p *pile.Pile) float64 {
	smooth, rise := c.smoothest(p), math.Tan(p.SlopeDeg*math.Pi/180)*c.cell
	radius := math.Sqrt(p.Area.Value / math.Pi)
	return math.Max(lumpTimes*smooth, smooth+lumpM) + rise*(flankRelief+sagittaShare*c.cell/math.Max(radius, c.cell))
}

// smoothest is the lower quartile of the relief in and around a pile, m: what the sensor sees of a smooth
// surface there.
func (c *Cloud) smoothest(p *pile.Pile) float64 {
	m := p.Mask
	stride := 1 + 4*m.W*m.H/sampled
	var v []float64
	for k := 0; k < 4*m.W*m.H; k += stride {
		x, y := m.X0-m.W/2+k%(2*m.W), m.Y0-m.H/2+k/(2*m.W)
		if x < 0 || y < 0 || x >= c.w || y >= c.h {
			continue
		}
		if l, ok := c.ground(x, y, 1, 1); ok {
			v = append(v, l.relief)
		}
	}
	return quantile(v, 0.25)
}
