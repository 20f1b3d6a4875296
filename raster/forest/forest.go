package forest

import (
	"fmt"
	"math"
)

// Samples are labelled feature vectors.
type Samples struct {
	Features int
	X        []float32 // row by row, Features each
	Class    []uint8   // of each row
	Classes  int
}

// Len is the number of samples.
func (s *Samples) Len() int { return len(s.Class) }

// Row is the i-th feature vector, not a copy.
func (s *Samples) Row(i int) []float32 { return s.X[i*s.Features : (i+1)*s.Features] }

// Pick is a copy of the rows for which keep holds.
func (s *Samples) Pick(keep func(i int) bool) Samples {
	out := Samples{Features: s.Features, Classes: s.Classes}
	for i := range s.Len() {
		if keep(i) {
			out.X = append(out.X, s.Row(i)...)
			out.Class = append(out.Class, s.Class[i])
		}
	}
	return out
}

func (s *Samples) check() error {
	switch {
	case s.Features < 1 || s.Features > maxFeatures:
		return fmt.Errorf("forest: %d features; 1 to %d can be", s.Features, maxFeatures)
	case s.Classes < 2 || s.Classes > maxClasses:
		return fmt.Errorf("forest: %d classes; 2 to %d can be", s.Classes, maxClasses)
	case len(s.Class) == 0 || len(s.X) != len(s.Class)*s.Features:
		return fmt.Errorf("forest: %d values for %d samples of %d features", len(s.X), len(s.Class), s.Features)
	}
	for i, c := range s.Class {
		if int(c) >= s.Classes {
			return fmt.Errorf("forest: sample %d is of class %d, of %d classes", i, c, s.Classes)
		}
	}
	return nil
}

const (
	maxFeatures = 1 << 10
	maxClasses  = 64
)

// Forest is what was learnt.
type Forest struct {
	Features, Classes int
	trees             []tree
}

// tree is a binary tree as a list: node 0 is the root, and children come after their parent.
type tree struct {
	nodes  []node
	shares []float32 // of the classes in each leaf
}

// node sends a sample with X[feature] < at to child, any other (NaN too) to child+1. A leaf has feature -1, and child is the place of
// its shares.
type node struct {
	feature int32
	child   int32
	at      float32
}

const leaf = -1

// Trees is how many trees there are.
func (f *Forest) Trees() int { return len(f.trees) }

// Predict sets p, of Classes, to the probabilities of the classes for a feature vector.
func (f *Forest) Predict(p []float64, x []float32) {
	clear(p)
	for i := range f.trees {
		t := &f.trees[i]
		n := t.nodes[0]
		for n.feature != leaf {
			c := n.child
			if !(x[n.feature] < n.at) {
				c++
			}
			n = t.nodes[c]
		}
		for k, s := range t.shares[n.child : int(n.child)+f.Classes] {
			p[k] += float64(s)
		}
	}
	for k := range p {
		p[k] /= float64(len(f.trees))
	}
}

// Best is the most probable class and its probability.
func Best(p []float64) (class int, probability float64) {
	probability = math.Inf(-1)
	for k, v := range p {
		if v > probability {
			class, probability = k, v
		}
	}
	return class, probability
}
