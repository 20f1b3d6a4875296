package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

// survey is the files of one survey, open together: tiles that lie side by side.
type survey struct {
	files []*cloudFile
	opt   terrain.Options
	crs   string // of the first that states one; EPSG:n or well-known text
}

func (s *survey) Close() {
	for _, f := range s.files {
		f.Close()
	}
}

// openSurvey opens files that must agree in their reference system.
func openSurvey(paths []string, o terrain.Options) (*survey, error) {
	s := &survey{opt: o}
	for _, p := range paths {
		f, err := openCloudFile(p)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.files = append(s.files, f)
		if err := s.join(f); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *survey) join(f *cloudFile) error {
	crs := f.CRS()
	if crs.Geographic {
		return upwind.Refuse(f.path, "", "its coordinates are degrees, in which there are no slopes", "project it first, to a UTM zone for example")
	}
	text := crs.WKT
	if crs.EPSG != 0 {
		text = fmt.Sprintf("EPSG:%d", crs.EPSG)
	}
	if s.crs != "" && text != "" && text != s.crs {
		return upwind.Refuse(f.path, "", "it is in another reference system than the files before it", "hand in one survey at a time")
	}
	if s.crs == "" {
		s.crs = text
	}
	if crs.UnitM > 0 {
		s.opt.UnitM, s.opt.ZUnitM = crs.UnitM, crs.UnitM
	}
	if crs.VerticalUnitM > 0 {
		s.opt.ZUnitM = crs.VerticalUnitM
	}
	return nil
}

// ground classifies the survey, under a progress bar.
func (s *survey) ground(ctx context.Context) (*terrain.Model, error) {
	b := newBar("ground")
	defer b.finish()
	return terrain.Ground(ctx, s.files, s.opt, func(done, total int) { b.set(int64(done), int64(total)) })
}

// groundFlags are the parameters people change; the defaults serve towns, forests and quarries alike.
func groundFlags(c *cobra.Command, o *terrain.Options) {
	c.Flags().Float64Var(&o.CellM, "cell", 0, "side of a grid cell in metres (default 1)")
	c.Flags().Float64Var(&o.WindowM, "window", 0, "largest radius in metres of what is taken off the ground, half the widest building (default 32)")
	c.Flags().Float64Var(&o.Slope, "slope", 0, "steepest slope of the land, rise over run (default 0.15)")
}

func cloudGround(mb *int) *cobra.Command {
	var (
		out    string
		asJSON bool
		opt    terrain.Options
	)
	c := &cobra.Command{
		Use:   "ground FILE... -o OUT",
		Short: "write the same points with the ground as class 2",
		Long: "ground finds the points on bare ground (SMRF, Pingel and others 2013, with later refinements) and writes the same points in the same order\n" +
			"with the ground as class 2. A point that was class 2 and is not ground becomes class 1; all other classes stay. Several files are\n" +
			"taken as tiles of one survey, so that nothing breaks at their borders; the output is then a folder.",
		Args: needArgs(1, "the files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if out == "" {
				return usageError{fmt.Errorf("say where the result goes with -o")}
			}
			targets, err := groundTargets(paths, out)
			if err != nil {
				return err
			}
			if err := behindWalls(paths, targets, *mb); err != nil {
				return err
			}
			s, err := openSurvey(paths, opt)
			if err != nil {
				return err
			}
			defer s.Close()
			m, err := s.ground(cmd.Context())
			if err != nil {
				return err
			}
			for k := range s.files {
				if err := s.writeGround(m, k, targets[k]); err != nil {
					return err
				}
			}
			return tellGround(cmd, m.Report, paths, targets, asJSON)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "LAS file to write; a folder for several inputs")
	c.Flags().BoolVar(&asJSON, "json", false, "report as one JSON document")
	groundFlags(c, &opt)
	return c
}

// groundTargets names an output for each input.
func groundTargets(paths []string, out string) ([]string, error) {
	info, err := os.Stat(out)
	folder := err == nil && info.IsDir()
	if len(paths) == 1 && !folder {
		return []string{out}, nil
	}
	if !folder {
		return nil, usageError{fmt.Errorf("-o names the folder for the %d results: make it first", len(paths))}
	}
	var targets []string
	seen := map[string]bool{}
	for _, p := range paths {
		base := filepath.Base(p)
		t := filepath.Join(out, strings.TrimSuffix(base, filepath.Ext(base))+".las")
		if seen[t] {
			return nil, usageError{fmt.Errorf("two inputs would both become %s", t)}
		}
		if same, err := filepath.Abs(p); err == nil {
			if full, err := filepath.Abs(t); err == nil && full == same {
				return nil, usageError{fmt.Errorf("%s would be written over its own input", t)}
			}
		}
		seen[t] = true
		targets = append(targets, t)
	}
	return targets, nil
}

func (s *survey) writeGround(m *terrain.Model, k int, target string) error {
	b := newBar(filepath.Base(target))
	defer b.finish()
	total := s.files[k].Count()
	return writeWhole(target, func(f *os.File) error {
		return las.Rewrite(f, s.files[k].Reader, func(n int64, p *las.Point) {
			switch {
			case m.IsGround(k, n):
				p.Class = las.ClassGround
			case p.Class == las.ClassGround:
				p.Class = las.ClassUnclassified
			}
			if n%(1<<18) == 0 {
				b.set(n, total)
			}
		})
	})
}

func tellGround(cmd *cobra.Command, r terrain.Report, paths, targets []string, asJSON bool) error {
	if asJSON {
		ids, err := inputIDs(paths)
		if err != nil {
			return err
		}
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": ids, "outputs": targets, "report": r})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d of %d points are ground, in %s\n", r.Ground, r.Points, strings.Join(targets, ", "))
	for _, n := range r.Notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	return nil
}
