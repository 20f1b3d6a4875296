package forest

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Options steer [Train]. A zero field means its default.
type Options struct {
	Trees    int // 100
	MaxDepth int // 24
	MinLeaf  int // 1 sample
	Try      int // features tried at a split; the root of their number, rounded
	Bag      int // samples drawn for a tree, at most: 100,000
	Balanced bool
	Seed     uint64
	Threads  int // of the machine; makes no difference to the forest
}

func (o Options) withDefaults(features int) Options {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Trees, 100)
	set(&o.MaxDepth, 24)
	set(&o.MinLeaf, 1)
	set(&o.Try, max(1, int(math.Round(math.Sqrt(float64(features))))))
	set(&o.Bag, 100_000)
	set(&o.Threads, runtime.GOMAXPROCS(0))
	o.Try = min(o.Try, features)
	return o
}

// Train grows a forest. With Balanced each class has the same weight however many its samples are. progress, which may be nil, is
// told how many trees are grown. The error is one of the samples, or of the context.
func Train(ctx context.Context, s Samples, opt Options, progress func(done, total int)) (*Forest, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	opt = opt.withDefaults(s.Features)
	f := &Forest{Features: s.Features, Classes: s.Classes, trees: make([]tree, opt.Trees)}
	weight := make([]float64, s.Classes)
	for _, c := range s.Class {
		weight[c]++
	}
	for k, n := range weight {
		if weight[k] = 1; opt.Balanced && n > 0 {
			weight[k] = float64(s.Len()) / (n * float64(s.Classes))
		}
	}
	grown := make(chan struct{}, opt.Trees)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(opt.Threads + 1)
	g.Go(func() error {
		for i := range opt.Trees {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-grown:
				if progress != nil {
					progress(i+1, opt.Trees)
				}
			}
		}
		return nil
	})
	for i := range f.trees {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			w := newGrower(&s, opt, weight, uint64(i))
			f.trees[i] = w.grow()
			grown <- struct{}{}
			return nil
		})
	}
	return f, g.Wait()
}

// grower grows one tree.
type grower struct {
	s        *Samples
	opt      Options
	weight   []float64
	rng      *rand.Rand
	bag      []int32 // of samples; each node owns a stretch of it
	order    []int32
	features []int
	left     []float64
	right    []float64
	t        tree
}

func newGrower(s *Samples, opt Options, weight []float64, number uint64) *grower {
	w := &grower{s: s, opt: opt, weight: weight, rng: rand.New(rand.NewPCG(opt.Seed, number))}
	n := min(s.Len(), opt.Bag)
	w.bag, w.order = make([]int32, n), make([]int32, n)
	for i := range w.bag {
		w.bag[i] = int32(w.rng.IntN(s.Len()))
	}
	w.features = make([]int, s.Features)
	for i := range w.features {
		w.features[i] = i
	}
	w.left, w.right = make([]float64, s.Classes), make([]float64, s.Classes)
	return w
}

// grow works through the nodes in the order in which they are made.
func (w *grower) grow() tree {
	type work struct{ node, lo, hi, depth int }
	w.t.nodes = append(w.t.nodes, node{})
	for todo := []work{{0, 0, len(w.bag), 0}}; len(todo) > 0; {
		j := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		feature, at := leaf, float32(0)
		if j.depth < w.opt.MaxDepth && j.hi-j.lo >= 2*w.opt.MinLeaf {
			feature, at = w.split(w.bag[j.lo:j.hi])
		}
		if feature == leaf {
			w.t.nodes[j.node] = node{leaf, int32(len(w.t.shares)), 0}
			w.t.shares = append(w.t.shares, w.share(w.bag[j.lo:j.hi])...)
			continue
		}
		mid := j.lo + w.part(w.bag[j.lo:j.hi], feature, at)
		child := len(w.t.nodes)
		w.t.nodes[j.node] = node{int32(feature), int32(child), at}
		w.t.nodes = append(w.t.nodes, node{}, node{})
		todo = append(todo, work{child + 1, mid, j.hi, j.depth + 1}, work{child, j.lo, mid, j.depth + 1})
	}
	return w.t
}

// share is the weight of each class among samples, of one in all.
func (w *grower) share(rows []int32) []float32 {
	sum := make([]float64, w.s.Classes)
	total := 0.0
	for _, i := range rows {
		c := w.s.Class[i]
		sum[c] += w.weight[c]
		total += w.weight[c]
	}
	out := make([]float32, len(sum))
	for k, v := range sum {
		out[k] = float32(v / total)
	}
	return out
}

// part puts what goes left before what goes right, and returns how many go left.
func (w *grower) part(rows []int32, feature int, at float32) int {
	n := 0
	for i, r := range rows {
		if w.s.X[int(r)*w.s.Features+feature] < at {
			rows[n], rows[i] = rows[i], rows[n]
			n++
		}
	}
	return n
}

// split is the best of the splits by the features tried; leaf where none parts the classes.
func (w *grower) split(rows []int32) (feature int, at float32) {
	feature = leaf
	var total, squares float64
	clear(w.right)
	for _, i := range rows {
		c := w.s.Class[i]
		w.right[c] += w.weight[c]
		total += w.weight[c]
	}
	for _, v := range w.right {
		squares += v * v
	}
	all := slices.Clone(w.right)
	best := squares/total + 1e-9*total // purity: the sum of squares over the weight, left and right
	if squares >= total*total*(1-1e-12) {
		return leaf, 0 // of one class
	}
	for k := range w.opt.Try {
		j := k + w.rng.IntN(len(w.features)-k)
		w.features[k], w.features[j] = w.features[j], w.features[k]
		f := w.features[k]
		value := func(i int32) float32 { return w.s.X[int(i)*w.s.Features+f] }
		order := w.order[:0]
		for _, i := range rows {
			if v := value(i); v == v {
				order = append(order, i)
			}
		}
		slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(value(a), value(b)), cmp.Compare(a, b)) })
		clear(w.left)
		copy(w.right, all)
		leftSum := 0.0
		for i := range order {
			c := w.s.Class[order[i]]
			w.left[c] += w.weight[c]
			w.right[c] -= w.weight[c]
			leftSum += w.weight[c]
			if i+1 < w.opt.MinLeaf || len(rows)-i-1 < w.opt.MinLeaf || len(rows) == i+1 {
				continue
			}
			here, next := value(order[i]), float32(math.Inf(1))
			if i+1 < len(order) {
				next = value(order[i+1])
			}
			if here == next {
				continue
			}
			if p := purity(w.left, leftSum) + purity(w.right, total-leftSum); p > best {
				best, feature, at = p, f, between(here, next)
			}
		}
	}
	return feature, at
}

func purity(v []float64, sum float64) float64 {
	if sum <= 0 {
		return 0
	}
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return s / sum
}

// between is a threshold with a below it and b not.
func between(a, b float32) float32 {
	if m := a + (b-a)/2; m > a && m <= b {
		return m
	}
	return b
}
