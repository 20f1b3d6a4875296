//go:build !race

package gdal_test

const underRace = false
