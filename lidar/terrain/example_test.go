package terrain_test

import (
	"context"
	"fmt"
	"math"

	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

// A box of 20 m on sloping ground, a point every metre.
func ExampleGround() {
	var pts []las.Point
	for y := range 100 {
		for x := range 100 {
			z := 0.1 * float64(x)
			if x >= 40 && x < 60 && y >= 40 && y < 60 {
				z = 14
			}
			pts = append(pts, las.Point{X: float64(x) + 0.5, Y: float64(y) + 0.5, Z: z, Return: 1, Returns: 1})
		}
	}
	m, err := terrain.Ground(context.Background(), []*points{source(pts)}, terrain.Options{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	dtm := m.DTM(terrain.SurfaceOptions{})
	fmt.Println(m.Report.Ground, "of", m.Report.Points, "points lie on the ground")
	fmt.Printf("under the box it is at %.2f m\n", dtm.At(50, 50))
	// Output:
	// 9600 of 10000 points lie on the ground
	// under the box it is at 4.95 m
}

func ExampleChange() {
	f := terrain.Frame{W: 100, H: 100, CellM: 1, Y: 100, UnitM: 1}
	a, b := terrain.NewGrid(f), terrain.NewGrid(f)
	for i := range a.Z {
		x, y := f.Place(float64(i%100)+0.5, float64(i/100)+0.5)
		noise := 0.02 * math.Sin(float64(i*i))
		a.Z[i] = float32(8 * math.Sin(x/15) * math.Cos(y/12))
		b.Z[i] = a.Z[i] + float32(noise)
		if math.Hypot(x-30, y-60) < 5 {
			b.Z[i] += 2
		}
	}
	c, err := terrain.Change(a, b, terrain.ChangeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range c.Objects {
		fmt.Printf("%.0f m3 more at %.0f, %.0f\n", o.VolumeM3.Value, o.X, o.Y)
	}
	// Output:
	// 160 m3 more at 30, 60
}
