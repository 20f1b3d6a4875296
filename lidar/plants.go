package lidar

import (
	"fmt"
	"math"
	"sort"

	"upwind/lidar/pile"
)

// Evidence against a pile. A soft step from 1 to 0 runs between the two numbers of a pair.
//
// A pulse comes back once from bare ground and several times from a crown, a shrub or a hedge, also from
// under it; walls and belts beside a heap give it some. And a net is smooth where leaves are rough.
var (
	manyReturns = [2]float64{0.15, 0.40} // share of the cells that hold the last of several returns
	roughGreen  = [2]float64{0.30, 0.70} // share of the cells that are green and rough
)

// withoutPlants weighs piles by what speaks of plants, and turns down those that become too unlikely.
func (c *Cloud) withoutPlants(in []pile.Pile, o pile.Options) (keep []pile.Pile, rejected []pile.Rejected) {
	least := o.MinProbability
	if !(least > 0) {
		least = pile.DefaultMinProbability
	}
	for _, p := range in {
		many, green := c.lastReturns(&p), c.Cover(&p).Plants
		for _, e := range []struct {
			share float64
			steps [2]float64
			words string
		}{
			{many, manyReturns, "%.0f %% of its cells hold the last of several returns, like plants"},
			{green, roughGreen, "%.0f %% of it is green and rough, like plants"},
		} {
			if e.share <= e.steps[0] {
				continue
			}
			p.Probability *= math.Max(0, (e.steps[1]-e.share)/(e.steps[1]-e.steps[0]))
			p.Reasons = append(p.Reasons, "against it: "+fmt.Sprintf(e.words, 100*e.share))
		}
		if p.Probability < least {
			why := p.Reasons[len(p.Reasons)-1]
			rejected = append(rejected, pile.Rejected{Peak: p.Peak, HeightM: p.Height.Value, AreaM2: p.Area.Value, Probability: p.Probability, Reason: why})
			continue
		}
		keep = append(keep, p)
	}
	sort.SliceStable(keep, func(i, j int) bool { return keep[i].Probability > keep[j].Probability })
	return keep, rejected
}

// lastReturns is the share of a pile's cells that hold the last of several returns.
func (c *Cloud) lastReturns(p *pile.Pile) float64 {
	n, many := 0, 0
	for i, w := range p.Mask.Weight {
		if w < 0.5 {
			continue
		}
		n++
		if c.flags[(p.Mask.Y0+i/p.Mask.W)*c.w+p.Mask.X0+i%p.Mask.W]&echoLast != 0 {
			many++
		}
	}
	return float64(many) / math.Max(1, float64(n))
}
