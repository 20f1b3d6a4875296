package tracing

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"upwind"
)

const (
	// The box searched reaches four network spacings beyond the receptors: further out a source would have
	// been seen by stations in between, or not at all.
	marginSpacings = 4
	minMarginM     = 100.0
	maxMarginM     = 20e3
	loneMarginM    = 5e3 // one station alone
	cellShare      = 0.25
	minCellM       = 5.0
	maxCellM       = 500.0
	coarseSide     = 128
	fineSide       = 128
	fineFactor     = 3.0
	fineShare      = 0.99
	fineGain       = 0.6 // the second pass is worth it when it covers less than that share of the box
)

// Run answers where the air of a trigger came from. An exceedance is explained by one source of constant
// rate at each place of a grid and at each site, against all readings in its time, clean ones too, in each
// state of a wind ensemble; a plume by its origin and reversed axis. The probability that no listed site
// is to blame is always given. The answer depends on the input alone, not on the number of processors.
//
// It refuses (*upwind.Refusal) a trigger that is not whole and an exceedance without wind, and returns
// ctx.Err() when it is called off.
func Run(ctx context.Context, in Input, progress Progress) (upwind.Trace, error) {
	in.Options = in.Options.withDefaults()
	if progress == nil {
		progress = func(int, int) {}
	}
	if err := check(in.Trigger); err != nil {
		return upwind.Trace{}, err
	}
	params, err := json.Marshal(in.Options)
	if err != nil {
		return upwind.Trace{}, err
	}
	tr := upwind.Trace{
		Trigger: in.Trigger, Trajectories: []upwind.Trajectory{}, Sources: []upwind.RankedSource{}, Reasons: []string{},
		Provenance: upwind.Provenance{Detector: Name, DetectorVersion: Version, Inputs: []string{in.Trigger.ID}, Params: params},
	}
	if in.Trigger.Kind == upwind.TriggerPlume {
		err = runPlume(ctx, in, &tr, progress)
	} else {
		err = runExceedance(ctx, in, &tr, progress)
	}
	if err != nil {
		return upwind.Trace{}, err
	}
	tr.ID = upwind.HashID("trace", in.Trigger.ID, Version, in.Options, tr.Sources, tr.UnknownProbability, tr.WindStations)
	return tr, nil
}

func check(t upwind.Trigger) error {
	bad := func(what string) error {
		return upwind.Refuse("trace", "trigger "+t.ID, what, "make triggers with Exceedances or PlumeTrigger")
	}
	switch {
	case t.ID == "":
		return bad("it has no id")
	case !validLonLat(t.Lon, t.Lat) || !finite(t.HeightM, t.SigmaM, t.Value):
		return bad("its place is not in WGS84")
	case t.Kind == upwind.TriggerPlume:
		if a := t.Axis; a == nil || !validLonLat(a.Lon, a.Lat) || !finite(a.SigmaM, a.TowardDeg, a.SigmaDeg) || a.SigmaM < 0 || a.SigmaDeg < 0 {
			return bad("a plume needs an axis")
		}
	case t.Kind == upwind.TriggerExceedance:
		if len(t.Receptors) == 0 {
			return bad("an exceedance needs receptors")
		}
		if !t.End.After(t.Start) || t.End.Sub(t.Start) > 7*24*time.Hour {
			return bad("its time span is not between 0 and a week")
		}
	default:
		return bad(fmt.Sprintf("its kind %q is not known", t.Kind))
	}
	return nil
}

// searchBox is the box about the receptors, with the receptor spacing.
func searchBox(in Input, pl plane) (box rect, spacing float64) {
	box = rect{0, 0, 0, 0}
	for _, r := range in.Trigger.Receptors {
		if p := pl.xy(r.Lon, r.Lat); validLonLat(r.Lon, r.Lat) && p.to(point{}) < maxLinkM*10 {
			box = box.add(p)
		}
	}
	spacing = stationSpacing(in, pl, box)
	margin := loneMarginM
	if spacing > 0 {
		margin = min(max(marginSpacings*spacing, minMarginM), maxMarginM)
	}
	return box.grow(margin), spacing
}

func runExceedance(ctx context.Context, in Input, tr *upwind.Trace, progress Progress) error {
	t, opt := in.Trigger, in.Options
	pl := newPlane(t.Lon, t.Lat)
	box, spacing := searchBox(in, pl)
	from := t.Start.Add(-seconds(opt.MaxAgeS + clockShiftS))
	field, err := newWindField(in.Wind, pl, box, from, t.End.Add(seconds(clockShiftS)), opt)
	if err != nil {
		return err
	}
	rows, notes := rowsOf(in, pl, box)
	if len(rows) == 0 {
		return upwind.Refuse("trace", "trigger "+t.ID, "none of its receptors is usable", "make triggers with Exceedances")
	}
	spots, outside, unusable := spotsOf(in.Sites, pl, box)
	cell := opt.CellM
	if !(cell > 0) {
		cell = min(max(cellShare*spacing, minCellM), maxCellM)
		if spacing == 0 {
			cell = loneMarginM / coarseSide * 2
		}
	}
	s := &search{rows: rows, g: newLattice(box, cell, coarseSide), spots: spots}
	s.track = tracker{field: field, domain: box, maxAge: opt.MaxAgeS, wander: opt.WanderSD * math.Pi / 180, minSigM: minWidth * s.g.cell}
	s.prepare()

	ms := members(opt)
	done, total := 0, 2*len(ms)+1
	step := func() { done++; progress(done, total) }
	stop := func() bool { return ctx.Err() != nil }
	coarse := &layer{search: s, ev: s.members(ms, step, stop)}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	coarse.sum()
	post := combine(coarse, nil, opt.UnlistedPrior)
	if fine := s.finer(post); fine != nil {
		l := &layer{search: fine, ev: fine.members(ms, step, stop)}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.sum()
		post = combine(coarse, l, opt.UnlistedPrior)
	}
	toG, note := gramsPerM3(t.Species, t.Unit, in.Wind, opt)
	r := report{in: in, pl: pl, post: post, toG: toG, members: ms, spacing: spacing, outside: outside, unusable: unusable}
	r.fill(tr, notes, note)
	s.paths(tr, pl, ms)
	tr.Reasons = append(tr.Reasons, s.diagnose()...)
	tr.WindStations = field.stations
	progress(total, total)
	return ctx.Err()
}

// finer is the same search on a grid three times as fine about the probable places; nil when they fill
// most of the box.
func (s *search) finer(p posterior) *search {
	box, _ := p.hpdBox(fineShare)
	box = box.grow(2 * s.g.cell)
	whole := s.g.box()
	share := (box.x1 - box.x0) * (box.y1 - box.y0) / ((whole.x1 - whole.x0) * (whole.y1 - whole.y0))
	if share > fineGain {
		return nil
	}
	f := *s
	f.g = newLattice(box, s.g.cell/fineFactor, fineSide)
	f.track.minSigM = minWidth * f.g.cell
	return &f
}

func stationSpacing(in Input, pl plane, box rect) float64 {
	seen := map[string]bool{}
	var at []point
	add := func(id string, lon, lat float64) {
		if !seen[id] && validLonLat(lon, lat) && len(at) < 3000 {
			seen[id] = true
			if p := pl.xy(lon, lat); box.grow(maxMarginM).has(p) {
				at = append(at, p)
			}
		}
	}
	for _, r := range in.Trigger.Receptors {
		add(r.StationID, r.Lon, r.Lat)
	}
	for _, o := range in.Readings {
		if o.Species == in.Trigger.Species && o.Unit == in.Trigger.Unit && o.End == nil {
			add(o.StationID, o.Lon, o.Lat)
		}
	}
	var ds []float64
	for i := range at {
		d := math.Inf(1)
		for j := range at {
			if i != j && at[i] != at[j] {
				d = min(d, at[i].to(at[j]))
			}
		}
		if !math.IsInf(d, 1) {
			ds = append(ds, d)
		}
	}
	return quantile(ds, 0.5)
}
