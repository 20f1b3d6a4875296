package main

import (
	"context"
	"fmt"
	"path/filepath"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/invert"
	"upwind/lidar/scan/plume"
	"upwind/lidar/scan/retrieve"
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

// scannerDetector is the chain as the simulator's scores call it.
var scannerDetector = scanner.Detector{
	Find: func(ctx context.Context, s *scan.Scan) ([]scanner.Found, error) {
		p, err := retrieve.Run(ctx, s, retrieve.Options{}, nil)
		if err != nil {
			return nil, err
		}
		var out []scanner.Found
		for _, x := range p.Last().Result.Plumes {
			out = append(out, scannerFound(x))
		}
		return out, nil
	},
	Track: func(ctx context.Context, earlier, later *scan.Scan) ([]scanner.Moved, error) {
		var p [2]*retrieve.Product
		for i, s := range [2]*scan.Scan{earlier, later} {
			var err error
			if p[i], err = retrieve.Run(ctx, s, retrieve.Options{}, nil); err != nil {
				return nil, err
			}
		}
		motions, _ := plume.Track(p[0].Last().Result, p[1].Last().Result)
		var out []scanner.Moved
		for _, m := range motions {
			out = append(out, scanner.Moved{U: m.U.Value, V: m.V.Value, SigmaU: m.U.Sigma, SigmaV: m.V.Sigma, E: m.E, N: m.N})
		}
		return out, nil
	},
}

// scoreScanner looks for the plumes of simulated scans that nothing was tuned on.
func scoreScanner(ctx context.Context, _ string) ([]Figure, error) {
	figures, err := scanner.Score(ctx, scannerDetector, scanner.FullScore)
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, f := range figures {
		out = append(out, Figure{"simulated", "scans: " + f.Name, f.Value, f.Unit, f.Goal, f.Note})
	}
	return out, nil
}

func scannerFound(p plume.Plume) scanner.Found {
	return scanner.Found{Outline: p.Outline, CentreE: p.CentreE.Value, CentreN: p.CentreN.Value, SigmaE: p.CentreE.Sigma, SigmaN: p.CentreN.Sigma}
}
