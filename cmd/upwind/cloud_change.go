package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/terrain"
)

// changedPlace is a place that rose or fell, as the document states it.
type changedPlace struct {
	X        float64         `json:"x"` // its middle in the file's coordinates
	Y        float64         `json:"y"`
	VolumeM3 upwind.Estimate `json:"volume_m3"` // negative for what is lost
	AreaM2   float64         `json:"area_m2"`
	MeanM    float64         `json:"mean_m"`
	MostM    float64         `json:"most_m"`
}

func cloudChange(mb *int) *cobra.Command {
	var (
		out, kind string
		asJSON    bool
		opt       terrain.Options
		co        terrain.ChangeOptions
	)
	c := &cobra.Command{
		Use:   "change OLD NEW",
		Short: "what rose and fell between two surveys, beyond the level of detection",
		Args:  needArgs(2, "the old and the new survey"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if len(paths) != 2 {
				return usageError{fmt.Errorf("name two files, the old survey and the new one")}
			}
			if kind != "dtm" && kind != "mean" {
				return usageError{fmt.Errorf("--kind is mean or dtm, not %q", kind)}
			}
			if err := behindWalls(paths, outputs(out), *mb); err != nil {
				return err
			}
			res, crs, err := changeBetween(cmd.Context(), paths, kind, opt, co)
			if err != nil {
				return err
			}
			if out != "" {
				if err := writeSurface(out, detectable(res), crs, "change"); err != nil {
					return err
				}
			}
			return tellChange(cmd, res, paths, asJSON)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "GeoTIFF of the change in m, void where it is below the level of detection; the level is the second band")
	c.Flags().StringVar(&kind, "kind", "mean", "mean for what stands on the ground, dtm for the ground itself")
	c.Flags().BoolVar(&co.Aligned, "aligned", false, "the surveys share their control points: do not align them")
	c.Flags().Float64Var(&co.MinAreaM2, "min-area", 0, "least area of a changed place, m2 (default 9 cells)")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	groundFlags(c, &opt)
	return c
}

func changeBetween(ctx context.Context, paths []string, kind string, o terrain.Options, co terrain.ChangeOptions) (*terrain.Changes, string, error) {
	var grids [2]*terrain.Grid
	var crs [2]string
	for i, p := range paths {
		s, err := openSurvey([]string{p}, o)
		if err != nil {
			return nil, "", err
		}
		grids[i], _, err = s.surface(ctx, kind, terrain.SurfaceOptions{})
		crs[i] = s.crs
		s.Close()
		if err != nil {
			return nil, "", err
		}
	}
	if crs[0] != crs[1] && crs[0] != "" && crs[1] != "" {
		return nil, "", upwind.Refuse(paths[1], "", "it is in another reference system than "+paths[0], "bring both into one")
	}
	res, err := terrain.Change(grids[0], grids[1], co)
	return res, crs[0], err
}

// detectable is the change where it is beyond the level of detection; that level takes the place of the sigma.
func detectable(c *terrain.Changes) *terrain.Grid {
	g := terrain.NewGrid(c.Difference.Frame)
	for i, s := range c.Sign {
		if s != 0 {
			g.Z[i] = c.Difference.Z[i]
		}
	}
	g.Sigma = c.LoD
	return g
}

func tellChange(cmd *cobra.Command, c *terrain.Changes, paths []string, asJSON bool) error {
	places := []changedPlace{}
	for _, o := range c.Objects {
		places = append(places, changedPlace{o.X, o.Y, o.VolumeM3, o.AreaM2, o.MeanM, o.MostM})
	}
	w := cmd.OutOrStdout()
	if asJSON {
		ids, err := inputIDs(paths)
		if err != nil {
			return err
		}
		return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": ids, "changes": places,
			"gained_m3": c.GainedM3, "lost_m3": c.LostM3, "net_m3": c.NetM3, "significant_share": c.Significant,
			"shift": map[string]float64{"east_m": c.Shift.EastM, "north_m": c.Shift.NorthM, "up_m": c.Shift.UpM}, "notes": c.Notes})
	}
	fmt.Fprintf(w, "the new survey was moved by %+.2f m east, %+.2f m north, %+.2f m up to fit the old one\n", 0-c.Shift.EastM, 0-c.Shift.NorthM, 0-c.Shift.UpM)
	fmt.Fprintf(w, "gained %.0f m3 (%.0f to %.0f), lost %.0f m3 (%.0f to %.0f); %.1f %% of the cells differ by more than the level of detection\n", c.GainedM3.Value, c.GainedM3.Lo95, c.GainedM3.Hi95,
		c.LostM3.Value, c.LostM3.Lo95, c.LostM3.Hi95, 100*c.Significant)
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "volume m3\t95 % interval\tarea m2\tmean m\tmost m\tx\ty\t")
	for _, p := range places {
		fmt.Fprintf(t, "%+.0f\t%.0f to %.0f\t%.0f\t%+.2f\t%+.2f\t%.1f\t%.1f\t\n", p.VolumeM3.Value, p.VolumeM3.Lo95, p.VolumeM3.Hi95, p.AreaM2, p.MeanM, p.MostM, p.X, p.Y)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range c.Notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	return nil
}
