package pile

import (
	"context"
	"fmt"
	"math"
	"sort"
)

// Find returns the piles of a surface, by falling probability, then from north to south. Progress, which
// may be nil, is called now and then with work done and in all. Errors: a malformed surface, or ctx's.
func Find(ctx context.Context, s Surface, o Options, progress func(done, total int)) ([]Pile, error) {
	r, err := Survey(ctx, s, o, progress)
	return r.Piles, err
}

// Result is what [Survey] finds, with what it looked at and turned down, so that an empty list explains
// itself.
type Result struct {
	Piles    []Pile
	Rejected []Rejected // mounds of the right size, most pile-like first, at most 200
	Mounds   int        // candidates looked at
	SigmaZM  float64    // noise of one cell used, m
	Voids    int        // cells without a height
}

// Rejected is a mound that is not taken for a pile.
type Rejected struct {
	Peak        Point
	HeightM     float64
	AreaM2      float64
	Probability float64
	Reason      string
}

const maxRejected = 200

// Progress of a survey in thousandths: preparing the surface, then two passes of candidates.
const (
	progressTotal   = 1000
	progressPrepare = 200
	progressPass    = 400
)

// uniqueMounds drops mounds that both passes turned down, and all beyond the first maxRejected.
func uniqueMounds(in []Rejected) []Rejected {
	seen := map[Point]bool{}
	out := in[:0]
	for _, r := range in {
		if !seen[r.Peak] && len(out) < maxRejected {
			seen[r.Peak] = true
			out = append(out, r)
		}
	}
	return out
}

const (
	overlapShare = 0.3 // of either of two findings may lie inside the other before they are one
	partShare    = 0.8 // of a finding lies inside another: it is a part of that
	wholeOdds    = 0.6 // the whole is at least this share as likely as its part
)

// Survey is [Find] with an account of the mounds it turned down.
func Survey(ctx context.Context, s Surface, o Options, progress func(done, total int)) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	o = o.withDefaults()
	if progress == nil {
		progress = func(int, int) {}
	}
	at := 0
	f, err := prepare(ctx, s, func(string) { at += progressPrepare / 4; progress(at, progressTotal) })
	if err != nil {
		return Result{}, err
	}
	res := Result{SigmaZM: f.sigma, Voids: f.voids}
	var all []Pile
	labels := make([]int32, len(f.z))
	before := map[int]int{}
	// Once on the slopes themselves, once on what stands out of a hillside.
	for round := range 2 {
		var t *trend
		if round == 1 {
			t = f.trend()
		}
		p, err := f.candidates(ctx, t, labels)
		if err != nil {
			return res, err
		}
		cores := worthwhile(p.cores, before)
		done := progressPrepare + progressPass*round
		for first := 0; first < len(cores); first += batchCores {
			if ctx.Err() != nil {
				return res, ctx.Err()
			}
			progress(done+progressPass*first/len(cores), progressTotal)
			batch := cores[first:min(len(cores), first+batchCores)]
			looked := make([]verdict, len(batch))
			each(len(batch), func(n int) { looked[n] = f.consider(batch[n], labels, o) })
			for n := range looked {
				looked[n].enter(&all, &res)
			}
		}
	}
	res.Piles = distinct(all, f)
	sort.SliceStable(res.Rejected, func(i, j int) bool { return res.Rejected[i].Probability > res.Rejected[j].Probability })
	res.Rejected = uniqueMounds(res.Rejected)
	progress(progressTotal, progressTotal)
	return res, nil
}

// batchCores are looked at between two looks at ctx.
const batchCores = 256

// sameCore is how alike in size the cores of one peak in both passes must be to be looked at only once.
const sameCore = 0.05

// worthwhile drops cores that the pass before had too.
func worthwhile(cores []core, before map[int]int) []core {
	out := cores[:0:0]
	for _, c := range cores {
		n := before[c.peak]
		if math.Abs(float64(n-len(c.cells))) > sameCore*float64(len(c.cells)) {
			out = append(out, c)
			before[c.peak] = len(c.cells)
		}
	}
	return out
}

// verdict is what became of one candidate.
type verdict struct {
	mound    bool
	pile     *Pile
	rejected *Rejected
}

func (v *verdict) enter(all *[]Pile, res *Result) {
	if v.mound {
		res.Mounds++
	}
	if v.pile != nil {
		*all = append(*all, *v.pile)
	}
	if v.rejected != nil {
		res.Rejected = append(res.Rejected, *v.rejected)
	}
}

// consider measures and judges one candidate.
func (f *field) consider(c core, labels []int32, o Options) (v verdict) {
	cellA := f.cell * f.cell
	x0, y0, x1, y1 := f.bounds(c.cells)
	if len(c.cells) < minCoreCells || float64(len(c.cells))*cellA < o.MinAreaM2/2 ||
		math.Hypot(float64(x1-x0), float64(y1-y0))*f.cell > o.MaxDiameterM {
		return
	}
	lo, hi := f.z[c.cells[0]], f.z[c.cells[0]]
	for _, i := range c.cells {
		lo, hi = min(lo, f.z[i]), max(hi, f.z[i])
	}
	if float64(hi-lo) < o.MinHeightM/2 {
		return
	}
	v.mound = true
	r := enter()
	defer r.leave()
	st := f.newSite(c, labels, r)
	if !st.settle() {
		return
	}
	p, ok := st.measure()
	if !ok || p.Height.Value < o.MinHeightM || p.Area.Value < o.MinAreaM2 {
		return
	}
	why := st.judge(&p)
	// On ground this uneven a heap cannot be told from a piece of the ground.
	if p.Volume.Lo95 <= 0 {
		p.Probability, why = 0, fmt.Sprintf("its volume of %.0f m3 may as well be none, on ground uneven by %.2f m", p.Volume.Value, p.BaseRMSM)
	}
	if p.Probability < o.MinProbability {
		v.rejected = &Rejected{Peak: p.Peak, HeightM: p.Height.Value, AreaM2: p.Area.Value, Probability: p.Probability, Reason: why}
		return
	}
	v.pile = &p
	return
}

// distinct keeps one of findings that overlap, in canonical order: the likelier one; but of a heap and a part
// of it, both likely, the whole, because benches and steps in a flank look like toes.
func distinct(all []Pile, f *field) []Pile {
	sort.SliceStable(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		if a.Probability != b.Probability {
			return a.Probability > b.Probability
		}
		if a.Peak.Y != b.Peak.Y {
			return a.Peak.Y < b.Peak.Y
		}
		return a.Peak.X < b.Peak.X
	})
	owner := map[int]int{}
	size, gone := make([]int, len(all)), make([]bool, len(all))
	for n := range all {
		shared := map[int]int{}
		taken := 0
		all[n].Mask.each(f.w, func(i int) {
			size[n]++
			if k, ok := owner[i]; ok && !gone[k] {
				shared[k]++
				taken++
			}
		})
		clash, part, parts := float64(taken) > overlapShare*float64(size[n]), -1, 0
		for k, c := range shared {
			clash = clash || float64(c) > overlapShare*float64(size[k])
			if float64(c) > partShare*float64(size[k]) {
				part, parts = k, parts+1
			}
		}
		if clash {
			if parts != 1 || len(shared) != 1 || size[n] <= size[part] || all[n].Probability < wholeOdds*all[part].Probability {
				gone[n] = true
				continue
			}
			gone[part] = true
		}
		all[n].Mask.each(f.w, func(i int) { owner[i] = n })
	}
	var out []Pile
	for n := range all {
		if !gone[n] {
			out = append(out, all[n])
		}
	}
	return out
}

// String sums a pile up for logs and examples.
func (p Pile) String() string {
	return fmt.Sprintf("%.0f m3 (+-%.0f), %.1f m high, %.0f m2, p %.2f", p.Volume.Value, p.Volume.Sigma, p.Height.Value, p.Area.Value, p.Probability)
}
