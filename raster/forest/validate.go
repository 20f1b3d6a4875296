package forest

import "context"

// Validation is what forests said of samples whose groups they had not seen.
type Validation struct {
	Tally Tally
	class []uint8   // true
	fold  []int     // of each sample
	share []float64 // of trees, of each class a sample
}

// CrossValidate grows a forest for each fold without its groups and tells the classes of theirs. group is that of each sample;
// groupClass the class of each group. k and seed are those of [Folds]; the seed of a fold's forest follows from that of opt.
func CrossValidate(ctx context.Context, s Samples, group []int, groupClass []uint8, k int, seed uint64, opt Options) (Validation, error) {
	v := Validation{Tally: NewTally(s.Classes), class: s.Class, fold: make([]int, s.Len()), share: make([]float64, s.Len()*s.Classes)}
	folds := Folds(groupClass, k, seed)
	for fold := range k {
		train := s.Pick(func(i int) bool { return folds[group[i]] != fold })
		o := opt
		o.Seed += uint64(fold) << 32
		f, err := Train(ctx, train, o, nil)
		if err != nil {
			return v, err
		}
		for i := range s.Len() {
			if folds[group[i]] == fold {
				v.fold[i] = fold
				f.Predict(v.of(i), s.Row(i))
				class, _ := Best(v.of(i))
				v.Tally.N[s.Class[i]][class]++
			}
		}
	}
	return v, nil
}

func (v *Validation) classes() int { return len(v.Tally.N) }

func (v *Validation) of(i int) []float64 { return v.share[i*v.classes() : (i+1)*v.classes()] }

// Curves are the calibration of each class against all others. Samples of a polygon are alike, so that a curve from few polygons knows less
// than its number of samples says.
func (v *Validation) Curves() []Curve {
	out := make([]Curve, v.classes())
	for c := range out {
		out[c] = v.curve(c, func(int) bool { return true })
	}
	return out
}

func (v *Validation) curve(class int, use func(fold int) bool) Curve {
	var share []float64
	var yes []bool
	for i, truth := range v.class {
		if use(v.fold[i]) {
			share, yes = append(share, v.of(i)[class]), append(yes, int(truth) == class)
		}
	}
	return Isotonic(share, yes)
}

// Brier is the mean square error of a class's probability (Brier 1950, Monthly Weather Review 78): as the share of trees, and calibrated by a
// curve from the other folds.
func (v *Validation) Brier(class int) (share, calibrated float64) {
	curves := map[int]Curve{}
	for i, truth := range v.class {
		fold := v.fold[i]
		if _, ok := curves[fold]; !ok {
			curves[fold] = v.curve(class, func(other int) bool { return other != fold })
		}
		want := 0.0
		if int(truth) == class {
			want = 1
		}
		p := v.of(i)[class]
		q := curves[fold].At(p)
		share, calibrated = share+(p-want)*(p-want), calibrated+(q-want)*(q-want)
	}
	n := float64(max(1, len(v.class)))
	return share / n, calibrated / n
}
