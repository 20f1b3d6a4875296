package invert_test

import (
	"fmt"

	"upwind/tracing/invert"
)

// A rate that the readings put at -0.5 +- 1 g/s cannot be negative.
func ExampleTruncated() {
	q := invert.Truncated{Mu: -0.5, Sigma: 1}
	fmt.Printf("mean %.2f, 95 %% below %.2f\n", q.Mean(), q.Quantile(0.95))
	// Output: mean 0.64, 95 % below 1.66
}

func ExampleHPD() {
	fmt.Println(invert.HPD([]float64{0.05, 0.6, 0.3, 0.05}, 0.9))
	// Output: [1 2]
}
