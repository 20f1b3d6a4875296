package raster

import (
	"math"

	"upwind/raster/region"
)

// Specks that a mask of bare soil leaves out: smaller than a square metre, or than a 3 x 3 block.
const soilSpeckM2 = 1.0

// soilMask paints the classes of pixels: bare ground of any size but specks, while objects have a least area. What the search knows of an object is
// laid over at the end. A nil soilMask paints nothing.
type soilMask struct {
	mask  *Mask
	sieve region.Sieve
	y     int // next row that comes out of the sieve
	over  []painted
}

// painted is a region and its class.
type painted struct {
	region region.Region
	class  uint8
}

func newSoilMask(m *Mask, gsdM float64) *soilMask {
	if m == nil {
		return nil
	}
	speck := soilMinPixels
	if gsdM > 0 {
		speck = max(speck, int(math.Ceil(soilSpeckM2/(gsdM*gsdM))))
	}
	p := &soilMask{mask: m}
	p.sieve = region.Sieve{Min: speck, NoData: MaskAbstain, Row: p.row}
	return p
}

// begin paints a row as the rules see it.
func (p *soilMask) begin(y int, runs []region.Run) {
	if p == nil {
		return
	}
	for _, r := range runs {
		class := r.Class
		if class == maskClose || class == maskCloud {
			class = MaskAbstain
		}
		p.fill(y, r, class)
	}
}

// add sieves a row; it is painted when the sieve lets it go.
func (p *soilMask) add(runs []region.Run) {
	if p != nil {
		p.sieve.Add(runs)
	}
}

// row paints what the sieve changed: holes of bare ground, and specks.
func (p *soilMask) row(runs []region.Run) {
	out := p.mask.Row(p.y)
	for _, r := range runs {
		switch r.Class {
		case MaskYes:
			p.fill(p.y, r, MaskYes)
		case MaskNo:
			for x := r.X0; x < r.X1; x++ {
				if out[x] == MaskYes {
					out[x] = MaskNo
				}
			}
		}
	}
	p.y++
}

func (p *soilMask) fill(y int, r region.Run, class uint8) {
	out := p.mask.Row(y)
	for x := r.X0; x < r.X1; x++ {
		out[x] = class
	}
}

func (p *soilMask) flush() {
	if p != nil {
		p.sieve.Flush()
	}
}

// keep notes what an object is.
func (p *soilMask) keep(r region.Region, class uint8) {
	if p != nil {
		p.over = append(p.over, painted{r, class})
	}
}

// paint lays the objects over the classes, in the order in which they were noted.
func (p *soilMask) paint() {
	if p == nil {
		return
	}
	for _, o := range p.over {
		p.mask.paint(o.region, o.class)
	}
}
