package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/bus"
	"upwind/ingest"
	"upwind/ingest/station"
	"upwind/store"
)

func ingestCommand() *cobra.Command {
	var (
		dir, crs, acquired string
		bands              []string
		ground             string
		asJSON             bool
	)
	c := &cobra.Command{
		Use:   "ingest PATH...",
		Short: "hand in files: pictures, rasters, point clouds, wind, readings, grid, sites, or folders and zips of them",
		Args:  needArgs(1, "at least one file or folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt, err := assetOptions(bands, crs, ground, acquired)
			if err != nil {
				return usageError{err}
			}
			h, err := openData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			rep, err := handIn(cmd.Context(), h.bus, h.store, args, opt)
			if err != nil {
				return err
			}
			if err := report(cmd.OutOrStdout(), rep, asJSON); err != nil {
				return err
			}
			if rep.Count(ingest.StatusRefused) > 0 {
				return exitError(exitFailed)
			}
			return nil
		},
	}
	dataFlag(c, &dir)
	f := c.Flags()
	f.StringSliceVar(&bands, "bands", nil, "which band is what, e.g. blue=1,green=2,red=3,nir=4,swir1=5,swir2=7")
	f.StringVar(&crs, "crs", "", "coordinate system of files that do not name theirs, EPSG:n")
	f.StringVar(&ground, "ground-height", "", "height of flat ground under drone pictures in metres, in the pictures' height system")
	f.StringVar(&acquired, "acquired", "", "when the sensor looked, RFC 3339, for files that do not say")
	f.BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

// assetOptions reads what the user states about files.
func assetOptions(bands []string, crs, ground, acquired string) (opt upwind.AssetOptions, err error) {
	for _, b := range bands {
		role, n, ok := strings.Cut(b, "=")
		k, nerr := strconv.Atoi(n)
		if !ok || nerr != nil || k < 1 {
			return opt, fmt.Errorf("--bands: %q is not ROLE=NUMBER, such as red=3", b)
		}
		if opt.Bands == nil {
			opt.Bands = map[string]int{}
		}
		opt.Bands[strings.ToLower(role)] = k
	}
	opt.CRS = strings.ToUpper(crs)
	if ground != "" {
		h, err := strconv.ParseFloat(ground, 64)
		if err != nil {
			return opt, fmt.Errorf("--ground-height: %q is not a number of metres", ground)
		}
		opt.GroundHeightM = &h
	}
	if acquired != "" {
		at, err := time.Parse(time.RFC3339, acquired)
		if err != nil {
			return opt, fmt.Errorf("--acquired: %q is not a time such as 2026-04-01T02:30:00Z", acquired)
		}
		at = at.UTC()
		opt.Acquired = &at
	}
	return opt, nil
}

// handIn is what the command and the demo share.
func handIn(ctx context.Context, b *bus.Bus, s *store.Dir, paths []string, opt upwind.AssetOptions) (ingest.Report, error) {
	bar := newBar("handing in")
	defer bar.finish()
	return ingest.Accept(ctx, paths, ingest.Options{AssetOptions: opt, Now: time.Now().UTC(), TempDir: filepath.Join(s.Path(), "tmp")}, &sink{Dir: s, bus: b},
		func(st ingest.Step) { bar.set(int64(st.Done), int64(st.Total)) })
}

func report(w io.Writer, rep ingest.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "entries": rep.Entries, "ignored": rep.Ignored, "flights": append([]ingest.Flight{}, rep.Flights...)})
	}
	for _, e := range rep.Entries {
		line := fmt.Sprintf("%-9s  %s", e.Status, e.Path)
		if e.Kind != "" && e.Status != ingest.StatusRefused {
			line += " (" + string(e.Kind) + ")"
		}
		if e.Reason != "" && strings.HasPrefix(e.Reason, e.Path) {
			line = fmt.Sprintf("%-9s  %s", e.Status, e.Reason)
		} else if e.Reason != "" {
			line = fmt.Sprintf("%-9s  %s: %s", e.Status, e.Path, e.Reason)
		}
		fmt.Fprintln(w, line)
		for _, f := range e.Findings {
			fmt.Fprintln(w, "           "+f)
		}
	}
	for _, fl := range rep.Flights {
		fmt.Fprintf(w, "flight of %d pictures from %s on: %d findings\n", fl.Pictures, fl.Path, len(fl.Findings))
		for _, f := range fl.Findings {
			fmt.Fprintf(w, "           %s: %s (%s)\n", f.Code, f.Text, shortList(f.Pictures))
		}
	}
	_, err := fmt.Fprintf(w, "%d accepted, %d held off the map, %d known already, %d refused\n", rep.Count(ingest.StatusAccepted),
		rep.Count(ingest.StatusHeld), rep.Count(ingest.StatusDuplicate), rep.Count(ingest.StatusRefused))
	return err
}

// batchReadings is how many readings travel in one message: about 200 bytes each, below the bus's inline limit.
const batchReadings = 1000

// sink puts what ingest accepts onto the bus. Every call makes documents under names derived from the asset,
// so handing the same file in again, or after a crash in the middle, adds nothing twice.
type sink struct {
	*store.Dir
	bus *bus.Bus
}

var _ ingest.Sink = (*sink)(nil)

func (s *sink) PutAsset(ctx context.Context, a upwind.Asset) (created bool, err error) {
	body, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	return s.bus.Assets().Create(ctx, a.ID, body)
}

func (s *sink) PutObservations(ctx context.Context, assetID string, obs []upwind.Observation) error {
	return inBatches(obs, func(n int, part []upwind.Observation) error {
		_, err := s.bus.Observe(ctx, fmt.Sprintf("%s-r%d", assetID, n), bus.ObservationBatch{Source: assetID, Observations: part})
		return err
	})
}

func (s *sink) PutWind(ctx context.Context, assetID string, wind []upwind.Wind) error {
	return inBatches(wind, func(n int, part []upwind.Wind) error {
		_, err := s.bus.Observe(ctx, fmt.Sprintf("%s-w%d", assetID, n), bus.ObservationBatch{Source: assetID, Wind: part})
		return err
	})
}

func inBatches[T any](all []T, put func(n int, part []T) error) error {
	for n := 0; len(all) > 0; n++ {
		k := min(batchReadings, len(all))
		if err := put(n, all[:k]); err != nil {
			return err
		}
		all = all[k:]
	}
	return nil
}

func (s *sink) PutGrid(ctx context.Context, a upwind.Asset) error {
	body, err := s.ReadAll(a.Main().SHA256)
	if err != nil {
		return err
	}
	return s.bus.SetGrid(ctx, a.Name, body)
}

func (s *sink) PutSites(ctx context.Context, a upwind.Asset) error {
	f, err := s.Open(a.Main().SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	sites, err := ingest.ReadSites(a.Name, f)
	if err != nil {
		return err
	}
	return s.bus.SetSites(ctx, sites)
}

func (s *sink) PutStations(ctx context.Context, a upwind.Asset) error {
	f, err := s.Open(a.Main().SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	stations, err := station.Read(a.Name, f)
	if err != nil {
		return err
	}
	return s.bus.SetStations(ctx, stations)
}

func (s *sink) Stations(ctx context.Context) ([]upwind.Station, error) { return s.bus.Stations(ctx) }
