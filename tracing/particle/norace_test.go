//go:build !race

package particle

const raceDetector = false
