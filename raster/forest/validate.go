package forest

import "context"

// CrossValidate grows a forest for each fold without its groups and tells the classes of theirs. group is that of each sample;
// groupClass the class of each group. k and seed are those of [Folds]; the seed of a fold's forest follows from that of opt.
func CrossValidate(ctx context.Context, s Samples, group []int, groupClass []uint8, k int, seed uint64, opt Options) (Tally, error) {
	t := NewTally(s.Classes)
	folds := Folds(groupClass, k, seed)
	p := make([]float64, s.Classes)
	for fold := range k {
		train := s.Pick(func(i int) bool { return folds[group[i]] != fold })
		o := opt
		o.Seed += uint64(fold) << 32
		f, err := Train(ctx, train, o, nil)
		if err != nil {
			return t, err
		}
		for i := range s.Len() {
			if folds[group[i]] == fold {
				f.Predict(p, s.Row(i))
				class, _ := Best(p)
				t.N[s.Class[i]][class]++
			}
		}
	}
	return t, nil
}
