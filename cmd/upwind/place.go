package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/workers"
)

// placeDocument is the answer of `upwind place`.
type placeDocument struct {
	Version   int      `json:"version"`
	Inputs    []string `json:"inputs"`
	Width     int      `json:"width"`
	Height    int      `json:"height"`
	CRS       string   `json:"crs"`
	GSDM      float64  `json:"gsd_m"`
	SeenShare float64  `json:"seen_share"`
	SigmaMinM float64  `json:"sigma_min_m"`
	SigmaMaxM float64  `json:"sigma_max_m"`
	Notes     []string `json:"notes"`
}

func placeCommand() *cobra.Command {
	var dsm, crs, ground, out, sigma string
	var gsd float64
	var asJSON bool
	var memoryMB int
	c := &cobra.Command{
		Use:   "place PICTURE",
		Short: "lay one drone picture on the ground, as a COG, with the error of each pixel's place",
		Long: "place lays a drone picture on a surface model (--dsm), on flat ground at a stated height (--ground-height, in the height system of the picture), or on ground\n" +
			"that is flat at the height of the take-off. What something stands in front of, by the surface model, stays empty. --sigma writes the error of each pixel's\n" +
			"place in metres (1 sigma): of the camera's position and angles, of its lens, and of the ground.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("name one picture")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usageError{errors.New("-o: say where the picture goes")}
			}
			opt, err := assetOptions(nil, crs, ground, "")
			if err != nil {
				return usageError{err}
			}
			inputs := outputs(args[0], dsm)
			if err := behindWalls(inputs, outputs(out, sigma), memoryMB); err != nil {
				return err
			}
			ids, err := inputIDs(inputs)
			if err != nil {
				return err
			}
			asset, err := pictureOf(args[0], dsm, opt)
			if err != nil {
				return err
			}
			if asset.Kind != upwind.AssetPhoto {
				return upwind.Refuse(args[0], "", "it is no drone picture with a camera position", "hand in the picture as the drone stored it; a map has its place already")
			}
			var b *bar
			at := ""
			placed, err := workers.PlacePhoto(cmd.Context(), asset, gsd, out, sigma, func(stage string, done, total int) {
				if stage != at {
					if b != nil {
						b.finish()
					}
					b, at = newBar(stage), stage
				}
				b.set(int64(done), int64(total))
			})
			if b != nil {
				b.finish()
			}
			if err != nil {
				return err
			}
			for _, n := range placed.Notes {
				fmt.Fprintln(cmd.ErrOrStderr(), "upwind: "+n)
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(placeDocument{upwind.SchemaVersion, ids, placed.Width, placed.Height, placed.CRS, placed.GSDM,
					placed.SeenShare, placed.SigmaMinM, placed.SigmaMaxM, append([]string{}, placed.Notes...)})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d x %d pixels of %.3f m, %s, %.0f %% of them seen; places are good to %.1f to %.1f m (1 sigma)\n",
				placed.Width, placed.Height, placed.GSDM, placed.CRS, 100*placed.SeenShare, placed.SigmaMinM, placed.SigmaMaxM)
			return err
		},
	}
	p := c.Flags()
	p.StringVar(&dsm, "dsm", "", "surface model of the place, in the height system of the picture")
	p.StringVar(&crs, "crs", "", "coordinate system (EPSG:n) of a surface model that states none")
	p.StringVar(&ground, "ground-height", "", "height of flat ground, m")
	p.Float64Var(&gsd, "gsd", 0, "size of a pixel on the ground, m (default: the picture's own)")
	p.StringVarP(&out, "output", "o", "", "write the picture to this GeoTIFF (COG)")
	p.StringVar(&sigma, "sigma", "", "write the error of each pixel's place, m, to this GeoTIFF")
	p.BoolVar(&asJSON, "json", false, "one JSON document")
	p.IntVar(&memoryMB, "memory-mb", 1024, "memory the command may use")
	return c
}
