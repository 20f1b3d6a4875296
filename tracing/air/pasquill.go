package air

import "math"

// Class is a Pasquill stability class, A (very unstable) to F (stable).
type Class byte

// golder holds 1/L = a z0^b, z0 and L in m (Golder 1972).
var golder = map[Class][2]float64{
	'A': {-0.0875, -0.1029}, 'B': {-0.0385, -0.1714}, 'C': {-0.0081, -0.3049}, 'D': {0, 0}, 'E': {0.0081, -0.3049}, 'F': {0.0385, -0.1714},
}

// Golder is 1/L in 1/m of a class over a roughness z0 in m; 0 for an unknown class.
func Golder(c Class, z0 float64) float64 {
	ab := golder[c]
	return ab[0] * math.Pow(z0, ab[1])
}

// turner is the class by wind (rows) and net radiation index 4..-2 (columns), Turner 1964; his G is F here.
var turner = [...]struct {
	below   float64 // m/s at 10 m
	classes string
}{
	{0.8, "AABCDFF"}, {1.9, "ABBCDFF"}, {2.9, "ABCDDEF"}, {3.3, "BBCDDEF"}, {3.9, "BBCDDDE"},
	{4.9, "BCCDDDE"}, {5.5, "CCDDDDE"}, {6.0, "CCDDDDD"}, {math.Inf(1), "CDDDDDD"},
}

// PasquillClass is Turner's class for a wind of u m/s at 10 m: insolation by the sun's height, lessened by clouds, and
// by night the clouds alone.
func PasquillClass(u float64, sky Sky) Class {
	if sky.Time.IsZero() {
		return 'D'
	}
	n, index := sky.cloud(), 0
	if e := sky.Elevation() * 180 / math.Pi; e > 0 {
		switch {
		case e > 60:
			index = 4
		case e > 35:
			index = 3
		case e > 15:
			index = 2
		default:
			index = 1
		}
		if n > 0.5 {
			index = max(index-int(math.Round(2*(n-0.5)*2)), 1)
		}
	} else if n <= 0.4 {
		index = -2
	} else {
		index = -1
	}
	if n >= 1 {
		index = 0
	}
	for _, row := range turner {
		if u < row.below {
			return Class(row.classes[4-index])
		}
	}
	return 'D'
}
