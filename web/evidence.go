package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

// maxDrawn detections in one answer: a screen of polygons beyond that is a smear. The most probable stay.
const maxDrawn = 5000

type detectionProps struct {
	ID          string                     `json:"id"`
	Kind        upwind.DetectionKind       `json:"kind"`
	Class       string                     `json:"class,omitempty"`
	Probability float64                    `json:"probability"`
	ObservedAt  *time.Time                 `json:"observed_at,omitempty"`
	Measures    map[string]upwind.Estimate `json:"measures,omitempty"`
	Axis        *upwind.PlumeAxis          `json:"axis,omitempty"`
	JobID       string                     `json:"job_id"`
}

func (s *server) detections(r *http.Request, q url.Values) (any, error) {
	box := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	if v := q.Get("bbox"); v != "" {
		var err error
		if box, err = parseBox(v); err != nil {
			return nil, err
		}
	}
	kind := q.Get("kind")
	var list []upwind.Detection
	sees := s.sees(r)
	for _, d := range s.st.Detections() {
		if (kind == "" || string(d.Kind) == kind) && d.Geometry != nil && d.Geometry.Geometry() != nil &&
			d.Geometry.Geometry().Bound().Intersects(box) && sees(d.Geometry.Geometry().Bound().Center()) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b upwind.Detection) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.ID, b.ID))
	})
	total := len(list)
	list = list[:min(total, maxDrawn)]
	out := newCollection(len(list))
	out.Meta = map[string]any{"total": total}
	for _, d := range list {
		p := detectionProps{ID: d.ID, Kind: d.Kind, Class: d.Class, Probability: d.Probability, Measures: d.Measures,
			Axis: d.Axis, JobID: d.Provenance.JobID}
		if !d.ObservedAt.IsZero() {
			at := d.ObservedAt.UTC()
			p.ObservedAt = &at
		}
		out.add(d.ID, drawn(d.Geometry), p)
	}
	return out, nil
}

const (
	// defaultTraces newest traces are drawn together.
	defaultTraces = 200
	maxTraces     = 2000
	// overviewPaths trajectories of a trace are enough to see its fan among others.
	overviewPaths = 6
)

type traceProps struct {
	TraceID            string             `json:"trace_id"`
	Part               string             `json:"part"` // cone, trajectory, source, hpd50, hpd90 or receptor
	Kind               upwind.TriggerKind `json:"kind"`
	Rank               int                `json:"rank,omitempty"`
	Name               string             `json:"name,omitempty"`
	Probability        *float64           `json:"probability,omitempty"`
	UnknownProbability *float64           `json:"unknown_probability,omitempty"`
	Species            string             `json:"species,omitempty"`
	At                 *time.Time         `json:"start_utc,omitempty"`
	Value              float64            `json:"value,omitempty"`
	Unit               string             `json:"unit,omitempty"`
}

// sees says which places lie in the areas of who asks.
func (s *server) sees(r *http.Request) func(orb.Point) bool {
	scope := who(r).Scope()
	return func(p orb.Point) bool { return scope.Whole() || scope.Holds(s.st.Code(p[0], p[1])) }
}

// seesTrace: a trace belongs to where it was noticed, and to where it points.
func seesTrace(sees func(orb.Point) bool, t upwind.Trace) bool {
	return sees(orb.Point{t.Trigger.Lon, t.Trigger.Lat}) ||
		slices.ContainsFunc(t.Sources, func(src upwind.RankedSource) bool { return sees(orb.Point{src.Lon, src.Lat}) })
}

// traces draws the newest traces together: cones, a few trajectories each, receptors and ranked places.
func (s *server) traces(r *http.Request, q url.Values) (any, error) {
	limit, err := parseCount("limit", q.Get("limit"), maxTraces, defaultTraces)
	if err != nil {
		return nil, err
	}
	sees := s.sees(r)
	list := slices.DeleteFunc(slices.Clone(s.st.Traces()), func(t upwind.Trace) bool { return !seesTrace(sees, t) })
	slices.SortStableFunc(list, func(a, b upwind.Trace) int {
		return cmp.Or(b.Trigger.Start.Compare(a.Trigger.Start), cmp.Compare(a.ID, b.ID))
	})
	out := newCollection(0)
	out.Meta = map[string]any{"total": len(list)}
	for _, t := range list[:min(limit, len(list))] {
		drawTrace(&out, t, false)
	}
	return out, nil
}

// mapDoc is where to get the picture of a probability map, and where it lies: top left, top right, bottom right, bottom left.
type mapDoc struct {
	URL     string        `json:"url"`
	Corners [4][2]float64 `json:"corners"`
}

type traceDoc struct {
	Version int                   `json:"version"`
	Trace   upwind.Trace          `json:"trace"`
	Sources []upwind.RankedSource `json:"sources"`
}

// trace is one trace: the whole document, or drawn whole with format=geojson.
func (s *server) trace(r *http.Request, q url.Values) (any, error) {
	t, ok := s.st.Trace(r.PathValue("id"))
	if !ok || !seesTrace(s.sees(r), t) {
		return nil, notFound("there is no trace " + clip(r.PathValue("id")))
	}
	switch q.Get("format") {
	case "", "json":
		return traceDoc{upwind.SchemaVersion, t, t.Sources}, nil
	case "geojson":
		out := newCollection(0)
		drawTrace(&out, t, true)
		if m := t.Map; m != nil {
			out.Meta = map[string]any{"map": mapDoc{"/api/traces/" + url.PathEscape(t.ID) + "/map.png",
				[4][2]float64{{m.West, m.North}, {m.East, m.North}, {m.East, m.South}, {m.West, m.South}}}}
		}
		return out, nil
	}
	return nil, badRequest("format must be json or geojson")
}

// drawTrace adds a trace: whole, or as one of many with a few of its trajectories.
func drawTrace(out *collection, t upwind.Trace, whole bool) {
	paths := len(t.Trajectories)
	if !whole {
		paths = overviewPaths
	}
	base := traceProps{TraceID: t.ID, Kind: t.Trigger.Kind, Species: t.Trigger.Species}
	if g := drawn(t.Cone); g != nil {
		p := base
		p.Part = "cone"
		out.add("", g, p)
	}
	n := len(t.Trajectories)
	for k := range min(paths, n) {
		// Spread the chosen ones evenly over the ensemble.
		tr := t.Trajectories[k*n/min(paths, n)]
		line := make(orb.LineString, len(tr.Points))
		for i, pt := range tr.Points {
			line[i] = orb.Point{round6(pt.Lon), round6(pt.Lat)}
		}
		if len(line) < 2 {
			continue
		}
		p := base
		p.Part = "trajectory"
		out.add("", line, p)
	}
	p, at := base, t.Trigger.Start.UTC()
	p.Part, p.UnknownProbability, p.At, p.Value, p.Unit = "receptor", &t.UnknownProbability, &at, t.Trigger.Value, t.Trigger.Unit
	out.add("", orb.Point{round6(t.Trigger.Lon), round6(t.Trigger.Lat)}, p)
	for _, src := range t.Sources {
		p := base
		p.Rank, p.Name, p.Probability = src.Rank, src.SiteName, &src.Probability
		if whole {
			p.Part = "hpd90"
			if g := drawn(src.HPD90); g != nil {
				out.add("", g, p)
			}
			p.Part = "hpd50"
			if g := drawn(src.HPD50); g != nil {
				out.add("", g, p)
			}
		}
		p.Part = "source"
		out.add("", orb.Point{round6(src.Lon), round6(src.Lat)}, p)
	}
}
