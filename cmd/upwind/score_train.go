package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"upwind/raster/forest"
	"upwind/raster/gdal"
)

// trainSeeds are how many times the polygons are dealt into folds anew.
const trainSeeds = 8

// scoreTrain tells the clearing of a Landsat scene polygon by polygon with forests that had not seen them. The labels mean clearing,
// fallen and dry trees included, and not bare soil.
func scoreTrain(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	dir := filepath.Join(shared, "raster/landsat5_clearing")
	set, err := readTrainingSet(ctx, filepath.Join(dir, "labels.geojson"), []string{filepath.Join(dir, "lt5_dn_7band.tif")}, nil, nil)
	if err != nil {
		return nil, err
	}
	class := func(name string) int { return slices.Index(set.about.Classes, name) }
	cleared, fallen, trees := class("cleared"), class("fallen_dry"), class("forest")
	var f1, recall, wrong []float64
	for seed := range uint64(trainSeeds) {
		held, err := forest.CrossValidate(ctx, set.samples, set.group, set.groupClass, 4, seed+1, forest.Options{Seed: seed + 1})
		if err != nil {
			return nil, err
		}
		t := held.Tally
		f1, recall, wrong = append(f1, t.F1(cleared, fallen)), append(recall, t.Recall(fallen, cleared, fallen)), append(wrong, t.Recall(trees, cleared, fallen))
	}
	say := func(name string, v []float64, goal string) Figure {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return Figure{"real", "train: Landsat clearing, " + name, sum / float64(len(v)), "", goal,
			fmt.Sprintf("4 folds by polygon, mean of %d seeds; %.4f to %.4f", len(v), slices.Min(v), slices.Max(v))}
	}
	return []Figure{say("F1", f1, "0.993"), say("fallen_dry told as clearing", recall, "0.97"), say("forest told as clearing", wrong, "0.003")}, nil
}
