package forest

import (
	"fmt"
	"sort"
)

// Curve turns the share of trees that say a class into the probability that it is one: isotonic regression by pooling adjacent
// violators (Ayer et al. 1955, Annals of Mathematical Statistics 26; for classifiers Zadrozny and Elkan 2002, KDD). The knots are the pooled
// blocks, the mean share of each and the part of its samples that were of the class; between knots it is straight.
type Curve []Knot

// Knot is a point of a curve, both 0 to 1; shares rise strictly from knot to knot, and probabilities do not fall.
type Knot struct {
	Share       float64 `json:"share"`
	Probability float64 `json:"probability"`
}

// Isotonic is the curve of shares whose truth is known. Certainty is no answer of so many samples: probabilities stay half a sample off 0 and 1.
func Isotonic(share []float64, yes []bool) Curve {
	order := make([]int, len(share))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return share[order[a]] < share[order[b]] })
	var pool []block
	for at, i := range order {
		b := block{n: 1, share: share[i]}
		if yes[i] {
			b.yes = 1
		}
		if at > 0 && share[i] == share[order[at-1]] { // equal shares are one block from the start
			pool[len(pool)-1] = pool[len(pool)-1].plus(b)
			continue
		}
		pool = append(pooled(pool), b)
	}
	pool = pooled(pool)
	edge := 0.5 / float64(max(1, len(share)))
	out := make(Curve, len(pool))
	for i, b := range pool {
		out[i] = Knot{b.share / b.n, min(1-edge, max(edge, b.yes/b.n))}
	}
	return out
}

// block are samples of neighbouring shares: how many, the sum of their shares, and how many were of the class.
type block struct{ n, share, yes float64 }

func (a block) plus(b block) block { return block{a.n + b.n, a.share + b.share, a.yes + b.yes} }

// below reports whether b follows a on a curve: the mean share, too, must rise after rounding.
func (a block) below(b block) bool { return a.yes*b.n < b.yes*a.n && a.share/a.n < b.share/b.n }

// pooled joins the last blocks while the one before is not below.
func pooled(pool []block) []block {
	for k := len(pool); k > 1 && !pool[k-2].below(pool[k-1]); k-- {
		pool[k-2] = pool[k-2].plus(pool[k-1])
		pool = pool[:k-1]
	}
	return pool
}

// At is the probability at a share of trees. A curve without knots changes nothing.
func (c Curve) At(share float64) float64 {
	k := sort.Search(len(c), func(i int) bool { return c[i].Share >= share })
	switch {
	case len(c) == 0:
		return share
	case k == 0:
		return c[0].Probability
	case k == len(c):
		return c[k-1].Probability
	}
	a, b := c[k-1], c[k]
	return a.Probability + (b.Probability-a.Probability)*(share-a.Share)/(b.Share-a.Share)
}

func (c Curve) check() error {
	for i, k := range c {
		if !(k.Share >= 0 && k.Share <= 1 && k.Probability >= 0 && k.Probability <= 1) {
			return fmt.Errorf("knot %d of a calibration curve cannot be", i)
		}
		if i > 0 && !(c[i-1].Share < k.Share && c[i-1].Probability <= k.Probability) {
			return fmt.Errorf("a calibration curve falls at knot %d", i)
		}
	}
	return nil
}
