package tracing

import (
	"context"
	"fmt"
	"math"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/city"
	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	// The near tier follows puffs under the wind of one station. Beyond some kilometres, or with readings longer than what the
	// wind does within them, the far tier's centre-lines say as much.
	nearExtentM   = 3000.0
	nearDurationS = 1800.0
	nearBefore    = 30 * time.Minute
	nearAfter     = 10 * time.Minute
	// What a far tier looks at around an event: its background needs the hours before, and the sites' hours the ones after.
	farBefore = 12 * time.Hour
	farAfter  = 3 * time.Hour
)

// Case is what an explanation looks at. The slices are only read.
type Case struct {
	Readings []upwind.Observation // of one species and unit; those outside [From, To) only inform the background
	Wind     []upwind.Wind
	Grids    []wind.Grid // gridded fields, which the stations correct; the near tier has no use for them
	Sites    []upwind.Site
	Evidence []upwind.Detection // plumes make free positions likely where they point to; what lies on the ground is a site with odds
	From, To time.Time          // of the event; zero times mean all readings
	Whole    bool               // a source is known to emit all through [From, To), as in a controlled release
	Options  Options
}

// Explanation is the answer to a case, in the plane about its stations.
type Explanation struct {
	invert.Answer
	Plane        plane.Plane
	Sites        []upwind.Site // what Source.Site counts in
	Start, End   time.Time
	Receptor     plane.Point // where the air was worst in that time
	GramsPerUnit float64     // of the readings' unit
}

// Explain says what made the readings: sources by probability, each with its rate, the probability that no listed site
// is to blame, and a map of where an unlisted one may stand. Close networks are explained by puffs under the wind of the site
// (tracing/near), wide ones by footprints in a wind field (tracing/city). The answer depends on the input alone, not on the number of
// processors.
//
// It refuses (*upwind.Refusal) a case without readings or wind, and units that are no mass per volume and no mole
// fraction of a gas whose molar mass is known; it returns ctx.Err() when it is called off.
func Explain(ctx context.Context, c Case, progress Progress) (Explanation, error) {
	c.Options = c.Options.withDefaults()
	if progress == nil {
		progress = func(int, int) {}
	}
	x, err := c.open()
	if err != nil {
		return Explanation{}, err
	}
	if c.near() {
		err = c.explainNear(ctx, &x, progress)
	} else {
		err = c.explainFar(ctx, &x, progress)
	}
	if err != nil {
		return Explanation{}, err
	}
	if len(x.Answer.Sources) == 0 {
		x.None = 1
		x.Notes = append(x.Notes, "nothing in these readings stands out of the background: there is no source to explain, or one station alone, which cannot tell haze from a plume")
	}
	x.Receptor = c.worst(x.Plane, x.Start, x.End)
	return x, ctx.Err()
}

// open checks the case, turns its readings into g/m3 and settles its times.
func (c *Case) open() (Explanation, error) {
	c.Sites = append(append([]upwind.Site(nil), c.Sites...), GroundSites(c.Evidence)...)
	x := Explanation{Sites: c.Sites, Start: c.From, End: c.To}
	if len(c.Readings) == 0 {
		return x, upwind.Refuse("trace", "", "there are no readings to explain", "hand in readings of the event")
	}
	first := c.Readings[0]
	g, note := gramsPerM3(first.Species, first.Unit, c.Wind, c.Options)
	if g == 0 {
		return x, upwind.Refuse("trace", "unit "+first.Unit, note, "give ug/m3, mg/m3, or ppm of a gas whose molar mass is known")
	}
	if note != "" {
		x.Notes = append(x.Notes, note)
	}
	x.GramsPerUnit = g
	kept := make([]upwind.Observation, 0, len(c.Readings))
	bad := 0
	for _, o := range c.Readings {
		if o.Species != first.Species || o.Unit != first.Unit {
			return x, upwind.Refuse("trace", "station "+o.StationID, fmt.Sprintf("its readings are %s in %s, others %s in %s", o.Species, o.Unit, first.Species, first.Unit), "hand in one species in one unit")
		}
		if !finite(o.Value, o.HeightM, o.DurationS) || !validLonLat(o.Lon, o.Lat) || o.DurationS <= 0 || o.Start.IsZero() {
			bad++
			continue
		}
		o.Value, o.Unit = o.Value*g, "g/m3"
		if o.Sigma != nil {
			s := *o.Sigma * g
			o.Sigma = &s
		}
		kept = append(kept, o)
	}
	if bad > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("%d readings left out: a number is missing or impossible", bad))
	}
	if len(kept) == 0 {
		return x, upwind.Refuse("trace", "", "none of the readings is usable", "see the notes")
	}
	// The order of the tables must not matter.
	sort.SliceStable(kept, func(i, j int) bool {
		a, b := &kept[i], &kept[j]
		switch {
		case !a.Start.Equal(b.Start):
			return a.Start.Before(b.Start)
		case a.StationID != b.StationID:
			return a.StationID < b.StationID
		}
		return a.Value < b.Value
	})
	c.Readings = kept
	left := len(c.Sites)
	c.Sites = c.sitesAbout()
	x.Sites = c.Sites
	if left -= len(c.Sites); left > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("%d listed sites are too far from the stations, or have no usable place", left))
	}
	if x.Start.IsZero() || x.End.IsZero() {
		x.Start, x.End = kept[0].Start, end(kept[0])
		for _, o := range kept {
			if e := end(o); e.After(x.End) {
				x.End = e
			}
		}
	}
	return x, nil
}

// sitesAbout are the listed sites that the stations could see: no further beyond them than they reach themselves, or, in a wide
// network, than air is followed with any use.
func (c *Case) sitesAbout() []upwind.Site {
	pl := plane.New(c.Readings[0].Lon, c.Readings[0].Lat)
	b := plane.Box{}
	for _, o := range c.Readings {
		b = b.Add(pl.XY(o.Lon, o.Lat))
		if o.End != nil && validLonLat(o.End.Lon, o.End.Lat) {
			b = b.Add(pl.XY(o.End.Lon, o.End.Lat))
		}
	}
	margin := maxMarginM
	if c.near() {
		margin = max(b.Width(), b.Height(), minMarginM)
	}
	b = b.Grow(margin)
	var out []upwind.Site
	for _, s := range c.Sites {
		if at, _, ok := placeOf(s, pl); ok && b.Has(at) {
			out = append(out, s)
		}
	}
	return out
}

// near reports whether the near tier explains the case: paths always, points when they stand and follow each other
// closely.
func (c *Case) near() bool {
	b := plane.Box{}
	pl := plane.New(c.Readings[0].Lon, c.Readings[0].Lat)
	var durations []float64
	for _, o := range c.Readings {
		if o.End != nil {
			return true
		}
		b = b.Add(pl.XY(o.Lon, o.Lat))
		durations = append(durations, o.DurationS)
	}
	return max(b.Width(), b.Height()) <= nearExtentM && quantile(durations, 0.5) <= nearDurationS
}

func (c *Case) explainNear(ctx context.Context, x *Explanation, progress Progress) error {
	from, to := x.Start, x.End
	if !c.Whole { // a plume seldom begins when it is first noticed: the engine looks for its beginning and end
		from, to = from.Add(-nearBefore), to.Add(nearAfter)
	}
	if len(c.Wind) == 0 {
		var err error
		if c.Wind, err = c.gridAt(from, to); err != nil {
			return err
		}
		x.Notes = append(x.Notes, "the wind is that of the gridded field at the stations: it knows nothing of the minutes")
	}
	assemble := func(wind []upwind.Wind) (near.Problem, plane.Plane, error) {
		p, pl, err := near.Assemble(near.Given{Readings: c.Readings, Wind: wind, Sites: c.Sites, From: from, To: to, PerUnit: 1,
			RoughnessM: c.Options.RoughnessM})
		p.Whole, p.Options.Seed = c.Whole, c.Options.Seed
		return p, pl, err
	}
	p, pl, err := assemble(c.Wind)
	if err != nil {
		return err
	}
	p.Prior = priorOf(c.Evidence, pl, p.Box)
	notes := x.Notes
	if x.Answer, err = near.Run(ctx, p, near.Progress(progress)); err != nil {
		return err
	}
	x.Plane = pl
	warnings, err := c.diagnose(ctx, func(ctx context.Context, wind []upwind.Wind) (float64, error) {
		q, _, err := assemble(wind)
		if err != nil {
			return 0, err
		}
		return near.Fit(ctx, q)
	})
	x.Notes = append(append(notes, x.Notes...), warnings...)
	return err
}

func (c *Case) explainFar(ctx context.Context, x *Explanation, progress Progress) error {
	var around []upwind.Observation
	for _, o := range c.Readings {
		if end(o).After(x.Start.Add(-farBefore)) && o.Start.Before(x.End.Add(farAfter)) {
			around = append(around, o)
		}
	}
	p, pl, err := city.FromTables(around, c.Wind, c.Sites, c.Grids...)
	if err != nil {
		return err
	}
	p.Prior = priorOf(c.Evidence, pl, p.Box)
	p.Options.RateG = c.typicalRate(pl, x.Start, x.End)
	a, err := city.Run(ctx, p, progress)
	if err != nil {
		return err
	}
	x.Plane = pl
	x.take(a)
	if len(c.Wind) == 0 { // a field has no convention and no clock to mistake
		return nil
	}
	warnings, err := c.diagnose(ctx, func(ctx context.Context, wind []upwind.Wind) (float64, error) {
		q, _, err := city.FromTables(around, wind, nil)
		if err != nil {
			return 0, err
		}
		q.Options.RateG = p.Options.RateG
		return city.Fit(ctx, q)
	})
	x.Notes = append(x.Notes, warnings...)
	return err
}

// gridAt is the gridded wind over the first station, hour by hour, as readings.
func (c *Case) gridAt(from, to time.Time) ([]upwind.Wind, error) {
	o := c.Readings[0]
	pl := plane.New(o.Lon, o.Lat)
	lead := from.Add(-2 * time.Hour)
	f, err := wind.New(nil, pl, plane.Box{}.Grow(nearExtentM), lead, to, wind.Options{Grids: c.Grids})
	if err != nil {
		return nil, err
	}
	var out []upwind.Wind
	for t := lead.Truncate(time.Hour); t.Before(to.Add(time.Hour)); t = t.Add(time.Hour) {
		u, v := f.At(plane.Point{}, unix(t.Add(30*time.Minute)))
		out = append(out, upwind.Wind{StationID: "field", Start: t, DurationS: 3600, Lon: o.Lon, Lat: o.Lat, HeightM: 10, U: u, V: v})
	}
	return out, nil
}

// take lays the traces of the far tier that were at work in the event side by side: each is one source, with what else could
// be behind it. A site that explains two traces is told once.
func (x *Explanation) take(a city.Answer) {
	notes := x.Notes
	from, to := unix(x.Start), unix(x.End)
	kept := a.Traces[:0:0]
	for _, t := range a.Traces {
		active := false
		for _, s := range t.Ranked {
			active = active || !(s.End > s.Start) || s.Start < to && s.End > from
		}
		if active {
			kept = append(kept, t)
		}
	}
	a.Traces = kept
	x.Answer = a.Event()
	x.Notes = append(notes, x.Notes...)
	told := map[int]bool{}
	sources := x.Answer.Sources[:0]
	for _, s := range x.Answer.Sources {
		if s.Site < 0 || !told[s.Site] {
			told[s.Site] = true
			sources = append(sources, s)
		}
	}
	x.Answer.Sources = sources
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

const (
	// usualRateG is the median of the rates that are expected, g/s, when nothing speaks for more: a yard's dust, a small boiler.
	usualRateG = 2.0
	// dilutionMS times a distance is what dilutes a source on its way there, m3/s: pi u s_y s_z of Pasquill's D in 3 m/s within a few kilometres.
	dilutionMS = 14.0
)

// typicalRate is the rate about which a source of the event is expected: what its highest reading asks of one
// a spacing of the network away, and no less than usual.
func (c *Case) typicalRate(pl plane.Plane, from, to time.Time) float64 {
	top := 0.0
	var all []float64
	for _, o := range c.Readings {
		all = append(all, o.Value)
		if !o.Start.Before(from) && o.Start.Before(to) {
			top = max(top, o.Value)
		}
	}
	return max(usualRateG, (top-quantile(all, 0.5))*dilutionMS*spacingOf(c.Readings, pl))
}

// worst is the place of the highest dose in a time.
func (c *Case) worst(pl plane.Plane, from, to time.Time) plane.Point {
	top, at := math.Inf(-1), plane.Point{}
	for _, o := range c.Readings {
		if v := o.Value * o.DurationS; v > top && !o.Start.Before(from) && o.Start.Before(to) {
			top, at = v, pl.XY(o.Lon, o.Lat)
		}
	}
	return at
}
