//go:build !race

package tracing_test

const raceDetector = false

const (
	testMembers = 0 // the defaults
	testCellM   = 0
)
