package plume

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/lidar/scan"
)

// Plume is something in the air that is not the air around it. Places are m east and north of the
// instrument, heights m above the ground, extinction 1/m of particles at the field's wavelength.
type Plume struct {
	Outline orb.MultiPolygon // a polygon a piece
	Upright bool             // seen in a vertical cut: the outline is a strip along it, AreaM2 is that of the cut

	Peak         upwind.Estimate // greatest excess over the air around, a mean over some 40 m
	Mean         upwind.Estimate // mean extinction inside the outline, air included
	Excess       upwind.Estimate // mean excess inside the outline
	Around       float64         // extinction of the air around
	OpticalDepth upwind.Estimate // greatest excess optical depth along a ray

	// Centre is the excess-weighted middle of the part above a fifth of the peak, at the time it was seen.
	CentreE, CentreN upwind.Estimate
	Height           upwind.Estimate // of the centre
	LowM, HighM      float64         // heights of the beam inside the outline
	AreaM2           float64
	LengthM, WidthM  float64 // 4 standard deviations along and across

	DustShare   *upwind.Estimate // of backscatter; nil without depolarisation
	Axis        *Axis            // nil when it is not elongated or neither end is narrow
	Probability float64
	Reasons     []string
	Seen        time.Time // mean time of its rays

	region region
}

// Axis is where an elongated plume starts and which way it goes.
type Axis struct {
	E, N, SigmaM        float64
	TowardDeg, SigmaDeg float64
}

// Rejected is something that stands out and is no plume.
type Rejected struct {
	CentreE, CentreN float64 // m
	AreaM2           float64
	Why              string
}

// Result is what was found in a field.
type Result struct {
	Plumes   []Plume // by falling probability, then peak
	Rejected []Rejected
	Notes    []string

	field  *scan.Field
	sweeps []*sweep
	opt    Options
}

// Find looks for plumes in an inverted field. It fails only with ctx; a field in which plumes cannot be told
// (a fixed beam, too few rays) gives none and says so in Notes.
func Find(ctx context.Context, f *scan.Field, o Options) (*Result, error) {
	o = o.withDefaults()
	res := &Result{field: f, opt: o}
	res.sweeps, res.Notes = sweepsOf(f)
	if len(res.sweeps) == 0 {
		res.Notes = append(res.Notes, "no plume can be told from the air: it takes a turn or a vertical cut of at least 8 rays")
	}
	for _, s := range res.sweeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.cells < 2 {
			res.Notes = append(res.Notes, fmt.Sprintf("the rays from azimuth %.0f on show no air", s.az[0]))
			continue
		}
		s.compare(o)
		res.search(s)
	}
	slices.SortStableFunc(res.Plumes, func(a, b Plume) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(b.Peak.Value, a.Peak.Value))
	})
	return res, nil
}

// search looks for plumes in a sweep. It keeps the finest view of the excess.
func (r *Result) search(s *sweep) {
	regions := s.segment(r.opt, false)
	whole := view{s.excess, s.noise, s.inflate}
	r.sort(s, s.join(regions, r.opt))
	s.use(&whole)
}

// mark is a set of cells.
type mark struct {
	of  []bool
	any bool
}

// sort judges regions: plumes, and what is rejected.
func (r *Result) sort(s *sweep, regions []region) {
	bank := &mark{of: make([]bool, len(s.alpha))}
	var plumes []Plume
	for _, g := range regions {
		s.use(g.view)
		p := s.measure(g, r.opt)
		why, wide := s.judge(&p, r.opt)
		p.region.view = nil
		if why == tooSmall {
			continue
		}
		if wide {
			bank.any = true
			for _, i := range g.cells {
				bank.of[i] = true
			}
		}
		if why == "" {
			plumes = append(plumes, p)
		} else {
			r.reject(&p, why)
		}
	}
	for _, p := range plumes {
		if bank.any && s.beside(&p, bank.of) {
			r.reject(&p, "it lies beside a cloud, a bank or a belt and may be a part of it")
			continue
		}
		r.Plumes = append(r.Plumes, p)
	}
}

func (r *Result) reject(p *Plume, why string) {
	r.Rejected = append(r.Rejected, Rejected{CentreE: p.CentreE.Value, CentreN: p.CentreN.Value, AreaM2: p.AreaM2, Why: why})
}

// besideM is how near to a bank its torn-off pieces lie.
const besideM = 600.0

func (s *sweep) beside(p *Plume, bank []bool) bool {
	near := false
	for _, i := range p.region.cells {
		s.within(i, besideM, func(j int32) { near = near || bank[j] })
		if near {
			return true
		}
	}
	return false
}

// ground is the height of the ground above sea level.
func (o Options) ground(site scan.Site) float64 {
	if o.GroundM != nil {
		return *o.GroundM
	}
	return site.AltitudeM - o.MastM
}

// areaM2 is the area of a cell, m2: the part of a ring, or of a vertical cut.
func (s *sweep) areaM2(i int32) float64 { return s.arcM(int(i)/s.cells, int(i)%s.cells) * s.cellM }
