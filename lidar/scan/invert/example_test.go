package invert_test

import (
	"context"
	"fmt"
	"math"

	"upwind/lidar/scan"
	"upwind/lidar/scan/invert"
)

// A horizontal ray through a haze of 0.2 per km with a plume of 2 per km at 1.5 km.
func ExampleRun() {
	air, _ := invert.NewMolecular(532)
	alphaM := air.Extinction(1013.25, 288.15)
	signal := make([]float64, 800)
	depth := 0.0
	for i := range signal {
		r := (float64(i) + 0.5) * 7.5
		alpha := 2e-4 + 2e-3*math.Exp(-(r-1500)*(r-1500)/(2*60*60))
		depth += 7.5 / 2 * (alpha + alphaM)
		signal[i] = 1e15 * (alpha/50 + alphaM/air.RatioSr) * math.Exp(-2*depth) / (r * r)
		depth += 7.5 / 2 * (alpha + alphaM)
	}
	s := &scan.Scan{
		Channels: []scan.Channel{{ID: "532", WavelengthNM: 532, Mode: scan.Photon, Unit: scan.UnitCounts, BinM: 7.5, FirstM: 3.75, Bins: 800}},
		Rays:     []scan.Ray{{AzimuthDeg: 37, Values: [][]float64{signal}}},
	}
	f, err := invert.Run(context.Background(), s, invert.Options{LidarRatioSr: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("boundary %.2f per km\n", 1000*f.Rays[0].BoundaryAlpha)
	fmt.Printf("at %.0f m: %.1f per km\n", f.RangeM(199), 1000*f.Extinction[f.At(0, 199)])
	// Output:
	// boundary 0.20 per km
	// at 1496 m: 2.2 per km
}

func ExampleNewMolecular() {
	air, _ := invert.NewMolecular(532)
	fmt.Printf("%.3g per m, %.2f sr\n", air.Extinction(1013.25, 288.15), air.RatioSr)
	// Output: 1.32e-05 per m, 8.50 sr
}

func ExampleDeadTime() {
	fmt.Printf("%.1f MHz\n", invert.DeadTime(41.6667, 4))
	// Output: 50.0 MHz
}
