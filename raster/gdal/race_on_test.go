//go:build race

package gdal_test

// underRace is set where the race detector makes every pixel ten times as dear: tests then look at fewer and
// smaller pictures, which take the same paths.
const underRace = true
