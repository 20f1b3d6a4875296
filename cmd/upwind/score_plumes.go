package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"upwind/fixtures/plumes"
	"upwind/raster"
)

// plumeSeeds are how many composited pictures of each kind are scored.
const plumeSeeds = 100

// scorePlumes looks for smoke that is laid over real satellite pictures, and for false alarms on clear ones and on ones with clouds.
func scorePlumes(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	grounds, err := plumes.Grounds(shared)
	if err != nil {
		return nil, err
	}
	return plumeFigures(ctx, grounds, 0)
}

func plumeFigures(ctx context.Context, grounds []plumes.Picture, from uint64) ([]Figure, error) {
	var ious, origins, axes []float64
	found, clouded, clean := 0, 0, 0
	for seed := from; seed < from+plumeSeeds; seed++ {
		p, truth := plumes.Smoke(grounds, seed)
		res, mask, err := lookForSmoke(ctx, p)
		if err != nil {
			return nil, err
		}
		both, all := 0, 0
		for i, is := range truth.Smoke {
			said := mask.Pix[i] == raster.MaskYes
			if is && said {
				both++
			}
			if is || said {
				all++
			}
		}
		ious = append(ious, float64(both)/float64(all))
		if both > 0 {
			found++
			best, turn := math.Inf(1), 0.0
			for _, d := range res.Detections {
				x, y, ok := groundOf(p).Pixel(d.Axis.Lon, d.Axis.Lat)
				if e := math.Hypot(x-truth.Origin[0], y-truth.Origin[1]); ok && e < best {
					best, turn = e, math.Abs(math.Mod(d.Axis.TowardDeg-truth.TowardDeg+540, 360)-180)
				}
			}
			origins, axes = append(origins, best), append(axes, turn)
		}
		if res, _, err = lookForSmoke(ctx, plumes.Clouds(grounds, seed)); err != nil {
			return nil, err
		}
		clouded += res.Objects
	}
	for _, g := range grounds {
		res, _, err := lookForSmoke(ctx, g)
		if err != nil {
			return nil, err
		}
		clean += res.Objects
	}
	mean := 0.0
	for _, v := range ious {
		mean += v / float64(len(ious))
	}
	slices.Sort(origins)
	slices.Sort(axes)
	middle := func(v []float64) float64 { return v[len(v)/2] }
	const group = "simulated"
	return []Figure{
		{group, "smoke laid over real satellite pictures: IoU, mean", mean, "", "0.65", fmt.Sprintf("%d pictures, %d with any of it found; a miss counts as 0", plumeSeeds, found)},
		{group, "its origin, median error", middle(origins), "px", "3", fmt.Sprintf("90th percentile %.1f", origins[len(origins)*9/10])},
		{group, "its axis, median error", middle(axes), "deg", "", ""},
		{group, "false plumes on the same ground with clouds", float64(clouded), "", "", fmt.Sprintf("%d pictures", plumeSeeds)},
		{group, "false plumes on the clear pictures", float64(clean), "", "", fmt.Sprintf("%d pictures", len(grounds))},
	}, nil
}

// groundOf places a composited picture.
func groundOf(plumes.Picture) raster.FlatGrid {
	return raster.FlatGrid{Lon: 116, Lat: 36.5, GSDM: 10, Sigma: 5}
}

func lookForSmoke(ctx context.Context, p plumes.Picture) (raster.Result, *raster.Mask, error) {
	src := &raster.MemorySource{SourceInfo: raster.SourceInfo{Name: "composite", Width: p.W, Height: p.H}, Pix: p.Bands}
	for _, r := range plumes.Roles {
		src.SourceInfo.Bands = append(src.SourceInfo.Bands, raster.Band{Type: "float32", Description: string(r), Scale: 1})
	}
	s, err := raster.NewScene(src, raster.SceneOptions{Locator: groundOf(p)})
	if err != nil {
		return raster.Result{}, nil, err
	}
	mask := raster.NewMask(p.W, p.H)
	d, _ := raster.Find("smoke-depth")
	res, err := d.Detect(ctx, s, raster.Options{Mask: mask}, nil)
	return res, mask, err
}
