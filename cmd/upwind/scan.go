package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
	"upwind/lidar/scan/invert"
	"upwind/raster/gdal"
)

// scanFlags are what the commands on lidar scans have in common.
type scanFlags struct {
	memoryMB  *int
	site      string
	utcOffset time.Duration
	salvage   bool
	delay     bool

	wavelength, ratio, ratioSigma, refFrom, refTo float64
	boundary, sounding                            string

	invert invert.Options // of the flags, once read
}

// scanCommand works on scans of aerosol lidars as files: no server, no data folder.
func scanCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "scan",
		Short: "work on scans of aerosol lidars as files: info, invert, plumes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no 'scan %s': 'upwind scan --help' lists what there is", args[0])}
			}
			return cmd.Help()
		},
	}
	f := &scanFlags{}
	p := c.PersistentFlags()
	f.memoryMB = p.Int("memory-mb", walledMemoryMB, "memory the command may use")
	p.StringVar(&f.site, "site", "", "site file of the instrument (docs/formats/lidar-site.md)")
	p.DurationVar(&f.utcOffset, "utc-offset", 0, "how far the instrument's clock is ahead of UTC, such as 8h or -5h")
	p.BoolVar(&f.salvage, "salvage", false, "use the whole rays of a damaged file instead of refusing it")
	p.BoolVar(&f.delay, "trigger-delay", false, "move the ranges of Licel datasets by the bin shift that their headers state")
	c.AddCommand(scanInfo(f), scanInvert(f), scanPlumes(f))
	return c
}

// inversionFlags are those of the commands that invert.
func (f *scanFlags) inversionFlags(c *cobra.Command) {
	c.Flags().Float64Var(&f.wavelength, "wavelength", 0, "wavelength to invert, nm (default the best elastic one)")
	c.Flags().Float64Var(&f.ratio, "lidar-ratio", 0, "extinction over backscatter of the particles, sr (default the site's, else 50 +- 15)")
	c.Flags().Float64Var(&f.ratioSigma, "lidar-ratio-sigma", 0, "its standard deviation, sr")
	c.Flags().StringVar(&f.boundary, "boundary", "", "where the constant of integration comes from: molecular, slope or calibrated (default what suits each ray)")
	c.Flags().Float64Var(&f.refFrom, "ref-from", 0, "clean air for the molecular boundary, from this range in metres")
	c.Flags().Float64Var(&f.refTo, "ref-to", 0, "and to this")
	c.Flags().StringVar(&f.sounding, "sounding", "", "table of height m, pressure hPa, temperature C (default the standard atmosphere)")
}

// reads are the files that the command must be able to read.
func (f *scanFlags) reads(paths []string) []string {
	return append(slices.Clone(paths), outputs(f.site, f.sounding)...)
}

func (f *scanFlags) open(ctx context.Context, path string) (*scan.Scan, error) {
	opt := format.Options{UTCOffset: f.utcOffset, Salvage: f.salvage, TriggerDelay: f.delay, NetCDF: gdal.NetCDF{}}
	if _, err := os.Stat(path); err != nil {
		return nil, notOpened(path, err)
	}
	if f.site != "" {
		s, err := os.Open(f.site)
		if err != nil {
			return nil, notOpened(f.site, err)
		}
		defer s.Close()
		if opt.Site, err = scan.ParseSite(f.site, s); err != nil {
			return nil, err
		}
	}
	return format.Open(ctx, opt, path)
}

// settle reads the flags of the inversion.
func (f *scanFlags) settle() (err error) {
	f.invert, err = f.options()
	return err
}

func (f *scanFlags) options() (invert.Options, error) {
	o := invert.Options{WavelengthNM: f.wavelength, LidarRatioSr: f.ratio, LidarRatioSigmaSr: f.ratioSigma, Boundary: invert.BoundaryMethod(f.boundary),
		ReferenceFromM: f.refFrom, ReferenceToM: f.refTo}
	switch o.Boundary {
	case invert.AutoBoundary, invert.MolecularBoundary, invert.SlopeBoundary, invert.CalibratedBoundary:
	default:
		return o, usageError{fmt.Errorf("--boundary is molecular, slope or calibrated, not %q", f.boundary)}
	}
	if f.sounding == "" {
		return o, nil
	}
	file, err := os.Open(f.sounding)
	if err != nil {
		return o, notOpened(f.sounding, err)
	}
	defer file.Close()
	columns, err := invert.ReadTable(file, f.sounding)
	if err != nil {
		return o, err
	}
	if len(columns) < 3 {
		return o, upwind.Refuse(f.sounding, "", fmt.Sprintf("a sounding has three columns, this has %d", len(columns)), "give height in m, pressure in hPa, temperature in C")
	}
	kelvin := make([]float64, len(columns[2]))
	for i, c := range columns[2] {
		kelvin[i] = c + 273.15
	}
	o.Air, err = invert.NewAir(columns[0], columns[1], kelvin)
	return o, err
}

// scanID is the id of a scan's bytes: of its file, or of all files of its folder in the order of their names.
func scanID(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", notOpened(path, err)
	}
	if !info.IsDir() {
		return inputID(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", notOpened(path, err)
	}
	h := sha256.New()
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		id, err := inputID(filepath.Join(path, e.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, id)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// scanSummary is the answer of `scan info` for one scan.
type scanSummary struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	*scan.Scan
	Rays         int        `json:"rays"`
	Parked       int        `json:"parked"`
	Start        time.Time  `json:"start_utc"`
	Stop         time.Time  `json:"stop_utc"`
	AzimuthDeg   [2]float64 `json:"azimuth_deg"`
	ElevationDeg [2]float64 `json:"elevation_deg"`
}

func scanInfo(f *scanFlags) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "info PATH...",
		Short: "what a scan is: format, instrument, site, channels, rays, and what is odd about it",
		Args:  needArgs(1, "the files or folders, a scan each"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := behindWalls(f.reads(paths), nil, *f.memoryMB); err != nil {
				return err
			}
			all := []scanSummary{}
			err := eachFile(cmd, paths, func(path string) error {
				s, err := f.open(cmd.Context(), path)
				if err != nil {
					return err
				}
				id, err := scanID(path)
				if err != nil {
					return err
				}
				all = append(all, summarizeScan(path, id, s))
				return nil
			})
			if asJSON {
				if jerr := json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "scans": all}); jerr != nil {
					return jerr
				}
				return err
			}
			for i, s := range all {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				s.print(cmd)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

func summarizeScan(path, id string, s *scan.Scan) scanSummary {
	out := scanSummary{Name: path, ID: id, Scan: s, Rays: len(s.Rays)}
	first := true
	for i := range s.Rays {
		r := &s.Rays[i]
		if r.Parked {
			out.Parked++
			continue
		}
		if first {
			out.Start, out.AzimuthDeg, out.ElevationDeg = r.Start.UTC(), [2]float64{r.AzimuthDeg, r.AzimuthDeg}, [2]float64{r.ElevationDeg, r.ElevationDeg}
			first = false
		}
		out.Stop = r.Stop.UTC()
		out.AzimuthDeg = [2]float64{min(out.AzimuthDeg[0], r.AzimuthDeg), max(out.AzimuthDeg[1], r.AzimuthDeg)}
		out.ElevationDeg = [2]float64{min(out.ElevationDeg[0], r.ElevationDeg), max(out.ElevationDeg[1], r.ElevationDeg)}
	}
	return out
}

func (s scanSummary) print(cmd *cobra.Command) {
	w := cmd.OutOrStdout()
	row := func(name, format string, a ...any) { fmt.Fprintf(w, "  %-10s %s\n", name, fmt.Sprintf(format, a...)) }
	fmt.Fprintln(w, s.Name)
	row("format", "%s, %s", s.Format, s.Instrument)
	row("kind", "%s: %d rays, %d parked; azimuth %.1f to %.1f, elevation %.1f to %.1f", s.Kind, s.Rays, s.Parked,
		s.AzimuthDeg[0], s.AzimuthDeg[1], s.ElevationDeg[0], s.ElevationDeg[1])
	if !s.Start.IsZero() {
		row("time", "%s to %s", s.Start.Format(time.RFC3339), s.Stop.Format(time.RFC3339))
	}
	switch site := s.Site; {
	case site.Placed:
		row("site", "%s %.5f, %.5f, %.0f m, heading %.1f", site.ID, site.Lon, site.Lat, site.AltitudeM, site.HeadingDeg)
	default:
		row("site", "%s, place not known", strings.TrimSpace(site.ID))
	}
	for _, ch := range s.Channels {
		row("channel", "%-12s %g nm %s %s, %s, %d bins of %g m", ch.ID, ch.WavelengthNM, ch.Polarization, ch.Mode, ch.Unit, ch.Bins, ch.BinM)
	}
	for _, n := range s.Notes {
		row("note", "%s", n)
	}
}
