package plume

import (
	"fmt"
	"math"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// Options of motion.
const (
	fineM         = 20.0 // cells of the last fit
	coarseTimes   = 4    // coarser cells of the search
	maxSpeedMS    = 20.0 // faster winds tear plumes apart
	marginM       = 150.0
	maxTemplate   = 96 // fine cells of a side
	minNCC        = 0.6
	minAlike      = 0.4
	rivalShare    = 0.9 // of the best likeness: a second place that fits as well
	rivalM        = 300.0
	rounds        = 4    // of carrying both scans with the motion found so far
	floorCells    = 0.35 // of a fine cell: what the fit itself leaves
	maxGap        = 30 * time.Minute
	heldShare     = 0.1 // of its length: a long plume that moved less is held by its source
	heldRatio     = 1.8 // length over width of a plume that may be held
	noiseLags     = 12  // cells over which the misfit may hang together
	combineSigma  = 3.0 // plumes that differ by more from their mean do not move together
	minMotionTime = 10.0
)

// Motion is how a plume moved between two scans.
type Motion struct {
	Plume       int             // index in the later result
	U, V        upwind.Estimate // m/s towards east and north
	Speed       upwind.Estimate // m/s
	Toward      upwind.Estimate // deg, clockwise from north
	E, N        float64         // of the plume in the later scan, m from the instrument
	HeightM     float64         // above the ground
	Start       time.Time       // seen first
	Duration    time.Duration   // until seen again
	Correlation float64         // normalised, at the best shift
	Reasons     []string
}

// Track follows the plumes of a later scan back into an earlier one of the same instrument by normalised
// cross-correlation of the excess, each ray taken at its own time. Plumes that cannot be followed are
// explained in notes.
func Track(earlier, later *Result) (out []Motion, notes []string) {
	gap := later.start().Sub(earlier.start())
	if gap <= 0 || gap > maxGap {
		return nil, []string{fmt.Sprintf("the scans lie %s apart: no motion is looked for", gap)}
	}
	for k := range later.Plumes {
		p := &later.Plumes[k]
		if p.Upright {
			continue
		}
		m, why := follow(earlier, later, p, gap.Seconds())
		if why != "" {
			notes = append(notes, fmt.Sprintf("the plume %.0f m east, %.0f m north was not followed: %s", p.CentreE.Value, p.CentreN.Value, why))
			continue
		}
		m.Plume = k
		out = append(out, m)
	}
	return out, notes
}

func (r *Result) start() time.Time {
	if len(r.field.Rays) == 0 {
		return time.Time{}
	}
	return r.field.Rays[0].Start
}

// follow finds one plume's motion; gap is between the first rays of both scans, s.
func follow(earlier, later *Result, p *Plume, gap float64) (m Motion, why string) {
	t2 := p.Seen.Sub(later.start()).Seconds() + gap // on the clock of the earlier scan's first ray
	bound := p.Outline.Bound().Pad(marginM)
	cell := fineM * math.Ceil(math.Max(bound.Max[0]-bound.Min[0], bound.Max[1]-bound.Min[1])/fineM/maxTemplate)
	f := fit{earlier: earlier, later: later, gap: gap, t1: t2 - gap, t2: t2, cell: cell, west: bound.Min[0], south: bound.Min[1],
		w: int((bound.Max[0]-bound.Min[0])/cell) + 1, h: int((bound.Max[1]-bound.Min[1])/cell) + 1}
	if why := f.search(); why != "" {
		return m, why
	}
	for range rounds {
		if why := f.refine(); why != "" {
			return m, why
		}
	}
	dt := f.t2 - f.t1
	moved := math.Hypot(f.u, f.v) * dt
	if moved < math.Max(cell, heldShare*p.LengthM) && p.LengthM > heldRatio*p.WidthM {
		return m, "it stands still: a plume that its source feeds keeps its place in any wind"
	}
	su, sv, suv := f.errors()
	m = Motion{U: upwind.Normal(f.u, su), V: upwind.Normal(f.v, sv), E: p.CentreE.Value, N: p.CentreN.Value, HeightM: p.Height.Value,
		Correlation: f.ncc, Duration: time.Duration(dt * float64(time.Second)), Start: p.Seen.Add(-time.Duration(dt * float64(time.Second)))}
	m.polar(suv)
	m.Reasons = []string{fmt.Sprintf("it moved %.0f m in %.0f s, correlation %.2f", moved, dt, f.ncc)}
	return m, ""
}

// polar fills speed and direction from U and V and their covariance.
func (m *Motion) polar(suv float64) {
	u, v, su, sv := m.U.Value, m.V.Value, m.U.Sigma, m.V.Sigma
	speed := math.Max(math.Hypot(u, v), 1e-6)
	along := math.Sqrt(math.Max(0, u*u*su*su+v*v*sv*sv+2*u*v*suv)) / speed
	across := math.Sqrt(math.Max(0, v*v*su*su+u*u*sv*sv-2*u*v*suv)) / speed
	m.Speed = upwind.NonNegative(speed, along)
	m.Toward = upwind.Normal(math.Mod(math.Atan2(u, v)*180/math.Pi+360, 360), math.Min(180, across/speed*180/math.Pi))
}

// Wind is the motion as a wind reading at the plume's height; SDDeg holds the sigma of the direction.
func (m Motion) Wind(site scan.Site) upwind.Wind {
	lon, lat := Place(site, m.E, m.N, m.HeightM)
	sd := m.Toward.Sigma
	return upwind.Wind{StationID: site.ID + "/lidar", Start: m.Start.UTC(), DurationS: m.Duration.Seconds(), Lon: lon, Lat: lat, HeightM: m.HeightM,
		U: m.U.Value, V: m.V.Value, SDDeg: &sd}
}

// Together is the motion of all plumes as one: the mean weighed by their errors, widened by how far they
// differ; false when there are none, or when two do not agree.
func Together(motions []Motion) (Motion, bool) {
	if len(motions) == 0 {
		return Motion{}, false
	}
	mean := func(of func(Motion) upwind.Estimate) (upwind.Estimate, bool) {
		var w, sum, chi float64
		for _, m := range motions {
			e := of(m)
			w += 1 / (e.Sigma * e.Sigma)
			sum += e.Value / (e.Sigma * e.Sigma)
		}
		agree := true
		for _, m := range motions {
			e := of(m)
			d := (e.Value - sum/w) / e.Sigma
			chi += d * d
			agree = agree && math.Abs(d) <= combineSigma*math.Max(1, 0.5/e.Sigma)
		}
		wide := math.Max(1, math.Sqrt(chi/math.Max(1, float64(len(motions)-1))))
		return upwind.Normal(sum/w, wide/math.Sqrt(w)), agree
	}
	out := motions[0]
	out.Plume = -1
	var okU, okV bool
	out.U, okU = mean(func(m Motion) upwind.Estimate { return m.U })
	out.V, okV = mean(func(m Motion) upwind.Estimate { return m.V })
	out.E, out.N, out.HeightM, out.Correlation = 0, 0, 0, 1
	for _, m := range motions {
		n := float64(len(motions))
		out.E, out.N, out.HeightM = out.E+m.E/n, out.N+m.N/n, out.HeightM+m.HeightM/n
		out.Correlation = math.Min(out.Correlation, m.Correlation)
	}
	out.polar(0)
	out.Reasons = []string{fmt.Sprintf("%d plumes followed", len(motions))}
	return out, okU && okV
}
