package lidar

import "math"

// The near infrared of a coloured cloud comes from another picture than its colours, each stretched for the
// eye, so the zero of the index floats. The cloud's own evident plants and evident ground, told apart by
// colour alone, set the threshold between them, as long as they differ in it.
const (
	ndviBins       = 400   // over -1..1
	minTraining    = 400   // cells of each kind
	maxNIRMistakes = 0.25  // mean share on the wrong side; beyond, the band is not what it should be
	plantExG       = 0.08  // well above soil's limit
	plantRedness   = -0.02 // and more green than red
)

// rules are the cloud's thresholds, with words about the near infrared.
func (c *Cloud) soilRules() (r soilRules, note string) {
	r = soilRules{full: c.full, maxNDVI: soilMaxNDVI}
	if !c.Report.NIR {
		return r, ""
	}
	var plants, ground [ndviBins]float64
	var np, ng float64
	for i := range c.colour {
		t := c.colour[i]
		if t.n == 0 || c.flags[i]&echoWater != 0 || t.brightness(c.full) < soilMinBright {
			continue
		}
		v := t.ndvi()
		if v != v {
			continue
		}
		bin := min(max(int((v+1)/2*ndviBins), 0), ndviBins-1)
		switch {
		case t.excessGreen() > plantExG && t.redness() < plantRedness:
			plants[bin]++
			np++
		case r.colour(t) == classYes:
			ground[bin]++
			ng++
		}
	}
	r.useNIR = true
	if np < minTraining || ng < minTraining {
		return r, ""
	}
	at, mistakes := split(ground[:], plants[:], ng, np)
	if mistakes > maxNIRMistakes {
		r.useNIR = false
		return r, "its near infrared does not tell green plants from bare ground and is not used"
	}
	r.maxNDVI = math.Min(soilMaxNDVI, at)
	return r, ""
}

// split is the value below which most of the low and above which most of the high histogram lies, the
// middle of all that do so equally well, and the mean share on the wrong side.
func split(low, high []float64, nLow, nHigh float64) (at, mistakes float64) {
	wrong := func(l, h float64) float64 { return ((nLow-l)/nLow + h/nHigh) / 2 }
	best, first, last := math.Inf(1), 0, 0
	var l, h float64
	for i := range len(low) + 1 {
		if m := wrong(l, h); m < best-1e-12 {
			best, first, last = m, i, i
		} else if m < best+1e-12 && last == i-1 {
			last = i
		}
		if i < len(low) {
			l, h = l+low[i], h+high[i]
		}
	}
	return float64(first+last)/float64(len(low)) - 1, best
}
