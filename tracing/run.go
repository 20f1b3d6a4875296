package tracing

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	// The box searched reaches four network spacings beyond the receptors: further out a source would have
	// been seen by stations in between, or not at all.
	marginSpacings = 4
	minMarginM     = 100.0
	maxMarginM     = 20e3
	loneMarginM    = 5e3 // one station alone
)

// Run answers where the air of a trigger came from. An exceedance is explained by [Explain] from all readings about it, clean
// ones too; a plume by its origin and reversed axis. The probability that no listed site is to blame is always given. The
// answer depends on the input alone, not on the number of processors.
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

func runExceedance(ctx context.Context, in Input, tr *upwind.Trace, progress Progress) error {
	t := in.Trigger
	pl := plane.New(t.Lon, t.Lat)
	same := make([]upwind.Observation, 0, len(in.Readings))
	for _, o := range in.Readings {
		if o.Species == t.Species && o.Unit == t.Unit && validLonLat(o.Lon, o.Lat) {
			same = append(same, o)
		}
	}
	if len(same) == 0 {
		return upwind.Refuse("trace", "trigger "+t.ID, "there are no readings around it, so nothing is known of clean air", "hand in the readings of its stations")
	}
	box := searchBox(t, same, pl)
	c := Case{Wind: in.Wind, Grids: in.Grids, Sites: in.Sites, Evidence: in.Evidence, From: t.Start, To: t.End, Options: in.Options}
	for _, o := range same {
		if box.Has(pl.XY(o.Lon, o.Lat)) {
			c.Readings = append(c.Readings, o)
		}
	}
	if len(c.Readings) == 0 {
		return upwind.Refuse("trace", "trigger "+t.ID, "there are no readings around it, so nothing is known of clean air", "hand in the readings of its stations")
	}
	field, err := wind.New(in.Wind, pl, box, t.Start.Add(-seconds(in.Options.MaxAgeS)), t.End, wind.Options{RoughnessM: in.Options.RoughnessM, Grids: in.Grids})
	if err != nil {
		return err
	}
	x, err := Explain(ctx, c, progress)
	if err != nil {
		return err
	}
	x.into(tr, in)
	newFollower(field, box, t.Start, in.Options, t.Lon, t.Lat).draw(tr, pl)
	tr.WindStations = field.Stations()
	return ctx.Err()
}

// searchBox is the box about the receptors: readings and sources within it are looked at.
func searchBox(t upwind.Trigger, obs []upwind.Observation, pl plane.Plane) plane.Box {
	box := plane.Box{}
	for _, r := range t.Receptors {
		if p := pl.XY(r.Lon, r.Lat); validLonLat(r.Lon, r.Lat) && p.To(plane.Point{}) < maxLinkM*10 {
			box = box.Add(p)
		}
	}
	var near []upwind.Observation
	for _, o := range obs {
		if box.Grow(maxMarginM).Has(pl.XY(o.Lon, o.Lat)) {
			near = append(near, o)
		}
	}
	margin := loneMarginM
	if spacing := spacingOf(near, pl); spacing > 0 {
		margin = min(max(marginSpacings*spacing, minMarginM), maxMarginM)
	}
	return box.Grow(margin)
}

// into writes an explanation into a trace.
func (x *Explanation) into(tr *upwind.Trace, in Input) {
	opt := in.Options
	for _, s := range x.Answer.Sources {
		if s.Probability < leastWeight {
			continue
		}
		tr.Sources = append(tr.Sources, x.ranked(s, in.Trigger))
	}
	tr.Sources = rank(tr.Sources, opt.MaxSources)
	tr.UnknownProbability = min(max(x.None, 0), 1)
	b := x.Answer.Background / x.GramsPerUnit
	tr.Background = &b
	tr.WindError = &upwind.WindError{RotationDeg: x.RotationRad * 180 / math.Pi, SDDeg: x.RotationSD * 180 / math.Pi}
	tr.Diagnostics = &upwind.Diagnostics{ESS: x.ESS, Residual: x.Residual, Seed: opt.Seed}
	if m := x.Answer.Map; m.NX > 0 {
		west, south := x.Plane.LonLat(plane.Point{X: m.X0 - m.CellM/2, Y: m.Y0 - m.CellM/2})
		east, north := x.Plane.LonLat(plane.Point{X: m.X0 + (float64(m.NX)-0.5)*m.CellM, Y: m.Y0 + (float64(m.NY)-0.5)*m.CellM})
		tr.Map = upwind.NewProbabilityMap(west, south, east, north, m.NX, m.NY, m.P, m.Seen)
	}
	if note := rayNote(x.Answer.Sources); note != "" {
		tr.Reasons = append(tr.Reasons, note)
	}
	if turned := tr.WindError; math.Abs(turned.RotationDeg) > tellTurn {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("the readings fit best with the wind turned by %.0f +- %.0f degrees", turned.RotationDeg, turned.SDDeg))
	}
	tr.Reasons = append(tr.Reasons, x.Notes...)
}

const tellTurn = 5.0 // deg, a wind error worth telling

// ranked is one source as the rest of the program sees it.
func (x *Explanation) ranked(s invert.Source, t upwind.Trigger) upwind.RankedSource {
	o := x.Plane.XY(t.Lon, t.Lat)
	r := upwind.RankedSource{HeightM: s.At.HeightM, Probability: s.Probability, DistanceM: o.To(s.At.Point), BearingDeg: o.Bearing(s.At.Point)}
	r.Lon, r.Lat = x.Plane.LonLat(s.At.Point)
	if s.Rate.Median > 0 {
		r.Rate = &upwind.Rate{Median: s.Rate.Median, Lo90: s.Rate.Lo90, Hi90: s.Rate.Hi90, Unit: "g/s"}
	}
	if s.End > s.Start {
		start, stop := time.Unix(int64(s.Start), 0).UTC(), time.Unix(int64(s.End), 0).UTC()
		r.Start, r.End = &start, &stop
	}
	if s.Site >= 0 && s.Site < len(x.Sites) {
		r.SiteID, r.SiteName = x.Sites[s.Site].ID, x.Sites[s.Site].Name
		r.Reason = "listed site"
		return r
	}
	r.HPD50, r.HPD90 = CellAreas(x.Plane, s.HPD50, s.CellM), CellAreas(x.Plane, s.HPD90, s.CellM)
	r.Reason = fmt.Sprintf("unlisted place, 1-sigma %.0f m about it", s.SigmaM)
	return r
}

// rank sorts by probability, then listed before unlisted, then id and place, and keeps the first n.
func rank(s []upwind.RankedSource, n int) []upwind.RankedSource {
	sort.SliceStable(s, func(i, j int) bool {
		a, b := s[i], s[j]
		switch {
		case a.Probability != b.Probability:
			return a.Probability > b.Probability
		case (a.SiteID == "") != (b.SiteID == ""):
			return a.SiteID != ""
		case a.SiteID != b.SiteID:
			return a.SiteID < b.SiteID
		case a.Lon != b.Lon:
			return a.Lon < b.Lon
		}
		return a.Lat < b.Lat
	})
	s = s[:min(len(s), n)]
	for i := range s {
		s[i].Rank = i + 1
	}
	return s
}

// spacingOf is the median distance of the stations of readings to their nearest neighbour; 0 for one alone.
func spacingOf(obs []upwind.Observation, pl plane.Plane) float64 {
	seen := map[string]bool{}
	var at []plane.Point
	for _, o := range obs {
		if !seen[o.StationID] && o.End == nil && validLonLat(o.Lon, o.Lat) && len(at) < maxSpaced {
			seen[o.StationID] = true
			at = append(at, pl.XY(o.Lon, o.Lat))
		}
	}
	var ds []float64
	for i := range at {
		d := math.Inf(1)
		for j := range at {
			if i != j && at[i] != at[j] {
				d = min(d, at[i].To(at[j]))
			}
		}
		if !math.IsInf(d, 1) {
			ds = append(ds, d)
		}
	}
	return quantile(ds, 0.5)
}

const maxSpaced = 3000 // stations looked at
