package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// traceFlags are the flags of `upwind trace`.
type traceFlags struct {
	readings, sites, evidence, out, heatmap string
	wind                                    []string
	species, from, to                       string
	elevationM                              float64
	domain                                  []float64
	seed                                    uint64
	memoryMB                                int
}

// traceCommand looks upwind from files: no server, no data folder.
func traceCommand() *cobra.Command {
	f := &traceFlags{}
	c := &cobra.Command{
		Use:   "trace --readings F.csv --wind F",
		Short: "where does this air come from: readings and wind to ranked places, with rates and the probability of none of them",
		Long: "trace explains the bad air in a table of readings by the wind, and by listed sites and detections where there are any.\n" +
			"The answer is one JSON document (docs/formats/trace.md); --map writes the map of probability as GeoTIFF.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	p := c.Flags()
	p.StringVar(&f.readings, "readings", "", "table of readings, CSV (docs/formats/readings.md)")
	p.StringArrayVar(&f.wind, "wind", nil, "wind: table (docs/formats/wind.md), GRIB2 or netCDF; may come several times")
	p.StringVar(&f.sites, "sites", "", "listed sites, GeoJSON (docs/formats/sites.md)")
	p.StringVar(&f.evidence, "evidence", "", "detections, GeoJSON as 'scan plumes' and 'cloud piles' write them")
	p.StringVarP(&f.out, "output", "o", "", "write to this file (default standard output)")
	p.StringVar(&f.heatmap, "map", "", "write the map of probability to this GeoTIFF")
	p.StringVar(&f.species, "species", "", "the substance, where the table holds several")
	p.StringVar(&f.from, "from", "", "explain what was read from this time on, such as 2026-04-01T08:00:00Z")
	p.StringVar(&f.to, "to", "", "and before this")
	p.Float64Var(&f.elevationM, "elevation-m", math.NaN(), "height above the sea, for ppm where the wind table gives no pressure")
	p.Lookup("elevation-m").DefValue = "not known"
	p.Float64SliceVar(&f.domain, "domain", nil, "west,south,east,north: stations outside are refused")
	p.Uint64Var(&f.seed, "seed", 1, "of the wind ensemble")
	p.IntVar(&f.memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
	return c
}

func (f *traceFlags) run(cmd *cobra.Command) error {
	switch {
	case f.readings == "":
		return usageError{errors.New("name the readings with --readings")}
	case len(f.wind) == 0:
		return usageError{errors.New("name the wind with --wind")}
	case len(f.domain) != 0 && len(f.domain) != 4:
		return usageError{errors.New("--domain is west,south,east,north")}
	}
	from, err := timeFlag("--from", f.from)
	if err != nil {
		return err
	}
	to, err := timeFlag("--to", f.to)
	if err != nil {
		return err
	}
	if !to.IsZero() && !to.After(from) {
		return usageError{errors.New("--to lies before --from")}
	}
	inputs := append(slices.Clone(f.wind), outputs(f.readings, f.sites, f.evidence)...)
	if err := behindWalls(inputs, outputs(f.out, f.heatmap), f.memoryMB); err != nil {
		return err
	}
	job, err := f.job(cmd.Context(), from, to)
	if err != nil {
		return err
	}
	b := newBar("trace")
	answer, err := explain(cmd.Context(), job, func(done, total int) { b.set(int64(done), int64(total)) })
	b.finish()
	if err != nil {
		return err
	}
	doc := newTraceDocument(job, answer)
	if f.heatmap != "" {
		if err := writeTraceMap(f.heatmap, answer); err != nil {
			return err
		}
	}
	for _, n := range doc.Notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	return output(cmd, f.out, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(doc)
	})
}

// timeFlag reads a time of the command line; empty is no time.
func timeFlag(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%s is a time such as 2026-04-01T08:00:00Z, not %q", flag, s)}
}

// traceProgress is told how many of the steps are done.
type traceProgress func(done, total int)
