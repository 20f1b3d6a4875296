//go:build race

package near_test

// raceDetector is on: what computes for seconds without it is left out.
const raceDetector = true
