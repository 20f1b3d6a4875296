package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/fixtures"
)

// Figure is one measured number beside what is wanted. Real data and the simulated city are never mixed.
type Figure struct {
	Group string  `json:"group"` // real or simulated
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	Goal  string  `json:"goal,omitempty"`
	Note  string  `json:"note,omitempty"`
}

// scorers is the registry: an accuracy measured is one line here. Each gives its figures, or says in words
// which data it lacks.
var scorers = []struct {
	name string
	run  func(ctx context.Context, sharedDir string) ([]Figure, error)
}{
	{"near field calibration", scoreCalibration},
	{"near field", scoreNear},
	{"Prairie Grass", scorePrairie},
	{"bare soil in colour pictures", scoreColourSoil},
	{"trained classes", scoreTrain},
	{"smoke before cameras", scoreCamera},
	{"point clouds", scoreClouds},
	{"lidar inversion", scoreInversion},
	{"seasons", scoreSeason},
	{"simulated scenes", scoreSceneSoil},
	{"simulated plumes", scorePlumes},
	{"simulated nets", scoreNets},
	{"simulated yards", scoreYards},
	{"simulated lidar scans", scoreScanner},
	{"simulated month", scoreMonth},
	{"airshed", scoreAirshed},
	{"simulated city", scoreCity},
}

func scoreCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "score [NAME...]",
		Short: "measure accuracy, on real data and on the simulated city; names pick single tables",
		RunE: func(cmd *cobra.Command, names []string) error {
			dir, ok := fixtures.SharedData()
			if !ok {
				fmt.Fprintln(cmd.ErrOrStderr(), "the real data (../shared/data or UPWIND_DATA) is not here: only the simulated city is scored")
			}
			var all []Figure
			for _, s := range scorers {
				if len(names) > 0 && !strings.Contains(strings.Join(names, "\n"), s.name) {
					continue
				}
				figures, err := s.run(cmd.Context(), dir)
				if err != nil {
					return fmt.Errorf("score of %s: %w", s.name, err)
				}
				all = append(all, figures...)
			}
			return printFigures(cmd.OutOrStdout(), all, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

func printFigures(w io.Writer, figures []Figure, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "figures": figures})
	}
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "group\tfigure\tvalue\tunit\tgoal\tnote")
	for _, f := range figures {
		fmt.Fprintf(t, "%s\t%s\t%.4g\t%s\t%s\t%s\n", f.Group, f.Name, f.Value, f.Unit, f.Goal, f.Note)
	}
	return t.Flush()
}

// scoreCity runs the whole program on the simulated city and compares with the truth.
func scoreCity(ctx context.Context, _ string) ([]Figure, error) {
	dir, err := os.MkdirTemp("", "upwind-score-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	table, err := runCity(ctx, dir, 1)
	if err != nil {
		return nil, err
	}
	observable, seen := 0, 0
	for _, r := range table.Rows {
		if r.Observable {
			observable++
			if r.Found {
				seen++
			}
		}
	}
	const group = "simulated"
	return []Figure{
		{group, "city: sources found of " + fmt.Sprint(table.Of), float64(table.Found), "", "10", "seed 1"},
		{group, "city: of the right kind", float64(table.RightKind), "", "", ""},
		{group, fmt.Sprintf("city: found of the %d that the stations could see", observable), float64(seen), "", "", ""},
		{group, "city: false targets", float64(len(table.False)), "", "", fmt.Sprintf("of %d candidates", table.Candidates)},
	}, nil
}

// runCity is `run --demo --once` in a process of its own.
func runCity(ctx context.Context, dir string, seed uint64) (fixtures.Table, error) {
	exe, err := os.Executable()
	if err != nil {
		return fixtures.Table{}, err
	}
	out, err := runQuiet(ctx, exe, "run", "--demo", "--once", "--quiet", "--seed", fmt.Sprint(seed), "--data", dir)
	if err != nil {
		return fixtures.Table{}, fmt.Errorf("%w: %s", err, out)
	}
	truth, err := fixtures.ReadTruth(filepath.Join(dir, demoDir))
	if err != nil {
		return fixtures.Table{}, err
	}
	raw, err := runQuiet(ctx, exe, "candidates", "--json", "--data", dir)
	if err != nil {
		return fixtures.Table{}, err
	}
	var doc struct{ Candidates []upwind.Candidate }
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		return fixtures.Table{}, err
	}
	return fixtures.Score(truth, doc.Candidates), nil
}
