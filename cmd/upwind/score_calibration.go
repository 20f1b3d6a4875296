package main

import (
	"context"
	"fmt"
	"math"

	sim "upwind/fixtures/release"
	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
)

// calibrationScenes of each kind are scored, from sim.ScoreSeed on.
const calibrationScenes = 80

// calibration counts, over simulated releases with known truth, how often intervals hold what they should.
type calibration struct {
	scenes, silent, falseAlarms int
	sources, rightNumber        int
	events                      int // scenes with one source that two sensors noticed
	rate50, rate90, hpd50, in90 int
	errs, width, area, crps     []float64
	chances                     []chance
}

// chance is a probability that was told, and whether it came true.
type chance struct {
	p    float64
	true bool
}

// scoreCalibration runs the near-field engine on simulated releases that share no code with it.
func scoreCalibration(ctx context.Context, _ string) ([]Figure, error) {
	return calibrate(ctx, calibrationScenes)
}

func calibrate(ctx context.Context, scenes int) ([]Figure, error) {
	var c calibration
	var kinds [4]calibration
	for _, kind := range sim.Kinds {
		for seed := range scenes {
			s := sim.New(sim.ScoreSeed+uint64(seed), kind)
			if err := c.add(ctx, s, &kinds[kind]); err != nil {
				return nil, err
			}
		}
	}
	const group = "simulated"
	n := float64(c.events)
	out := []Figure{
		{group, "near: releases, 90 % rate interval holds", float64(c.rate90) / n, "", "0.85-0.95", fmt.Sprintf("%d releases that two sensors noticed, of %d scenes; median width a factor of %.1f", c.events, c.scenes, at(c.width, 0.5))},
		{group, "near: releases, 50 % rate interval holds", float64(c.rate50) / n, "", "0.5", "interval by interpolation in ln between median and bounds"},
		{group, "near: releases, 90 % region holds", float64(c.in90) / n, "", "0.85-0.95", fmt.Sprintf("median area %.0f m2", at(c.area, 0.5))},
		{group, "near: releases, 50 % region holds", float64(c.hpd50) / n, "", "0.5", ""},
		{group, "near: releases, location error, median", at(c.errs, 0.5), "m", "", fmt.Sprintf("90th percentile %.0f m", at(c.errs, 0.9))},
		{group, "near: releases, CRPS of ln rate", mean(c.crps), "", "", ""},
		{group, "near: number of sources right", float64(c.rightNumber) / float64(c.sources), "", "", fmt.Sprintf("%d scenes whose sources were all noticed by two sensors", c.sources)},
		{group, "near: false sources in scenes without one", float64(c.falseAlarms), "", "0", fmt.Sprintf("of %d scenes", c.silent)},
	}
	for _, kind := range sim.Kinds {
		k := kinds[kind]
		m := float64(max(k.events, 1))
		out = append(out, Figure{group, fmt.Sprintf("near: releases, %s: location error, median", kind), at(k.errs, 0.5), "m", "",
			fmt.Sprintf("%d releases; 90 %% rate %.2f, region %.2f", k.events, float64(k.rate90)/m, float64(k.in90)/m)})
	}
	return append(out, reliability(c.chances)...), nil
}

func (c *calibration) add(ctx context.Context, s sim.Scene, kind *calibration) error {
	p, pl, err := near.Assemble(near.Given{Readings: s.Readings, Wind: s.Wind, From: s.Start, To: s.End, PerUnit: scenePerUnit(s)})
	if err != nil {
		return err
	}
	a, err := near.Run(ctx, p, nil)
	if err != nil {
		return err
	}
	c.scenes++
	told := 0
	for _, x := range a.Sources {
		if x.Probability >= 0.5 {
			told++
		}
	}
	noticed := 0
	for _, t := range s.Truth {
		if t.SensorsHit >= 2 {
			noticed++
		}
	}
	if len(s.Truth) == 0 {
		c.silent++
		c.falseAlarms += told
	}
	if noticed == len(s.Truth) {
		c.sources++
		if told == noticed {
			c.rightNumber++
		}
	}
	if x, ok := freeOf(a); ok {
		c.chances = append(c.chances, chance{x.Probability, len(s.Truth) > 0})
		if len(s.Truth) == 1 && noticed == 1 {
			t := s.Truth[0]
			for _, k := range []*calibration{c, kind} {
				k.release(x, pl.XY(t.Lon, t.Lat), t.GramsPerS)
			}
		}
	}
	return nil
}

// release counts one single source that two sensors noticed.
func (c *calibration) release(x invert.Source, truth plane.Point, rate float64) {
	c.events++
	c.errs = append(c.errs, x.At.To(truth))
	lo, mid, hi, q := math.Log(x.Rate.Lo90), math.Log(x.Rate.Median), math.Log(x.Rate.Hi90), math.Log(rate)
	if q >= lo && q <= hi {
		c.rate90++
	}
	// Of a normal the quartiles lie at 0.41 of the way to the 5 and 95 % bounds.
	const quartile = 0.6744897501960817 / 1.6448536269514722
	if q >= mid+quartile*(lo-mid) && q <= mid+quartile*(hi-mid) {
		c.rate50++
	}
	if inCells(x.HPD90, x.CellM, truth) {
		c.in90++
	}
	if inCells(x.HPD50, x.CellM, truth) {
		c.hpd50++
	}
	c.width = append(c.width, x.Rate.Hi90/x.Rate.Lo90)
	c.area = append(c.area, float64(len(x.HPD90))*x.CellM*x.CellM)
	c.crps = append(c.crps, crpsNormal(q, mid, (hi-lo)/2/1.6448536269514722))
}

// crpsNormal is the continuous ranked probability score of a normal forecast (Gneiting & Raftery 2007).
func crpsNormal(x, mu, sigma float64) float64 {
	z := (x - mu) / sigma
	return sigma * (z*math.Erf(z/math.Sqrt2) + 2*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi) - 1/math.Sqrt(math.Pi))
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

// reliability is the table of probabilities told against how often they came true.
func reliability(all []chance) []Figure {
	edges := []float64{0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0000001}
	var out []Figure
	for i := range len(edges) - 1 {
		n, hit, told := 0, 0, 0.0
		for _, c := range all {
			if c.p >= edges[i] && c.p < edges[i+1] {
				n++
				told += c.p
				if c.true {
					hit++
				}
			}
		}
		if n > 0 {
			out = append(out, Figure{"simulated", fmt.Sprintf("near: a source is told with %.1f to %.1f: true", edges[i], math.Min(edges[i+1], 1)),
				float64(hit) / float64(n), "", fmt.Sprintf("%.2f", told/float64(n)), fmt.Sprintf("%d scenes", n)})
		}
	}
	return out
}

// scenePerUnit turns the unit of a scene into g/m3 with the pressure and temperature of its wind.
func scenePerUnit(s sim.Scene) float64 {
	switch s.Readings[0].Unit {
	case "mg/m3":
		return 1e-3
	case "ug/m3":
		return 1e-6
	}
	pa, c := chilboltonPa, chilboltonC
	if w := s.Wind[0]; w.PressPa != nil && w.TempC != nil {
		pa, c = *w.PressPa, *w.TempC
	}
	return methanePerPPM(pa, c)
}
