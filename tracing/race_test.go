//go:build race

package tracing_test

// raceDetector is on: tests that compute for seconds do a share of their work.
const raceDetector = true

// testMembers of the wind ensemble: few, the race detector makes each ten times as slow.
const testMembers = 3

// testCellM is a coarse search, for the same reason.
const testCellM = 500
