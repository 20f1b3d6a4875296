package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"upwind"
)

const (
	// RhoSameDetector is the correlation assumed between two looks by one detector at one place: most of its
	// errors come from what the place looks like, and that stays the same from look to look.
	RhoSameDetector = 0.8
	// RhoOtherSensor is the correlation assumed between different detectors: they share the place, the season and
	// the people who tuned them, so they are never taken as fully independent.
	RhoOtherSensor = 0.2
	// ProbabilityCap keeps a combined probability away from certainty: no detector here is calibrated on more than
	// some hundred cases, so odds above 100:1 cannot be known.
	ProbabilityCap = 0.99
)

// combine is the probability that a candidate is what it is said to be. Sightings that share an asset, or a trace and
// the plume that set it off, are one look, and only the most convinced of them counts. The log-odds of n looks of equal
// mutual correlation rho are summed and divided by 1 + (n-1) rho, the effective number of dependent sources of Clemen
// and Winkler (1985, Operations Research 33, 427-442): first within each detector, then across detectors. A trace spreads its
// probability over many places, so a low one does not speak against a place: traces can only raise the result.
func combine(sights []Sighting) float64 {
	all, seen := pooled(sights, true), pooled(sights, false)
	return round(1/(1+math.Exp(-math.Max(all, seen))), 6)
}

// pooled is the combined log-odds, with or without the traces; -Inf when nothing is left.
func pooled(sights []Sighting, traces bool) float64 {
	families := map[string][]float64{}
	for _, s := range looks(sights) {
		if s.Evidence.Type == EvidenceTrace && !traces {
			continue
		}
		families[s.Detector] = append(families[s.Detector], logit(s.Evidence.Probability))
	}
	if len(families) == 0 {
		return math.Inf(-1)
	}
	var sums []float64
	for _, l := range families {
		sums = append(sums, dependentSum(l, RhoSameDetector))
	}
	return dependentSum(sums, RhoOtherSensor)
}

func dependentSum(l []float64, rho float64) float64 {
	slices.Sort(l) // a fixed order of summation
	var sum float64
	for _, x := range l {
		sum += x
	}
	return sum / (1 + float64(len(l)-1)*rho)
}

func logit(p float64) float64 {
	p = math.Max(1-ProbabilityCap, math.Min(ProbabilityCap, p))
	return math.Log(p / (1 - p))
}

// standing leaves out traces that a later trace of the same event has replaced.
func standing(sights []Sighting) []Sighting {
	latest := map[string]Sighting{}
	for _, s := range sights {
		if o, ok := latest[s.Event]; s.Event != "" && (!ok || later(s, o)) {
			latest[s.Event] = s
		}
	}
	var out []Sighting
	for _, s := range sights {
		if s.Event == "" || latest[s.Event].Evidence.ID == s.Evidence.ID {
			out = append(out, s)
		}
	}
	return out
}

func later(a, b Sighting) bool {
	return cmp.Or(a.Evidence.ObservedAt.Compare(b.Evidence.ObservedAt), cmp.Compare(a.Evidence.ID, b.Evidence.ID)) > 0
}

// looks picks one sighting, the most probable, from every group that shares an input.
func looks(sights []Sighting) []Sighting {
	sights = standing(sights)
	parent := make([]int, len(sights))
	var find func(int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	owner := map[string]int{}
	for i, s := range sights {
		parent[i] = i
		for _, token := range append([]string{s.Evidence.ID}, s.Shares...) {
			if j, ok := owner[token]; ok {
				parent[find(i)] = find(j)
			} else {
				owner[token] = i
			}
		}
	}
	best := map[int]Sighting{}
	for i, s := range sights {
		if o, ok := best[find(i)]; !ok || s.Evidence.Probability > o.Evidence.Probability {
			best[find(i)] = s
		}
	}
	out := make([]Sighting, 0, len(best))
	for _, s := range best {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Sighting) int { return cmp.Compare(a.Evidence.ID, b.Evidence.ID) })
	return out
}

// The score orders an inspector's day and adds up to at most 100. The weights are this program's own choice: how sure
// it is counts most, then how much dust it can make, then whether bad air was traced to it.
const (
	scoreProbability = 40.0
	scoreSeverity    = 30.0
	scoreTraced      = 20.0
	scoreSensors     = 10.0

	// severityFrom and severityTo bound the logarithmic scale of size: below 100 m2 or 10 m3 nobody is sent out, and ten
	// hectares of bare earth or 10,000 m3 are the largest that one site of a city has.
	areaFromM2, areaToM2     = 100.0, 100_000.0
	volumeFromM3, volumeToM3 = 10.0, 10_000.0

	// coveredFactor is what is left of the score of a fully covered pile: it obeys the rule, so it comes after every
	// open one, but covers blow away and it stays listed.
	coveredFactor = 0.25
	// unknownCover is the open share assumed of a pile that no sensor could judge.
	unknownCover = 0.5
	// overTo is how many times its limit a value must be for the gravest severity: five times class V of a river, or five
	// times what a stack may emit, is an accident.
	overTo = 5.0
)

// smokeSeverity ranks the classes of smoke.
var smokeSeverity = map[string]float64{"light": 1.0 / 3, "medium": 2.0 / 3, "heavy": 1}

func scoreParts(c upwind.Candidate, sights []Sighting) []upwind.ScorePart {
	parts := []upwind.ScorePart{{
		Name: "probability", Value: scoreProbability * c.Probability,
		Reason: fmt.Sprintf("%.0f %% likely from %d piece(s) of evidence", 100*c.Probability, len(sights)),
	}}
	sev, why := severity(c)
	parts = append(parts, upwind.ScorePart{Name: "severity", Value: scoreSeverity * sev, Reason: why})
	var traced float64
	detectors := map[string]bool{}
	for _, s := range looks(sights) {
		detectors[s.Detector] = true
	}
	for _, s := range standing(sights) {
		if s.Evidence.Type == EvidenceTrace {
			traced = math.Max(traced, s.Evidence.Probability)
		}
	}
	if traced > 0 {
		parts = append(parts, upwind.ScorePart{
			Name: "traced", Value: scoreTraced * traced,
			Reason: fmt.Sprintf("air was traced back to it with probability %.2f", traced),
		})
	}
	if n := len(detectors); n > 1 {
		parts = append(parts, upwind.ScorePart{
			Name: "sensors", Value: scoreSensors * math.Min(1, float64(n-1)/2),
			Reason: fmt.Sprintf("%d independent detectors agree", n),
		})
	}
	if open, known := openFraction(c); c.Kind == upwind.TargetSandPile && known && open < 1 {
		var sum float64
		for _, p := range parts {
			sum += p.Value
		}
		parts = append(parts, upwind.ScorePart{
			Name: "covered", Value: -sum * (1 - coveredFactor) * (1 - open),
			Reason: fmt.Sprintf("%.0f %% of the pile is covered", 100*(1-open)),
		})
	}
	for i := range parts {
		parts[i].Value = round(parts[i].Value, 3)
	}
	return parts
}

// severity is how much dust or smoke a candidate can make, 0 to 1, with the reason in words.
func severity(c upwind.Candidate) (float64, string) {
	switch c.Kind {
	case upwind.TargetBareSoil:
		if e, ok := c.Measures[upwind.AreaM2]; ok {
			return logScale(e.Value, areaFromM2, areaToM2), fmt.Sprintf("%.0f m2 of bare earth", e.Value)
		}
	case upwind.TargetSandPile:
		open, _ := openFraction(c)
		if e, ok := c.Measures[upwind.VolumeM3]; ok {
			return open * logScale(e.Value, volumeFromM3, volumeToM3), fmt.Sprintf("%.0f m3, %.0f %% of it open to the wind", e.Value, 100*open)
		}
		if e, ok := c.Measures[upwind.AreaM2]; ok {
			return open * logScale(e.Value, areaFromM2, areaToM2), fmt.Sprintf("a pile on %.0f m2, %.0f %% of it open to the wind", e.Value, 100*open)
		}
	case upwind.TargetEmission:
		smoke, seen := smokeSeverity[c.Class]
		if s, why, ok := overLimit(c); ok && s > smoke {
			return s, why
		}
		if seen {
			return smoke, c.Class + " smoke"
		}
	case upwind.TargetWater:
		if s, why, ok := overLimit(c); ok {
			return s, why
		}
	}
	return 0, "size not measured"
}

func overLimit(c upwind.Candidate) (float64, string, bool) {
	e, ok := c.Measures[upwind.OverLimit]
	return logScale(e.Value, 1, overTo), fmt.Sprintf("%.3g times its limit", e.Value), ok
}

func logScale(x, from, to float64) float64 {
	if !(x > from) {
		return 0
	}
	return math.Min(1, math.Log(x/from)/math.Log(to/from))
}

// openFraction is the uncovered share of a pile, measured or from its class, and whether anything is known of it.
func openFraction(c upwind.Candidate) (open float64, known bool) {
	if e, ok := c.Measures[upwind.UncoveredFraction]; ok {
		return math.Max(0, math.Min(1, e.Value)), true
	}
	switch c.Class {
	case upwind.PileCovered:
		return 0, true
	case upwind.PileUncovered:
		return 1, true
	}
	return unknownCover, false
}
