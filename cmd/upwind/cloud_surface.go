package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/terrain"
	"upwind/raster/gdal"
)

// surfaceKinds are the surfaces that can be asked for.
const surfaceKinds = "dtm, dsm, mean or height"

func cloudSurface(mb *int) *cobra.Command {
	var (
		out, kind string
		asJSON    bool
		opt       terrain.Options
		reach     float64
	)
	c := &cobra.Command{
		Use:   "surface FILE... -o F.tif",
		Short: "terrain (dtm), surface (dsm the highest, mean the mean returns) or height above ground as COG, heights in metres with their sigma as second band",
		Args:  needArgs(1, "the files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if out == "" {
				return usageError{fmt.Errorf("say where the result goes with -o")}
			}
			if kind != "dtm" && kind != "dsm" && kind != "mean" && kind != "height" {
				return usageError{fmt.Errorf("--kind is %s, not %q", surfaceKinds, kind)}
			}
			if err := behindWalls(paths, outputs(out), *mb); err != nil {
				return err
			}
			s, err := openSurvey(paths, opt)
			if err != nil {
				return err
			}
			defer s.Close()
			g, notes, err := s.surface(cmd.Context(), kind, terrain.SurfaceOptions{ReachM: reach})
			if err != nil {
				return err
			}
			if err := writeSurface(out, g, s.crs, kind); err != nil {
				return err
			}
			return tellSurface(cmd, g, notes, paths, out, kind, asJSON)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "GeoTIFF to write")
	c.Flags().StringVar(&kind, "kind", "dtm", surfaceKinds)
	c.Flags().Float64Var(&reach, "reach", 0, "how far in metres a surface is carried from what was measured; negative means everywhere (default 50 for the ground, 3 for the surface)")
	c.Flags().BoolVar(&asJSON, "json", false, "report as one JSON document")
	groundFlags(c, &opt)
	return c
}

// surface makes one of the surfaces of the survey.
func (s *survey) surface(ctx context.Context, kind string, so terrain.SurfaceOptions) (*terrain.Grid, []string, error) {
	top := func(f terrain.Frame) (*terrain.Grid, error) {
		b := newBar("surface")
		defer b.finish()
		of := terrain.DSM[*cloudFile]
		if kind == "mean" {
			of = terrain.MeanSurface[*cloudFile]
		}
		return of(ctx, s.files, f, s.opt, so, func(done, total int) { b.set(int64(done), int64(total)) })
	}
	if kind == "dsm" || kind == "mean" {
		frame, err := terrain.FrameOf(ctx, s.files, s.opt)
		if err != nil {
			return nil, nil, err
		}
		if frame.W == 0 {
			return nil, nil, upwind.Refuse(s.files[0].path, "", "it holds no usable point", "hand in a cloud with points")
		}
		g, err := top(frame)
		return g, nil, err
	}
	m, err := s.ground(ctx)
	if err != nil {
		return nil, nil, err
	}
	if m.Report.Ground == 0 {
		why := "no ground was found"
		if len(m.Report.Notes) > 0 {
			why = m.Report.Notes[0]
		}
		return nil, nil, upwind.Refuse(s.files[0].path, "", why, "look at it with 'upwind cloud info --count'")
	}
	ground := m.DTM(so)
	if kind == "dtm" {
		return ground, m.Report.Notes, nil
	}
	g, err := top(m.Frame)
	if err != nil {
		return nil, nil, err
	}
	g, err = terrain.HeightAbove(g, ground)
	return g, m.Report.Notes, err
}

// noHeight is what a void is written as.
const noHeight = -9999.0

// writeSurface writes a grid as COG: heights, and their standard deviation where it is known.
func writeSurface(out string, g *terrain.Grid, crs, what string) error {
	nodata := noHeight
	filled := func(v []float32) []float32 {
		b := make([]float32, len(v))
		for i, x := range v {
			if b[i] = x; x != x {
				b[i] = noHeight
			}
		}
		return b
	}
	cell := g.CellM / g.UnitM
	r := gdal.Raster{Width: g.W, Height: g.H, Bands: []any{filled(g.Z)}, Descriptions: []string{what + ", m"}, NoData: &nodata,
		GeoTransform: &[6]float64{g.X, cell, 0, g.Y, 0, -cell}, CRS: crs}
	if g.Sigma != nil {
		r.Bands, r.Descriptions = append(r.Bands, filled(g.Sigma)), append(r.Descriptions, "standard deviation, m")
	}
	return gdal.WriteCOG(out, r)
}

func tellSurface(cmd *cobra.Command, g *terrain.Grid, notes, paths []string, out, kind string, asJSON bool) error {
	known := 0
	for _, z := range g.Z {
		if z == z {
			known++
		}
	}
	if asJSON {
		ids, err := inputIDs(paths)
		if err != nil {
			return err
		}
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": ids, "output": out, "kind": kind,
			"columns": g.W, "rows": g.H, "cell_m": g.CellM, "cells_with_height": known, "notes": notes})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d x %d cells of %.2f m, %.1f %% of them with a height\n", out, g.W, g.H, g.CellM, 100*float64(known)/float64(max(1, len(g.Z))))
	for _, n := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	return nil
}
