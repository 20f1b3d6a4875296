//go:build race

package tracing_test

// raceDetector is on: tests that compute for seconds are skipped.
const raceDetector = true
