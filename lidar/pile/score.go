package pile

import (
	"fmt"
	"math"
)

// Evidence for and against loose material. A soft step from 1 to 0 runs between the two numbers of a pair.
var (
	// Sand, gravel and coal rest at 30-38 deg; slumped or wet heaps lie at 20, freshly cut faces stand at
	// 50 (Carrigy, "Experiments on the angles of repose of granular materials", 1970; yard practice).
	slopeLowDeg  = [2]float64{26, 17}
	slopeHighDeg = [2]float64{42, 54}
	// A heap runs out at its toe, a roof or a crown ends in the air.
	edgeSteps  = [2]float64{0.18, 0.40}
	highRims   = [2]float64{0.06, 0.30}
	wallRims   = [2]float64{0.30, 0.70}
	freeRims   = [2]float64{0.25, 0.10}
	roughTimes = [2]float64{3, 7}       // flank roughness in noise sigmas
	roughM     = [2]float64{0.15, 0.45} // and in metres: blocks are rough, crowns are rougher
	roughCells = 0.1                    // of the cell are allowed on top: a crest bends within a coarse window
	noisyM     = 0.10                   // more noise than this is not the sensor's but what it sees
	spreadsM   = [2]float64{0.40, 1.20} // points of one cell above each other
	convexLow  = [2]float64{0.80, 0.55}
	baseRoughs = [2]float64{0.10, 0.30}
	ringUses   = [2]float64{0.50, 0.20}
	cuts       = [2]float64{0.08, 0.30}
	fullHigh   = [2]float64{0.75, 0.92} // a frustum reaches 0.7, a box 1
	fullLow    = [2]float64{0.24, 0.10} // a cone has 1/3; a mast on a mound less
	slopeWild  = [2]float64{0.25, 0.50} // spread of the flank's tangent
	openRims   = [2]float64{0.05, 0.50}
	flankLow   = [2]float64{0.35, 0.15} // a lawn with a kerb has hardly any flank
	voidHigh   = [2]float64{0.20, 0.60}
	domes      = [2]float64{1.05, 1.60}
	saddles    = [2]float64{0.02, 0.15}
	lowHeights = [2]float64{3.0, 1.0}
	cellsHigh  = [2]float64{3.0, 1.8} // inscribed radius in windows: fewer cells show no flank
)

// evidence is one trait of a candidate: value 1 speaks for a heap, 0 against it with its full weight.
type evidence struct {
	value, weight float64 // weight in natural log-odds
	text          string
}

// soft steps from 1 at p[0] to 0 at p[1].
func soft(v float64, p [2]float64) float64 {
	t := (v - p[1]) / (p[0] - p[1])
	return math.Max(0, math.Min(1, t))
}

// weigh lists what speaks for and against a candidate.
func (s *site) weigh(p *Pile) []evidence {
	f, t := s.f, &p.traits
	roughLimit := roughM
	for i := range roughLimit {
		roughLimit[i] = math.Max(roughLimit[i]+roughCells*f.cell, roughTimes[i]*math.Min(f.sigma, noisyM))
	}
	return []evidence{
		{math.Min(soft(p.SlopeDeg, slopeLowDeg), soft(p.SlopeDeg, slopeHighDeg)), weights[0], fmt.Sprintf("flanks of %.0f deg are not at repose", p.SlopeDeg)},
		{soft(t.edgeShare, edgeSteps), weights[1], fmt.Sprintf("it ends %.0f %% of its height above the ground, like a roof or a crown", 100*t.edgeShare)},
		{soft(t.highRim, highRims), weights[2], fmt.Sprintf("%.0f %% of its rim is high, like a slope or a terrace", 100*t.highRim)},
		{soft(t.wallShare, wallRims), weights[3], fmt.Sprintf("walls along %.0f %% of its rim", 100*t.wallShare)},
		{soft(t.freeRim, freeRims), weights[4], fmt.Sprintf("only %.0f %% of its rim is its own", 100*t.freeRim)},
		{soft(t.rough, roughLimit), weights[5], fmt.Sprintf("flanks rough by %.2f m, like vegetation", t.rough)},
		{soft(t.spread, spreadsM), weights[6], fmt.Sprintf("points of one cell spread over %.1f m, like vegetation", t.spread)},
		{soft(p.Convexity, convexLow), weights[7], fmt.Sprintf("outline fills only %.0f %% of its hull", 100*p.Convexity)},
		{soft(t.baseRough, baseRoughs), weights[8], fmt.Sprintf("ground around it uneven by %.0f %% of its height", 100*t.baseRough)},
		{soft(p.RingUsed, ringUses), weights[9], fmt.Sprintf("only %.0f %% of the ground around it is free", 100*p.RingUsed)},
		{soft(t.cut, cuts), weights[10], fmt.Sprintf("%.0f %% of it lies below its base", 100*t.cut)},
		{math.Min(soft(t.fullness, fullHigh), soft(t.fullness, fullLow)), weights[11], fmt.Sprintf("fills %.0f %% of its height over its footprint; a heap fills 30 to 70", 100*t.fullness)},
		{soft(t.slopeSpread, slopeWild), weights[12], "flank slopes vary wildly"},
		{soft(t.openShare, openRims), weights[13], fmt.Sprintf("cut off by voids or the edge of the data along %.0f %% of its rim", 100*t.openShare)},
		{soft(t.flankShare, flankLow), weights[14], fmt.Sprintf("only %.0f %% of it is flank", 100*t.flankShare)},
		{soft(p.VoidFraction, voidHigh), weights[15], fmt.Sprintf("%.0f %% of its heights are interpolated", 100*p.VoidFraction)},
		{soft(t.inscribedM/(f.cell*float64(f.k)), cellsHigh), weights[16], "too small for the cells to show a flank"},
		{soft(t.dome, domes), weights[17], "its flanks steepen downward, like a crown's"},
		{soft(p.Height.Value, lowHeights), weights[18], fmt.Sprintf("only %.1f m high, as bushes are", p.Height.Value)},
		{soft(t.highSaddle, saddles), weights[19], fmt.Sprintf("cut out of something longer along %.0f %% of its rim", 100*t.highSaddle)},
	}
}

// judge turns evidence into a probability and words. The weightiest against it is named.
func (s *site) judge(p *Pile) (weakest string) {
	p.evidence = s.weigh(p)
	odds, worst := bias, 0.0
	for _, e := range p.evidence {
		loss := e.weight * (1 - e.value)
		odds -= loss
		if loss > worst {
			worst, weakest = loss, e.text
		}
	}
	p.Probability = math.Min(bestProbability, 1/(1+math.Exp(-odds)))
	p.Reasons = []string{
		fmt.Sprintf("flanks of %.0f deg; sand rests at 30 to 35", p.SlopeDeg),
		fmt.Sprintf("flanks smooth to %.2f m, toe on the ground around it", p.FlankRMSM),
		fmt.Sprintf("stands on a plane fitted to %.0f %% of the ring outside its toe, even to %.2f m, sloping %.1f deg", 100*p.RingUsed, p.BaseRMSM, p.BaseSlopeDeg),
	}
	if worst > leastLoss {
		p.Reasons = append(p.Reasons, "against it: "+weakest)
	}
	return weakest
}

// leastLoss is the least loss of log-odds that is worth a word.
const leastLoss = 0.1

// bestProbability is the most that shape alone may claim: it does not tell sand from other heaps.
const bestProbability = 0.97

// heightEvidence is the place of the height among the evidence.
const heightEvidence = 18

// Weights of the evidence in the order of [site.weigh], and the log-odds of a candidate with nothing
// against it: fitted by TestFitEvidence on simulated yards.
var (
	bias    = 3.4
	weights = [20]float64{4, 2, 2.2, 3.2, 3.3, 4.2, 3.1, 3, 3.1, 3.1, 3, 3.2, 4.9, 3, 3, 3, 3, 3.4, 3, 3}
)
