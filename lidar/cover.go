package lidar

import (
	"math"

	"upwind"
	"upwind/lidar/pile"
)

// Colour rules. Dust nets over stockpiles are green or blue sheets; bare sand and soil are red over green
// over blue. Chromaticities, so that neither light nor bit depth matters. Grey and black say nothing: coal
// and black nets look alike.
const (
	sheetExcess   = 0.06 // green (or blue) chromaticity above the mean of the other two
	soilExcess    = 0.03 // red chromaticity above blue
	darkShare     = 0.02 // of the brightest channel seen: shadow has no colour
	coverMajority = 0.6
	coverSigma    = 0.15 // a net lets soil through and soil grows weeds
	minCoverCells = 9
)

// cover tells by colour whether a pile is covered. share is the uncovered part of the cells that say
// anything; its sigma is 0 when too few do.
func (c *Cloud) cover(p *pile.Pile) (class string, share upwind.Estimate, why string) {
	if c.colour == nil {
		return upwind.PileUnknown, share, "the cloud has no colour, so covered or not is unknown"
	}
	var brightest float32
	for _, k := range c.colour {
		brightest = max(brightest, k[0], k[1], k[2])
	}
	sheet, soil := 0, 0
	for n, w := range p.Mask.Weight {
		if w < 0.5 {
			continue
		}
		k := c.colour[(p.Mask.Y0+n/p.Mask.W)*c.w+p.Mask.X0+n%p.Mask.W]
		sum := k[0] + k[1] + k[2]
		if sum < darkShare*brightest {
			continue
		}
		r, g, b := k[0]/sum, k[1]/sum, k[2]/sum
		switch {
		case g-(r+b)/2 > sheetExcess || b-(r+g)/2 > sheetExcess:
			sheet++
		case r-b > soilExcess && r >= g:
			soil++
		}
	}
	n := sheet + soil
	if n < minCoverCells {
		return upwind.PileUnknown, share, "its colour says neither sheet nor soil"
	}
	u := float64(soil) / float64(n)
	share = upwind.NonNegative(u, coverSigma)
	share.Hi95 = math.Min(1, share.Hi95)
	switch {
	case u >= coverMajority:
		return upwind.PileUncovered, share, "the colour of bare soil or sand"
	case u <= 1-coverMajority:
		return upwind.PileCovered, share, "the colour of a sheet or net (or of plants)"
	}
	return upwind.PileUnknown, share, "partly the colour of soil, partly of a sheet"
}
