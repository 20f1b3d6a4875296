package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/fixtures/yard"
	"upwind/lidar"
	"upwind/lidar/las"
	"upwind/lidar/pile"
	"upwind/lidar/terrain"
)

// scoreClouds compares the readers with LASzip's, the ground with the ISPRS reference, and looks at scenes
// without a pile.
func scoreClouds(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	dir := filepath.Join(shared, "pointcloud")
	out, err := scoreLAZ(ctx, dir)
	if err != nil {
		return nil, err
	}
	ground, err := scoreGround(ctx, dir)
	if err != nil {
		return nil, err
	}
	scenes, err := scoreScenes(ctx, dir)
	return append(append(out, ground...), scenes...), err
}

// scoreLAZ counts the compressed files whose points have the digest that LASzip's decoder gives.
func scoreLAZ(ctx context.Context, dir string) ([]Figure, error) {
	f, err := os.Open(filepath.Join(dir, "laszip_reference.tsv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	equal, all := 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		column := strings.Split(s.Text(), "\t")
		if strings.HasPrefix(s.Text(), "#") || len(column) < 3 {
			continue
		}
		want := strings.TrimSpace(column[len(column)-1])
		if len(want) != 64 || strings.TrimSpace(column[1]) == "open" {
			continue // LASzip cannot open it either; that is the tests' matter
		}
		all++
		r, err := openCloudFile(filepath.Join(dir, filepath.FromSlash(column[0])))
		if err != nil {
			continue
		}
		sum, _, err := las.Digest(ctx, r.Reader)
		r.Close()
		if err == nil && hex.EncodeToString(sum[:]) == want {
			equal++
		}
	}
	return []Figure{{"real", "LAZ and COPC: files equal to LASzip's decoder, bit by bit", float64(equal), "", fmt.Sprint(all), fmt.Sprintf("of %d", all)}}, nil
}

// scoreGround is the error of the ground filter on the ISPRS samples, one set of parameters for all.
func scoreGround(ctx context.Context, dir string) ([]Figure, error) {
	samples, err := filepath.Glob(filepath.Join(dir, "isprs", "*.las"))
	if err != nil || len(samples) == 0 {
		return nil, err
	}
	var out []Figure
	var total, kappa float64
	for _, path := range samples {
		e, err := groundErrors(ctx, path)
		if err != nil {
			return nil, err
		}
		total, kappa = total+e.Total/float64(len(samples)), kappa+e.Kappa/float64(len(samples))
		out = append(out, Figure{"real", "ground, " + strings.TrimSuffix(filepath.Base(path), ".las") + ", total error", e.Total, "%", "",
			fmt.Sprintf("type I %.2f, type II %.2f, kappa %.1f", e.TypeI, e.TypeII, e.Kappa)})
	}
	return append(out, Figure{"real", fmt.Sprintf("ground, mean total error of %d samples", len(samples)), total, "%", "<= 3.7", "one set of parameters"},
		Figure{"real", "ground, mean kappa", kappa, "%", ">= 85", ""}), nil
}

func groundErrors(ctx context.Context, path string) (terrain.Errors, error) {
	r, err := openCloudFile(path)
	if err != nil {
		return terrain.Errors{}, err
	}
	defer r.Close()
	m, err := terrain.Ground(ctx, []*las.Reader{r.Reader}, terrain.Options{}, nil)
	if err != nil {
		return terrain.Errors{}, err
	}
	if err := r.Rewind(); err != nil {
		return terrain.Errors{}, err
	}
	var truth, got []bool
	for p, err := range r.Points() {
		if err != nil {
			return terrain.Errors{}, err
		}
		got = append(got, m.IsGround(0, int64(len(got))))
		truth = append(truth, p.Class == las.ClassGround)
	}
	return terrain.Score(truth, got), nil
}

// scoreScenes counts what is found where nobody heaped anything up.
func scoreScenes(ctx context.Context, dir string) ([]Figure, error) {
	var out []Figure
	for _, name := range []string{"las_with_several_extra_byte_bloc.laz", "Topography.laz", "autzen_trim.laz", "bcts_2.laz"} {
		s := cloudSearch{reports: map[string]lidar.Report{}}
		path := filepath.Join(dir, "scenes", name)
		if err := s.search(ctx, path, "", lidar.Detector, lidar.Options{}); err != nil {
			return nil, err
		}
		out = append(out, Figure{"real", "piles found in " + name + ", which has none", float64(len(s.found)), "", "0", ""})
		if name == "las_with_several_extra_byte_bloc.laz" {
			soil := cloudSearch{reports: map[string]lidar.Report{}}
			if err := soil.search(ctx, path, "", lidar.SoilDetector, lidar.Options{}); err != nil {
				return nil, err
			}
			area, sigma := 0.0, 0.0
			for _, f := range soil.found {
				area, sigma = area+f.measures[upwind.AreaM2].Value, math.Hypot(sigma, f.measures[upwind.AreaM2].Sigma)
			}
			out = append(out, Figure{"real", "bare soil in it, by colour", area, "m2", "", fmt.Sprintf("+- %.0f m2, in %d pieces", sigma, len(soil.found))})
		}
	}
	return out, nil
}

// yardFinder is the pile engine as the yards' scores call it.
func yardFinder(ctx context.Context, g *yard.Grid) ([]yard.Found, error) {
	piles, err := pile.Find(ctx, pile.Surface{W: g.W, H: g.H, CellM: g.CellM, Z: g.Z, SpreadM: g.SpreadM}, pile.Options{}, nil)
	if err != nil {
		return nil, err
	}
	out := make([]yard.Found, len(piles))
	for i, p := range piles {
		ring := make(orb.Ring, len(p.Outline))
		for k, q := range p.Outline {
			ring[k][0], ring[k][1] = g.Place(q.X, q.Y)
		}
		out[i] = yard.Found{Outline: ring, Volume: p.Volume, Probability: p.Probability}
	}
	return out, nil
}

// intervalRuns is how many heaps of each family are measured: more than 500 in all.
const intervalRuns = 65

// scoreYards finds and measures the heaps of simulated yards that nothing was tuned on.
func scoreYards(ctx context.Context, _ string) ([]Figure, error) {
	const group = "simulated"
	r, err := yard.Yards(ctx, yard.ScoringSeeds, yardFinder)
	if err != nil {
		return nil, err
	}
	_, ece := yard.Reliability(r.Probabilities, 10)
	out := []Figure{
		{group, fmt.Sprintf("yards: heaps found, F1, %d yards", len(yard.ScoringSeeds)), r.F1(), "", ">= 0.85", fmt.Sprintf("precision %.3f, recall %.3f", r.Precision(), r.Recall())},
		{group, "yards: volume error, median", 100 * r.VolumeError(0.5), "%", "", fmt.Sprintf("p90 %.1f %%", 100*r.VolumeError(0.9))},
		{group, "yards: expected calibration error of the probability", ece, "", "", "calibrated on other yards of the same simulator"},
	}
	byFamily, err := yard.Intervals(ctx, yard.ScoringRun, intervalRuns, yardFinder)
	if err != nil {
		return nil, err
	}
	var all yard.Report
	for _, f := range yard.Families {
		r := byFamily[f]
		all.Add(r)
		out = append(out, Figure{group, "95 % volume interval holds, " + string(f), 100 * r.Coverage(), "%", "",
			fmt.Sprintf("of %d found, %d missed; median error %.1f %%, median sigma %.1f %%", r.Hits, r.Missed, 100*r.VolumeError(0.5), 100*r.MedianSigma())})
	}
	return append(out, Figure{group, fmt.Sprintf("95 %% volume interval holds, %d heaps", all.Hits), 100 * all.Coverage(), "%", "93-97",
		fmt.Sprintf("median error %.1f %%, median sigma %.1f %%", 100*all.VolumeError(0.5), 100*all.MedianSigma())}), nil
}
