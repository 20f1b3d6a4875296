package near

import (
	"math"

	"upwind/tracing/plane"
)

const (
	fineFactor = 2.5   // from a lattice to the next finer one
	fineShare  = 0.995 // of the probability lies in the box of the finer one
	fineMost   = 2500  // cells of a finer lattice
	levels     = 3     // of finer lattices
	enoughHPD  = 40    // cells in the 90 % region that show its shape
)

// refine looks at source j on finer lattices, the others held, until its region has a shape. Where a listed site
// takes all the probability there is nothing to refine.
func (e *engine) refine(coarse *stage, set []found, j int, thetas []theta) (*stage, error) {
	if err := e.rebase(coarse, e.bases(coarse, set, j)); err != nil {
		return nil, err
	}
	emits := duty{interval: set[j].when, whole: true}
	if err := e.weigh(coarse, emits); err != nil {
		return nil, err
	}
	free := 0.0
	for _, m := range coarse.mass()[:coarse.f.size()] {
		free += m
	}
	if free < leastShare {
		return coarse, nil
	}
	s := coarse
	for level := range levels {
		f := e.finer(s.f, s, set[j].at)
		for _, o := range set {
			f.spots = append(f.spots, spot{Point: o.at})
		}
		fine, err := e.build(f, thetas)
		if err != nil {
			return nil, err
		}
		if err := e.rebase(fine, e.held(fine, set, j)); err != nil {
			return nil, err
		}
		if err := e.weigh(fine, emits); err != nil {
			return nil, err
		}
		s = fine
		if level < levels-1 && (s.cells(0.9) >= enoughHPD || f.cell/fineFactor < minCellM) {
			break
		}
	}
	return s, nil
}

// finer is a lattice about the probable cells of a stage, with the listed sites.
func (e *engine) finer(f *field, s *stage, at plane.Point) *field {
	box, ok := s.probable(fineShare)
	if !ok {
		box = plane.Box{X0: at.X, Y0: at.Y, X1: at.X, Y1: at.Y}
	}
	box = box.Grow(2*f.cell + blurReach*e.net.blurM(at))
	cell := max(f.cell/fineFactor, minCellM)
	if n := box.Width() * box.Height() / (cell * cell); n > fineMost {
		cell *= math.Sqrt(n / fineMost)
	}
	out := &field{lattice: newLattice(box, cell)}
	out.spots = append(out.spots, f.spots[:len(e.p.Sites)]...)
	return out
}

// held is what the sources but one make in each member of a fine stage, where they are spots after the listed sites.
func (e *engine) held(s *stage, set []found, but int) [][]float64 {
	if len(set) == 1 {
		return nil
	}
	first := s.f.size() + len(e.p.Sites)
	out := make([][]float64, len(s.members))
	for m := range out {
		out[m] = make([]float64, len(e.net.rows))
		for k, o := range set {
			if k == but {
				continue
			}
			q := e.scan.q.at(o.step)
			for r, w := range e.net.rows {
				if w.slot >= o.when.lo && w.slot < o.when.hi {
					out[m][r] += q * s.members[m].value(r, first+k)
				}
			}
		}
	}
	return out
}
