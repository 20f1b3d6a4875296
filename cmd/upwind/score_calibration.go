package main

import (
	"context"
	"fmt"

	sim "upwind/fixtures/release"
	"upwind/tracing/near"
)

// calibrationScenes of each kind are scored, from calibrationFirst on; about half of the scenes hold a single release
// that two sensors notice. The seeds before were looked at while the engine was made.
const (
	calibrationScenes = 160
	calibrationFirst  = sim.ScoreSeed + 25
)

// scoreCalibration runs the near-field engine on simulated releases that share no code with it.
func scoreCalibration(ctx context.Context, _ string) ([]Figure, error) {
	return calibrate(ctx, calibrationScenes)
}

func calibrate(ctx context.Context, scenes int) ([]Figure, error) {
	var c near.Grade
	kinds := make([]near.Grade, len(sim.Kinds))
	for i, kind := range sim.Kinds {
		for seed := range scenes {
			if err := gradeScene(ctx, sim.New(calibrationFirst+uint64(seed), kind), &kinds[i]); err != nil {
				return nil, err
			}
		}
		c.Merge(kinds[i])
	}
	const group = "simulated"
	out := []Figure{
		{group, "near: releases, 90 % rate interval holds", c.Share(c.Rate90), "", "0.85-0.95", fmt.Sprintf("%d releases that two sensors noticed, of %d scenes; median width a factor of %.1f", c.Releases, c.Scenes, at(c.WidthFactors, 0.5))},
		{group, "near: releases, 50 % rate interval holds", c.Share(c.Rate50), "", "0.5", "interval by interpolation in ln between median and bounds"},
		{group, "near: releases, 90 % region holds", c.Share(c.Region90), "", "0.85-0.95", fmt.Sprintf("median area %.0f m2", at(c.AreasM2, 0.5))},
		{group, "near: releases, 50 % region holds", c.Share(c.Region50), "", "0.5", ""},
		{group, "near: releases, location error, median", at(c.ErrorsM, 0.5), "m", "", fmt.Sprintf("90th percentile %.0f m", at(c.ErrorsM, 0.9))},
		{group, "near: releases, CRPS of ln rate", mean(c.CRPS), "", "", ""},
		{group, "near: number of sources right", float64(c.RightNumber) / float64(c.Counted), "", "", fmt.Sprintf("%d scenes whose sources were all noticed by two sensors", c.Counted)},
		{group, "near: false sources in scenes without one", float64(c.FalseSources), "", "0", fmt.Sprintf("of %d scenes", c.Silent)},
	}
	for i, kind := range sim.Kinds {
		k := &kinds[i]
		out = append(out, Figure{group, fmt.Sprintf("near: releases, %s: location error, median", kind), at(k.ErrorsM, 0.5), "m", "",
			fmt.Sprintf("%d releases; 90 %% rate %.2f, region %.2f", k.Releases, k.Share(k.Rate90), k.Share(k.Region90))})
	}
	for _, b := range c.Reliability(near.DefaultSourceOdds) {
		out = append(out, Figure{group, fmt.Sprintf("near: a source is told with %.1f to %.1f: true", b.Lo, b.Hi), b.True, "", fmt.Sprintf("%.2f", b.Told),
			fmt.Sprintf("%d scenes, weighted to the engine's prior odds", b.N)})
	}
	return out, nil
}

func gradeScene(ctx context.Context, s sim.Scene, g *near.Grade) error {
	p, pl, err := near.Assemble(near.Given{Readings: s.Readings, Wind: s.Wind, From: s.Start, To: s.End, PerUnit: scenePerUnit(s)})
	if err != nil {
		return err
	}
	a, err := near.Run(ctx, p, nil)
	if err != nil {
		return err
	}
	var truth []near.Truth
	for _, t := range s.Truth {
		truth = append(truth, near.Truth{At: pl.XY(t.Lon, t.Lat), GramsPerS: t.GramsPerS, Noticed: t.SensorsHit >= 2})
	}
	g.Add(a, truth)
	return nil
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
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
