package near_test

import (
	"context"
	"fmt"

	"upwind/fixtures/release"
	"upwind/tracing/near"
)

// A simulated release among eight sensors, as tables hand it in.
func ExampleRun() {
	scene := release.New(7, release.Ring)
	p, _, err := near.Assemble(near.Given{Readings: scene.Readings, Wind: scene.Wind, Sites: scene.Sites, From: scene.Start, To: scene.End,
		PerUnit: 0.66e-3}) // ppm of methane at sea level, g/m3
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Options.Members = 6
	answer, err := near.Run(context.Background(), p, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	best := answer.Sources[0]
	fmt.Println("a source:", best.Probability > 0.5)
	fmt.Println("its rate lies in an interval:", best.Rate.Lo90 < best.Rate.Median && best.Rate.Median < best.Rate.Hi90)
	// Output:
	// a source: true
	// its rate lies in an interval: true
}
