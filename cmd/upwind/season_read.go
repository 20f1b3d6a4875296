package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"upwind"
	"upwind/ingest/weather"
	"upwind/tracing/season"
)

// seasonInput is what was read.
type seasonInput struct {
	traceJob
	samples      []season.Sample
	trajectories []season.Trajectory
}

func (f *seasonFlags) read(ctx context.Context) (*seasonInput, error) {
	in := &seasonInput{}
	name := filepath.Base(f.readings)
	all, err := readInput(&in.traceJob, "readings", f.readings, weather.Rules{}.Readings)
	if err != nil {
		return nil, err
	}
	if all, err = oneStation(all, f.station, name); err != nil {
		return nil, err
	}
	if in.Readings, err = in.oneSpecies(all, f.species, name); err != nil {
		return nil, err
	}
	if f.wind != "" {
		if in.Wind, err = readInput(&in.traceJob, "wind", f.wind, weather.Rules{}.Wind); err != nil {
			return nil, err
		}
		var notes []string
		if in.samples, notes, err = season.Join(in.Readings, in.Wind); err != nil {
			return nil, err
		}
		in.Notes = append(in.Notes, notes...)
		return in, nil
	}
	return in, in.readTrajectories(ctx, f.trajectories)
}

// oneStation picks the station; which one is not guessed.
func oneStation(all []upwind.Observation, id, name string) ([]upwind.Observation, error) {
	var ids []string
	for _, o := range all {
		if !slices.Contains(ids, o.StationID) {
			ids = append(ids, o.StationID)
		}
	}
	slices.Sort(ids)
	list := strings.Join(ids[:min(len(ids), 20)], ", ")
	if id == "" && len(ids) > 1 {
		return nil, upwind.Refuse(name, "column id", "it holds "+list, "pick one with --station")
	}
	if id == "" {
		id = ids[0]
	}
	if !slices.Contains(ids, id) {
		return nil, upwind.Refuse(name, "column id", fmt.Sprintf("it holds no station %q, only %s", id, list), "pick one of them with --station")
	}
	return slices.DeleteFunc(all, func(o upwind.Observation) bool { return o.StationID != id }), nil
}

// readTrajectories reads the endpoint files of a folder, in the order of their names.
func (in *seasonInput) readTrajectories(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return notOpened(dir, err)
	}
	var all []season.Trajectory
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		got, err := readInput(&in.traceJob, "trajectories", filepath.Join(dir, e.Name()), func(name string, r io.Reader) ([]season.Trajectory, []weather.Finding, error) {
			t, err := season.ReadTdump(name, r)
			return t, nil, err
		})
		if err != nil {
			return err
		}
		all = append(all, got...)
	}
	if len(all) == 0 {
		return upwind.Refuse(dir, "", "it holds no files", "hand in endpoint files of HYSPLIT's trajectory model (tdump)")
	}
	paths, samples, note := season.Match(all, in.Readings)
	if note != "" {
		in.Notes = append(in.Notes, note)
	}
	if len(paths) == 0 {
		return upwind.Refuse(dir, "", "no trajectory arrived when something was read", "hand in readings of the same time; are both in UTC?")
	}
	in.trajectories, in.samples = paths, samples
	return nil
}
