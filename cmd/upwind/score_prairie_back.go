package main

import (
	"context"
	"fmt"
	"math"
	"sort"

	"upwind/tracing/plume"
)

const (
	// How far the plumes of this experiment lie from the measured wind, as sd.
	prairieWindSD  = 3 * math.Pi / 180
	samplersPerFit = 5.0 // neighbouring samplers share the same eddies: so many count as one
	searchAlongM   = 400.0
	searchAcrossM  = 150.0
)

// hiddenSource is where a run's source seems to be: along the measured wind and across it, from the true place, and the
// rate over the true one.
type hiddenSource struct{ alongM, acrossM, turn, rate float64 }

// sample is a mean in the frame of the measured wind: x downwind of the true source, y to the left.
type sample struct{ x, y, root float64 } // m, m, square root of g/m3

// prairieBackward hides the source of each run and looks for it with all samplers and the measured wind, which may be
// turned within its error. Rates are free.
func prairieBackward(ctx context.Context, runs []prairieRun) ([]Figure, error) {
	var along, across, distance, rates []float64
	factor2 := 0.0
	for _, r := range runs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		found, err := r.locate()
		if err != nil {
			return nil, err
		}
		along, across = append(along, math.Abs(found.alongM)), append(across, math.Abs(found.acrossM))
		distance = append(distance, math.Hypot(found.alongM, found.acrossM))
		rates = append(rates, found.rate)
		if found.rate > 0.5 && found.rate < 2 {
			factor2++
		}
	}
	for _, v := range [][]float64{along, across, distance, rates} {
		sort.Float64s(v)
	}
	n := len(runs)
	note := fmt.Sprintf("%d runs, median; searched %g m along and %g m across, 3 degrees of wind error", n, searchAlongM, searchAcrossM)
	return []Figure{
		{"real", "Prairie Grass hidden source, error along the wind", along[n/2], "m", "", note},
		{"real", "Prairie Grass hidden source, error across the wind", across[n/2], "m", "", "median"},
		{"real", "Prairie Grass hidden source, distance", distance[n/2], "m", "", "median"},
		{"real", "Prairie Grass hidden source, distance, 90th percentile", distance[int(math.Ceil(0.9*float64(n)))-1], "m", "", ""},
		{"real", "Prairie Grass hidden source, rate over the true one", rates[n/2], "", "1", "median"},
		{"real", "Prairie Grass hidden source, rate within a factor of 2", factor2 / float64(n), "", "", ""},
	}, nil
}

// locate is a coarse look over the whole box, then a search by halving steps.
func (r prairieRun) locate() (hiddenSource, error) {
	puffs, err := r.puffs(800+2*searchAlongM, prairieLiterature)
	if err != nil {
		return hiddenSource{}, err
	}
	var samples []sample
	for _, a := range r.arcs {
		for i, b := range a.bearing {
			off := b - (r.fromRad + math.Pi) // clockwise from the way the wind blows
			samples = append(samples, sample{a.distanceM * math.Cos(off), -a.distanceM * math.Sin(off), math.Sqrt(a.gramsM3[i])})
		}
	}
	fit := prairieFit{puffs: puffs, samples: samples}
	best := [3]float64{}
	least := math.Inf(1)
	for x := -searchAlongM + 7; x < 48; x += 20 { // the nearest samplers stand at 50 m
		for y := -searchAcrossM + 3; y < searchAcrossM; y += 10 {
			if c, _ := fit.cost([3]float64{x, y, 0}); c < least {
				best, least = [3]float64{x, y, 0}, c
			}
		}
	}
	step := [3]float64{10, 5, 0.02}
	for step[0] > 0.2 {
		moved := false
		for k := range step {
			for _, sign := range []float64{-1, 1} {
				next := best
				next[k] += sign * step[k]
				if c, _ := fit.cost(next); c < least {
					best, least, moved = next, c, true
				}
			}
		}
		if !moved {
			for k := range step {
				step[k] /= 2
			}
		}
	}
	_, q := fit.cost(best)
	return hiddenSource{best[0], best[1], best[2], q / r.gramsPerS}, nil
}

// prairieFit judges places by the square roots of the concentrations, which makes the errors of near and far alike.
type prairieFit struct {
	puffs   []plume.Puff
	samples []sample
}

// cost is twice the negative log likelihood of a source at x, y with the wind turned by a, and its best rate in g/s.
func (f prairieFit) cost(at [3]float64) (cost, rate float64) {
	sin, cos := math.Sincos(at[2])
	var seen, cross, kernel float64
	for _, s := range f.samples {
		x, y := s.x-at[0], s.y-at[1]
		h := downwind(f.puffs, x*cos+y*sin, y*cos-x*sin)
		seen += s.root * s.root
		cross += s.root * math.Sqrt(h)
		kernel += h
	}
	if kernel == 0 {
		return math.Inf(1), 0
	}
	left := max(seen-cross*cross/kernel, 1e-9*seen)
	n := float64(len(f.samples)) / samplersPerFit
	return n*math.Log(left/seen) + at[2]*at[2]/(prairieWindSD*prairieWindSD), cross * cross / (kernel * kernel)
}

// downwind is the kernel of a sampler x m downwind of the source and y to the left.
func downwind(puffs []plume.Puff, x, y float64) float64 { return plume.At(puffs, -x, -y, 0) }
