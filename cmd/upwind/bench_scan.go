package main

import (
	"context"
	"fmt"
	"runtime"

	"upwind/fixtures/scanner"
	"upwind/lidar/scan/invert"
	"upwind/lidar/scan/plume"
)

// benchScans times a large turn, inverted and laid on the map.
func benchScans(ctx context.Context, _ string) ([]Timing, error) {
	const rays, bins = 180, 5334
	s := scanner.City(scanner.TuneSeed)
	s.Directions = scanner.Turn(rays, 2)
	s.Instrument.Bins = bins
	turn, _ := scanner.New(s).Scan(0)
	work := func() error {
		f, err := invert.Run(ctx, turn, invert.Options{})
		if err != nil {
			return err
		}
		_, err = plume.ToGrid(f, 0)
		return err
	}
	mine, _, err := pairs(work, nil)
	if err != nil {
		return nil, err
	}
	return []Timing{{Name: fmt.Sprintf("lidar turn of %d rays x %d bins x %d channels, inverted and gridded", rays, bins, len(turn.Channels)), Value: mine.Seconds(), Unit: "s",
		Note: fmt.Sprintf("the goal is 1 s; %d processors", runtime.GOMAXPROCS(0))}}, nil
}
