package main

import (
	"context"
	"fmt"
	"path/filepath"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan/invert"
)

// scoreInversion compares the inversion with the known answers of simulated signals that others made.
func scoreInversion(_ context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	figures, err := invert.ScoreTruth(filepath.Join(shared, "aerosol"))
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, f := range figures {
		goal := ""
		if f.Low > -1e300 && f.High < 1e300 {
			goal = fmt.Sprintf("%.4g to %.4g", f.Low, f.High)
		}
		out = append(out, Figure{"simulated by others", "lidar: " + f.Name, f.Value, f.Unit, goal, ""})
	}
	return out, nil
}

// scoreScanner looks for the plumes of simulated scans that nothing was tuned on.
func scoreScanner(ctx context.Context, _ string) ([]Figure, error) {
	figures, err := scanner.Score(ctx, scanner.Standard(), scanner.FullScore)
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, f := range figures {
		out = append(out, Figure{"simulated", "scans: " + f.Name, f.Value, f.Unit, f.Goal, f.Note})
	}
	return out, nil
}
