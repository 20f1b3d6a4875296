package terrain

import "math"

// Errors compares a ground classification with the truth, as filters are compared since Sithole and Vosselman
// (2004). Shares are in percent.
type Errors struct {
	Points int
	TypeI  float64 // of the ground, taken for object
	TypeII float64 // of the objects, taken for ground
	Total  float64 // of all points
	Kappa  float64 // Cohen's: agreement beyond chance
}

// Score compares whether points are ground with whether they were found to be; both have the same order. A
// share of nothing is 0, kappa without two classes is NaN.
func Score(truth, got []bool) Errors {
	if len(truth) != len(got) {
		panic("terrain: Score of lists of different length")
	}
	var n [2][2]float64 // truth, got
	for i, t := range truth {
		n[bit(t)][bit(got[i])]++
	}
	share := func(part, whole float64) float64 {
		if whole == 0 {
			return 0
		}
		return 100 * part / whole
	}
	all := float64(len(truth))
	ground, object := n[1][0]+n[1][1], n[0][0]+n[0][1]
	e := Errors{Points: len(truth), TypeI: share(n[1][0], ground), TypeII: share(n[0][1], object),
		Total: share(n[1][0]+n[0][1], all)}
	chance := (ground*(n[0][1]+n[1][1]) + object*(n[0][0]+n[1][0])) / (all * all)
	e.Kappa = math.NaN()
	if chance < 1 {
		e.Kappa = 100 * ((n[0][0]+n[1][1])/all - chance) / (1 - chance)
	}
	return e
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
