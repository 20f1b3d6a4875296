package retrieve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/invert"
	"upwind/lidar/scan/plume"
)

// Options of [Run].
type Options struct {
	Invert invert.Options `json:"invert"`
	Plume  plume.Options  `json:"plume"`

	// Memory is what is known to stand around the instrument; nil begins with nothing. Run adds what it sees.
	Memory *plume.Memory `json:"-"`
	RH     *float64      `json:"rh,omitempty"` // relative humidity, 0..1, for a mass

	JobID  string   `json:"-"`
	Inputs []string `json:"-"`
}

// Turn is one turn of a scan and what was made of it.
type Turn struct {
	Scan   *scan.Scan
	Field  *scan.Field
	Echoes []plume.Echo
	Result *plume.Result
	// Motions are how its plumes moved since the turn before.
	Motions []plume.Motion
}

// Product is what was retrieved from a scan.
type Product struct {
	Turns      []Turn
	Detections []upwind.Detection // of all turns in order of time, with motion where the turn before shows it
	Notes      []string           // in words, each once
}

// Last is the newest turn.
func (p *Product) Last() *Turn { return &p.Turns[len(p.Turns)-1] }

// Run retrieves plumes from a scan. progress, which may be nil, counts turns. Errors: ctx's, or a
// [upwind.Refusal] when nothing in the scan can be inverted.
func Run(ctx context.Context, s *scan.Scan, o Options, progress func(done, total int)) (*Product, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	p := &Product{Notes: slices.Clone(s.Notes)}
	turns := Turns(s)
	if o.Memory == nil {
		o.Memory = plume.NewMemory(s.Site.ID)
	}
	var first error
	for i, t := range turns {
		progress(i, len(turns))
		done, err := one(ctx, t, o)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			if first == nil {
				first = err
			}
			p.note(fmt.Sprintf("the turn from %s on was left out: %v", startOf(t).UTC().Format(time.RFC3339), err))
			continue
		}
		for _, n := range append(slices.Clone(done.Field.Notes), done.Result.Notes...) {
			p.note(n)
		}
		p.Turns = append(p.Turns, done)
	}
	progress(len(turns), len(turns))
	if len(p.Turns) == 0 {
		return nil, first
	}
	for i := range p.Turns {
		t := &p.Turns[i]
		if i > 0 {
			p.follow(&p.Turns[i-1], t)
		}
		found, notes := plume.Detections(t.Result, plume.DetectionOptions{Inputs: o.Inputs, JobID: o.JobID, RH: o.RH, Motions: t.Motions})
		for _, d := range found {
			d.ID = upwind.DetectionID(o.JobID, len(p.Detections))
			p.Detections = append(p.Detections, d)
		}
		for _, n := range notes {
			p.note(n)
		}
	}
	return p, nil
}

// one retrieves a turn.
func one(ctx context.Context, s *scan.Scan, o Options) (Turn, error) {
	echoes := plume.Echoes(s, o.Memory)
	field, err := invert.Run(ctx, plume.Block(s, echoes), o.Invert)
	if err != nil {
		return Turn{}, err
	}
	plume.Shade(field, s, echoes)
	o.Memory.Learn(s)
	res, err := plume.Find(ctx, field, o.Plume)
	return Turn{Scan: s, Field: field, Echoes: echoes, Result: res}, err
}

// follow looks for motion from one turn to the next.
func (p *Product) follow(before, t *Turn) {
	if len(t.Result.Plumes) == 0 {
		return
	}
	var notes []string
	t.Motions, notes = plume.Track(before.Result, t.Result)
	for _, n := range notes {
		p.note(n)
	}
}

func (p *Product) note(s string) {
	if !slices.Contains(p.Notes, s) {
		p.Notes = append(p.Notes, s)
	}
}

func startOf(s *scan.Scan) time.Time {
	if len(s.Rays) == 0 {
		return time.Time{}
	}
	return s.Rays[0].Start
}

// Winds are the wind readings that moving plumes give, one a pair of turns whose plumes move together; none for an
// instrument without a place.
func (p *Product) Winds() (out []upwind.Wind) {
	for i := range p.Turns {
		m, agree := plume.Together(p.Turns[i].Motions)
		if site := p.Turns[i].Field.Site; agree && site.Placed {
			out = append(out, m.Wind(site))
		}
	}
	return out
}
