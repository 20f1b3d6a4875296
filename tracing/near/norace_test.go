//go:build !race

package near_test

const raceDetector = false
