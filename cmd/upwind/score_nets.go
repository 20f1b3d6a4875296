package main

import (
	"context"
	"fmt"

	"upwind"
	"upwind/fixtures/nets"
	"upwind/raster"
	"upwind/raster/gdal"
)

// netSeeds are how many crops are scored, a quarter of each kind.
const netSeeds = 800

// scoreNets tells nets laid over real earth from earth and plants, by colour alone.
func scoreNets(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	g, err := nets.Read(ctx, shared)
	if err != nil {
		return nil, err
	}
	return netFigures(g, 0), nil
}

func netFigures(g nets.Ground, from uint64) []Figure {
	right, of := map[nets.Kind]int{}, map[nets.Kind]int{}
	for seed := from; seed < from+netSeeds; seed++ {
		crop, kind := nets.Sample(g, seed)
		var c raster.Cover
		for i := range crop[0] {
			c.Add(crop[:], i, 255)
		}
		class, _, _ := c.Class()
		ok := class == upwind.PileCovered
		switch kind {
		case nets.Uncovered:
			ok = class == upwind.PileUncovered
		case nets.Plants:
			ok = c.Plants()
		default:
			ok = ok && !c.Plants()
		}
		of[kind]++
		if ok {
			right[kind]++
		}
	}
	sum, note := 0, ""
	for _, k := range nets.Kinds {
		sum += right[k]
		note += fmt.Sprintf("%s %d of %d; ", k, right[k], of[k])
	}
	return []Figure{{"simulated", "nets laid over crops of real drone pictures: told from earth and plants", float64(sum) / netSeeds, "", "0.93", note + fmt.Sprintf("%d crops of earth, %d of plants", len(g.Earth), len(g.Plants))}}
}
