package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"upwind/fixtures"
	"upwind/fixtures/yard"
	"upwind/lidar/las"
)

// cloudScenes are the real files that decoding is timed on, with what LASzip's own decoder reaches on a machine of
// this class, one thread, Mpoints/s (measured apart, not in this run: the program has no cgo decoder to ship).
var cloudScenes = []struct {
	name, file string
	layers     las.Layers
	rival      string
}{
	{"LAZ, point format 1", "formats/lidR/Megaplot.laz", las.AllLayers, "LASzip 3.55-4.13"},
	{"LAZ, point format 1, forest", "scenes/bcts_2.laz", las.AllLayers, "LASzip 3.55-4.13"},
	{"LAZ, point format 8, all", "scenes/las_with_several_extra_byte_bloc.laz", las.AllLayers, "LASzip 2.68"},
	{"LAZ, point format 8, x y z and class", "scenes/las_with_several_extra_byte_bloc.laz", las.LayerZ | las.LayerClass, "LASzip 6.60"},
}

// benchClouds times decoding, and the whole way from ten million points to piles.
func benchClouds(ctx context.Context, dir string) ([]Timing, error) {
	var out []Timing
	if shared, ok := fixtures.SharedData(); ok {
		for _, s := range cloudScenes {
			t, err := timeDecoding(filepath.Join(shared, "pointcloud", filepath.FromSlash(s.file)), s.layers)
			if err != nil {
				return nil, err
			}
			t.Name, t.Note = s.name, s.rival+" Mpoints/s on a machine of this class; "+t.Note
			out = append(out, t)
		}
	}
	t, err := timePiles(ctx, dir)
	return append(out, t...), err
}

// timeDecoding is the median speed of reading every point with one thread, and how much faster two are.
func timeDecoding(path string, layers las.Layers) (Timing, error) {
	read := func(threads int) (float64, error) {
		r, err := openCloudFile(path)
		if err != nil {
			return 0, err
		}
		defer r.Close()
		if err := errors.Join(r.Threads(threads), r.Select(layers)); err != nil {
			return 0, err
		}
		buf := make([]las.Point, 4096)
		start := time.Now()
		for {
			if _, err := r.Read(buf); errors.Is(err, io.EOF) {
				return float64(r.Count()) / time.Since(start).Seconds() / 1e6, nil
			} else if err != nil {
				return 0, err
			}
		}
	}
	var speeds [2][]float64
	for range rounds {
		for k := range speeds {
			v, err := read(k + 1)
			if err != nil {
				return Timing{}, err
			}
			speeds[k] = append(speeds[k], v)
		}
	}
	for k := range speeds {
		slices.Sort(speeds[k])
	}
	one, two := speeds[0][rounds/2], speeds[1][rounds/2]
	return Timing{Value: one, Unit: "Mpoints/s", Note: fmt.Sprintf("one thread; two: %.2f x (%d processors); best of one %.2f", two/one, runtime.GOMAXPROCS(0), speeds[0][rounds-1])}, nil
}

// pilePoints is the size of the tile that goes from points to a list of piles.
const pilePoints = 10_000_000

// timePiles writes a simulated yard of ten million points and runs `cloud piles` on it, in a process of its own.
func timePiles(ctx context.Context, dir string) ([]Timing, error) {
	path := filepath.Join(dir, "yard.las")
	if err := writeYard(ctx, path, pilePoints); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	mine, _, err := usages(func() (usage, error) { return usageOf(ctx, exe, "cloud", "piles", "--quiet", "--json", path) }, nil)
	if err != nil {
		return nil, err
	}
	return []Timing{{Name: "10 million points to the list of piles", Value: mine.wall.Seconds(), Unit: "s",
		Note: fmt.Sprintf("the goal is 10 s and 1 GB; largest resident %d MB", mine.peakMB)}}, nil
}

// writeYard writes a simulated yard with about n points.
func writeYard(ctx context.Context, path string, n int) error {
	s, err := yard.New(yard.TuningSeeds[0], yard.Options{})
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = s.WriteLAS(ctx, f, yard.CloudOptions{Density: float64(n) / (s.SizeM * s.SizeM)})
	return errors.Join(err, f.Close())
}
