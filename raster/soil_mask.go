package raster

import (
	"math"

	"upwind/raster/region"
)

// What a mask of bare soil leaves out: specks smaller than a square metre, or than a 3 x 3 block, and strips as narrow as a painted line or a kerb, which
// are so many times as long as wide.
const (
	soilSpeckM2        = 1.0
	soilStripM         = 1.5
	soilStripElongated = 5.0
)

// soilMask paints the classes of pixels: bare ground of any size but specks, while objects have a least area. What the search knows of an object is
// laid over at the end. A nil soilMask paints nothing.
type soilMask struct {
	mask  *Mask
	gsdM  float64
	sieve region.Sieve
	label region.Labeler
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
	p := &soilMask{mask: m, gsdM: gsdM}
	p.label = region.Labeler{Class: MaskYes, Done: p.strip}
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
	p.label.Add(runs)
}

// strip notes a region that is too narrow for ground.
func (p *soilMask) strip(r region.Region) {
	if p.gsdM <= 0 {
		return
	}
	width, length := stripOf(r)
	if width*p.gsdM < soilStripM && length > soilStripElongated*width {
		p.keep(r, MaskNo)
	}
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
		p.label.Flush()
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
