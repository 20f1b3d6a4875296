package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"upwind/raster/gdal"
	"upwind/tracing/season"
	"upwind/tracing/season/picture"
)

// seasonFlags are the flags of the commands on a season.
type seasonFlags struct {
	readings, station, species, threshold string
	wind                                  string
	trajectories                          string
	out, heatmap, picture                 string
	sectorDeg, calmMS, cellDeg            float64
	least                                 int
	logMean, plain                        bool
	seed                                  uint64
	memoryMB                              int
}

// seasonCommand asks where bad air comes from over a season.
func seasonCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "season",
		Short: "where bad air comes from over a season at one station: cpf, pscf, cwt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no 'season %s': 'upwind season --help' lists what there is", args[0])}
			}
			return cmd.Help()
		},
	}
	c.AddCommand(seasonCPF(), seasonMap(season.PSCF, "share of back trajectories over each place that arrived with bad air (potential source contribution)"),
		seasonMap(season.CWT, "mean reading at arrival of the back trajectories over each place (concentration-weighted trajectories)"))
	return c
}

func (f *seasonFlags) common(c *cobra.Command) {
	p := c.Flags()
	p.StringVar(&f.readings, "readings", "", "table of readings, CSV (docs/formats/readings.md)")
	p.StringVar(&f.wind, "wind", "", "table of wind, CSV (docs/formats/wind.md)")
	p.StringVar(&f.station, "station", "", "id of the station of the readings; may be left out where the table holds one")
	p.StringVar(&f.species, "species", "", "the substance; may be left out where the table holds one")
	p.StringVar(&f.threshold, "threshold", "q75", "what is bad: a quantile of the readings such as q90, or a value in their unit")
	p.IntVar(&f.least, "least", 0, "readings (trajectories) that a sector (cell) needs (default 10, of a cell 5)")
	p.StringVarP(&f.out, "output", "o", "", "write the JSON document to this file (default standard output)")
	p.StringVar(&f.picture, "picture", "", "write a picture to this PNG")
	p.Uint64Var(&f.seed, "seed", 1, "of the resamples")
	p.IntVar(&f.memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
}

func seasonCPF() *cobra.Command {
	f := &seasonFlags{}
	c := &cobra.Command{
		Use:   "cpf --readings F.csv --wind F.csv",
		Short: "share of bad readings by the direction the wind comes from, and by its speed (conditional probability function)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.enter(false); err != nil {
				return err
			}
			return f.cpf(cmd)
		},
	}
	f.common(c)
	c.Flags().Float64Var(&f.sectorDeg, "sector", 0, "width of a sector, degrees (default 10; 22.5 where the wind is written in 16 points)")
	c.Flags().Float64Var(&f.calmMS, "calm", 0, "at or below this speed, m/s, the wind has no direction")
	return c
}

func seasonMap(stat season.Statistic, short string) *cobra.Command {
	f := &seasonFlags{}
	c := &cobra.Command{
		Use:   string(stat) + " --readings F.csv (--wind F.csv | --trajectories DIR)",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.enter(true); err != nil {
				return err
			}
			return f.chart(cmd, stat)
		},
	}
	f.common(c)
	c.Flags().StringVar(&f.trajectories, "trajectories", "", "folder of HYSPLIT endpoint files (tdump) instead of station wind")
	c.Flags().Float64Var(&f.cellDeg, "cell", 0, "side of a cell in degrees of latitude (default a fortieth of the map)")
	c.Flags().BoolVar(&f.plain, "unweighted", false, "do not take cells down that few trajectories crossed")
	c.Flags().StringVar(&f.heatmap, "map", "", "write the map with its interval to this GeoTIFF")
	if stat == season.CWT {
		c.Flags().BoolVar(&f.logMean, "log", false, "mean of logarithms (Seibert et al. 1994)")
	}
	return c
}

// enter checks the flags and goes behind the walls.
func (f *seasonFlags) enter(paths bool) error {
	switch {
	case f.readings == "":
		return usageError{errors.New("name the readings with --readings")}
	case f.wind == "" && f.trajectories == "" && paths:
		return usageError{errors.New("name the wind with --wind, or a folder of trajectories with --trajectories")}
	case f.wind == "" && !paths:
		return usageError{errors.New("name the wind with --wind")}
	case f.wind != "" && f.trajectories != "":
		return usageError{errors.New("give one of --wind and --trajectories")}
	}
	if _, _, err := f.bad(); err != nil {
		return err
	}
	return behindWalls(outputs(f.readings, f.wind, f.trajectories), outputs(f.out, f.heatmap, f.picture), f.memoryMB)
}

// bad reads --threshold: a quantile or a value.
func (f *seasonFlags) bad() (quantile, value float64, err error) {
	wrong := usageError{fmt.Errorf("--threshold is a quantile such as q75 or a value such as 150, not %q", f.threshold)}
	if q, ok := strings.CutPrefix(strings.ToLower(f.threshold), "q"); ok {
		p, err := strconv.ParseFloat(q, 64)
		if err != nil || !(p > 0 && p < 100) {
			return 0, 0, wrong
		}
		return p / 100, 0, nil
	}
	v, err := strconv.ParseFloat(f.threshold, 64)
	if err != nil || v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, 0, wrong
	}
	return 0, v, nil
}

// writePicture writes a PNG that appears under its name only when it is whole.
func writePicture(path string, img image.Image) error {
	if path == "" {
		return nil
	}
	return writeWhole(path, func(file *os.File) error { return png.Encode(file, img) })
}

func (f *seasonFlags) title(in *seasonInput, what string) string {
	return fmt.Sprintf("%s at %s: %s", in.Species, in.Readings[0].StationID, what)
}

func (f *seasonFlags) say(cmd *cobra.Command, in *seasonInput, doc any) error {
	for _, n := range in.Notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	return output(cmd, f.out, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(doc)
	})
}

func (f *seasonFlags) cpf(cmd *cobra.Command) error {
	in, err := f.read(cmd.Context())
	if err != nil {
		return err
	}
	q, v, err := f.bad()
	if err != nil {
		return err
	}
	c, err := season.NewCPF(in.samples, season.CPFOptions{Quantile: q, Threshold: v, SectorDeg: f.sectorDeg, CalmMS: f.calmMS, Least: f.least, Bootstrap: season.Bootstrap{Seed: f.seed}})
	if err != nil {
		return err
	}
	in.Notes = append(in.Notes, c.Notes...)
	if f.picture != "" {
		if err := writePicture(f.picture, picture.CPF(c, f.title(in, "bad air by wind"))); err != nil {
			return err
		}
	}
	return f.say(cmd, in, newCPFDocument(in, c, f.seed))
}

func (f *seasonFlags) chart(cmd *cobra.Command, stat season.Statistic) error {
	in, err := f.read(cmd.Context())
	if err != nil {
		return err
	}
	q, v, err := f.bad()
	if err != nil {
		return err
	}
	o := in.Readings[0]
	if in.trajectories == nil {
		if in.trajectories, in.samples, err = season.Paths(cmd.Context(), in.samples, in.Wind, o.Lon, o.Lat, season.PathOptions{}); err != nil {
			return err
		}
		in.Notes = append(in.Notes, "back trajectories of 6 h in the wind of stations at 10 m; further than a few tens of km they say little")
	}
	m, err := season.NewMap(stat, in.trajectories, in.samples, season.MapOptions{Quantile: q, Threshold: v, CellDeg: f.cellDeg, Least: f.least, LogMean: f.logMean, NoWeight: f.plain, Bootstrap: season.Bootstrap{Seed: f.seed}})
	if err != nil {
		return err
	}
	if len(m.Top) == 0 {
		in.Notes = append(in.Notes, "no cell was crossed by enough trajectories: ask for larger cells, or for fewer with --least")
	}
	if f.heatmap != "" {
		if err := writeSeasonMap(f.heatmap, m); err != nil {
			return err
		}
	}
	if f.picture != "" {
		p := in.trajectories[0].Points[0]
		what, unit := fmt.Sprintf("share over %.3g %s", m.Threshold, in.Unit), ""
		if stat == season.CWT {
			what, unit = "mean at arrival", in.Unit
		}
		if err := writePicture(f.picture, picture.Map(m, p.Lon, p.Lat, f.title(in, what), unit)); err != nil {
			return err
		}
	}
	return f.say(cmd, in, newSeasonMapDocument(in, m, f.seed))
}

// writeSeasonMap writes value and interval as bands; NaN where too few trajectories crossed.
func writeSeasonMap(path string, m *season.Map) error {
	bands := make([]any, 4)
	for b, values := range [][]float64{m.Value, m.Lo95, m.Hi95} {
		bands[b] = northFirst(m, func(i int) float64 { return values[i] })
	}
	bands[3] = northFirst(m, func(i int) float64 { return float64(m.Crossed[i]) })
	gt := [6]float64{m.Lon0, m.DLon, 0, m.Lat0 + float64(m.NY)*m.DLat, 0, -m.DLat}
	nodata := math.NaN()
	return gdal.WriteCOG(path, gdal.Raster{Width: m.NX, Height: m.NY, Bands: bands, Descriptions: []string{string(m.Statistic), "lo95", "hi95", "trajectories"}, NoData: &nodata, GeoTransform: &gt, CRS: gdal.WGS84})
}

func northFirst(m *season.Map, at func(i int) float64) []float32 {
	out := make([]float32, m.NX*m.NY)
	for y := range m.NY {
		for x := range m.NX {
			out[(m.NY-1-y)*m.NX+x] = float32(at(y*m.NX + x))
		}
	}
	return out
}
