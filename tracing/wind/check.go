package wind

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"upwind"
	"upwind/tracing/plane"
)

const (
	checkNeighbours = 8
	checkReachM     = 60e3 // further away the wind is another
	checkLeast      = 12   // times in common
	clockLeast      = 24   // times in common to tell a clock
	minWindMS       = 1.0  // below it a direction says little
	// A turn this large, kept up through the record (resultant length at least steadyTurn), is no weather.
	reversedDeg, turnedDeg = 135.0, 35.0
	steadyTurn             = 0.7
	reversedSteady         = 0.4
	speedRatio             = 2.5 // of the medians: km/h instead of m/s is 3.6, knots 1.94
	maxLagHours            = 3
	clockGain              = 0.1 // in correlation, over that without a shift
	clockCorrelation       = 0.5 // and at least that much
	// Equal directions in a wind, one after the other. Where directions are written in points or tens of degrees
	// three days: a winter in Beijing in 16 points has runs of 32 hours.
	frozenTimes, frozenCoarse = 12, 72
	coarseDirections          = 36
)

// Suspicion is what is odd about one station.
type Suspicion struct {
	StationID string
	Kind      string  // reversed, turned, clock, speed, frozen
	Value     float64 // degrees clockwise, degrees, hours that its times are too late, times, readings
	Words     string
}

// Check compares each station with its neighbours, over all readings given, and names those whose direction is
// reversed or turned, whose clock is hours off, whose speed looks like another unit, and vanes that stand still.
// It needs a dozen times in common; a station without neighbours is only looked at for a vane that stands still.
func Check(readings []upwind.Wind) []Suspicion {
	if len(readings) == 0 {
		return nil
	}
	pl := plane.New(readings[0].Lon, readings[0].Lat)
	whole := plane.Box{X0: -reachM, Y0: -reachM, X1: reachM, Y1: reachM}
	first, last := readings[0].Start, readings[0].Start
	for _, w := range readings {
		if w.Start.Before(first) {
			first = w.Start
		}
		if w.Start.After(last) {
			last = w.Start
		}
	}
	kept, _ := usable(readings, pl, whole, first, last, nil)
	series := bySeries(kept, pl, whole, newProfile(Options{RoughnessM: defaultRoughnessM}))
	slices.SortStableFunc(series, func(a, b Series) int { return cmp.Compare(a.ID, b.ID) })
	still := frozenTimes
	if n := directions(series); n > 1 && n <= coarseDirections {
		still = frozenCoarse
	}
	var out []Suspicion
	for i, s := range series {
		if n := frozen(s); n >= still {
			out = append(out, Suspicion{s.ID, "frozen", float64(n), fmt.Sprintf("station %s: %d readings of one direction one after the other; does the vane stand still?", s.ID, n)})
		}
		around := neighbours(series, i)
		if len(around) == 0 {
			continue
		}
		if x, odd := compare(s, around); odd {
			out = append(out, x)
		}
		if x, odd := clock(s, around); odd {
			out = append(out, x)
		}
	}
	return out
}

func neighbours(series []Series, i int) []Series {
	var out []Series
	for j, s := range series {
		if d := s.At.To(series[i].At); j != i && d <= checkReachM {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Series) int { return cmp.Compare(a.At.To(series[i].At), b.At.To(series[i].At)) })
	return out[:min(len(out), checkNeighbours)]
}

// around is the median wind of the neighbours, component by component, so that one bad station among three does
// not speak for them.
func around(near []Series, t float64) (u, v float64, ok bool) {
	var us, vs []float64
	for _, s := range near {
		if a, b, gap, ok := s.Value(t); ok && gap <= s.StepS {
			us, vs = append(us, a), append(vs, b)
		}
	}
	return median(us), median(vs), len(us) > 0
}

// compare looks at the turn and the ratio to the neighbours.
func compare(s Series, near []Series) (Suspicion, bool) {
	var re, im, weight float64
	var ratios []float64
	for i, t := range s.T {
		u, v, ok := around(near, t)
		if !ok || math.Hypot(u, v) < minWindMS || math.Hypot(s.U[i], s.V[i]) < minWindMS {
			continue
		}
		n := math.Hypot(u, v) * math.Hypot(s.U[i], s.V[i])
		re += (u*s.U[i] + v*s.V[i]) / n
		im += (u*s.V[i] - v*s.U[i]) / n
		weight++
		ratios = append(ratios, math.Hypot(s.U[i], s.V[i])/math.Hypot(u, v))
	}
	if weight < checkLeast {
		return Suspicion{}, false
	}
	turn, steady := -math.Atan2(im, re)/radiansADegree, math.Hypot(re, im)/weight
	ratio := median(ratios)
	switch {
	case math.Abs(turn) > reversedDeg && steady >= reversedSteady:
		return Suspicion{s.ID, "reversed", turn, fmt.Sprintf("station %s: its wind comes from the opposite side of its neighbours' (turned by %.0f degrees); is \"blows to\" written as \"comes from\"?", s.ID, turn)}, true
	case math.Abs(turn) > turnedDeg && steady >= steadyTurn:
		return Suspicion{s.ID, "turned", turn, fmt.Sprintf("station %s: its wind is turned by %.0f degrees (clockwise positive) from its neighbours'; check how the vane is aligned", s.ID, turn)}, true
	case ratio > speedRatio || ratio < 1/speedRatio:
		return Suspicion{s.ID, "speed", ratio, fmt.Sprintf("station %s: its speed is %.1f times its neighbours'; is it in m/s, and open to the wind?", s.ID, ratio)}, true
	}
	return Suspicion{}, false
}

// clock looks whether the series fits its neighbours better when it is moved by hours.
func clock(s Series, near []Series) (Suspicion, bool) {
	var at [2*maxLagHours + 1]float64
	best := maxLagHours
	for i := range at {
		lag := float64(i-maxLagHours) * 3600
		r, n := vectorCorrelation(s, near, lag)
		if n < clockLeast {
			return Suspicion{}, false
		}
		at[i] = r
		if r > at[best] {
			best = i
		}
	}
	hours := float64(best - maxLagHours)
	if hours == 0 || at[best] < clockCorrelation || at[best]-at[maxLagHours] < clockGain {
		return Suspicion{}, false
	}
	return Suspicion{s.ID, "clock", hours, fmt.Sprintf("station %s: its wind fits its neighbours' better (correlation %.2f, not %.2f) with its times moved by %+.0f h; check its clock and time zone",
		s.ID, at[best], at[maxLagHours], -hours)}, true
}

// vectorCorrelation is the real part of the complex correlation of the wind's departures from its mean, with the
// neighbours taken lag seconds before: positive when the station says late what they say.
func vectorCorrelation(s Series, near []Series, lag float64) (r float64, n int) {
	var a, b, c, d []float64
	for i, t := range s.T {
		if u, v, ok := around(near, t-lag); ok {
			a, b, c, d = append(a, s.U[i]), append(b, s.V[i]), append(c, u), append(d, v)
		}
	}
	ma, mb, mc, md := mean(a), mean(b), mean(c), mean(d)
	var xy, xx, yy float64
	for i := range a {
		u, v, p, q := a[i]-ma, b[i]-mb, c[i]-mc, d[i]-md
		xy += u*p + v*q
		xx += u*u + v*v
		yy += p*p + q*q
	}
	if xx == 0 || yy == 0 {
		return 0, len(a)
	}
	return xy / math.Sqrt(xx*yy), len(a)
}

// directions counts the different directions of all series, in tenths of a degree.
func directions(series []Series) int {
	seen := map[int]bool{}
	for _, s := range series {
		for i := range s.T {
			if math.Hypot(s.U[i], s.V[i]) > 0 {
				seen[int(math.Round(math.Atan2(s.U[i], s.V[i])/radiansADegree*10+3600))%3600] = true
			}
		}
	}
	return len(seen)
}

// frozen is the longest run of one direction in a wind that changes its speed.
func frozen(s Series) int {
	longest, run := 1, 1
	for i := 1; i < len(s.T); i++ {
		a, b := math.Hypot(s.U[i-1], s.V[i-1]), math.Hypot(s.U[i], s.V[i])
		turn := math.Abs(s.U[i-1]*s.V[i]-s.V[i-1]*s.U[i]) / max(a*b, 1e-9)
		if a > minWindMS && b > minWindMS && a != b && turn < 1e-6 && s.U[i-1]*s.U[i]+s.V[i-1]*s.V[i] > 0 {
			run++
			longest = max(longest, run)
		} else {
			run = 1
		}
	}
	return longest
}
