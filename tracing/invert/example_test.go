package invert_test

import (
	"fmt"

	"upwind/tracing/invert"
)

func ExampleHPD() {
	fmt.Println(invert.HPD([]float64{0.05, 0.6, 0.3, 0.05}, 0.9))
	// Output: [1 2]
}
