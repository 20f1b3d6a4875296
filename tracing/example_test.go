package tracing_test

import (
	"context"
	"fmt"

	"upwind/tracing"
)

func ExampleRun() {
	readings, wind := town().build()
	for _, trigger := range tracing.Exceedances(readings, tracing.ExceedanceOptions{})[:1] {
		trace, err := tracing.Run(context.Background(), tracing.Input{
			Trigger: trigger, Wind: wind, Readings: readings,
		}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d wind stations, none of the listed sites: %.0f %%\n", trace.WindStations, 100*trace.UnknownProbability)
	}
	// Output: 4 wind stations, none of the listed sites: 100 %
}
