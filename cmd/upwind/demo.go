package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"upwind"
	"upwind/fixtures"
	"upwind/ingest"
)

// demoDir is the simulated city's folder below the data folder.
const demoDir = "demo-city"

// demo makes the simulated city, hands its files in as a user would, works until nothing is left to do, and
// prints truth beside found.
func (m *machine) demo(ctx context.Context, o runOptions, out io.Writer) error {
	dir := filepath.Join(o.data, demoDir)
	start := time.Now()
	truth, err := simulate(ctx, dir, o.seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A simulated city with %d true sources is in %s (%.0f s)\n", len(truth.Sources), dir, time.Since(start).Seconds())
	files, err := cityFiles(dir)
	if err != nil {
		return err
	}
	rep, err := handIn(ctx, m.bus, m.store, files, upwind.AssetOptions{})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d files handed in, %d refused\n", len(rep.Entries), rep.Count(ingest.StatusRefused))
	for _, e := range rep.Entries {
		if e.Status == ingest.StatusRefused {
			slog.Warn("refused", "why", e.Reason)
		}
	}
	start = time.Now()
	if err := m.drain(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "Everything is looked at (%.0f s): %d detections, %d traces, %d candidate targets\n\n",
		time.Since(start).Seconds(), len(m.view.Detections()), len(m.view.Traces()), m.view.Book().Len())
	return fixtures.Score(truth, m.view.Book().All()).Print(out)
}

// simulate writes the city in a process of its own, because GDAL stays out of this one. A city that is there
// already, from the same seed, is kept.
func simulate(ctx context.Context, dir string, seed uint64) (fixtures.Truth, error) {
	if t, err := fixtures.ReadTruth(dir); err == nil && t.Seed == seed {
		return t, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return fixtures.Truth{}, err
	}
	cmd := exec.CommandContext(ctx, exe, "fixtures", "-o", dir, "--seed", strconv.FormatUint(seed, 10))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fixtures.Truth{}, fmt.Errorf("simulating the city: %w", err)
	}
	return fixtures.ReadTruth(dir)
}

// cityFiles is what a user would hand in: everything but the truth.
func cityFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if e.Name() != fixtures.TruthFile {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}
