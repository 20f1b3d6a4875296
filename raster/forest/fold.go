package forest

import "math/rand/v2"

// Folds deals groups into k folds so that each fold has its part of the groups of each class: stratified cross-validation by
// group. class is that of each group; the answer is the fold of each.
func Folds(class []uint8, k int, seed uint64) []int {
	out := make([]int, len(class))
	rng := rand.New(rand.NewPCG(seed, 0))
	by := map[uint8][]int{}
	most := uint8(0)
	for g, c := range class {
		by[c] = append(by[c], g)
		most = max(most, c)
	}
	next := 0
	for c := 0; c <= int(most); c++ {
		groups := by[uint8(c)]
		rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		for _, g := range groups {
			out[g] = next % k
			next++
		}
	}
	return out
}

// Tally counts samples by true class and by the class they were told to be.
type Tally struct {
	N [][]int // [true][told]
}

// NewTally is an empty one.
func NewTally(classes int) Tally {
	t := Tally{make([][]int, classes)}
	for i := range t.N {
		t.N[i] = make([]int, classes)
	}
	return t
}

// Recall is the share of a class that was told to be of one of the classes in of.
func (t Tally) Recall(class int, of ...int) float64 {
	total, hit := 0, 0
	for _, n := range t.N[class] {
		total += n
	}
	for _, k := range of {
		hit += t.N[class][k]
	}
	return float64(hit) / float64(max(total, 1))
}

// F1 of a set of classes taken as one.
func (t Tally) F1(of ...int) float64 {
	in := make([]bool, len(t.N))
	for _, k := range of {
		in[k] = true
	}
	var tp, fp, fn int
	for a := range t.N {
		for b, n := range t.N[a] {
			switch {
			case in[a] && in[b]:
				tp += n
			case in[b]:
				fp += n
			case in[a]:
				fn += n
			}
		}
	}
	return 2 * float64(tp) / float64(max(2*tp+fp+fn, 1))
}
