package pile_test

import (
	"context"
	"fmt"
	"math"

	"upwind/lidar/pile"
)

// A cone of sand, 10 m in radius at 33 degrees, holds pi R^3 tan(33)/3 = 680 m3.
func ExampleFind() {
	s := pile.Surface{W: 100, H: 100, CellM: 0.5, Z: make([]float64, 100*100)}
	for i := range s.Z {
		x, y := (float64(i%100)+0.5)*0.5, (float64(i/100)+0.5)*0.5
		s.Z[i] = 31 + math.Tan(33*math.Pi/180)*math.Max(0, 10-math.Hypot(x-25, y-25))
	}
	piles, err := pile.Find(context.Background(), s, pile.Options{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range piles {
		fmt.Printf("%.0f m3 on %.0f m2\n", p.Volume.Value, p.Area.Value)
	}
	// Output: 680 m3 on 314 m2
}
