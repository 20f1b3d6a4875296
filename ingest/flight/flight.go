package flight

import (
	"cmp"
	"math"
	"slices"
	"time"

	"upwind/ingest/photo"
	"upwind/tracing/plane"
)

// Shot is a picture of the flight.
type Shot struct {
	photo.Picture
	SHA256 string // of the file; empty when not known
}

// Report is what the pictures say. Lengths are in metres, overlaps 0 to 1; what could not be known is NaN.
type Report struct {
	Pictures, Placed int
	Start, End       time.Time // zero when no picture says when it was taken
	Strips           int       // straight stretches of three pictures and more
	GSD              float64   // of the middle picture, at the ground below the take-off point
	Step             float64   // between neighbours, the median
	Spacing          float64   // between strips, the median
	Forward, Side    float64   // overlap of neighbours on a strip, and of strips
	Findings         []Finding // by the order of the checks
}

// Finding is something that a person should know before the pictures are used.
type Finding struct {
	Code     string   `json:"code"`     // one of the constants
	Pictures []string `json:"pictures"` // their names
	Text     string   `json:"text"`
}

// Codes of findings.
const (
	NoPosition   = "no-position"
	NoTime       = "no-time"
	Doubled      = "doubled"
	MixedCameras = "mixed-cameras"
	ClockJump    = "clock-jump"
	PositionJump = "position-jump"
	Missing      = "missing"
	MissingStrip = "missing-strip"
	HeightJump   = "height-jump"
	LowOverlap   = "low-overlap"
	Oblique      = "oblique"
	Scattered    = "scattered"
)

// Limits of the checks. Reconstruction matches each point in several pictures: below half, points seen from three places in a row end, and
// below two fifths between strips these fall apart (photogrammetry plans 60 and 20-30 % for film, software for drones asks 70-75 and 60-65 %).
const (
	minForward    = 0.6
	minSide       = 0.4
	turnDeg       = 30.0 // a leg that turns by more begins another strip
	gapSteps      = 1.6  // a leg this much longer than the median has lost a picture; wind and turns make less
	gapMaxSteps   = 40.0 // beyond, it is another place and not a gap
	jumpSteps     = 3.0
	sameSteps     = 0.05
	pauseFactor   = 10.0 // of the median time between neighbours
	pauseMin      = 60 * time.Second
	heightShare   = 0.15
	farM          = 1000.0 // a drone's next picture is never further
	nadirPitchDeg = -60.0  // looking higher, overlap is no ratio of lengths
)

// placed is a picture with its place on a plane about the flight.
type placed struct {
	Shot
	plane.Point
	at int // in the order of all pictures, so that those left out between two are known
}

// Check looks at the pictures of a flight, in any order.
func Check(shots []Shot) Report {
	r := Report{Pictures: len(shots), GSD: math.NaN(), Step: math.NaN(), Spacing: math.NaN(), Forward: math.NaN(), Side: math.NaN()}
	shots = slices.Clone(shots)
	slices.SortStableFunc(shots, func(a, b Shot) int { return natural(a.Name, b.Name) })
	shots = r.doubles(shots)
	r.cameras(shots)
	ps := r.place(shots)
	r.Placed = len(ps)
	if len(ps) < 3 {
		return r
	}
	ps = inOrder(ps)
	r.Step = median(legs(ps))
	if r.Step > farM {
		r.found(Scattered, []string{ps[0].Name, ps[len(ps)-1].Name}, "neighbours lie "+metres(r.Step)+" apart: these are not pictures of one flight")
		return r
	}
	ps = r.positions(ps)
	r.clock(ps)
	r.Step = median(legs(ps))
	strips := r.strips(ps)
	r.overlap(ps, strips)
	r.heights(ps)
	return r
}

func (r *Report) found(code string, pictures []string, text string) {
	if len(pictures) > 0 {
		r.Findings = append(r.Findings, Finding{code, pictures, text})
	}
}

// place puts the pictures with a position on a plane; those without, and those without a time, are said.
func (r *Report) place(shots []Shot) (out []placed) {
	var nowhere, never []string
	var pl plane.Plane
	for i, s := range shots {
		if s.Time.IsZero() {
			never = append(never, s.Name)
		} else {
			if r.Start.IsZero() || s.Time.Before(r.Start) {
				r.Start = s.Time
			}
			if s.Time.After(r.End) {
				r.End = s.Time
			}
		}
		if s.Position == nil {
			nowhere = append(nowhere, s.Name)
			continue
		}
		if len(out) == 0 {
			pl = plane.New(s.Position.Lon, s.Position.Lat)
		}
		out = append(out, placed{s, pl.XY(s.Position.Lon, s.Position.Lat), i})
	}
	r.found(NoPosition, nowhere, "these pictures have no camera position and cannot be used: hand in the files as the drone stored them, not those of a messenger or an editor")
	r.found(NoTime, never, "these pictures do not say when they were taken")
	return out
}

// doubles says and leaves out files that are there twice.
func (r *Report) doubles(shots []Shot) (out []Shot) {
	seen := map[string]bool{}
	var twice []string
	for _, s := range shots {
		if s.SHA256 != "" && seen[s.SHA256] {
			twice = append(twice, s.Name)
			continue
		}
		seen[s.SHA256] = true
		out = append(out, s)
	}
	r.found(Doubled, twice, "the same file is there twice under another name: these are left out")
	return out
}

// cameras says which pictures are not of the camera that made the most.
func (r *Report) cameras(shots []Shot) {
	type camera struct {
		maker, model string
		w, h         int
		f35          float64
	}
	of := func(s Shot) camera { return camera{s.Make, s.Model, s.Width, s.Height, s.Lens.F35MM} }
	count := map[camera]int{}
	var most camera
	for _, s := range shots {
		c := of(s)
		if count[c]++; count[c] > count[most] {
			most = c
		}
	}
	var others []string
	for _, s := range shots {
		if of(s) != most {
			others = append(others, s.Name)
		}
	}
	r.found(MixedCameras, others, "these pictures are of another camera, size or zoom than the most: process them apart")
}

// inOrder is the order of the names or of the clock, whichever makes the shorter way: counters start again after 999, and clocks are set.
func inOrder(byName []placed) []placed {
	byTime := slices.Clone(byName)
	slices.SortStableFunc(byTime, func(a, b placed) int { return a.Time.Compare(b.Time) })
	sum := func(ps []placed) (s float64) {
		for _, l := range legs(ps) {
			s += l
		}
		return s
	}
	if sum(byTime) < sum(byName) {
		return byTime
	}
	return byName
}

func legs(ps []placed) []float64 {
	out := make([]float64, 0, len(ps))
	for i := 1; i < len(ps); i++ {
		out = append(out, ps[i-1].To(ps[i].Point))
	}
	return out
}

// positions says and leaves out pictures far from both neighbours where these are near each other, and a second picture at one place.
func (r *Report) positions(ps []placed) []placed {
	var astray, again []string
	out := ps[:1:1]
	for i := 1; i < len(ps); i++ {
		last := out[len(out)-1]
		before := last.To(ps[i].Point)
		if before < sameSteps*r.Step {
			again = append(again, ps[i].Name)
			continue
		}
		if i+1 < len(ps) {
			after, past := ps[i].To(ps[i+1].Point), last.To(ps[i+1].Point)
			if before > jumpSteps*r.Step && after > jumpSteps*r.Step && past < jumpSteps*r.Step {
				astray = append(astray, ps[i].Name)
				continue
			}
		}
		out = append(out, ps[i])
	}
	r.found(PositionJump, astray, "the position jumps away and back within one picture: the receiver was wrong there")
	r.found(Doubled, again, "these pictures were taken where the one before was: the drone stood still, or the shutter fired twice")
	return out
}

// clock says where time and way do not go together.
func (r *Report) clock(ps []placed) {
	var steps []float64
	for i := 1; i < len(ps); i++ {
		steps = append(steps, ps[i].Time.Sub(ps[i-1].Time).Seconds())
	}
	usual := median(steps)
	var back, pause []string
	for i := 1; i < len(ps); i++ {
		if ps[i].Time.IsZero() || ps[i-1].Time.IsZero() {
			continue
		}
		d := ps[i-1].To(ps[i].Point)
		switch dt := steps[i-1]; {
		case dt < 0:
			back = append(back, ps[i].Name)
		case dt > max(pauseFactor*usual, pauseMin.Seconds()) && d < jumpSteps*r.Step:
			pause = append(pause, ps[i].Name)
		}
	}
	r.found(ClockJump, back, "the clock goes back before these pictures: it was set during the flight, and wind and sun will not fit")
	r.found(ClockJump, pause, "the clock jumps ahead before these pictures though the drone hardly moved: it waited, changed its battery, or its clock was set")
}

// strip is a straight stretch of pictures, from and to inclusive.
type strip struct{ from, to int }

// strips cuts the way where it turns, and says where pictures are missing on a strip.
func (r *Report) strips(ps []placed) (out []strip) {
	var gaps []string
	lost := 0
	end := func(from, to int) {
		if to-from < 2 {
			return
		}
		out = append(out, strip{from, to})
		for i := from + 1; i <= to; i++ {
			d := ps[i-1].To(ps[i].Point)
			leftOut := max(ps[i].at-ps[i-1].at, ps[i-1].at-ps[i].at) - 1 // and said already
			if n := int(math.Round(d/r.Step)) - 1 - leftOut; d > gapSteps*r.Step && n > 0 {
				lost += n
				gaps = append(gaps, ps[i-1].Name, ps[i].Name)
			}
		}
	}
	from := 0
	for i := 1; i < len(ps); i++ {
		a, b := ps[i-1], ps[i]
		switch {
		case a.To(b.Point) > gapMaxSteps*r.Step:
			end(from, i-1)
			from = i
		case i-1 > from && math.Abs(plane.Turn(ps[i-2].Bearing(a.Point), a.Bearing(b.Point))) > turnDeg:
			end(from, i-1)
			from = i - 1
		}
	}
	end(from, len(ps)-1)
	r.Strips = len(out)
	r.found(Missing, gaps, "about "+count(lost, "picture is", "pictures are")+" missing between these neighbours: look for them on the card, or fly the stretch again")
	return out
}

// overlap measures the pictures' ground against the way between them.
func (r *Report) overlap(ps []placed, strips []strip) {
	mid := ps[len(ps)/2]
	c, err := mid.Camera(photo.Options{})
	if err != nil {
		return
	}
	_, r.GSD = c.GSD()
	if mid.Gimbal == nil || mid.Gimbal.PitchDeg > nadirPitchDeg {
		r.found(Oblique, []string{mid.Name}, "the camera looks aside: overlap was not checked")
		return
	}
	if len(strips) == 0 {
		return
	}
	long := slices.MaxFunc(strips, func(a, b strip) int { return cmp.Compare(a.to-a.from, b.to-b.from) })
	heading := ps[long.from].Bearing(ps[long.to].Point)
	along, across := float64(mid.Height)*r.GSD, float64(mid.Width)*r.GSD
	if off := math.Abs(math.Remainder(mid.Gimbal.YawDeg-heading, 180)); off > 45 {
		along, across = across, along
	}
	r.Forward = 1 - r.Step/along
	if r.Forward < minForward {
		r.found(LowOverlap, []string{ps[long.from].Name, ps[long.to].Name}, "neighbours overlap by "+percent(r.Forward)+"; an orthophoto needs "+percent(minForward)+" and more")
	}
	r.between(ps, strips, heading, across)
}

// between measures the distance of parallel strips.
func (r *Report) between(ps []placed, strips []strip, heading, across float64) {
	type lane struct {
		at float64
		strip
	}
	east, north := math.Sincos(heading * math.Pi / 180)
	var lanes []lane
	for _, s := range strips {
		if math.Abs(math.Remainder(ps[s.from].Bearing(ps[s.to].Point)-heading, 180)) > turnDeg {
			continue
		}
		sum := 0.0
		for _, p := range ps[s.from : s.to+1] {
			sum += p.X*north - p.Y*east
		}
		lanes = append(lanes, lane{sum / float64(s.to-s.from+1), s})
	}
	slices.SortStableFunc(lanes, func(a, b lane) int { return cmp.Compare(a.at, b.at) })
	var apart []float64
	for i := 1; i < len(lanes); i++ {
		if d := lanes[i].at - lanes[i-1].at; d > r.Step*sameSteps {
			apart = append(apart, d)
		}
	}
	if len(apart) == 0 {
		return
	}
	r.Spacing = median(apart)
	r.Side = 1 - r.Spacing/across
	if r.Side < minSide {
		r.found(LowOverlap, []string{ps[lanes[0].from].Name, ps[lanes[0].to].Name}, "strips overlap by "+percent(r.Side)+"; an orthophoto needs "+percent(minSide)+" and more")
	}
	for i := 1; i < len(lanes); i++ {
		if d := lanes[i].at - lanes[i-1].at; d > gapSteps*r.Spacing {
			r.found(MissingStrip, []string{ps[lanes[i-1].from].Name, ps[lanes[i].from].Name}, "the strips of these pictures lie "+metres(d)+" apart, the others "+metres(r.Spacing)+": a strip is missing between them")
		}
	}
}

// heights says which pictures were taken much higher or lower than the most.
func (r *Report) heights(ps []placed) {
	var all []float64
	for _, p := range ps {
		if p.Position.RelativeM != nil {
			all = append(all, *p.Position.RelativeM)
		}
	}
	usual := median(all)
	var off []string
	for _, p := range ps {
		if p.Position.RelativeM != nil && math.Abs(*p.Position.RelativeM-usual) > heightShare*math.Abs(usual) {
			off = append(off, p.Name)
		}
	}
	r.found(HeightJump, off, "these pictures were taken at another height than the most ("+metres(usual)+" above the take-off point): their pixels are of another size")
}
