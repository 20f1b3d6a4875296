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

// overlapShare is how much of the smaller of two findings may lie inside the other before they are one.
const overlapShare = 0.3

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
	// Once on the slopes themselves, once on what stands out of a hillside.
	for round := range 2 {
		var mx, my []float32
		if round == 1 {
			mx, my = f.trend()
		}
		p, err := f.candidates(ctx, mx, my)
		if err != nil {
			return res, err
		}
		for n, c := range p.cores {
			if ctx.Err() != nil {
				return res, ctx.Err()
			}
			if n%64 == 0 {
				progress(progressPrepare+progressPass*round+progressPass*n/len(p.cores), progressTotal)
			}
			f.consider(c, p.labels, o, &all, &res)
		}
	}
	res.Piles = distinct(all, f)
	sort.SliceStable(res.Rejected, func(i, j int) bool { return res.Rejected[i].Probability > res.Rejected[j].Probability })
	res.Rejected = uniqueMounds(res.Rejected)
	progress(progressTotal, progressTotal)
	return res, nil
}

// consider measures and judges one candidate.
func (f *field) consider(c core, labels []int32, o Options, all *[]Pile, res *Result) {
	cellA := f.cell * f.cell
	x0, y0, x1, y1 := f.bounds(c.cells)
	if len(c.cells) < minCoreCells || float64(len(c.cells))*cellA < o.MinAreaM2/2 ||
		math.Hypot(float64(x1-x0), float64(y1-y0))*f.cell > o.MaxDiameterM {
		return
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, i := range c.cells {
		lo, hi = math.Min(lo, f.z[i]), math.Max(hi, f.z[i])
	}
	if hi-lo < o.MinHeightM/2 {
		return
	}
	res.Mounds++
	st := f.newSite(c, labels)
	if !st.settle() {
		return
	}
	p, t, ok := st.measure()
	if !ok || p.Height.Value < o.MinHeightM || p.Area.Value < o.MinAreaM2 {
		return
	}
	why := st.judge(&p, t)
	if p.Probability < o.MinProbability {
		res.Rejected = append(res.Rejected, Rejected{Peak: p.Peak, HeightM: p.Height.Value, AreaM2: p.Area.Value, Probability: p.Probability, Reason: why})
		return
	}
	*all = append(*all, p)
}

// distinct keeps the likelier of findings that overlap, in canonical order.
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
	owner := map[int]bool{}
	var out []Pile
	for _, p := range all {
		shared, n := 0, 0
		for k, w := range p.Mask.Weight {
			if w < 0.5 {
				continue
			}
			n++
			if owner[(p.Mask.Y0+k/p.Mask.W)*f.w+p.Mask.X0+k%p.Mask.W] {
				shared++
			}
		}
		if float64(shared) > overlapShare*float64(n) {
			continue
		}
		for k, w := range p.Mask.Weight {
			if w >= 0.5 {
				owner[(p.Mask.Y0+k/p.Mask.W)*f.w+p.Mask.X0+k%p.Mask.W] = true
			}
		}
		out = append(out, p)
	}
	return out
}

// String sums a pile up for logs and examples.
func (p Pile) String() string {
	return fmt.Sprintf("%.0f m3 (+-%.0f), %.1f m high, %.0f m2, p %.2f", p.Volume.Value, p.Volume.Sigma, p.Height.Value, p.Area.Value, p.Probability)
}
