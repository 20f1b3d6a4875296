package plume_test

import (
	"context"
	"fmt"

	"upwind/lidar/scan/plume"
)

// A turn over haze with one puff, 1200 m east and 800 m north of the instrument.
func ExampleFind() {
	field := turnOf(180, 270, 2, puffAt(1200, 800, 120))
	result, err := plume.Find(context.Background(), field, plume.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range result.Plumes {
		fmt.Printf("%.0f m east, %.0f m north, in air of %.1f /km\n", p.CentreE.Value, p.CentreN.Value, 1000*p.Around)
	}
	// Output: 1201 m east, 800 m north, in air of 0.2 /km
}
