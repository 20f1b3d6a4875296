package near

import "math"

// prune undoes what a greedy search does wrong: a first source between two true ones, which both then join. A source
// is dropped where the others, each fitted anew, explain the readings as well at a smaller number.
func (e *engine) prune(s *stage, set []found) ([]found, error) {
	for len(set) > 1 {
		best, top := []found(nil), e.score(s, set)
		for j := range set {
			rest := append(append([]found(nil), set[:j]...), set[j+1:]...)
			if err := e.sweep(s, rest); err != nil {
				return nil, err
			}
			if v := e.score(s, rest); v > top {
				best, top = rest, v
			}
		}
		if best == nil {
			break
		}
		set = best
	}
	return set, nil
}

// sweep fits each source anew, the others held.
func (e *engine) sweep(s *stage, set []found) error {
	for j := range set {
		if err := e.rebase(s, e.bases(s, set, j)); err != nil {
			return err
		}
		f, err := e.one(s)
		if err != nil {
			return err
		}
		set[j] = f
	}
	return nil
}

// score is the tempered ln probability of the readings and of a number of sources, each with the share of the prior
// that its evidence covers.
func (e *engine) score(s *stage, set []found) float64 {
	each := math.Log(e.opt.SourceOdds) + math.Log(min(coveredCells/float64(s.f.size()), 1))
	return e.share/temperCount*e.scan.total(e.mean(set)) + float64(len(set))*each
}

// mean is what the sources together make at each row.
func (e *engine) mean(set []found) []float64 {
	out := make([]float64, len(e.net.rows))
	for _, f := range set {
		for r, v := range f.mean {
			out[r] += v
		}
	}
	return out
}
